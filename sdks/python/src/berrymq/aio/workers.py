"""Calls that wait, in threads, so that event loops need not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from ..crew import Crew
from ..event_loop import homed

T = TypeVar("T")

MOST_THREADS = 256
"""Calls that wait at once in this process; beyond, a call begins when another one has ended."""


class Workers:
    """Daemon threads `berrymq-aio-…`, made as they are needed."""

    def __init__(self) -> None:
        self._crew = Crew("berrymq-aio", MOST_THREADS)
        os.register_at_fork(after_in_child=self._crew.after_fork)

    def start(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Has it called in a thread, in a copy of this context and at home in this loop. Whoever cancels the future
        turns away from the call; it goes on."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._crew.run(partial(_do, partial(copy_context().run, homed, loop, call), result))
        return result

    async def run(self, call: Callable[[], T]) -> T:
        return await self.start(call)


def _do(call: Callable[[], Any], result: asyncio.Future[Any]) -> None:
    finish: Callable[[], None]
    try:
        finish = partial(_succeed, result, call())
    except BaseException as error:
        finish = partial(_fail, result, error)
    try:
        result.get_loop().call_soon_threadsafe(finish)
    except RuntimeError:
        # Its loop was closed; nobody waits for it any more.
        return


def _succeed(result: asyncio.Future[Any], value: object) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[Any], error: BaseException) -> None:
    if not result.done():
        # A future refuses StopIteration, which only ever means a fault here.
        result.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)


workers = Workers()
