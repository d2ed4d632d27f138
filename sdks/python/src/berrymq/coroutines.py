"""Handlers that are coroutine functions: on which loop they run, how many at once, and who waits for their end."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any

from .crew import Crew
from .errors import Closed
from .event_loop import OwnLoop, running
from .pending import Pending

log = logging.getLogger("berrymq")

MOST_AT_WORK = 1000
"""Coroutines that run or wait for their turn; beyond, a thread that publishes waits. An event loop never waits."""

_MOST_FINISHERS = 32
"""Answers and verdicts that may wait at once, each in a thread."""

_CANCELLING = 1.0
"""Seconds that a cancelled handler may go on before nobody waits for it any more."""

Ended = Callable[[Pending], object]


class Coroutines:
    """Those of one bus. `limit` of the live ones run at once, 0 = all; the others wait for their turn, in order."""

    def __init__(self) -> None:
        self._own = OwnLoop()
        # For what follows an end, and may wait: no work for an event loop.
        self._finishers = Crew("berrymq-finish", _MOST_FINISHERS)
        self._limit = 0
        self._running: dict[Pending, None] = {}
        # How many of these the limit counts.
        self._counted = 0
        self._waiting: deque[Pending] = deque()
        # Ended, but their answers or verdicts are not out yet.
        self._finishing = 0
        self.closing = False
        self._changed = threading.Condition()

    def start(
        self, coroutine: Coroutine[Any, Any, object], loop: asyncio.AbstractEventLoop | None, counted: bool = True
    ) -> Pending:
        """Starts it on that loop, None = the bus's own, in a copy of the caller's context. With `counted=False` it
        has its turn at once. Raises Closed."""
        pending = Pending(coroutine, loop or self._own.get(), counted)
        try:
            with self._changed:
                if pending.counted and running() is None:
                    self._changed.wait_for(lambda: self._at_work() < MOST_AT_WORK)
                if self.closing:
                    raise Closed("the bus is being closed; no handler is started any more")
                if pending.counted and self._limit and self._counted >= self._limit:
                    self._waiting.append(pending)
                else:
                    self._launch(pending)
        except Closed as error:
            pending.give_up(error)
            raise
        pending.add_done_callback(lambda _: self._ended(pending))
        return pending

    def finish(self, pending: Pending, step: Ended) -> None:
        """Has `step(pending)` done behind its end, in a thread that may wait. Within 5 s of `close`, too."""
        with self._changed:
            self._finishing += 1
        pending.add_done_callback(lambda _: self._finishers.run(lambda: self._finish(pending, step)))

    def set_multiplicity(self, limit: int) -> None:
        with self._changed:
            self._limit = limit
            self._launch_waiting()

    def close(self, seconds: float) -> None:
        """Starts none any more, waits for those at work, and cancels what is left then. Those of the loop that runs in
        this very thread are left alone. It may start some again afterwards."""
        here = running()
        with self._changed:
            self.closing = True
            self._changed.wait_for(
                lambda: not self._others(here) and (not self._finishing or here is not None), seconds
            )
            left = self._others(here)
        if left:
            log.warning("%d handlers were still at work %s s after close, and are cancelled", len(left), seconds)
        for pending in left:
            self._cancel(pending)
        with self._changed:
            self._changed.wait_for(lambda: not self._others(here), _CANCELLING if left else 0.0)
            self.closing = False
        self._own.stop()

    @property
    def at_work(self) -> int:
        """How many have not ended, or not told of their end."""
        with self._changed:
            return self._at_work() + self._finishing

    def after_fork(self) -> None:
        """In the child: what runs, runs in the parent."""
        self._own.after_fork()
        self._finishers.after_fork()
        self._running, self._waiting, self._counted, self._finishing = {}, deque(), 0, 0
        self.closing = False
        self._changed = threading.Condition()

    def _ended(self, pending: Pending) -> None:
        with self._changed:
            if self._running.pop(pending, pending) is None:
                self._counted -= pending.counted
            self._launch_waiting()
            self._changed.notify_all()

    def _finish(self, pending: Pending, step: Ended) -> None:
        try:
            step(pending)
        finally:
            with self._changed:
                self._finishing -= 1
                self._changed.notify_all()

    def _cancel(self, pending: Pending) -> None:
        with self._changed:
            waits = pending in self._waiting
            if waits:
                self._waiting.remove(pending)
        if waits:
            pending.give_up(CancelledError("the bus was closed before it was the handler's turn"))
        else:
            pending.cancel_soon()

    # What follows is called with the lock held.

    def _launch(self, pending: Pending) -> None:
        pending.launch()
        self._running[pending] = None
        self._counted += pending.counted

    def _launch_waiting(self) -> None:
        while self._waiting and (not self._limit or self._counted < self._limit):
            pending = self._waiting.popleft()
            try:
                self._launch(pending)
            except Closed as error:
                pending.give_up(error)

    def _at_work(self) -> int:
        return len(self._running) + len(self._waiting)

    def _others(self, here: asyncio.AbstractEventLoop | None) -> list[Pending]:
        return [pending for pending in (*self._running, *self._waiting) if pending.loop is not here]
