from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Answer(_message.Message):
    __slots__ = ["failed", "number", "of", "to"]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OF_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    failed: bool
    number: int
    of: int
    to: str
    def __init__(self, to: _Optional[str] = ..., number: _Optional[int] = ..., of: _Optional[int] = ..., failed: bool = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ["messages"]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ["answer", "attempt", "attributes", "content_type", "deliver_at", "expires_at", "hops", "id", "identifier", "payload", "priority", "published_at", "reply_to", "require_ack", "resent", "sender"]
    class AttributesEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DELIVER_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    HOPS_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_ACK_FIELD_NUMBER: _ClassVar[int]
    RESENT_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    answer: Answer
    attempt: int
    attributes: _containers.ScalarMap[str, str]
    content_type: str
    deliver_at: int
    expires_at: int
    hops: int
    id: str
    identifier: str
    payload: bytes
    priority: int
    published_at: int
    reply_to: str
    require_ack: bool
    resent: bool
    sender: str
    def __init__(self, id: _Optional[str] = ..., identifier: _Optional[str] = ..., payload: _Optional[bytes] = ..., content_type: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., published_at: _Optional[int] = ..., expires_at: _Optional[int] = ..., sender: _Optional[str] = ..., reply_to: _Optional[str] = ..., answer: _Optional[_Union[Answer, _Mapping]] = ..., resent: bool = ..., hops: _Optional[int] = ..., priority: _Optional[int] = ..., deliver_at: _Optional[int] = ..., require_ack: bool = ..., attempt: _Optional[int] = ...) -> None: ...
