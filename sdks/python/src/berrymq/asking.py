"""Asks: this process's own handlers first, then, over the link, everybody's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .errors import NoFollowers
from .gen.berrymq.v1 import talk_service_pb2
from .link import Link
from .message import Message, pack, received
from .pending import asking, in_handler
from .receipt import Receipt
from .registry import Receiver
from .talk import Answers, CollectedAnswers, Outcome, merge, outcome_of

if TYPE_CHECKING:
    from .courier import Courier

EVERYBODY = 2**32 - 1

_BEYOND = 2.0
"""Seconds that a call may last beyond the gateway's own limit, whose error says more."""


class Asker:
    """The asking side of a bus. A link of None = the question stays in this process."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier
        self._clock = courier.clock

    def ask(self, message: Message, link: Link | None, frame: bytes, seconds: float) -> object:
        """The first answer's value. When own handlers answer, the others only hear the message, as `frame`."""
        deadline = self._clock.now() + seconds
        own = self._ask_here(message)
        if own.of:
            if link is not None:
                link.send((frame,), len(frame), Receipt(message))
            return own.take(deadline).get()
        outcomes = iter(()) if link is None else _ask_gateway(link, message, 1, seconds)
        for outcome in outcomes:
            return outcome.get()
        raise _nobody(message)

    def ask_many(self, message: Message, link: Link | None, seconds: float) -> Answers:
        """Everybody's values, own handlers' first."""
        deadline = self._clock.now() + seconds
        others = _ask_gateway(link, message, EVERYBODY, seconds) if link is not None else None
        own = self._ask_here(message)
        if not own.of and others is None:
            raise _nobody(message)
        return Answers(merge(own, others, deadline))

    def _ask_here(self, message: Message) -> CollectedAnswers:
        courier = self._courier
        receivers: Sequence[Receiver] = courier.registry.route(message.id)
        if courier.probe is not None:
            receivers = courier.probe.published(message, receivers)
        courier.queues.check_room(receivers, message)
        own = CollectedAnswers(self._clock, message.id)
        if in_handler():
            with asking():
                courier.dispatcher.dispatch(message, receivers, own)
        else:
            courier.dispatcher.dispatch(message, receivers, own)
        return own


def _ask_gateway(link: Link, message: Message, answers: int, seconds: float) -> Iterator[Outcome]:
    """The call is under way when this returns; its errors are raised by the iteration."""
    left = max(0.001, seconds)
    request = talk_service_pb2.AskRequest(message=pack(message), answers=answers)
    request.timeout.FromMicroseconds(int(left * 1_000_000))
    call = link.transport(left).ask(request, left + _BEYOND)
    return (outcome_of(received(response.answer)) for response in call)


def _nobody(message: Message) -> NoFollowers:
    return NoFollowers(f"nobody who answers follows {message.id!r}")
