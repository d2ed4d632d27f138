"""Everybody who receives messages of one bus, and which patterns a link must follow for them."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from .identifier import Identifier
from .message import Message
from .router import Router

serials = itertools.count(1)
"""The order of registration over all buses."""


class Receiver(Protocol):
    """A handler, a stream or a queue in this process."""

    serial: int
    patterns: tuple[Identifier, ...]
    source: str
    """`file:line` where it is written, or ""."""
    answers: bool
    """True for handlers, whose results answer talks and asks."""
    awaited: bool
    """True for handlers that are coroutine functions: they need no thread of a pool."""
    keeps: bool
    """True for queues."""
    guarded: bool
    """False = it takes every message; `agrees` need not be asked."""

    def agrees(self, message: Message) -> bool:
        """Whether it takes the message. May raise what a guard raises."""

    def take(self, message: Message) -> object:
        """Receives the message; a handler's result is what it returned."""

    @property
    def handler(self) -> object:
        """What the user registered, for error reports."""

    def close(self) -> None:
        """The bus is closed."""

    def after_fork(self) -> None:
        """In the child: makes new locks."""


class Wanted(NamedTuple):
    """What a gateway is told of a pattern."""

    pattern: str
    answers: bool
    source: str


class Registry:
    """Routes come in two kinds: all receivers, and those that messages from a link may reach (no local names).

    Garbage collection may end a receiver at any point of the program, inside our own locks too. Its end is therefore
    only noted (`end_soon`), and made true by the next caller that holds no lock.
    """

    def __init__(self) -> None:
        self._all: Router[Receiver] = Router()
        self._linked: Router[Receiver] = Router()
        self._followed: dict[str, dict[Receiver, None]] = {}
        self._touched: set[str] = set()
        self._apart: set[Receiver] = set()
        self.keepers: set[Receiver] = set()
        """The queues."""
        self._ended: deque[Receiver] = deque()
        self._lock = threading.Lock()
        self.changed: Callable[[], None] = _nobody_listens

    def add(self, receiver: Receiver, linked: bool = True) -> None:
        """With `linked=False` it receives nothing that comes over a link."""
        self._bury()
        with self._lock:
            if receiver.keeps:
                self.keepers.add(receiver)
            for pattern in receiver.patterns:
                self._all.add(pattern, receiver)
                if not linked:
                    self._apart.add(receiver)
                elif not pattern.local:
                    self._linked.add(pattern, receiver)
                    self._touched.add(str(pattern))
                self._followed.setdefault(str(pattern), {})[receiver] = None
        self.changed()

    def remove(self, receiver: Receiver) -> None:
        """Removing what is not there is harmless."""
        with self._lock:
            self._apart.discard(receiver)
            self.keepers.discard(receiver)
            for pattern in receiver.patterns:
                self._all.remove(pattern, receiver)
                self._linked.remove(pattern, receiver)
                self._forget(str(pattern), receiver, pattern.local)
        self.changed()

    def end_soon(self, receiver: Receiver) -> None:
        """For callbacks of weak references: takes no lock."""
        self._ended.append(receiver)
        self.changed()

    def route(self, identifier: str) -> tuple[Receiver, ...]:
        """Everybody who receives what this process publishes there."""
        if self._ended:
            self._bury()
        known = self._all.known.get(identifier)
        return self._all.route(identifier) if known is None else known

    def route_linked(self, identifier: str) -> tuple[Receiver, ...]:
        """Everybody who receives what comes over a link."""
        if self._ended:
            self._bury()
        known = self._linked.known.get(identifier)
        return self._linked.route(identifier) if known is None else known

    def patterns(self) -> list[str]:
        """What is followed, sorted."""
        self._bury()
        with self._lock:
            return sorted(self._followed)

    def receivers(self) -> list[Receiver]:
        """Everybody, each once."""
        with self._lock:
            return list({receiver: None for followers in self._followed.values() for receiver in followers})

    def wanted(self) -> list[Wanted]:
        """All that a link must follow now; the changes noted so far are contained."""
        self._bury()
        with self._lock:
            self._touched = set()
            return [want for text in self._followed if (want := self._want(text)) is not None]

    def changes(self) -> tuple[list[Wanted], list[str]]:
        """What a link must follow from now on, and what no more, since it last asked."""
        self._bury()
        with self._lock:
            touched, self._touched = self._touched, set()
            added = [want for text in touched if (want := self._want(text)) is not None]
            return added, list(touched - {want.pattern for want in added})

    def after_fork(self) -> None:
        """In the child: the thread that held a lock may be gone."""
        self._lock = threading.Lock()
        self._all.after_fork()
        self._linked.after_fork()

    def _want(self, text: str) -> Wanted | None:
        followers = [receiver for receiver in self._followed.get(text, ()) if receiver not in self._apart]
        if not followers or Identifier.parse(text).local:
            return None
        source = next((receiver.source for receiver in followers if receiver.source), "")
        return Wanted(text, any(receiver.answers for receiver in followers), source)

    def _forget(self, text: str, receiver: Receiver, local: bool) -> None:
        followers = self._followed.get(text, {})
        if followers.pop(receiver, followers) is followers:
            return
        if not followers:
            del self._followed[text]
        if not local:
            self._touched.add(text)

    def _bury(self) -> None:
        while self._ended:
            try:
                ended = self._ended.popleft()
            except IndexError:
                return
            self.remove(ended)


def parse_patterns(patterns: Iterable[str]) -> tuple[Identifier, ...]:
    """Parsed, each once, in order. Raises InvalidIdentifier."""
    return tuple(dict.fromkeys(Identifier.parse(pattern) for pattern in patterns))


def _nobody_listens() -> None:
    """A bus that is not linked tells nobody of its patterns."""
