"""Messages that a queue in this process gave up: what is written on them, and how they are moved back."""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from .clock import Clock
from .errors import BerryMQError
from .keeper import Keeper
from .message import Message

_TOLD = "berrymq-dead-"


class Origin(Protocol):
    """The queue that gave them up."""

    def take_back(self, message: Message) -> None:
        """Keeps it again. Raises QueueFull, or what ended the queue."""


def letter(message: Message, queue: str, why: str, attempt: int, at: str) -> Message:
    """The message with the attributes that a gateway gives; it neither expires nor waits any more."""
    told = {
        f"{_TOLD}queue": queue,
        f"{_TOLD}reason": why,
        f"{_TOLD}attempts": str(attempt),
        f"{_TOLD}at": at,
    }
    made = message.with_(message_id=message.message_id)
    made._wire.attributes.update(told)
    made._wire.ClearField("expires_at")
    made._wire.ClearField("deliver_at")
    return made


def pick(letters: Keeper, origin: Origin, most: int | None, ids: Set[str]) -> int:
    """Moves those of `ids` back, at once; how many. The others are held meanwhile, and keep their places."""
    held = letters.status().ready
    taken = letters.get(held, 0.0, False) if held else []
    meant = [one for one in taken if one.message.message_id in ids][:most]
    moved = 0
    try:
        for one in meant:
            origin.take_back(one.message)
            letters.settle(one.lease_id, "ack", None, None)
            moved += 1
    finally:
        went = {one.lease_id for one in meant[:moved]}
        for one in taken:
            if one.lease_id not in went:
                letters.settle(one.lease_id, "release", None, None)
    return moved


def redrive(letters: Keeper, origin: Origin, most: int | None, rate: int, clock: Clock) -> int:
    """As Keeper.redrive. What does not fit stays a dead letter, and is raised."""
    left, moved = most or letters.status().ready, 0
    while moved < left and (taken := letters.get(1, 0.0, False)):
        lease = taken[0].lease_id
        try:
            origin.take_back(taken[0].message)
        except BerryMQError:
            letters.settle(lease, "release", None, None)
            raise
        letters.settle(lease, "ack", None, None)
        moved += 1
        clock.sleep(1 / rate if moved < left else 0)
    return moved
