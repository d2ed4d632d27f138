"""A queue that lives in this process: first in first out, leases, retries, dead letters. Nothing of it survives the
process."""

from __future__ import annotations

import heapq
import itertools
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from .errors import Closed, LeaseLost, QueueFull, QueueNotFound
from .identifier import Identifier
from .keeper import (
    DEFAULT_ATTEMPTS,
    DEFAULT_BACKOFF,
    DEFAULT_BYTES,
    DEFAULT_LEASE,
    DEFAULT_MESSAGES,
    QueueOptions,
    QueueStatus,
    Taken,
    Verb,
)
from .message import Message
from .registry import serials
from .stream import size_of

Clock = Callable[[], float]
"""Seconds since the Unix epoch."""

_REMEMBERED = 10_000
"""Settled leases that are known, so that settling twice is harmless."""


class _Item:
    __slots__ = ("attempts", "due", "lease", "message", "number", "size", "until")

    def __init__(self, number: int, message: Message, size: int) -> None:
        self.number = number
        self.message = message
        self.size = size
        self.attempts = 0
        self.due = 0.0
        self.lease = ""
        self.until = 0.0

    def __lt__(self, other: _Item) -> bool:
        return self.number < other.number


class LocalQueue:
    """A keeper, and a receiver of the bus's messages."""

    answers = False
    keeps = True
    guarded = False

    def __init__(
        self,
        options: QueueOptions,
        clock: Clock = time.time,
        forget: Callable[[LocalQueue], None] | None = None,
        abandon: Callable[[LocalQueue], None] | None = None,
    ) -> None:
        self.options = options
        self.serial = next(serials)
        self.patterns = tuple(dict.fromkeys(map(Identifier.parse, options.patterns)))
        self.source = ""
        self._clock = clock
        self._forget = forget
        self._abandon = abandon
        self._max_messages = options.max_messages or DEFAULT_MESSAGES
        self._max_bytes = options.max_bytes or DEFAULT_BYTES
        self._numbers = itertools.count()
        self._ready: list[_Item] = []
        self._delayed: list[tuple[float, _Item]] = []
        self._leased: dict[str, _Item] = {}
        self._settled: OrderedDict[str, None] = OrderedDict()
        self._bytes = 0
        self._waiting = 0
        self._paused = False
        self._gone: Exception | None = None
        self._dead: LocalQueue | None = None
        self._changed = threading.Condition()

    # The receiver.

    @property
    def handler(self) -> object:
        return self

    def agrees(self, message: Message) -> bool:
        return True

    def refuses(self, message: Message) -> bool:
        """Whether the message finds no room; it is asked before anybody receives the message."""
        with self._changed:
            return self.options.overflow != "drop_oldest" and not self._fits(size_of(message))

    def take(self, message: Message) -> None:
        """Keeps a message. Raises QueueFull."""
        size = size_of(message)
        with self._changed:
            if self._gone is not None:
                return
            while not self._fits(size):
                if self.options.overflow != "drop_oldest" or not self._drop_oldest():
                    raise self.full_error()
            heapq.heappush(self._ready, _Item(next(self._numbers), message, size))
            self._bytes += size
            self._changed.notify()

    def full_error(self) -> QueueFull:
        return QueueFull(
            f"the queue {self.options.name!r} is at its bound of {self._max_messages} messages, "
            f"{self._max_bytes} bytes; consume or purge it, or let it drop_oldest"
        )

    # The keeper.

    def get(
        self, most: int, wait: float | None, auto_ack: bool, ended: Callable[[], bool] = lambda: False
    ) -> list[Taken]:
        """As Keeper.get; empty, too, once `ended` is true after a `wake`."""
        end = None if wait is None else time.monotonic() + wait
        with self._changed:
            self._waiting += 1
            try:
                while not ended():
                    due = self._look_after()
                    if self._ready and not self._paused:
                        return [self._hand_out(auto_ack) for _ in range(min(most, len(self._ready)))]
                    left = None if end is None else end - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._changed.wait(min((pause for pause in (left, due) if pause is not None), default=None))
                return []
            finally:
                self._waiting -= 1

    def wake(self) -> None:
        """Lets whoever waits look again whether it ended."""
        with self._changed:
            self._changed.notify_all()

    def consume(self, credit: int, auto_ack: bool) -> LocalConsumer:
        return LocalConsumer(self, auto_ack)

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> None:
        with self._changed:
            self._look_after()
            if lease_id in self._settled:
                return
            item = self._held(lease_id)
            self._end_lease(item)
            self._settled[lease_id] = None
            if len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
            self._carry_out(item, verb, delay, why)

    def extend(self, lease_id: str, seconds: float | None) -> datetime:
        with self._changed:
            self._look_after()
            item = self._held(lease_id)
            item.until = self._clock() + (seconds or self.options.lease or DEFAULT_LEASE)
            return _moment(item.until)

    def status(self) -> QueueStatus:
        with self._changed:
            self._look_after()
            oldest = self._ready[0].message.published_at if self._ready else None
            return QueueStatus(
                len(self._ready), len(self._delayed), len(self._leased), self._bytes, self._waiting, oldest
            )

    def peek(self, most: int) -> list[Message]:
        with self._changed:
            self._look_after()
            return [item.message for item in heapq.nsmallest(most, self._ready)]

    def purge(self) -> int:
        with self._changed:
            self._look_after()
            gone = [*self._ready, *(item for _, item in self._delayed)]
            self._ready, self._delayed = [], []
            self._bytes -= sum(item.size for item in gone)
            return len(gone)

    def pause(self) -> None:
        with self._changed:
            self._look_after()
            self._paused = True

    def resume(self) -> None:
        with self._changed:
            self._look_after()
            self._paused = False
            self._changed.notify_all()

    def delete(self) -> None:
        with self._changed:
            self._look_after()
        self._end(QueueNotFound(f"the queue {self.options.name!r} was deleted"))

    def dead(self) -> LocalQueue:
        with self._changed:
            if self._dead is None:
                name = f"{self.options.name}.dead"
                options = self.options._replace(
                    name=name, patterns=(), standalone=False, overflow="drop_oldest", max_attempts=2**32 - 1
                )
                self._dead = LocalQueue(options, self._clock)
            return self._dead

    def close(self) -> None:
        """Of a standalone queue, or of the bus."""
        if self._gone is None:
            self._end(Closed(f"the queue {self.options.name!r} was closed"))

    def abandon(self) -> None:
        if self._abandon is not None:
            self._abandon(self)

    def after_fork(self) -> None:
        """In the child: makes new locks, as threads that held them may be gone."""
        self._changed = threading.Condition()

    def _end(self, why: Exception) -> None:
        if self._forget is not None:
            self._forget(self)
        with self._changed:
            self._gone = why
            self._changed.notify_all()

    # What follows is called with the lock held.

    def _look_after(self) -> float | None:
        """Ends leases and delays that are over; returns in how many seconds the next one is. Raises what ended the
        queue."""
        if self._gone is not None:
            raise self._gone
        now = self._clock()
        for item in [item for item in self._leased.values() if item.until <= now]:
            self._end_lease(item)
            self._attempt_failed(item, "the lease ran out", 0.0)
        while self._delayed and self._delayed[0][0] <= now:
            heapq.heappush(self._ready, heapq.heappop(self._delayed)[1])
        ends = [item.until for item in self._leased.values()]
        if self._delayed:
            ends.append(self._delayed[0][0])
        return max(0.001, min(ends) - now) if ends else None

    def _hand_out(self, auto_ack: bool) -> Taken:
        item = heapq.heappop(self._ready)
        if auto_ack:
            self._bytes -= item.size
            return Taken(item.message, "", item.attempts + 1, None)
        item.lease = secrets.token_hex(12)
        item.until = self._clock() + (self.options.lease or DEFAULT_LEASE)
        self._leased[item.lease] = item
        return Taken(item.message, item.lease, item.attempts + 1, _moment(item.until))

    def _held(self, lease_id: str) -> _Item:
        item = self._leased.get(lease_id)
        if item is None:
            raise LeaseLost(f"the lease {lease_id!r} ran out or never was; somebody else may hold the message now")
        return item

    def _end_lease(self, item: _Item) -> None:
        del self._leased[item.lease]

    def _carry_out(self, item: _Item, verb: Verb, delay: float | None, why: str | None) -> None:
        if verb == "ack":
            self._bytes -= item.size
        elif verb == "release":
            self._give_back(item, 0.0)
        elif verb == "retry":
            first, most = self.options.backoff or DEFAULT_BACKOFF
            backoff = min(most, first * 2 ** min(item.attempts, 50))
            self._attempt_failed(item, "retried", backoff if delay is None else delay)
        else:
            self._bury(item, why or "rejected", item.attempts + 1)

    def _attempt_failed(self, item: _Item, why: str, delay: float) -> None:
        item.attempts += 1
        most = self.options.max_attempts or DEFAULT_ATTEMPTS
        if item.attempts >= most:
            self._bury(item, f"{why} after attempt {item.attempts} of {most}", item.attempts)
        else:
            self._give_back(item, delay)

    def _give_back(self, item: _Item, delay: float) -> None:
        """At its old place, now or after a while."""
        if delay > 0:
            heapq.heappush(self._delayed, (self._clock() + delay, item))
        else:
            heapq.heappush(self._ready, item)
        self._changed.notify()

    def _bury(self, item: _Item, why: str, attempt: int) -> None:
        """To the dead letters, with the attributes that a gateway gives; a dead letter itself is forgotten."""
        self._bytes -= item.size
        if self.options.name.endswith(".dead"):
            return
        told = {
            "berrymq-dead-queue": self.options.name,
            "berrymq-dead-reason": why,
            "berrymq-dead-attempts": str(attempt),
            "berrymq-dead-at": _moment(self._clock()).isoformat(),
        }
        message = item.message
        self.dead().take(message.with_(message_id=message.message_id, attributes={**message.attributes, **told}))

    def _fits(self, size: int) -> bool:
        held = len(self._ready) + len(self._delayed) + len(self._leased)
        return held < self._max_messages and self._bytes + size <= self._max_bytes

    def _drop_oldest(self) -> bool:
        if self._ready:
            self._bytes -= heapq.heappop(self._ready).size
        elif self._delayed:
            self._bytes -= heapq.heappop(self._delayed)[1].size
        else:
            return False
        return True


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

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> None:
        self._queue.settle(lease_id, verb, delay, why)
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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
