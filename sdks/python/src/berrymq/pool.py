"""The threads in which handlers run after `set_multiplicity(n)`."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

_WAITING_PER_THREAD = 100
"""Calls that may wait for a thread, times the number of threads; beyond, whoever publishes waits."""

Task = Callable[[], object]


class Tasks(Protocol):
    """Where handlers run that need not run at once."""

    def run(self, task: Task) -> None:
        """Has it done; it never raises."""

    @property
    def crowded(self) -> bool:
        """Whether `run` may have to wait before long."""

    @property
    def here(self) -> bool:
        """Whether the thread that asks is one of its own."""

    def stop(self) -> None:
        """Takes nothing new and returns at once."""

    def finish(self, seconds: float) -> None:
        """`stop`, which waits for what was taken, so many seconds; not for a task that asks."""


class Pool:
    """A fixed number of daemon threads. A task never raises; what waits when the pool stops is still done."""

    def __init__(self, threads: int) -> None:
        # Unbounded, as only that is quick: whoever puts looks how many wait.
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._most = threads * _WAITING_PER_THREAD
        self._room = threading.Condition()
        # How many wait for room.
        self._pressing = 0
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"berrymq-handler-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, task: Task) -> None:
        """Runs it soon, or at once when one of the pool's own threads asks and nobody is free: waiting could last
        forever. At once, too, when the pool was stopped meanwhile."""
        if self._tasks.qsize() >= self._most:
            if self.here:
                task()
                return
            self._wait_for_room()
        if self._stopped:
            task()
        else:
            self._tasks.put(task)

    @property
    def crowded(self) -> bool:
        """Whether half of the room for waiting tasks is taken."""
        return self._tasks.qsize() * 2 > self._most

    @property
    def here(self) -> bool:
        """Whether the thread that asks is one of its own."""
        return threading.current_thread() in self._threads

    def stop(self) -> None:
        """Takes nothing new and returns at once."""
        self._stopped = True
        for _ in self._threads:
            self._tasks.put(None)

    def finish(self, seconds: float) -> None:
        """`stop`, which waits for what was taken, so many seconds; not for a task that asks."""
        self.stop()
        end = time.monotonic() + seconds
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - time.monotonic()))

    def _wait_for_room(self) -> None:
        with self._room:
            # Said before looking again: a thread that takes a task later tells.
            self._pressing += 1
            try:
                self._room.wait_for(lambda: self._tasks.qsize() < self._most)
            finally:
                self._pressing -= 1

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if self._pressing:
                with self._room:
                    self._room.notify()
            task()
