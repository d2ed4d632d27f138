"""A queue for programs that live in asyncio."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TypedDict, overload

from ..errors import Closed, Empty, InvalidArgument
from ..keeper import DEFAULT_RATE, QueueStatus
from ..message import Message
from ..queue import Delivery as SyncDelivery
from ..queue import Queue as SyncQueue
from .deliveries import Deliveries
from .delivery import Delivery
from .pulls import Pulls
from .workers import workers

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .bus import Bus


class Options(TypedDict, total=False):
    """As `berrymq.Queue` explains them."""

    max_messages: int | None
    max_bytes: int | None
    overflow: Literal["reject_publish", "drop_oldest"] | None
    lease: float | None
    max_attempts: int | None
    backoff: tuple[float, float] | None
    transient: bool
    ttl: float | None
    delay: float | None
    dedupe: float | None
    standalone_ttl: float | None
    policy: Literal["round_robin", "broadcast"] | None


class Queue:
    """As `berrymq.Queue`. It is made when it is awaited or entered: `tasks = await Queue("task:*", bus=mq)`, or
    `async with Queue("task:*", bus=mq) as tasks`. A `get` that is cancelled takes nothing and loses nothing."""

    def __init__(
        self,
        pattern: str | Sequence[str] | None = None,
        shared: bool = False,
        name: str | None = None,
        *,
        bus: Bus,
        **options: Unpack[Options],
    ) -> None:
        self._make = partial(SyncQueue, pattern, shared, name, bus=bus.sync, **options)
        self._made: SyncQueue | None = None
        self._pulls: Pulls | None = None

    @classmethod
    def _of(cls, made: SyncQueue) -> Queue:
        queue = cls.__new__(cls)
        queue._open(made)
        return queue

    def __await__(self) -> Generator[None, None, Queue]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Queue:
        if self._made is None:
            self._open(await workers.run(self._make))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """The name by which a shared queue is opened; one's own has one that nobody else knows, unless it was given."""
        return self._opened.name

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it keeps; nothing of what is published, if it is a queue of dead letters."""
        return self._opened.patterns

    @overload
    async def get(
        self, block: bool = True, timeout: float | None = None, auto_ack: Literal[True] = True
    ) -> Message: ...

    @overload
    async def get(self, block: bool = True, timeout: float | None = None, *, auto_ack: Literal[False]) -> Delivery: ...

    async def get(self, block: bool = True, timeout: float | None = None, auto_ack: bool = True) -> Message | Delivery:
        """The oldest message, waiting for it; with `auto_ack=False` a Delivery to be settled. Raises Empty."""
        taken = await self._take(1, timeout if block else 0.0, auto_ack)
        if not taken:
            raise Empty(f"the queue {self.name!r} is empty")
        return taken[0].message if auto_ack else taken[0]

    async def get_nowait(self) -> Message:
        """The oldest message. Raises Empty."""
        return await self.get(block=False)

    @overload
    async def get_many(
        self, max: int, timeout: float | None = None, auto_ack: Literal[True] = True
    ) -> list[Message]: ...

    @overload
    async def get_many(self, max: int, timeout: float | None = None, *, auto_ack: Literal[False]) -> list[Delivery]: ...

    async def get_many(
        self, max: int, timeout: float | None = None, auto_ack: bool = True
    ) -> list[Message] | list[Delivery]:
        """Up to `max` messages, 1000 at most, waiting for the first; an empty list after the timeout."""
        if not 1 <= max <= 1000:
            raise InvalidArgument(f"get_many({max!r}): from 1 to 1000")
        taken = await self._take(max, timeout, auto_ack)
        return [one.message for one in taken] if auto_ack else taken

    def consume(self, credit: int = 100, auto_ack: bool = False) -> Deliveries:
        """Deliveries pushed, at most `credit` ahead of their settlement, until it is closed."""
        if credit < 1:
            raise InvalidArgument(f"consume(credit={credit!r}): 1 or more")
        return Deliveries(self._opened._kept(), credit, auto_ack)

    async def qsize(self) -> int:
        """Messages that can be had now."""
        return await workers.run(self._opened.qsize)

    async def empty(self) -> bool:
        """Whether no message can be had now."""
        return await workers.run(self._opened.empty)

    async def full(self) -> bool:
        """Whether a bound is reached."""
        return await workers.run(self._opened.full)

    async def status(self) -> QueueStatus:
        """How many messages wait, are leased, and how large they are, at this moment."""
        return await workers.run(self._opened.status)

    async def peek(self, max: int = 1) -> list[Message]:
        """The next messages in order; nothing is taken, leased or counted."""
        return await workers.run(partial(self._opened.peek, max))

    async def purge(self) -> int:
        """Forgets every message that nobody leases; how many they were."""
        return await workers.run(self._opened.purge)

    async def pause(self) -> None:
        """Hands out nothing until `resume`."""
        await workers.run(self._opened.pause)

    async def resume(self) -> None:
        """Ends a `pause`."""
        await workers.run(self._opened.resume)

    async def redrive(
        self, max: int | None = None, rate: int = DEFAULT_RATE, message_ids: Collection[str] | None = None
    ) -> int:
        """Of a queue of dead letters: as `berrymq.Queue.redrive`."""
        return await workers.run(partial(self._opened.redrive, max, rate, message_ids))

    async def delete(self) -> None:
        """Removes the queue with everything in it, for everybody."""
        await workers.run(self._opened.delete)

    @property
    def dead(self) -> Queue:
        """The queue of its dead letters, `<name>.dead`, made already."""
        return Queue._of(self._opened.dead)

    async def close(self) -> None:
        """Ends a queue of one's own; lets a shared one be. Idempotent."""
        if self._made is not None and self._pulls is not None:
            await self._pulls.close()
            await workers.run(self._made.close)

    def _open(self, made: SyncQueue) -> None:
        self._made = made
        self._pulls = Pulls(made._kept())

    @property
    def _opened(self) -> SyncQueue:
        if self._made is None:
            raise InvalidArgument('this queue is not made yet: await it, as in tasks = await mq.queue("task:*")')
        return self._made

    async def _take(self, most: int, timeout: float | None, auto_ack: bool) -> list[Delivery]:
        keeper = self._opened._kept()
        if timeout is not None and timeout < 0:
            raise InvalidArgument(f"timeout={timeout!r}: 0 or more seconds")
        if self._pulls is None:
            raise Closed(f"the queue {self.name!r} was closed")
        taken = await self._pulls.take(most, timeout, auto_ack)
        return [Delivery(SyncDelivery(one, keeper, keeper)) for one in taken]
