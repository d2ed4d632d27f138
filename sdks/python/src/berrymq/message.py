"""What is published: immutable for its users, decoded when somebody looks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from sys import _getframe
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import payload as payloads
from .errors import InvalidArgument
from .fields import Wire as Wire
from .fields import moment, set_content, set_options, set_times, stamped, writing
from .gen.berrymq.v1 import message_pb2
from .hops import next_hop
from .identifier import Identifier, parsed, plain
from .payload import Call, Failure
from .showing import shown

if TYPE_CHECKING:
    from .courier import Courier
    from .receipt import Receipt

T = TypeVar("T")


class Answer(NamedTuple):
    """What marks a message as an answer: to which message id, and which one of how many of its handlers'."""

    to: str
    """Message id of what was asked."""
    number: int
    """From 0."""
    of: int
    """How many handlers answer."""
    failed: bool
    """Whether the handler raised; then `Message.failure` tells what."""


class Message:
    """A message. Made by `Message(identifier, *args, **kwargs)`, or received.

    kwargs are readable as attributes too: `message.level`. Inside one process args and kwargs are the publisher's own
    objects.
    """

    __slots__ = (
        "__weakref__",
        "_args",
        "_attempt",
        "_courier",
        "_id",
        "_kwargs",
        "_lease_lost",
        "_packed",
        "_sender",
        "_taken",
        "_written",
    )

    _id: str
    # Both None = nobody has looked into the payload yet.
    _args: tuple[Any, ...] | None
    _kwargs: Mapping[str, Any] | None
    # None = it says no more than its identifier, its sender and its arguments, and need not have a name yet.
    _written: Wire | None
    _sender: str
    """As long as it is not written."""
    # Whether the arguments are written, too.
    _packed: bool
    _attempt: int
    _lease_lost: threading.Event | None
    # Called when a stream hands it out; None = nobody waits for that.
    _taken: Callable[[], None] | None
    # Of the bus that delivered it; None = it was made by hand.
    _courier: Courier | None

    def __init__(self, identifier: str, /, *args: Any, **kwargs: Any) -> None:
        parsed(identifier)
        self._id = identifier if type(identifier) is str else plain(identifier)
        self._args = args
        self._kwargs = kwargs
        self._sender = ""
        self._packed = False
        self._attempt = 0
        self._written = self._lease_lost = self._taken = self._courier = None

    @property
    def id(self) -> str:
        """The identifier as text, as berryMQ has it; the unique name is `message_id`."""
        return self._id

    @property
    def identifier(self) -> Identifier:
        """The identifier, in its parts."""
        return parsed(self._id)

    @property
    def name(self) -> str:
        """What stands before the last colon of the identifier, without the namespace."""
        return self.identifier.name

    @property
    def action(self) -> str:
        """What stands after the last colon of the identifier."""
        return self.identifier.action

    @property
    def namespace(self) -> str:
        """The namespace of the identifier; "" in the default one."""
        return self.identifier.namespace

    @property
    def args(self) -> tuple[Any, ...]:
        """Positional arguments. Raises MalformedMessage when the payload is not what its content type says."""
        args = self._args
        return self._decode().args if args is None else args

    @property
    def kwargs(self) -> dict[str, Any]:
        """Keyword arguments; a copy."""
        return dict(self._named)

    @property
    def payload(self) -> bytes:
        """The content as it travels. Raises NotEncodable when the arguments cannot travel."""
        return self._written.payload if self._packed and self._written else pack_content(self).payload

    @property
    def content_type(self) -> str:
        """Empty for args and kwargs, else a MIME type."""
        return self._wire.content_type if self._packed else payloads.content_type_of(self.args, self._named)

    @property
    def attributes(self) -> dict[str, str]:
        """The publisher's own marks, such as `traceparent`; a copy."""
        return dict(self._wire.attributes)

    @property
    def message_id(self) -> str:
        """Unique name of this message; publishing the same object again is the same message again."""
        return stamped(self._wire).id

    @property
    def published_at(self) -> datetime:
        """When it was published, by the publisher's clock; in UTC."""
        return moment(stamped(self._wire).published_at)

    @property
    def expires_at(self) -> datetime | None:
        """When it loses its worth; None = never."""
        return moment(self._wire.expires_at) if self._wire.expires_at else None

    @property
    def sender(self) -> str:
        """Ident of the publisher, as it says itself; "" = anonymous."""
        written = self._written
        return self._sender if written is None else written.sender

    @property
    def reply_to(self) -> str:
        """Identifier that wants the handlers' answers; "" = nobody does."""
        return self._wire.reply_to

    @property
    def answer(self) -> Answer | None:
        """Present on the answer to another message."""
        if not self._wire.HasField("answer"):
            return None
        told = self._wire.answer
        return Answer(told.to, told.number, told.of, told.failed)

    @property
    def failure(self) -> Failure | None:
        """What the handler raised, on the answer of one that did."""
        if not self._packed or self._wire.content_type != payloads.FAILURE:
            return None
        return payloads.decode_failure(self._wire.payload)

    @property
    def hops(self) -> int:
        """How many talks and links it has travelled."""
        return self._wire.hops

    @property
    def priority(self) -> int:
        """Queues hand out the higher first, 0 to 9."""
        return self._wire.priority

    @property
    def require_ack(self) -> bool:
        """Whether the gateway delivers it again and again until a follower has acknowledged it."""
        return self._wire.require_ack

    @property
    def attempt(self) -> int:
        """Which delivery this is, from 1."""
        return self._attempt or self._wire.attempt or 1

    @property
    def checksum(self) -> str:
        """SHA-256, in hex, of what its publisher chose: `message_id`, `identifier`, `content_type` and `payload`, each
        preceded by its length as 8 bytes, big-endian. Raises NotEncodable when the arguments cannot travel."""
        wire = pack(self)
        digest = hashlib.sha256()
        for part in (wire.id.encode(), wire.identifier.encode(), wire.content_type.encode(), wire.payload):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()

    @property
    def lease_lost(self) -> threading.Event:
        """Set once the message may be somebody else's, while the handler of a durable following works on it; of any
        other message never."""
        if self._lease_lost is None:
            self._lease_lost = threading.Event()
        return self._lease_lost

    def apply(self, function: Callable[..., T]) -> T:
        """Calls `function(**kwargs)`."""
        return function(**self._named)

    def twitter(self, identifier: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes on, on the bus that delivered this message (one made by hand: the default bus), with `hops` one
        more. Raises HopLimit above 100, and what `Bus.publish` raises."""
        onward = Message(identifier, *args, **kwargs)
        courier = next_hop(self, onward)
        receipt = courier.publish(onward)
        courier.published.note(identifier, _getframe().f_back)
        return receipt

    def with_(
        self,
        *,
        ttl: float | None = None,
        priority: int | None = None,
        delay: float | None = None,
        require_ack: bool | None = None,
        attributes: Mapping[str, str] | None = None,
        message_id: str | None = None,
        content_type: str | None = None,
        payload: bytes | None = None,
    ) -> Message:
        """A copy with other options. `ttl`: seconds from now. `priority`: 0 to 9, queues hand out the higher first.
        `delay`: seconds from now until queues hand it out. `require_ack`: delivered again and again until a follower
        acknowledges it. A payload without a content type is plain bytes; a content type without a payload names the
        kind of the one bytes argument. Raises InvalidArgument."""
        wire, call, packed = Wire(), _call_of(self), self._packed
        wire.CopyFrom(self._wire)
        set_times(wire, ttl, delay)
        set_options(wire, priority, require_ack, attributes, message_id)
        if payload is not None or content_type is not None:
            content = self._bytes_to_name(content_type) if payload is None else payload
            set_content(wire, content, payloads.BYTES if content_type is None else content_type)
            call, packed = None, True
        return _build(wire, call, packed)

    def _bytes_to_name(self, content_type: str | None) -> bytes:
        if self.content_type == payloads.CALL:
            raise InvalidArgument(
                f"content_type={content_type!r} names the kind of bytes: give payload=… too, or one bytes argument"
            )
        return self.payload

    @property
    def _wire(self) -> Wire:
        """Its fields, as they travel; from now on only they say who sent it."""
        written = self._written
        return _write(self) if written is None else written

    @property
    def _named(self) -> Mapping[str, Any]:
        """Its keyword arguments themselves."""
        kwargs = self._kwargs
        return self._decode().kwargs if kwargs is None else kwargs

    def _decode(self) -> Call:
        wire = self._wire
        call = payloads.decode(wire.content_type, wire.payload)
        self._args, self._kwargs = call
        return call

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            kwargs = self._named
            if name in kwargs:
                return kwargs[name]
            raise AttributeError(f"the message {self._id!r} has neither a field nor a keyword argument {name!r}")
        raise AttributeError(name)

    def __repr__(self) -> str:
        return shown(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (stamped(self._wire).SerializeToString(), _call_of(self), self._packed, self._attempt)


def received(wire: Wire) -> Message:
    """The message that came as `wire`, which nobody changes any more."""
    return came(wire, wire.identifier)


def came(wire: Wire, identifier: str) -> Message:
    """As `received`, for who knows its identifier: reading it of the wire costs as much as all the rest."""
    message = Message.__new__(Message)
    message._id = identifier
    message._written = wire
    message._packed = True
    message._attempt = 0
    message._sender = ""
    message._args = message._kwargs = message._lease_lost = message._taken = message._courier = None
    return message


def delivered(message: Message, attempt: int) -> Message:
    """The same message as one delivery of it, which is a matter of its receiver alone."""
    copy = _build(message._wire, _call_of(message), message._packed)
    copy._attempt = attempt
    copy._courier = message._courier
    return copy


def delivered_by(courier: Courier, message: Message) -> Message:
    """The message as that bus delivers it: a copy, if another bus did before."""
    if message._courier not in (None, courier):
        message = delivered(message, message._attempt)
    message._courier = courier
    return message


def sign(message: Message, ident: str) -> None:
    """Says who publishes it, unless somebody did before."""
    written = message._written
    if written is None:
        if not message._sender:
            message._sender = ident
    elif not written.sender:
        written.sender = ident


def pack(message: Message) -> Wire:
    """The message ready to travel: named, timed, encoded. Raises NotEncodable."""
    pack_content(message)
    return stamped(message._wire)


def pack_content(message: Message) -> Wire:
    wire = message._wire
    if not message._packed:
        wire.content_type, wire.payload = payloads.encode(message.args, message._named)
        message._packed = True
    return wire


def addressed(message: Message, reply_to: str) -> Message:
    """The same message, wanting (or, with "", not wanting) answers; its name and time stay."""
    wire = Wire()
    wire.CopyFrom(stamped(message._wire))
    wire.reply_to = reply_to
    return _build(wire, _call_of(message), message._packed)


def answering(question: Message, reply_to: str, number: int, of: int, call: Call | BaseException) -> Message:
    """The answer to `question`: a result's arguments, or what was raised."""
    wire = Wire(identifier=reply_to, hops=question.hops + 1)
    failed = isinstance(call, BaseException)
    wire.answer.CopyFrom(message_pb2.Answer(to=question.message_id, number=number, of=of, failed=failed))
    if isinstance(call, BaseException):
        wire.content_type, wire.payload = payloads.FAILURE, payloads.encode_failure(call)
        return _build(wire, None, True)
    return _build(wire, call, False)


def _build(wire: Wire, call: Call | None, packed: bool) -> Message:
    message = came(wire, wire.identifier)
    if call is not None:
        message._args, message._kwargs = call
    message._packed = packed
    return message


def _restored(wire: bytes, call: Call | None, packed: bool, attempt: int) -> Message:
    message = _build(Wire.FromString(wire), call, packed)
    message._attempt = attempt
    return message


def _call_of(message: Message) -> Call | None:
    args, kwargs = message._args, message._kwargs
    return None if args is None or kwargs is None else Call(args, kwargs)


def _write(message: Message) -> Wire:
    with writing():
        written = message._written
        if written is None:
            written = message._written = Wire(identifier=message._id, sender=message._sender)
        return written
