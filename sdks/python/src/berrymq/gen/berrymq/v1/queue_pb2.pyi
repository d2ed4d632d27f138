from berrymq.gen.berrymq.v1 import error_pb2 as _error_pb2
from berrymq.gen.berrymq.v1 import message_pb2 as _message_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
OVERFLOW_DROP_OLDEST: Overflow
OVERFLOW_REJECT_PUBLISH: Overflow
OVERFLOW_UNSPECIFIED: Overflow
POLICY_BROADCAST: Policy
POLICY_ROUND_ROBIN: Policy
POLICY_UNSPECIFIED: Policy

class Ack(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Backoff(_message.Message):
    __slots__ = ["first", "most"]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    first: _duration_pb2.Duration
    most: _duration_pb2.Duration
    def __init__(self, first: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., most: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ["attempt", "deadline", "lease_id", "message"]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    deadline: int
    lease_id: str
    message: _message_pb2.Message
    def __init__(self, message: _Optional[_Union[_message_pb2.Message, _Mapping]] = ..., lease_id: _Optional[str] = ..., attempt: _Optional[int] = ..., deadline: _Optional[int] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ["dead", "deadline", "error", "lease_id"]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    DEAD_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    dead: bool
    deadline: int
    error: _error_pb2.Error
    lease_id: str
    def __init__(self, lease_id: _Optional[str] = ..., deadline: _Optional[int] = ..., error: _Optional[_Union[_error_pb2.Error, _Mapping]] = ..., dead: bool = ...) -> None: ...

class Queue(_message.Message):
    __slots__ = ["backoff", "dedupe", "delay", "lease", "max_attempts", "max_bytes", "max_messages", "name", "overflow", "patterns", "paused", "policy", "standalone", "standalone_ttl", "transient", "ttl"]
    BACKOFF_FIELD_NUMBER: _ClassVar[int]
    DEDUPE_FIELD_NUMBER: _ClassVar[int]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MAX_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_FIELD_NUMBER: _ClassVar[int]
    PATTERNS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    STANDALONE_FIELD_NUMBER: _ClassVar[int]
    STANDALONE_TTL_FIELD_NUMBER: _ClassVar[int]
    TRANSIENT_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    backoff: Backoff
    dedupe: _duration_pb2.Duration
    delay: _duration_pb2.Duration
    lease: _duration_pb2.Duration
    max_attempts: int
    max_bytes: int
    max_messages: int
    name: str
    overflow: Overflow
    patterns: _containers.RepeatedScalarFieldContainer[str]
    paused: bool
    policy: Policy
    standalone: bool
    standalone_ttl: _duration_pb2.Duration
    transient: bool
    ttl: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., patterns: _Optional[_Iterable[str]] = ..., standalone: bool = ..., max_messages: _Optional[int] = ..., max_bytes: _Optional[int] = ..., overflow: _Optional[_Union[Overflow, str]] = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., max_attempts: _Optional[int] = ..., backoff: _Optional[_Union[Backoff, _Mapping]] = ..., paused: bool = ..., transient: bool = ..., ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., delay: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., dedupe: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., policy: _Optional[_Union[Policy, str]] = ..., standalone_ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class QueueStatus(_message.Message):
    __slots__ = ["bytes", "consumers", "delayed", "leased", "oldest_published_at", "ready"]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CONSUMERS_FIELD_NUMBER: _ClassVar[int]
    DELAYED_FIELD_NUMBER: _ClassVar[int]
    LEASED_FIELD_NUMBER: _ClassVar[int]
    OLDEST_PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    consumers: int
    delayed: int
    leased: int
    oldest_published_at: int
    ready: int
    def __init__(self, ready: _Optional[int] = ..., delayed: _Optional[int] = ..., leased: _Optional[int] = ..., bytes: _Optional[int] = ..., consumers: _Optional[int] = ..., oldest_published_at: _Optional[int] = ...) -> None: ...

class Reject(_message.Message):
    __slots__ = ["why"]
    WHY_FIELD_NUMBER: _ClassVar[int]
    why: str
    def __init__(self, why: _Optional[str] = ...) -> None: ...

class Release(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Retry(_message.Message):
    __slots__ = ["delay"]
    DELAY_FIELD_NUMBER: _ClassVar[int]
    delay: _duration_pb2.Duration
    def __init__(self, delay: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Settlement(_message.Message):
    __slots__ = ["ack", "lease_id", "reject", "release", "retry"]
    ACK_FIELD_NUMBER: _ClassVar[int]
    LEASE_ID_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    ack: Ack
    lease_id: str
    reject: Reject
    release: Release
    retry: Retry
    def __init__(self, lease_id: _Optional[str] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ..., release: _Optional[_Union[Release, _Mapping]] = ..., retry: _Optional[_Union[Retry, _Mapping]] = ..., reject: _Optional[_Union[Reject, _Mapping]] = ...) -> None: ...

class Policy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Overflow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
