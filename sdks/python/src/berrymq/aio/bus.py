"""The bus for programs that live in asyncio: the same names, as coroutines. No call blocks the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..bulk import Item
from ..bus import Bus as SyncBus
from ..classic import MIB
from ..condition import Condition
from ..dispatch import OnError
from ..durable import Durable
from ..errors import InvalidArgument
from ..follower import Following as SyncFollowing
from ..follower import Guard, Handle
from ..mailbox import Drop, Presence, Recv
from ..message import Message
from ..stream import Stream
from ..talk import DEFAULT_TIMEOUT
from .asks import Answers, Within
from .correspondence import Callback, Mailbox, Pipeline
from .publishing import Publishing
from .queue import Options, Queue
from .receipt import Receipt
from .running import run_until_told
from .workers import workers

if TYPE_CHECKING:
    from typing_extensions import Unpack

F = TypeVar("F", bound=Callable[..., Any])


class Following:
    """One following, to be ended with `await unfollow()`."""

    def __init__(self, following: SyncFollowing) -> None:
        self._following = following

    async def unfollow(self) -> None:
        """Follows no more. Once more is harmless."""
        await workers.run(self._following.unfollow)


class Bus:
    """As `berrymq.Bus`, over one of its own or `of` another, which is `sync`. Handlers that are coroutine functions
    run on the loop in which they are registered; all others are called in the thread that publishes: in the loop."""

    def __init__(self, ident: str | None = None, *, of: SyncBus | None = None) -> None:
        if of is not None and ident is not None:
            raise InvalidArgument(f"Bus({ident!r}, of=…): the bus that is there has its ident already")
        self.sync = of or SyncBus(ident)
        """The `berrymq.Bus` beneath, for what needs no coroutine."""
        self._publishing = Publishing(self.sync)

    @property
    def ident(self) -> str:
        """The sender of what it publishes."""
        return self.sync.ident

    @property
    def connected(self) -> bool:
        """True from `connect` to `close`, over reconnections, too."""
        return self.sync.connected

    async def publish(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Receipt:
        """As `berrymq.Bus.publish`; waits for room where that would block."""
        return await self._publishing.publish(partial(self.sync.publish, identifier, *args, **kwargs))

    twitter = publish

    async def publish_many(self, messages: Iterable[Item]) -> Receipt:
        """As `berrymq.Bus.publish_many`; the messages are iterated over in another thread."""
        return Receipt(await workers.run(partial(self.sync.publish_many, messages)))

    async def talk(self, identifier: str | Message, reply_to: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes; what each handler returns, wherever it runs, is published to `reply_to`."""
        return await self._publishing.publish(partial(self.sync.talk, identifier, reply_to, *args, **kwargs))

    def pipeline(
        self, *identifiers: str, errors: str | None = None, results: str | None = None, deadline: float | None = None
    ) -> Pipeline:
        """As `berrymq.Bus.pipeline`."""
        return Pipeline(
            self.sync.pipeline(*identifiers, errors=errors, results=results, deadline=deadline), self._publishing
        )

    async def ask(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Any:
        """The value of the first answer. Raises HandlerFailed, NoFollowers at once, Timeout after 30 s."""
        return await self.within(DEFAULT_TIMEOUT).ask(identifier, *args, **kwargs)

    def ask_many(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Answers:
        """Everybody's values as they come, for 30 s. Raises NoFollowers at once; HandlerFailed in their midst."""
        return self.within(DEFAULT_TIMEOUT).ask_many(identifier, *args, **kwargs)

    def within(self, seconds: float) -> Within:
        """`await within(5).ask(…)`: asks with another time limit."""
        return Within(self.sync, seconds)

    def follow(self, *patterns: str, max_messages: int = 10_000, max_bytes: int = 16 * MIB) -> Stream:
        """As `berrymq.Bus.follow`, for `async for`."""
        return self.sync.follow(*patterns, max_messages=max_messages, max_bytes=max_bytes)

    def following_function(
        self,
        identifier: str | Condition,
        guard_condition: Guard | None = None,
        *,
        queue: str | None = None,
        queue_options: Mapping[str, Any] | None = None,
        concurrency: int = 1,
    ) -> Callable[[F], F]:
        """As `berrymq.Bus.following_function`. A decorator cannot wait until a gateway has made a queue: with `queue`,
        and connected, it raises InvalidArgument; `await regist_function(…)` does it."""
        if queue is not None and self.connected:
            raise InvalidArgument(
                f"following_function({identifier!r}, queue={queue!r}): a decorator cannot wait for the gateway to make "
                "the queue; use it before `connect`, or `await mq.regist_function(…)`"
            )
        return self.sync.following_function(
            identifier, guard_condition, queue=queue, queue_options=queue_options, concurrency=concurrency
        )

    async def regist_function(
        self,
        identifier: str | Condition,
        function: Handle,
        guard_condition: Guard | None = None,
        *,
        queue: str | None = None,
        queue_options: Mapping[str, Any] | None = None,
        concurrency: int = 1,
    ) -> Following:
        """As `berrymq.Bus.regist_function`. Keep what is returned: it holds a function that nobody else holds."""
        durable = Durable.of(queue, queue_options, concurrency)
        regist = partial(self.sync._regist, identifier, function, guard_condition, durable)
        return Following(regist() if durable is None else await workers.run(regist))

    regist_method = regist_function

    async def unfollow(self, target: object) -> int:
        """As `berrymq.Bus.unfollow`."""
        return await workers.run(partial(self.sync.unfollow, target))

    async def set_multiplicity(self, threads: int) -> None:
        """Handlers run in so many threads, and so many coroutines at once; 0 = in the loop, and all."""
        await workers.run(partial(self.sync.set_multiplicity, threads))

    def show_followers(self) -> list[str]:
        """What is followed in this process, sorted."""
        return self.sync.show_followers()

    def on_error(self, callback: OnError | None) -> None:
        """`callback(error, message, handler)` hears what handlers raise; None = the log does."""
        self.sync.on_error(callback)

    async def send(self, ident: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Reaches the program of that ident now, or when it next connects, in order."""
        return await self._publishing.publish(partial(self.sync.send, ident, *args, **kwargs))

    def mailbox(self, ident: str, ttl: float | None = None, persistent: bool = True) -> Mailbox:
        """As `berrymq.Bus.mailbox`."""
        return Mailbox(self.sync.mailbox(ident, ttl, persistent), self._publishing)

    def on_recv(self, callback: Recv) -> Callback:
        """As `berrymq.Bus.on_recv`; a coroutine function runs on this loop."""
        return Callback(self.sync.on_recv(callback))

    def on_drop(self, callback: Drop) -> Callback:
        """As `berrymq.Bus.on_drop`; a coroutine function runs on this loop."""
        return Callback(self.sync.on_drop(callback))

    def on_connect(self, callback: Presence) -> Callback:
        """As `berrymq.Bus.on_connect`; a coroutine function runs on this loop."""
        return Callback(self.sync.on_connect(callback))

    def on_disconnect(self, callback: Presence) -> Callback:
        """As `berrymq.Bus.on_disconnect`; a coroutine function runs on this loop."""
        return Callback(self.sync.on_disconnect(callback))

    def queue(
        self,
        pattern: str | Sequence[str] | None = None,
        shared: bool = False,
        name: str | None = None,
        **options: Unpack[Options],
    ) -> Queue:
        """`tasks = await mq.queue("task:*")`, or `async with mq.queue("task:*") as tasks`."""
        return Queue(pattern, shared, name, bus=self, **options)

    async def connect(
        self,
        url: str,
        ident: str | None = None,
        timeout: float = 10.0,
        max_held: int = 65536,
        max_held_bytes: int = 64 * MIB,
    ) -> Bus:
        """As `berrymq.Bus.connect`."""
        await workers.run(partial(self.sync.connect, url, ident, timeout, max_held, max_held_bytes))
        return self

    async def flush(self, timeout: float = 10.0) -> None:
        """Returns once every publish so far is answered and every pattern so far is followed. Raises Timeout."""
        await workers.run(partial(self.sync.flush, timeout))

    async def close(self) -> None:
        """As `berrymq.Bus.close`. Idempotent."""
        await workers.run(self.sync.close)

    async def run(self) -> None:
        """As `berrymq.Bus.run`, while the loop goes on. Handlers of these signals that the loop itself has are not put
        back. Raises NotImplementedError on a loop without signals."""
        self.sync._courier.check_open()
        await run_until_told(self.close)

    async def __aenter__(self) -> Bus:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def connect(
    url: str,
    ident: str | None = None,
    timeout: float = 10.0,
    max_held: int = 65536,
    max_held_bytes: int = 64 * MIB,
) -> Bus:
    """A new bus, joined to the gateway at `url`: `async with await connect("localhost:7201") as mq`."""
    return await Bus().connect(url, ident, timeout, max_held, max_held_bytes)
