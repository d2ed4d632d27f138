"""The way of a message: to the receivers of this process, out over the link, and in from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .acknowledgement import Acknowledgement
from .at_work import AtWork
from .bulk import stays, too_large
from .clock import Clock
from .debugging import Debugging
from .dispatch import Answers, Dispatcher
from .errors import Closed, InvalidArgument, Unavailable
from .frame import frame_encoded
from .hire import Hire, hire_thread
from .link import Link
from .local_queues import LocalQueues
from .message import Message, Wire, addressed, came, delivered_by, pack, received, sign
from .outbox import MESSAGE_BYTES
from .probe import Probe
from .published import Published
from .receipt import Receipt
from .registry import Receiver, Registry
from .route import PIPELINE, HopAnswers, Receipts, in_time
from .talk import PublishedAnswers


class Courier:
    """What a bus has inside. `link` is None while it is not connected."""

    def __init__(self, ident: str) -> None:
        self.ident = ident
        self.registry = Registry()
        self.dispatcher = Dispatcher()
        self.clock = Clock()
        self.queues = LocalQueues(self.registry, self.clock, self._tell_drop)
        self.receipts = Receipts()
        self.link: Link | None = None
        # None = nobody tests this bus.
        self.probe: Probe | None = None
        # How durable followings find somebody who works.
        self.hire: Hire = hire_thread
        # Handlers of durable followings.
        self.at_work = AtWork()
        self.published = Published()
        # None = debugging messages are off.
        self.debugging: Debugging | None = None
        self.closed = False
        # Whether `connect` opens it again.
        self.reopens = False

    def check_open(self) -> None:
        if self.closed:
            way_out = "connect() opens it again" if self.reopens else "make another Bus()"
            raise Closed(f"the bus {self.ident!r} was closed; {way_out}")

    def publish(self, message: Message) -> Receipt:
        """To the receivers of this process, then to the link."""
        if self.closed:
            self.check_open()
        link = self.link
        if stays(message._id) or link is None:
            return self.publish_locally(message)
        # It is made first: what cannot travel reaches nobody.
        frame = self.encode(message)
        receipt = self.publish_locally(message)
        self.hand_to_link(link, message, frame, receipt)
        return receipt

    def publish_here(self, message: Message) -> tuple[Receipt, bytes]:
        """To the receivers of this process; also returns the frame for the link, empty when the message stays here."""
        frame = b"" if stays(message.id) or self.link is None else self.encode(message)
        receipt = self.publish_locally(message)
        if frame and self.debugging is not None:
            self.debugging.tell("forward", message)
        return receipt, frame

    def publish_locally(self, message: Message) -> Receipt:
        """To the receivers of this process only; the system's own messages, too."""
        sign(message, self.ident)
        if self.debugging is not None:
            self.debugging.tell("send", message)
        receivers: Sequence[Receiver] = self.registry.route(message._id)
        if self.probe is not None:
            receivers = self.probe.published(message, receivers)
        if not receivers:
            return Receipt(message)
        if message._courier is None:
            message._courier = self
        elif message._courier is not self:
            message = delivered_by(self, message)
        if self.registry.keepers:
            self.queues.check_room(receivers, message)
        written = message._written
        if written is None or not written.reply_to:
            return Receipt(message, *self.dispatcher.hand_over(message, receivers))
        return Receipt(
            message, *self.dispatcher.dispatch(message, in_time(message, receivers), self.published_answers(message))
        )

    def hand_to_link(self, link: Link, message: Message, frame: bytes, receipt: Receipt) -> None:
        """Raises BacklogFull, Closed."""
        link.send((frame,), len(frame), receipt)
        if self.debugging is not None:
            self.debugging.tell("forward", message)

    def asked(self, message: Message, link: Link | None) -> None:
        """Tells of a question, and whether it goes over the link."""
        if self.debugging is not None:
            self.debugging.tell("send", message)
            if link is not None:
                self.debugging.tell("forward", message)

    def send(self, message: Message) -> Receipt:
        """Over the link only. Raises Unavailable before the first connection."""
        self.check_open()
        link = self.link
        if link is None:
            raise Unavailable(f"{message.id!r} needs a gateway; connect() first")
        sign(message, self.ident)
        frame, receipt = _frame(message), Receipt(message)
        if self.debugging is not None:
            self.debugging.tell("send", message)
        self.hand_to_link(link, message, frame, receipt)
        return receipt

    def encode(self, message: Message) -> bytes:
        """An element of a batch; a local reply_to means this process only and stays here. Raises NotEncodable,
        MessageTooLarge."""
        sign(message, self.ident)
        return _frame(addressed(message, "") if message.reply_to.startswith("_") else message)

    def deliver(self, wire: Wire) -> None:
        """What came over the link, in the dispatching thread."""
        if self.debugging is not None:
            self.debugging.tell("receive", received(wire))
        identifier = wire.identifier
        receivers: Sequence[Receiver] = self.registry.route_linked(identifier)
        if not receivers:
            return
        message = came(wire, identifier)
        if self.probe is not None:
            receivers = self.probe.heard(message, receivers)
        message._courier = self
        if wire.require_ack:
            acknowledgement = Acknowledgement(wire.id, self._acknowledge, self.answers_to(message))
            message._taken = acknowledgement.taken
            _, queues = self.dispatcher.dispatch(message, receivers, acknowledgement)
            acknowledgement.dispatched(kept=queues > 0)
        elif wire.reply_to:
            self.dispatcher.dispatch(message, in_time(message, receivers), self.answers_to(message))
        else:
            self.dispatcher.hand_over(message, receivers)

    def answers_to(self, message: Message) -> Answers | None:
        """Where the results for a message that came from the gateway go; None = nobody wants them."""
        if not message.reply_to:
            return None
        # A local reply_to from outside is the gateway's own: it takes the answer on its way.
        asked = message.reply_to.startswith("_")
        return PublishedAnswers(message, self.send, declines=True) if asked else self.published_answers(message)

    def published_answers(self, message: Message) -> Answers:
        """Where results go that somebody wants: a talk's, or a pipeline's."""
        if PIPELINE in message._wire.attributes:
            return HopAnswers(message, self)
        return PublishedAnswers(message, self.publish, declines=False)

    def tell_lag(self, dropped: int, pattern: str) -> None:
        """A message of the system, for the followers of this process."""
        self.publish_locally(Message("berrymq:lag", dropped=dropped, pattern=pattern))

    def _tell_drop(self, message: Message, queue: str, reason: str) -> None:
        """As a gateway tells. Of the system's own messages nothing is told: a queue that keeps and loses them would
        never come to an end."""
        receivers = self.registry.route("berrymq:drop")
        if not receivers or message.identifier.reserved:
            return
        told = {"message_id": message.message_id, "identifier": message.id, "sender": message.sender}
        self.dispatcher.hand_over(Message("berrymq:drop", queue=queue, reason=reason, **told), receivers)

    def _acknowledge(self, message_id: str) -> None:
        link = self.link
        if link is not None:
            link.acknowledge(message_id)


def as_message(identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Message:
    """What a caller of `publish` and its like means. Raises InvalidIdentifier, InvalidArgument."""
    if not isinstance(identifier, Message):
        return Message(identifier, *args, **kwargs)
    if args or kwargs:
        raise InvalidArgument(
            f"a Message brings its own arguments; {args!r:.80} {kwargs!r:.80} beside it cannot be added"
        )
    return identifier


def _frame(message: Message) -> bytes:
    encoded = pack(message).SerializeToString()
    if len(encoded) > MESSAGE_BYTES:
        raise too_large(message.id, len(encoded))
    return frame_encoded(encoded)
