"""`FileObserver`: what happens to files, as messages."""

from __future__ import annotations

import glob
import os
import stat
import threading
from typing import NamedTuple

from ..bus import Bus
from ..errors import InvalidArgument
from .adapter import Adapter, check_interval, identifiers
from .repeating import Repeating
from .watching import Watch, watch


class _State(NamedTuple):
    """By which a changed file is known."""

    modified: int
    size: int
    number: int


class FileObserver(Adapter):
    """Publishes `id_name:created`, `id_name:modified` and `id_name:removed` with the path of each file that `pattern`
    (with `*`, `?`, `**`) finds; what is there already is no news. Several changes of one file within a moment are one.

    By the operating system's events where watchdog is installed (`berrymq[files]`); else, and where the folder cannot
    be watched, by looking every `interval` seconds. Raises InvalidIdentifier, InvalidArgument, Closed."""

    def __init__(
        self, pattern: str | os.PathLike[str], id_name: str, interval: float = 5, *, bus: Bus | None = None
    ) -> None:
        super().__init__(bus)
        if not isinstance(pattern, (str, os.PathLike)) or not os.fspath(pattern):
            raise InvalidArgument(f"FileObserver({pattern!r}): the path of files, such as 'inbox/*.png'")
        self._pattern = os.fspath(pattern)
        self._interval = check_interval("FileObserver", interval)
        self._created, self._modified, self._removed = identifiers(id_name, "created", "modified", "removed")
        self._folder, recursive = _folder_of(self._pattern)
        self._lock = threading.Lock()
        self._stopped = False
        self._polling: Repeating | None = None
        # In virtual time nothing may happen between two calls of `advance`.
        self._watch: Watch | None = None
        if not self._bus._courier.clock.virtual and os.path.isdir(self._folder):
            self._watch = watch(self._folder, recursive, self._look)
        self._known = self._find()
        if self._watch is None:
            self._poll()

    @property
    def polls(self) -> bool:
        """Whether it looks in intervals."""
        return self._polling is not None

    def stop(self) -> None:
        """Once more is harmless."""
        self._stopped = True
        if self._watch is not None:
            self._watch.stop()
        if self._polling is not None:
            self._polling.stop()

    def _poll(self) -> None:
        self._polling = Repeating(self._bus._courier.clock, self._interval, self._look, "berrymq-files")

    def _look(self) -> None:
        with self._lock:
            before, now = self._known, self._find()
            self._known = now
        for path in sorted(before.keys() | now.keys()):
            if self._stopped:
                return
            if path not in now:
                self._publish(self._removed, path)
            elif path not in before:
                self._publish(self._created, path)
            elif now[path] != before[path]:
                self._publish(self._modified, path)
        # The system watches folders, not names: of one that comes again it says nothing.
        if self._watch is not None and not os.path.isdir(self._folder) and self._polling is None:
            self._watch.stop()
            self._poll()

    def _find(self) -> dict[str, _State]:
        found = {}
        for path in glob.iglob(self._pattern, recursive=True):
            try:
                told = os.stat(path)
            except OSError:
                # It went meanwhile.
                continue
            if stat.S_ISREG(told.st_mode):
                found[path] = _State(told.st_mtime_ns, told.st_size, told.st_ino)
        return found


def _folder_of(pattern: str) -> tuple[str, bool]:
    """The folder below which everything is that the pattern finds, and whether that is in folders of it, too."""
    parts = os.path.dirname(pattern).split(os.sep)
    plain = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    folder = os.sep.join(parts[:plain])
    deeper = plain < len(parts) or "**" in os.path.basename(pattern)
    return folder or (os.sep if pattern.startswith(os.sep) else "."), deeper
