"""Threads for what may wait, made as they are needed: what waits for something that comes after it holds up nobody."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger("berrymq")

_IDLE = 10.0
"""Seconds until a thread ends that has nothing to do."""

Step = Callable[[], object]


class Crew:
    """Up to `most` daemon threads; beyond, a step begins when another one has ended. Steps begin in order."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self.after_fork()

    def run(self, step: Step) -> None:
        """Has it done soon."""
        self._steps.put(step)
        with self._lock:
            if self._free < self._steps.qsize() and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()

    def after_fork(self) -> None:
        """In the child: the threads are the parent's."""
        self._steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        # Those that wait for a step.
        self._free = 0

    def _work(self) -> None:
        while True:
            with self._lock:
                self._free += 1
            try:
                step: Step | None = self._steps.get(timeout=_IDLE)
            except queue.Empty:
                step = None
            with self._lock:
                self._free -= 1
                if step is None and self._steps.empty():
                    self._threads -= 1
                    return
            if step is not None:
                _do(step)
                # What it speaks of may be collected while this thread waits.
                del step


def _do(step: Step) -> None:
    try:
        step()
    except Exception:
        log.exception("what should have followed raised")
