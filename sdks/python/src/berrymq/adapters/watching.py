"""The operating system's word that something changed below a folder, by watchdog where that is installed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

log = logging.getLogger("berrymq")

SETTLING = 0.05
"""Seconds: what belongs to one change comes as several events."""

_CHANGES = ("created", "modified", "deleted", "moved", "closed")


class _Observer(Protocol):
    def stop(self) -> None: ...


class Watch:
    """Calls in a thread of its own, `berrymq-files`, after each change."""

    def __init__(self, observer: _Observer, changed: threading.Event, call: Callable[[], None]) -> None:
        self._observer = observer
        self._changed = changed
        self._call = call
        self._stopped = threading.Event()
        threading.Thread(target=self._work, name="berrymq-files", daemon=True).start()

    def stop(self) -> None:
        """Once more is harmless."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._changed.set()
            self._observer.stop()

    def _work(self) -> None:
        while True:
            self._changed.wait()
            if self._stopped.wait(SETTLING):
                return
            self._changed.clear()
            self._call()


def watch(folder: str, recursive: bool, call: Callable[[], None]) -> Watch | None:
    """None = not possible here; the log says why."""
    try:
        from watchdog.observers import Observer
    except ImportError:
        log.info('watchdog is not installed: files are looked at in intervals; pip install "berrymq[files]"')
        return None
    changed = threading.Event()
    observer = Observer()
    try:
        observer.schedule(_handler(changed), folder, recursive=recursive)
        observer.start()
    except OSError as error:
        log.warning("%s cannot be watched (%s): files are looked at in intervals", folder, error)
        return None
    return Watch(observer, changed, call)


def _handler(changed: threading.Event) -> Any:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler

    class Handler(FileSystemEventHandler):
        """That a file was opened, read or closed unchanged is no change."""

        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type in _CHANGES:
                changed.set()

    return Handler()
