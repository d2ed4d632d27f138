from berrymq.gen.berrymq.v1 import drain_pb2 as _drain_pb2
from berrymq.gen.berrymq.v1 import message_pb2 as _message_pb2
from berrymq.gen.berrymq.v1 import queue_pb2 as _queue_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConsumeRequest(_message.Message):
    __slots__ = ["auto_ack", "credit", "lease", "queue", "settlements"]
    AUTO_ACK_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENTS_FIELD_NUMBER: _ClassVar[int]
    auto_ack: bool
    credit: int
    lease: _duration_pb2.Duration
    queue: str
    settlements: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Settlement]
    def __init__(self, queue: _Optional[str] = ..., credit: _Optional[int] = ..., settlements: _Optional[_Iterable[_Union[_queue_pb2.Settlement, _Mapping]]] = ..., auto_ack: bool = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ConsumeResponse(_message.Message):
    __slots__ = ["deliveries", "drain", "outcomes"]
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Delivery]
    drain: _drain_pb2.Drain
    outcomes: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Outcome]
    def __init__(self, deliveries: _Optional[_Iterable[_Union[_queue_pb2.Delivery, _Mapping]]] = ..., outcomes: _Optional[_Iterable[_Union[_queue_pb2.Outcome, _Mapping]]] = ..., drain: _Optional[_Union[_drain_pb2.Drain, _Mapping]] = ...) -> None: ...

class CreateRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: _queue_pb2.Queue
    def __init__(self, queue: _Optional[_Union[_queue_pb2.Queue, _Mapping]] = ...) -> None: ...

class CreateResponse(_message.Message):
    __slots__ = ["created", "queue"]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    created: bool
    queue: _queue_pb2.Queue
    def __init__(self, queue: _Optional[_Union[_queue_pb2.Queue, _Mapping]] = ..., created: bool = ...) -> None: ...

class DeleteRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: str
    def __init__(self, queue: _Optional[str] = ...) -> None: ...

class DeleteResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: str
    def __init__(self, queue: _Optional[str] = ...) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ["queue", "status"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    queue: _queue_pb2.Queue
    status: _queue_pb2.QueueStatus
    def __init__(self, queue: _Optional[_Union[_queue_pb2.Queue, _Mapping]] = ..., status: _Optional[_Union[_queue_pb2.QueueStatus, _Mapping]] = ...) -> None: ...

class ExtendRequest(_message.Message):
    __slots__ = ["lease", "lease_ids", "queue"]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    LEASE_IDS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    lease: _duration_pb2.Duration
    lease_ids: _containers.RepeatedScalarFieldContainer[str]
    queue: str
    def __init__(self, queue: _Optional[str] = ..., lease_ids: _Optional[_Iterable[str]] = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ExtendResponse(_message.Message):
    __slots__ = ["outcomes"]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Outcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_queue_pb2.Outcome, _Mapping]]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ["auto_ack", "lease", "max", "queue", "wait"]
    AUTO_ACK_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    auto_ack: bool
    lease: _duration_pb2.Duration
    max: int
    queue: str
    wait: _duration_pb2.Duration
    def __init__(self, queue: _Optional[str] = ..., max: _Optional[int] = ..., wait: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., auto_ack: bool = ..., lease: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetResponse(_message.Message):
    __slots__ = ["deliveries"]
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Delivery]
    def __init__(self, deliveries: _Optional[_Iterable[_Union[_queue_pb2.Delivery, _Mapping]]] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ["page_size", "page_token"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListResponse(_message.Message):
    __slots__ = ["next_page_token", "queues"]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    next_page_token: str
    queues: _containers.RepeatedCompositeFieldContainer[DescribeResponse]
    def __init__(self, queues: _Optional[_Iterable[_Union[DescribeResponse, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PauseRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: str
    def __init__(self, queue: _Optional[str] = ...) -> None: ...

class PauseResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class PeekRequest(_message.Message):
    __slots__ = ["max", "queue"]
    MAX_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    max: int
    queue: str
    def __init__(self, queue: _Optional[str] = ..., max: _Optional[int] = ...) -> None: ...

class PeekResponse(_message.Message):
    __slots__ = ["messages"]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[_message_pb2.Message]
    def __init__(self, messages: _Optional[_Iterable[_Union[_message_pb2.Message, _Mapping]]] = ...) -> None: ...

class PurgeRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: str
    def __init__(self, queue: _Optional[str] = ...) -> None: ...

class PurgeResponse(_message.Message):
    __slots__ = ["purged"]
    PURGED_FIELD_NUMBER: _ClassVar[int]
    purged: int
    def __init__(self, purged: _Optional[int] = ...) -> None: ...

class RedriveRequest(_message.Message):
    __slots__ = ["max", "message_ids", "queue", "rate"]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    max: int
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    queue: str
    rate: int
    def __init__(self, queue: _Optional[str] = ..., max: _Optional[int] = ..., rate: _Optional[int] = ..., message_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RedriveResponse(_message.Message):
    __slots__ = ["moved"]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    moved: int
    def __init__(self, moved: _Optional[int] = ...) -> None: ...

class ResumeRequest(_message.Message):
    __slots__ = ["queue"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    queue: str
    def __init__(self, queue: _Optional[str] = ...) -> None: ...

class ResumeResponse(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SettleRequest(_message.Message):
    __slots__ = ["queue", "settlements"]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENTS_FIELD_NUMBER: _ClassVar[int]
    queue: str
    settlements: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Settlement]
    def __init__(self, queue: _Optional[str] = ..., settlements: _Optional[_Iterable[_Union[_queue_pb2.Settlement, _Mapping]]] = ...) -> None: ...

class SettleResponse(_message.Message):
    __slots__ = ["outcomes"]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[_queue_pb2.Outcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_queue_pb2.Outcome, _Mapping]]] = ...) -> None: ...
