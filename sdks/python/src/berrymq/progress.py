"""A condition that coroutines may wait for, too."""

from __future__ import annotations

import threading

from .wakeups import Wakeups


class Progress(threading.Condition):
    """`wakeups.next()`, with the lock held, is what a coroutine awaits; every `notify_all` ends it."""

    def __init__(self, lock: threading.Lock) -> None:
        super().__init__(lock)
        self.wakeups = Wakeups()

    def notify_all(self) -> None:
        super().notify_all()
        if self.wakeups.waiting:
            self.wakeups.wake()
