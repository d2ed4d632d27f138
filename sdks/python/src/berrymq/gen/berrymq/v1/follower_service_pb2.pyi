from berrymq.gen.berrymq.v1 import drain_pb2 as _drain_pb2
from berrymq.gen.berrymq.v1 import message_pb2 as _message_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FollowRequest(_message.Message):
    __slots__ = ["acknowledge", "add", "credit", "remove", "revision"]
    ACKNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    ADD_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    REMOVE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    acknowledge: _containers.RepeatedScalarFieldContainer[str]
    add: _containers.RepeatedCompositeFieldContainer[FollowedPattern]
    credit: int
    remove: _containers.RepeatedScalarFieldContainer[str]
    revision: int
    def __init__(self, add: _Optional[_Iterable[_Union[FollowedPattern, _Mapping]]] = ..., remove: _Optional[_Iterable[str]] = ..., credit: _Optional[int] = ..., revision: _Optional[int] = ..., acknowledge: _Optional[_Iterable[str]] = ...) -> None: ...

class FollowResponse(_message.Message):
    __slots__ = ["applied_revision", "batch", "drain"]
    APPLIED_REVISION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    applied_revision: int
    batch: _message_pb2.Batch
    drain: _drain_pb2.Drain
    def __init__(self, batch: _Optional[_Union[_message_pb2.Batch, _Mapping]] = ..., applied_revision: _Optional[int] = ..., drain: _Optional[_Union[_drain_pb2.Drain, _Mapping]] = ...) -> None: ...

class FollowedPattern(_message.Message):
    __slots__ = ["answers", "pattern", "source"]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    answers: bool
    pattern: str
    source: str
    def __init__(self, pattern: _Optional[str] = ..., answers: bool = ..., source: _Optional[str] = ...) -> None: ...
