"""`Queue`: pull messages when it suits you; `Delivery`: what is settled once it is worked off."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, overload

from .errors import Closed, Empty, InvalidArgument, LeaseLost
from .identifier import plain
from .keeper import (
    DEFAULT_BYTES,
    DEFAULT_MESSAGES,
    DEFAULT_RATE,
    Consumer,
    Keeper,
    QueueOptions,
    QueueStatus,
    Taken,
    Verb,
    check_options,
    check_seconds,
)
from .message import Message
from .queue_patterns import check_named, read_patterns
from .verdicts import Reject, Release, Retry, Verdict, check_delay, reason_of

if TYPE_CHECKING:
    from datetime import datetime

    from .bus import Bus
    from .courier import Courier


class _Settler(Protocol):
    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool: ...


class Delivery:
    """One message handed over to one consumer, who owns it until `deadline`. Settling twice is harmless; settling
    after the lease was lost raises LeaseLost. `with delivery:` acknowledges at the end, and gives back what raised."""

    __slots__ = ("_keeper", "_settler", "attempt", "deadline", "lease_id", "message")

    message: Message
    """What was handed over."""
    attempt: int
    """From 1; how often it was handed out, but for what was released."""
    lease_id: str
    """The gateway's name for this lease; "" when it was acknowledged as it was handed out."""
    deadline: datetime | None
    """When the lease ends unless it is settled or extended; None when there is none."""

    def __init__(self, taken: Taken, keeper: Keeper, settler: _Settler) -> None:
        self.message = taken.message
        self.attempt = taken.attempt
        self.lease_id = taken.lease_id
        self.deadline = taken.deadline
        self._keeper = keeper
        self._settler = settler

    def ack(self) -> None:
        """Done: the message is forgotten."""
        if self.lease_id:
            self._settle("ack")

    def release(self) -> None:
        """Given back at its old place, not counted."""
        self._settle("release")

    def retry(self, delay: float | None = None) -> None:
        """Given back after `delay` seconds (None = the queue's backoff), counted."""
        check_delay(delay, f"retry(delay={delay!r})")
        self._settle("retry", delay=delay)

    def reject(self, why: str | BaseException | None = None) -> None:
        """Given up: it goes to the dead letters with the reason."""
        self._settle("reject", why=reason_of(why))

    def extend(self, seconds: float | None = None) -> None:
        """The lease ends `seconds` from now (None = the queue's lease); `deadline` tells when."""
        self._check_leased()
        check_seconds("lease", seconds, f"extend({seconds!r})")
        self.deadline = self._keeper.extend(self.lease_id, seconds)

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Acknowledges; gives back what raised, as handlers of durable followings do: by the queue's backoff, or as a
        verdict says, which ends here. What is no Exception, such as KeyboardInterrupt, gives it back uncounted."""
        if error is None:
            self.ack()
            return False
        with suppress(LeaseLost):
            self._give_back(error)
        return isinstance(error, Verdict)

    def _give_back(self, error: BaseException) -> None:
        if isinstance(error, Reject):
            self.reject(error.why)
        elif isinstance(error, Release) or not isinstance(error, Exception):
            self.release()
        else:
            self.retry(error.after if isinstance(error, Retry) else None)

    def _settle(self, verb: Verb, delay: float | None = None, why: str | None = None) -> None:
        self._check_leased()
        self._settler.settle(self.lease_id, verb, delay, why)

    def _check_leased(self) -> None:
        if not self.lease_id:
            raise LeaseLost("this delivery was acknowledged as it was handed out (auto_ack)")

    def __repr__(self) -> str:
        return f"<Delivery {self.message.id!r} attempt={self.attempt}>"


class Deliveries:
    """Deliveries as they are pushed: an iterator, and a context manager that gives back what is unsettled."""

    def __init__(self, keeper: Keeper, consumer: Consumer, courier: Courier) -> None:
        self._keeper = keeper
        self._courier = courier
        self._consumer = consumer
        self._taken = iter(consumer)

    def __iter__(self) -> Iterator[Delivery]:
        return self

    def __next__(self) -> Delivery:
        taken = next(self._taken)
        taken.message._courier = self._courier
        return Delivery(taken, self._keeper, self._consumer)

    def close(self) -> None:
        """Once more is harmless."""
        self._consumer.close()

    def __enter__(self) -> Deliveries:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Queue:
    """Keeps every message that its pattern matches, from its making on, until it is taken; of several patterns, one
    at least: what two of them match is kept once.

    `shared=True`: everybody who opens that name (the pattern, unless given) shares it; else a copy of one's own. A
    queue of several patterns, 100 at most, needs a name. A queue made while its bus is connected is kept at the
    gateway, else in this process. Times are in seconds.

    A shared queue that is there is taken as it is: what is not said is not compared, and what is said and otherwise
    there raises QueueExists, which names it. `Queue(name="jobs", shared=True)` says nothing else: if the queue is not
    there, it is made with the pattern `jobs:*`.

    `overflow`: what it does at `max_messages` (1000000) or `max_bytes` (1 GiB), `reject_publish` or `drop_oldest`.
    `lease` (30): how long a delivery is its consumer's. `max_attempts` (10): then a message is a dead letter.
    `backoff` (1, 300): how long it waits after its first failed attempt, doubling up to the second number.
    `ttl`: how old a message gets. `delay`: how long after its publishing it is handed out at the earliest. `dedupe`: a
    message whose id came so long ago or less is not taken again. `transient`: in the gateway's memory, whatever its
    engine. `standalone_ttl`: how long one's own outlives the connection. `policy`: how pushed consumers share.

    Raises InvalidIdentifier, InvalidArgument, QueueExists, Unavailable, Closed.
    """

    def __init__(
        self,
        pattern: str | Sequence[str] | None = None,
        shared: bool = False,
        name: str | None = None,
        *,
        max_messages: int | None = None,
        max_bytes: int | None = None,
        overflow: Literal["reject_publish", "drop_oldest"] | None = None,
        lease: float | None = None,
        max_attempts: int | None = None,
        backoff: tuple[float, float] | None = None,
        transient: bool = False,
        ttl: float | None = None,
        delay: float | None = None,
        dedupe: float | None = None,
        standalone_ttl: float | None = None,
        policy: Literal["round_robin", "broadcast"] | None = None,
        bus: Bus | None = None,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise InvalidArgument(f"name={name!r:.80}: text")
        if pattern is None:
            check_named(name, shared)
        patterns = () if pattern is None else read_patterns(pattern, name)
        asked = QueueOptions(
            plain(name) if name else (patterns[0] if shared else f"{patterns[0]}#{secrets.token_hex(8)}"),
            patterns,
            not shared,
            max_messages,
            max_bytes,
            overflow,
            lease,
            max_attempts,
            backoff,
            transient,
            ttl,
            delay,
            dedupe,
            standalone_ttl,
            policy,
        )
        bus = bus or _default_bus()
        self._open(bus._keeper(check_options(asked)), bus._courier)
        bus._queues.add(self)

    @classmethod
    def _of(cls, keeper: Keeper, courier: Courier) -> Queue:
        queue = cls.__new__(cls)
        queue._open(keeper, courier)
        return queue

    def _open(self, keeper: Keeper, courier: Courier) -> None:
        self._keeper = keeper
        self._courier = courier
        self._closed = False
        if keeper.options.standalone:
            # A queue of one's own ends with its last holder, as berryMQ's did.
            weakref.finalize(self, keeper.abandon).atexit = False

    @property
    def name(self) -> str:
        """The name by which a shared queue is opened; one's own has one that nobody else knows, unless it was given."""
        return self._keeper.options.name

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it keeps; nothing of what is published, if it is a queue of dead letters."""
        return self._keeper.options.patterns

    @overload
    def get(self, block: bool = True, timeout: float | None = None, auto_ack: Literal[True] = True) -> Message: ...

    @overload
    def get(self, block: bool = True, timeout: float | None = None, *, auto_ack: Literal[False]) -> Delivery: ...

    def get(self, block: bool = True, timeout: float | None = None, auto_ack: bool = True) -> Message | Delivery:
        """The oldest message, waiting for it as `queue.Queue` does; with `auto_ack=False` a Delivery to be settled.
        Raises Empty."""
        taken = self._take(1, timeout if block else 0.0, auto_ack)
        if not taken:
            raise Empty(f"the queue {self.name!r} is empty")
        return taken[0].message if auto_ack else self._delivery(taken[0])

    def get_nowait(self) -> Message:
        """The oldest message. Raises Empty."""
        return self.get(block=False)

    @overload
    def get_many(self, max: int, timeout: float | None = None, auto_ack: Literal[True] = True) -> list[Message]: ...

    @overload
    def get_many(self, max: int, timeout: float | None = None, *, auto_ack: Literal[False]) -> list[Delivery]: ...

    def get_many(self, max: int, timeout: float | None = None, auto_ack: bool = True) -> list[Message] | list[Delivery]:
        """Up to `max` messages, 1000 at most, waiting for the first; an empty list after the timeout."""
        if not 1 <= max <= 1000:
            raise InvalidArgument(f"get_many({max!r}): from 1 to 1000")
        taken = self._take(max, timeout, auto_ack)
        return [one.message for one in taken] if auto_ack else [self._delivery(one) for one in taken]

    def consume(self, credit: int = 100, auto_ack: bool = False) -> Deliveries:
        """Deliveries pushed, at most `credit` ahead of their settlement, until it is closed."""
        if credit < 1:
            raise InvalidArgument(f"consume(credit={credit!r}): 1 or more")
        return Deliveries(self._kept(), self._kept().consume(credit, auto_ack), self._courier)

    def qsize(self) -> int:
        """Messages that can be had now."""
        return self.status().ready

    def empty(self) -> bool:
        """Whether no message can be had now."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether a bound is reached."""
        keeper, status = self._kept(), self.status()
        held = status.ready + status.delayed + status.leased
        options = keeper.options
        return held >= (options.max_messages or DEFAULT_MESSAGES) or status.bytes >= (
            options.max_bytes or DEFAULT_BYTES
        )

    def status(self) -> QueueStatus:
        """How many messages wait, are leased, and how large they are, at this moment."""
        return self._kept().status()

    def peek(self, max: int = 1) -> list[Message]:
        """The next messages in order; nothing is taken, leased or counted."""
        return self._kept().peek(max)

    def purge(self) -> int:
        """Forgets every message that nobody leases; how many they were."""
        return self._kept().purge()

    def pause(self) -> None:
        """Hands out nothing until `resume`."""
        self._kept().pause()

    def resume(self) -> None:
        """Ends a `pause`."""
        self._kept().resume()

    def redrive(
        self, max: int | None = None, rate: int = DEFAULT_RATE, message_ids: Collection[str] | None = None
    ) -> int:
        """Of a queue of dead letters: moves them (`max` at most) back to where they came from, `rate` a second, and
        returns how many once they are there. With `message_ids` those alone, 1000 at most: at once, whatever the
        rate."""
        if max is not None and max < 1:
            raise InvalidArgument(f"redrive(max={max!r}): 1 or more, or None for all")
        if not 1 <= rate <= 100_000:
            raise InvalidArgument(f"redrive(rate={rate!r}): from 1 to 100000 messages a second")
        if message_ids is not None and (isinstance(message_ids, str) or len(message_ids) > 1000):
            raise InvalidArgument(f"redrive(message_ids={message_ids!r:.80}): a list of at most 1000 ids of messages")
        ids = None if message_ids is None else frozenset(message_ids)
        return 0 if ids == frozenset() else self._kept().redrive(max, rate, ids)

    def delete(self) -> None:
        """Removes the queue with everything in it, for everybody."""
        self._kept().delete()

    @property
    def dead(self) -> Queue:
        """The queue of its dead letters, `<name>.dead`."""
        return Queue._of(self._kept().dead(), self._courier)

    def close(self) -> None:
        """Ends a queue of one's own; lets a shared one be. Idempotent."""
        if not self._closed:
            self._closed = True
            if self._keeper.options.standalone:
                self._keeper.close()

    def __repr__(self) -> str:
        return f"<Queue {self.name!r} of {', '.join(self.patterns) or 'what is put there'}>"

    def __enter__(self) -> Queue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _kept(self) -> Keeper:
        if self._closed:
            raise Closed(f"the queue {self.name!r} was closed")
        return self._keeper

    def _take(self, most: int, timeout: float | None, auto_ack: bool) -> list[Taken]:
        if timeout is not None and timeout < 0:
            raise InvalidArgument(f"timeout={timeout!r}: 0 or more seconds")
        taken = self._kept().get(most, timeout, auto_ack)
        for one in taken:
            one.message._courier = self._courier
        return taken

    def _delivery(self, taken: Taken) -> Delivery:
        return Delivery(taken, self._keeper, self._keeper)


def _default_bus() -> Bus:
    from .default_bus import bus

    return bus
