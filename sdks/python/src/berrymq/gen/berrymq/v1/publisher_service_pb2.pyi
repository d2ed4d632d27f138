from berrymq.gen.berrymq.v1 import drain_pb2 as _drain_pb2
from berrymq.gen.berrymq.v1 import error_pb2 as _error_pb2
from berrymq.gen.berrymq.v1 import message_pb2 as _message_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Accepted(_message.Message):
    __slots__ = ["count", "first_sequence", "followers", "queues"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FOLLOWERS_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    count: int
    first_sequence: int
    followers: int
    queues: int
    def __init__(self, first_sequence: _Optional[int] = ..., count: _Optional[int] = ..., followers: _Optional[int] = ..., queues: _Optional[int] = ...) -> None: ...

class PublishBatchesRequest(_message.Message):
    __slots__ = ["batch", "first_sequence", "resent"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RESENT_FIELD_NUMBER: _ClassVar[int]
    batch: _message_pb2.Batch
    first_sequence: int
    resent: bool
    def __init__(self, batch: _Optional[_Union[_message_pb2.Batch, _Mapping]] = ..., first_sequence: _Optional[int] = ..., resent: bool = ...) -> None: ...

class PublishBatchesResponse(_message.Message):
    __slots__ = ["accepted", "drain", "refused", "through"]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    THROUGH_FIELD_NUMBER: _ClassVar[int]
    accepted: _containers.RepeatedCompositeFieldContainer[Accepted]
    drain: _drain_pb2.Drain
    refused: _containers.RepeatedCompositeFieldContainer[Refused]
    through: int
    def __init__(self, through: _Optional[int] = ..., accepted: _Optional[_Iterable[_Union[Accepted, _Mapping]]] = ..., refused: _Optional[_Iterable[_Union[Refused, _Mapping]]] = ..., drain: _Optional[_Union[_drain_pb2.Drain, _Mapping]] = ...) -> None: ...

class PublishRequest(_message.Message):
    __slots__ = ["message"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: _message_pb2.Message
    def __init__(self, message: _Optional[_Union[_message_pb2.Message, _Mapping]] = ...) -> None: ...

class PublishResponse(_message.Message):
    __slots__ = ["followers", "id", "queues"]
    FOLLOWERS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    followers: int
    id: str
    queues: int
    def __init__(self, id: _Optional[str] = ..., followers: _Optional[int] = ..., queues: _Optional[int] = ...) -> None: ...

class Refused(_message.Message):
    __slots__ = ["count", "error", "first_sequence"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    count: int
    error: _error_pb2.Error
    first_sequence: int
    def __init__(self, first_sequence: _Optional[int] = ..., count: _Optional[int] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ...) -> None: ...
