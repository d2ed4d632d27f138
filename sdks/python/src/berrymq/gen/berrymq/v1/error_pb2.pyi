from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
REASON_BACKLOG_FULL: Reason
REASON_BATCH_TOO_LARGE: Reason
REASON_CLOSED: Reason
REASON_DRAINING: Reason
REASON_HANDLER_FAILED: Reason
REASON_HOP_LIMIT: Reason
REASON_INTERNAL: Reason
REASON_INVALID_ARGUMENT: Reason
REASON_INVALID_IDENTIFIER: Reason
REASON_LEASE_LOST: Reason
REASON_LIMIT_REACHED: Reason
REASON_MALFORMED_MESSAGE: Reason
REASON_MESSAGE_TOO_LARGE: Reason
REASON_NOT_ENCODABLE: Reason
REASON_NOT_SUPPORTED: Reason
REASON_NO_FOLLOWERS: Reason
REASON_QUEUE_EXISTS: Reason
REASON_QUEUE_FULL: Reason
REASON_QUEUE_NOT_FOUND: Reason
REASON_RESERVED_IDENTIFIER: Reason
REASON_STORAGE_FAILED: Reason
REASON_TAKEN_OVER: Reason
REASON_TIMEOUT: Reason
REASON_UNAVAILABLE: Reason
REASON_UNSPECIFIED: Reason

class Error(_message.Message):
    __slots__ = ["message", "reason", "retryable"]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    message: str
    reason: Reason
    retryable: bool
    def __init__(self, reason: _Optional[_Union[Reason, str]] = ..., message: _Optional[str] = ..., retryable: bool = ...) -> None: ...

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
