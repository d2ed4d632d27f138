"""A handler that has been started as a coroutine, and whose end is to come."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

from .errors import Closed

if TYPE_CHECKING:
    import asyncio

Ended = Callable[["Pending"], object]

_in_handler: ContextVar[bool] = ContextVar("berrymq_in_handler", default=False)
_waited_for: ContextVar[bool] = ContextVar("berrymq_waited_for", default=False)


def in_handler() -> bool:
    """Whether a coroutine that handles something runs here, or what it called."""
    return _in_handler.get()


@contextmanager
def asking() -> Iterator[None]:
    """What a handler asks that runs itself is not counted: it could wait for its own turn for ever."""
    token = _waited_for.set(True)
    try:
        yield
    finally:
        _waited_for.reset(token)


class Pending(Future[object]):
    """Its result, or its error. Callbacks are called in the thread of its loop, and must not wait there."""

    def __init__(self, coroutine: Coroutine[Any, Any, object], loop: asyncio.AbstractEventLoop, counted: bool) -> None:
        super().__init__()
        self.loop = loop
        self.counted = counted and not _waited_for.get()
        self._coroutine = coroutine
        self._context = copy_context()
        self._context.run(_in_handler.set, True)
        self._context.run(_waited_for.set, False)
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False

    def launch(self) -> None:
        """Has it begin, behind all that was launched on that loop before. Raises Closed."""
        try:
            self.loop.call_soon_threadsafe(self._begin, context=self._context)
        except RuntimeError:
            raise Closed("the event loop on which it was registered was closed; register it on one that runs") from None

    def give_up(self, why: Exception) -> None:
        """It never begins."""
        self._coroutine.close()
        self.fail(why)

    def cancel_soon(self) -> None:
        """Raises CancelledError in it, if it has not ended. From any thread."""
        self._cancelled = True
        try:
            self.loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            self.fail(CancelledError("the event loop was closed before the handler ended"))

    def is_here(self) -> bool:
        """Whether its loop is the one that runs in this thread."""
        from .event_loop import running

        return running() is self.loop

    def _begin(self) -> None:
        self._task = self.loop.create_task(self._coroutine)
        self._task.add_done_callback(self._end)
        if self._cancelled:
            self._task.cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _end(self, task: asyncio.Task[object]) -> None:
        error = self._why_cancelled(task) if task.cancelled() else task.exception()
        if error is None:
            self.set_result(task.result())
        else:
            self.fail(error if isinstance(error, Exception) else RuntimeError(f"the handler raised {error!r}"))

    def _why_cancelled(self, task: asyncio.Task[object]) -> Exception:
        """Nobody may have wanted it: what the handler awaited was cancelled, and it let that through. Python 3.10 does
        not tell the one from the other."""
        if self._cancelled or not hasattr(task, "cancelling") or task.cancelling():
            return CancelledError("the handler was cancelled")
        return RuntimeError("the handler raised CancelledError(): what it awaited was cancelled")

    def fail(self, error: Exception) -> None:
        """Once it has ended this is harmless."""
        if not self.done():
            self.set_exception(error)
