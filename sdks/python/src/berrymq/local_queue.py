"""A queue that lives in this process: leases, retries, dead letters. Nothing of it survives the process."""

from __future__ import annotations

import math
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timezone

from .clock import Clock
from .dead_letters import letter, pick, redrive
from .errors import Closed, InvalidArgument, LeaseLost, QueueFull, QueueNotFound
from .identifier import Identifier
from .keeper import (
    DEAD_SUFFIX,
    DEFAULT_ATTEMPTS,
    DEFAULT_BACKOFF,
    DEFAULT_BYTES,
    DEFAULT_DEDUPE,
    DEFAULT_LEASE,
    DEFAULT_MESSAGES,
    QueueOptions,
    QueueStatus,
    Taken,
    Verb,
    nothing_lost,
)
from .lifespan import lifespan
from .local_consumer import LocalConsumer
from .message import Message, delivered
from .queue_faults import QueueFaults
from .registry import serials
from .shelf import Item, Shelf
from .stream import size_of
from .taken_ids import TakenIds
from .timekeeper import WeakCall

Dropped = Callable[[Message, str, str], None]
"""Told of a message that went unread, the name of its queue and the reason: "expired", or "overflow" at a bound."""

_REMEMBERED = 10_000
"""Settled leases that are known, so that settling twice is harmless."""


