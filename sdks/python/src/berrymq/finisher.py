"""What follows when a coroutine has ended, and may have to wait for something: answers, verdicts. It is no work for an
event loop."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger("berrymq")

Step = Callable[[], object]


class Finisher:
    """One thread, `berrymq-finish`, which starts with the first step; steps are done in order."""

    def __init__(self) -> None:
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = False

    def put(self, step: Step) -> None:
        """Has it done soon."""
        self._steps.put(step)
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="berrymq-finish", daemon=True).start()

    def after_fork(self) -> None:
        """In the child: the thread is the parent's."""
        self._steps, self._lock, self._running = queue.SimpleQueue(), threading.Lock(), False

    def _work(self) -> None:
        while True:
            step = self._steps.get()
            try:
                step()
            except Exception:
                log.exception("the end of a coroutine could not be told")
            # What it speaks of may be collected while this thread waits.
            del step
