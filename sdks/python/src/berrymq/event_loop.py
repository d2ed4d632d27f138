"""The event loop of a bus, in a thread of its own, for handlers that were not registered within a running loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger("berrymq")


class OwnLoop:
    """One thread, `berrymq-asyncio`, which starts with the first coroutine."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="berrymq-asyncio", daemon=True).start()
            return self._loop

    def stop(self) -> None:
        """Ends loop and thread. It may be asked for again."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def after_fork(self) -> None:
        """In the child: the thread is the parent's."""
        self._lock = threading.Lock()
        self._loop = None


_home: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar("berrymq_home", default=None)


def home() -> asyncio.AbstractEventLoop | None:
    """The loop on which a coroutine function belongs that is registered here; None = the bus's own."""
    return _home.get() or running()


def homed(loop: asyncio.AbstractEventLoop, call: Callable[[], T]) -> T:
    """Calls it, in a thread without a loop, as if in that loop's."""
    token = _home.set(loop)
    try:
        return call()
    finally:
        _home.reset(token)


def running() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    stopped = False
    while not stopped:
        try:
            loop.run_forever()
            stopped = True
        except BaseException:
            # SystemExit of a handler, which asyncio lets through: the others go on.
            log.exception("a coroutine stopped the event loop; it runs on")
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
