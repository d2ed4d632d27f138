"""Who receives what: patterns to their receivers, at a cost that does not grow with the number of patterns.

Patterns are kept by their exact parts, so that a message without `*` asks four places at most. A route once found is
kept until a pattern comes or goes.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Generic, Protocol, TypeVar

from .identifier import Identifier


class Routed(Protocol):
    """A receiver in the order of its registration."""

    @property
    def serial(self) -> int: ...


R = TypeVar("R", bound=Routed)

_MOST_ROUTES = 4096
_Place = tuple[str, str]


class _World(Generic[R]):
    """The patterns of one namespace, by (name, action), and which places a wildcard on the publishing side reaches."""

    def __init__(self) -> None:
        self.places: dict[_Place, dict[R, None]] = {}
        self.actions_of: defaultdict[str, set[str]] = defaultdict(set)
        self.names_of: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, pattern: Identifier, receiver: R) -> None:
        self.places.setdefault((pattern.name, pattern.action), {})[receiver] = None
        self.actions_of[pattern.name].add(pattern.action)
        self.names_of[pattern.action].add(pattern.name)

    def remove(self, pattern: Identifier, receiver: R) -> None:
        receivers = self.places.get((pattern.name, pattern.action), {})
        receivers.pop(receiver, None)
        if not receivers and self.places.pop((pattern.name, pattern.action), None) is not None:
            _discard(self.actions_of, pattern.name, pattern.action)
            _discard(self.names_of, pattern.action, pattern.name)

    def reached(self, identifier: Identifier) -> list[_Place]:
        return [(name, action) for name in self._names(identifier) for action in self._actions(name, identifier.action)]

    def _names(self, identifier: Identifier) -> set[str]:
        """The pattern names that meet the identifier's; the reserved name is met by itself only."""
        if identifier.reserved:
            return {identifier.name}
        if identifier.name != "*":
            return {identifier.name, "*"}
        if identifier.action == "*":
            names = set(self.actions_of)
        else:
            names = self.names_of.get(identifier.action, set()) | self.names_of.get("*", set())
        return {name for name in names if not Identifier(name, "*").reserved}

    def _actions(self, name: str, action: str) -> set[str]:
        return self.actions_of.get(name, set()) if action == "*" else {action, "*"}


class Router(Generic[R]):
    """Safe to use from many threads; `route` takes no lock for a route it knows."""

    def __init__(self) -> None:
        self._worlds: dict[str, _World[R]] = {}
        self.known: dict[str, tuple[R, ...]] = {}
        """Routes found lately, by identifier, for those who look without a call. Replaced as a whole when patterns
        change."""
        self._lock = threading.Lock()

    def add(self, pattern: Identifier, receiver: R) -> None:
        with self._lock:
            self._worlds.setdefault(pattern.namespace, _World()).add(pattern, receiver)
            self.known = {}

    def remove(self, pattern: Identifier, receiver: R) -> None:
        """Removing what is not there is harmless."""
        with self._lock:
            world = self._worlds.get(pattern.namespace)
            if world is not None:
                world.remove(pattern, receiver)
                self.known = {}
                if not world.places:
                    del self._worlds[pattern.namespace]

    def route(self, text: str) -> tuple[R, ...]:
        """The receivers of a message to that identifier, each once, in order of registration. Raises
        InvalidIdentifier."""
        known = self.known.get(text)
        return self._find(text) if known is None else known

    def _find(self, text: str) -> tuple[R, ...]:
        identifier = Identifier.parse(text)
        with self._lock:
            world = self._worlds.get(identifier.namespace)
            found: dict[R, None] = {}
            for place in world.reached(identifier) if world else ():
                found.update(world.places.get(place, {}) if world else {})
            route = tuple(sorted(found, key=lambda receiver: receiver.serial))
            if len(self.known) >= _MOST_ROUTES:
                self.known = {}
            self.known[text] = route
            return route

    def after_fork(self) -> None:
        """In the child: the thread that held the lock may be gone."""
        self._lock = threading.Lock()


def _discard(index: defaultdict[str, set[str]], key: str, member: str) -> None:
    index[key].discard(member)
    if not index[key]:
        del index[key]
