"""Threads that wait so that event loops need not."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import NamedTuple, TypeVar

from ..event_loop import homed

T = TypeVar("T")

MOST_THREADS = 256
"""Calls that wait at once in this process; beyond, a call begins when another one has ended."""

_IDLE = 10.0
"""Seconds until a thread ends that has nothing to do."""


class _Task(NamedTuple):
    run: Callable[[], object]
    result: asyncio.Future[object]


class Workers:
    """Daemon threads `berrymq-aio-…`, made as they are needed."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0

    def start(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Has it called in a thread, in a copy of this context and at home in this loop. Whoever cancels the future
        turns away from the call; it goes on."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._tasks.put(_Task(partial(copy_context().run, homed, loop, call), result))  # type: ignore[arg-type]
        with self._lock:
            if self._free < self._tasks.qsize() and self._threads < MOST_THREADS:
                self._threads += 1
                threading.Thread(target=self._work, name=f"berrymq-aio-{self._threads}", daemon=True).start()
        return result

    async def run(self, call: Callable[[], T]) -> T:
        return await self.start(call)

    def after_fork(self) -> None:
        """In the child: the threads are the parent's."""
        self.__init__()  # type: ignore[misc]

    def _work(self) -> None:
        while True:
            with self._lock:
                self._free += 1
            try:
                task: _Task | None = self._tasks.get(timeout=_IDLE)
            except queue.Empty:
                task = None
            with self._lock:
                self._free -= 1
                if task is None and self._tasks.empty():
                    self._threads -= 1
                    return
            if task is not None:
                _do(task)
                # What it speaks of may be collected while this thread waits.
                del task


def _do(task: _Task) -> None:
    finish: Callable[[], None]
    try:
        finish = partial(_succeed, task.result, task.run())
    except BaseException as error:
        finish = partial(_fail, task.result, error)
    try:
        task.result.get_loop().call_soon_threadsafe(finish)
    except RuntimeError:
        # Its loop was closed; nobody waits for it any more.
        return


def _succeed(result: asyncio.Future[object], value: object) -> None:
    if not result.done():
        result.set_result(value)


def _fail(result: asyncio.Future[object], error: BaseException) -> None:
    if not result.done():
        # A future refuses StopIteration, which only ever means a fault here.
        result.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)


workers = Workers()
os.register_at_fork(after_in_child=workers.after_fork)
