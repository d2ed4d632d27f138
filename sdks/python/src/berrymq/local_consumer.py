"""Deliveries of a queue in this process, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .errors import BerryMQError, Closed, LeaseLost, QueueNotFound
from .keeper import Failed, Taken, Verb

if TYPE_CHECKING:
    from .local_queue import LocalQueue


class LocalConsumer:
    """Takes one delivery at a time; nobody is ahead of anybody inside one process."""

    def __init__(self, queue: LocalQueue, auto_ack: bool) -> None:
        self._queue = queue
        self._auto_ack = auto_ack
        self._closed = False
        self._unsettled: dict[str, None] = {}

    def __iter__(self) -> Iterator[Taken]:
        while not self._closed:
            try:
                got = self._queue.get(1, None, self._auto_ack, ended=lambda: self._closed)
            except Closed:
                return
            for taken in got:
                if taken.lease_id:
                    self._unsettled[taken.lease_id] = None
                yield taken

    def next_nowait(self) -> Taken | None:
        """What it would wait for, if that is there; None, too, once it is closed."""
        try:
            got = [] if self._closed else self._queue.get(1, 0.0, self._auto_ack)
        except (Closed, QueueNotFound):
            return None
        for taken in got:
            if taken.lease_id:
                self._unsettled[taken.lease_id] = None
            return taken
        return None

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        dead = self._queue.settle(lease_id, verb, delay, why)
        self._unsettled.pop(lease_id, None)
        return dead

    def settle_soon(self, lease_id: str, verb: Verb, delay: float | None, why: str | None, failed: Failed) -> None:
        try:
            self.settle(lease_id, verb, delay, why)
        except BerryMQError as error:
            failed(error)

    def give_up(self, lease_id: str) -> None:
        self._unsettled.pop(lease_id, None)

    def close(self) -> None:
        self._closed = True
        self._queue.wake()
        while self._unsettled:
            lease_id, _ = self._unsettled.popitem()
            try:
                self._queue.settle(lease_id, "release", None, None)
            except (LeaseLost, Closed, QueueNotFound):
                continue