class LocalQueue:
    """A keeper, and a receiver of the bus's messages."""

    answers = False
    awaited = False
    keeps = True
    guarded = False

    def __init__(
        self,
        options: QueueOptions,
        clock: Clock,
        forget: Callable[[LocalQueue], None] | None = None,
        abandon: Callable[[LocalQueue], None] | None = None,
        dropped: Dropped = lambda *_: None,
        origin: LocalQueue | None = None,
    ) -> None:
        self.options = options
        self.serial = next(serials)
        self.patterns = tuple(dict.fromkeys(map(Identifier.parse, options.patterns)))
        self.source = ""
        self._clock = clock
        self._forget = forget
        self._abandon = abandon
        self._dropped = dropped
        # The queue whose dead letters these are.
        self._origin = origin
        self._max_messages = options.max_messages or DEFAULT_MESSAGES
        self._max_bytes = options.max_bytes or DEFAULT_BYTES
        self._drops = options.overflow == "drop_oldest"
        self._ids = TakenIds(DEFAULT_DEDUPE if options.dedupe is None else options.dedupe)
        self._shelf = Shelf()
        self._settled: OrderedDict[str, None] = OrderedDict()
        # What `dropped` is still to be told.
        self._lost: deque[tuple[Message, str, str]] = deque()
        # When `expire` will be called.
        self._wakes_at = math.inf
        self._waiting = 0
        self._paused = False
        self._gone: Exception | None = None
        self._dead: LocalQueue | None = None
        self._changed = threading.Condition()
        # None = nothing but what happens by itself.
        self.faults: QueueFaults | None = None

    # The receiver.

    @property
    def handler(self) -> object:
        return self

    def agrees(self, message: Message) -> bool:
        return True

    def refuses(self, message: Message) -> bool:
        """Whether the message finds no room; it is asked before anybody receives the message."""
        size = size_of(message)
        # A look without the lock will do: `take` decides.
        if self._fits(size) or (self._drops and size <= self._max_bytes):
            return False
        with self._locked():
            self._expire()
            return not self._fits(size)

    def take(self, message: Message) -> None:
        """Keeps a message. Raises QueueFull."""
        with self._locked():
            now = self._clock.epoch()
            if self._gone is None and not self._ids.knows(message.message_id, now):
                self._keep(message, *lifespan(message, self.options, now))

    def take_back(self, message: Message) -> None:
        """Keeps a message that was here before, with its full time to live before it. Raises QueueFull, or what ended
        the queue."""
        with self._locked():
            self._look_after()
            ttl = self.options.ttl
            self._keep(message, 0.0, self._clock.epoch() + ttl if ttl else 0.0)

    def expire(self) -> None:
        """Drops what has expired and nobody leases, and tells of it."""
        with self._locked():
            self._wakes_at = math.inf
            if self._gone is None:
                self._expire()
                self._watch()

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
        end = None if wait is None else self._clock.now() + wait
        with self._locked():
            self._waiting += 1
            try:
                while not ended():
                    due = self._look_after()
                    if self._shelf.ready and not self._paused:
                        return [self._hand_out(auto_ack) for _ in range(min(most, self._shelf.ready))]
                    left = None if end is None else end - self._clock.now()
                    if left is not None and left <= 0:
                        break
                    pause = min((pause for pause in (left, due) if pause is not None), default=None)
                    self._clock.wait(self._changed, pause)
                return []
            finally:
                self._waiting -= 1

    def wake(self) -> None:
        """Lets whoever waits look again whether it ended."""
        with self._changed:
            self._changed.notify_all()

    def consume(self, credit: int, auto_ack: bool, lost: Callable[[], None] = nothing_lost) -> LocalConsumer:
        return LocalConsumer(self, auto_ack)

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        with self._locked():
            self._look_after()
            if lease_id in self._settled:
                return False
            item = self._held(lease_id)
            self._settled[lease_id] = None
            if len(self._settled) > _REMEMBERED:
                self._settled.popitem(last=False)
            return self._carry_out(item, verb, delay, why)

    def extend(self, lease_id: str, seconds: float | None) -> datetime:
        with self._locked():
            self._look_after()
            item = self._held(lease_id)
            item.until = self._clock.epoch() + (seconds or self.options.lease or DEFAULT_LEASE)
            return _moment(item.until)

    def status(self) -> QueueStatus:
        with self._locked():
            self._look_after()
            shelf, first = self._shelf, self._shelf.first(1)
            oldest = first[0].published_at if first else None
            return QueueStatus(shelf.ready, shelf.delayed, shelf.leased, shelf.bytes, self._waiting, oldest)

    def peek(self, most: int) -> list[Message]:
        with self._locked():
            self._look_after()
            return self._shelf.first(most)

    def purge(self) -> int:
        with self._locked():
            self._look_after()
            return self._shelf.purge()

    def pause(self) -> None:
        with self._locked():
            self._look_after()
            self._paused = True

    def resume(self) -> None:
        with self._locked():
            self._look_after()
            self._paused = False
            self._changed.notify_all()

    def redrive(self, most: int | None, rate: int, ids: Set[str] | None = None) -> int:
        origin = self._origin
        if origin is None:
            raise InvalidArgument(f"redrive: {self.options.name!r} keeps no dead letters; take the queue's `dead`")
        return redrive(self, origin, most, rate, self._clock) if ids is None else pick(self, origin, most, ids)

    def delete(self) -> None:
        with self._locked():
            self._look_after()
        self._end(QueueNotFound(f"the queue {self.options.name!r} was deleted"))

    def dead(self) -> LocalQueue:
        with self._changed:
            if self._dead is None:
                options = QueueOptions(
                    f"{self.options.name}{DEAD_SUFFIX}",
                    (),
                    False,
                    self.options.max_messages,
                    self.options.max_bytes,
                    "drop_oldest",
                    self.options.lease,
                    2**32 - 1,
                    dedupe=0,
                )
                self._dead = LocalQueue(options, self._clock, dropped=self._lose, origin=self)
            return self._dead

    def close(self) -> None:
        """Of a standalone queue, or of the bus."""
        if self._gone is None:
            self._end(Closed(f"the queue {self.options.name!r} was closed"))

    def abandon(self) -> None:
        if self._abandon is not None:
            self._abandon(self)

    def disown(self) -> None:
        """In a forked child: what it holds is the parent's to work off."""
        self._shelf = Shelf()

    def after_fork(self) -> None:
        """In the child: makes new locks, as threads that held them may be gone."""
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._watch()

    def _end(self, why: Exception) -> None:
        if self._forget is not None:
            self._forget(self)
        with self._changed:
            self._gone = why
            self._changed.notify_all()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock; what went meanwhile is told of afterwards, as followers may do anything."""
        try:
            with self._changed:
                yield
        finally:
            while self._lost:
                try:
                    lost = self._lost.popleft()
                except IndexError:
                    # Another thread tells of it.
                    break
                self._dropped(*lost)

    # What follows is called with the lock held.

    def _keep(self, message: Message, due: float, expires: float) -> None:
        size = size_of(message)
        if not self._fits(size):
            self._expire()
        while not self._fits(size):
            oldest = self._shelf.drop_oldest() if self._drops and size <= self._max_bytes else None
            if oldest is None:
                raise self.full_error()
            self._lose(oldest, self.options.name, "overflow")
        self._shelf.put(message, size, due, expires)
        self._watch()
        self._changed.notify()

    def _look_after(self) -> float | None:
        """Ends leases, delays and messages that are over; returns in how many seconds the next one is. Raises what
        ended the queue."""
        if self._gone is not None:
            raise self._gone
        now = self._clock.epoch()
        for item in self._shelf.age(now):
            self._attempt_failed(item, "the lease ran out", 0.0)
        self._expire()
        change = self._shelf.next_change()
        return None if change is None else max(0.001, change - now)

    def _expire(self) -> None:
        for message in self._shelf.expire(self._clock.epoch()):
            self._lose(message, self.options.name, "expired")

    def _lose(self, message: Message, queue: str, why: str) -> None:
        """It is told of once the lock is free; a dead letter, too, whose queue is filled under this lock."""
        self._lost.append((message, queue, why))

    def _watch(self) -> None:
        """Has `expire` called in time."""
        end = self._shelf.next_end()
        if end < self._wakes_at:
            self._wakes_at = end
            self._clock.later(end - self._clock.epoch(), WeakCall(self.expire))

    def _hand_out(self, auto_ack: bool) -> Taken:
        second = self.faults is not None and self.faults.after_next()
        if auto_ack:
            item = self._shelf.take(second)
            return Taken(delivered(item.message, item.attempts + 1), "", item.attempts + 1, None)
        until = self._clock.epoch() + (self.options.lease or DEFAULT_LEASE)
        item = self._shelf.lease(secrets.token_hex(12), until, second)
        return Taken(delivered(item.message, item.attempts + 1), item.lease, item.attempts + 1, _moment(until))

    def _held(self, lease_id: str) -> Item:
        item = self._shelf.held(lease_id)
        if item is None:
            raise LeaseLost(f"the lease {lease_id!r} ran out or never was; somebody else may hold the message now")
        return item

    def _carry_out(self, item: Item, verb: Verb, delay: float | None, why: str | None) -> bool:
        """Whether that gave the message up."""
        if verb == "retry":
            first, most = self.options.backoff or DEFAULT_BACKOFF
            backoff = min(most, first * 2 ** min(item.attempts, 50))
            return self._attempt_failed(item, "retried", backoff if delay is None else delay)
        if verb == "ack" and self.faults is not None and self.faults.again(self.options.name, item.message):
            item.attempts += 1
            self._give_back(item, 0.0)
        elif verb == "ack":
            self._shelf.forget(item)
        elif verb == "release":
            self._give_back(item, 0.0)
        else:
            self._bury(item, why or "rejected", item.attempts + 1)
        return verb == "reject"

    def _attempt_failed(self, item: Item, why: str, delay: float) -> bool:
        """Whether it was the last."""
        item.attempts += 1
        most = self.options.max_attempts or DEFAULT_ATTEMPTS
        last = item.attempts >= most
        if last:
            self._bury(item, f"{why} after attempt {item.attempts} of {most}", item.attempts)
        else:
            self._give_back(item, delay)
        return last

    def _give_back(self, item: Item, delay: float) -> None:
        """At its old place, now or after a while."""
        self._shelf.give_back(item, self._clock.epoch() + delay if delay > 0 else 0.0)
        self._watch()
        self._changed.notify()

    def _bury(self, item: Item, why: str, attempt: int) -> None:
        """To the dead letters; a dead letter itself is forgotten."""
        self._shelf.forget(item)
        if self._origin is not None:
            return
        at = _moment(self._clock.epoch()).isoformat()
        self.dead().take(letter(item.message, self.options.name, why, attempt, at))

    def _fits(self, size: int) -> bool:
        return len(self._shelf) < self._max_messages and self._shelf.bytes + size <= self._max_bytes


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
