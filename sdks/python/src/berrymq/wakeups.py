"""Coroutines that wait for what threads do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Wakeups:
    """Called with its owner's lock held, so that nothing happens unseen between looking and waiting."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    def next(self) -> asyncio.Future[None]:
        """Done with the next `wake`. To be awaited in the loop that runs in this thread; cancelling it is harmless."""
        import asyncio

        waiting = asyncio.get_running_loop().create_future()
        self.waiting = [other for other in self.waiting if not other.done()]
        self.waiting.append(waiting)
        return waiting

    def wake(self) -> None:
        """Has all of them look again. Who waited in a loop that was closed is gone with it."""
        waiting, self.waiting = self.waiting, []
        for future in waiting:
            try:
                future.get_loop().call_soon_threadsafe(_finish, future)
            except RuntimeError:
                continue


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
