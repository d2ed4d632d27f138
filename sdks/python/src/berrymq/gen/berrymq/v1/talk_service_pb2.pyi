from berrymq.gen.berrymq.v1 import message_pb2 as _message_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AskRequest(_message.Message):
    __slots__ = ["answers", "message", "timeout"]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    answers: int
    message: _message_pb2.Message
    timeout: _duration_pb2.Duration
    def __init__(self, message: _Optional[_Union[_message_pb2.Message, _Mapping]] = ..., answers: _Optional[int] = ..., timeout: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AskResponse(_message.Message):
    __slots__ = ["answer"]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    answer: _message_pb2.Message
    def __init__(self, answer: _Optional[_Union[_message_pb2.Message, _Mapping]] = ...) -> None: ...

class TalkRequest(_message.Message):
    __slots__ = ["message", "reply_to"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    message: _message_pb2.Message
    reply_to: str
    def __init__(self, message: _Optional[_Union[_message_pb2.Message, _Mapping]] = ..., reply_to: _Optional[str] = ...) -> None: ...

class TalkResponse(_message.Message):
    __slots__ = ["followers", "id", "queues"]
    FOLLOWERS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    followers: int
    id: str
    queues: int
    def __init__(self, id: _Optional[str] = ..., followers: _Optional[int] = ..., queues: _Optional[int] = ...) -> None: ...
