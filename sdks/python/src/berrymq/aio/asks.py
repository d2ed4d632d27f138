"""Asks, awaitably: each waits in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from ..bus import Bus as SyncBus
from ..errors import InvalidArgument
from ..message import Message
from ..talk import Answers as SyncAnswers
from .workers import workers

_END = object()


class Answers:
    """The values of `ask_many`, as they come. The question is put when the first is awaited; one that tells a failure
    raises HandlerFailed when it is reached, and the iteration may go on behind it."""

    def __init__(self, ask: Callable[[], SyncAnswers]) -> None:
        self._ask = ask
        self._answers: SyncAnswers | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        value = await workers.run(self._next)
        if value is _END:
            raise StopAsyncIteration
        return value

    def _next(self) -> Any:
        if self._answers is None:
            self._answers = self._ask()
        return next(self._answers, _END)


class Within:
    """Asks with a time limit of its own."""

    def __init__(self, bus: SyncBus, seconds: float) -> None:
        if not seconds > 0:
            raise InvalidArgument(f"within({seconds!r}): seconds, more than 0")
        self._bus = bus
        self._seconds = seconds

    async def ask(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Any:
        """The value of the first answer. Raises HandlerFailed, NoFollowers at once, Timeout."""
        return await workers.run(partial(self._bus._ask, identifier, args, kwargs, self._seconds))

    def ask_many(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Answers:
        """Everybody's values as they come. Raises NoFollowers at once, Timeout when none came; HandlerFailed in their
        midst."""
        return Answers(partial(self._bus._ask_many, identifier, args, kwargs, self._seconds))
