"""Handlers of durable followings at work, for who has to wait until they have ended."""

from __future__ import annotations

import threading


class AtWork:
    """Those of one bus, each in its thread."""

    def __init__(self) -> None:
        self.after_fork()

    def begin(self) -> bool:
        """Whether this thread may have a handler handle something; then it says `end`."""
        with self._changed:
            if not self._resting:
                self._threads.append(threading.get_ident())
            return not self._resting

    def end(self) -> None:
        with self._changed:
            self._threads.remove(threading.get_ident())
            if self._resting:
                self._changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Nothing begins until `resume`. Returns when everything has ended but what runs in this thread, or after so
        many seconds."""
        own = threading.get_ident()
        with self._changed:
            self._resting = True
            self._changed.wait_for(lambda: all(thread == own for thread in self._threads), seconds)

    def resume(self) -> None:
        with self._changed:
            self._resting = False

    def after_fork(self) -> None:
        """In the child: the threads are the parent's."""
        self._changed = threading.Condition()
        self._threads: list[int] = []
        self._resting = False
