"""`follow()`: messages to iterate over, in a buffer that is bounded in messages and bytes."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from .clock import Clock
from .errors import InvalidArgument
from .identifier import Identifier
from .message import Message
from .registry import Registry, parse_patterns, serials
from .wakeups import Wakeups

if TYPE_CHECKING:
    import asyncio

Lag = Callable[[int, str], None]
"""Told how many messages a stream of which pattern lost."""

_OVERHEAD = 64
"""Bytes that a message is counted with beside its content."""


class Stream:
    """An iterator of messages, for `for` as for `async for`, and a context manager that ends it.

    When the buffer is full the oldest messages go; how many is told by a local message `berrymq:lag` when the next
    one is taken. Once closed, it hands out what is buffered and ends. One that nobody holds follows no more.
    """

    def __init__(
        self, registry: Registry, clock: Clock, patterns: tuple[str, ...], max_messages: int, max_bytes: int, lag: Lag
    ) -> None:
        if not patterns:
            raise InvalidArgument("follow() takes one pattern or more, such as '*:log'")
        if max_messages < 1 or max_bytes < 1:
            raise InvalidArgument(f"max_messages={max_messages} and max_bytes={max_bytes} must be 1 or more")
        self._registry = registry
        self._buffer = Buffer(clock, max_messages, max_bytes)
        self._receiver = _StreamReceiver(parse_patterns(patterns), self._buffer)
        self._lag = lag
        self._end = weakref.finalize(self, registry.end_soon, self._receiver)
        self._end.atexit = False
        registry.add(self._receiver)

    def close(self) -> None:
        """Follows no more. Once more is harmless."""
        self._end.detach()
        self._registry.remove(self._receiver)
        self._buffer.close()

    def __iter__(self) -> Iterator[Message]:
        return self

    def __next__(self) -> Message:
        message = self.next_until(None)
        if message is None:
            raise StopIteration
        return message

    def next_until(self, end: float | None) -> Message | None:
        """The next message; None once closed, or at the end, by the clock of the bus."""
        self._tell_lag()
        message = self._buffer.take(end)
        if message is not None and message._taken is not None:
            message._taken()
        return message

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        """Waits without a thread. One that is cancelled takes nothing."""
        self._tell_lag()
        while not isinstance(found := self._buffer.poll(), Message):
            if found is None:
                raise StopAsyncIteration
            await found
        if found._taken is not None:
            found._taken()
        return found

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tell_lag(self) -> None:
        dropped = self._buffer.take_dropped()
        if dropped:
            self._lag(dropped, ", ".join(map(str, self._receiver.patterns)))


class _StreamReceiver:
    """The stream's side towards the registry; it holds the buffer, not the stream."""

    answers = False
    awaited = False
    keeps = False
    guarded = False

    def __init__(self, patterns: tuple[Identifier, ...], buffer: Buffer) -> None:
        self.serial = next(serials)
        self.patterns = patterns
        self.source = ""
        self._buffer = buffer
        self.take = buffer.add

    def agrees(self, message: Message) -> bool:
        return True

    @property
    def handler(self) -> object:
        return self._buffer

    def close(self) -> None:
        self._buffer.close()

    def after_fork(self) -> None:
        self._buffer.after_fork()


class Buffer:
    """A bounded queue between the threads that publish and the one that iterates."""

    def __init__(self, clock: Clock, max_messages: int, max_bytes: int) -> None:
        self._clock = clock
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._dropped = 0
        self._closed = False
        self._arrived = threading.Condition(threading.Lock())
        self._wakeups = Wakeups()

    def add(self, message: Message) -> None:
        size = size_of(message)
        with self._arrived:
            if self._closed:
                return
            self._messages.append((message, size))
            self._bytes += size
            while len(self._messages) > self._max_messages or (
                self._bytes > self._max_bytes and len(self._messages) > 1
            ):
                self._bytes -= self._messages.popleft()[1]
                self._dropped += 1
            self._arrived.notify()
            if self._wakeups.waiting:
                self._wakeups.wake()

    def take(self, end: float | None = None) -> Message | None:
        """The next message, waiting for it; None once closed and empty, or at the end, by `Clock.now`."""
        with self._arrived:
            while not self._messages:
                left = None if end is None else end - self._clock.now()
                if self._closed or (left is not None and left <= 0):
                    return None
                self._clock.wait(self._arrived, left)
            return self._pop()

    def poll(self) -> Message | asyncio.Future[None] | None:
        """The next message, None once closed and empty, or else what is done when it is worth asking again."""
        with self._arrived:
            if self._messages:
                return self._pop()
            return None if self._closed else self._wakeups.next()

    def _pop(self) -> Message:
        message, size = self._messages.popleft()
        self._bytes -= size
        return message

    def take_dropped(self) -> int:
        with self._arrived:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def close(self) -> None:
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
            self._wakeups.wake()

    def after_fork(self) -> None:
        self._arrived = threading.Condition(threading.Lock())
        self._wakeups = Wakeups()


def size_of(message: Message) -> int:
    """Bytes that a message is counted with: exact for what can travel, else a guess from its text and bytes
    arguments."""
    if message._packed:
        return len(message._wire.payload) + _OVERHEAD
    return _OVERHEAD + sum(len(value) for value in message.args if isinstance(value, (bytes, str, bytearray)))
