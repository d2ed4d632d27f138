"""How many handlers are at work in threads."""

from __future__ import annotations

import threading
from types import TracebackType

from ..pool import Pool, Task


class AtWork:
    """A context manager for each that works; true while there are some."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._count -= 1

    def __bool__(self) -> bool:
        return self._count > 0


class CountedPool(Pool):
    """A pool whose tasks are at work from when they are handed over to their end."""

    def __init__(self, threads: int, work: AtWork) -> None:
        super().__init__(threads)
        self._work_of_all = work

    def run(self, task: Task) -> None:
        self._work_of_all.__enter__()

        def counted() -> None:
            try:
                task()
            finally:
                self._work_of_all.__exit__(None, None, None)

        super().run(counted)
