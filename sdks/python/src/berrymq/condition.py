"""Conditions: handlers that wait for several messages, one for each term."""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from .callbacks import check_guard
from .calling import Call
from .errors import InvalidArgument
from .follower import Following, Guard, source_of
from .identifier import Identifier, matches
from .message import Message
from .registry import Registry, serials

MOST_TERMS = 16

Together = Callable[..., Any]
"""Called with one message for each term, in the order of the terms."""


class Term(NamedTuple):
    """What one of the messages must be."""

    pattern: Identifier
    guard: Guard | None

    def takes(self, message: Message) -> bool:
        """May raise what the guard raises."""
        if not matches(self.pattern, message.identifier):
            return False
        # A `*:stop` from another process does not reach local names, though it shares a follower with this term.
        if self.pattern.local and message._courier is not None and message.sender != message._courier.ident:
            return False
        return self.guard is None or bool(self.guard(message))


class Condition:
    """`cond(a) & cond(b)`, in place of a pattern for a handler: once every term has seen a message the handler is
    called with the newest ones, and all begin anew."""

    __slots__ = ("_terms",)

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms

    def __and__(self, other: Condition) -> Condition:
        """Both; 16 terms at most. Raises InvalidArgument."""
        if not isinstance(other, Condition):
            raise InvalidArgument(f"{self} & {other!r:.80}: only conditions are joined; write cond('name:action')")
        terms = self._terms + other._terms
        if len(terms) > MOST_TERMS:
            raise InvalidArgument(f"a condition of {len(terms)} terms; {MOST_TERMS} are the most")
        return Condition(terms)

    def __bool__(self) -> bool:
        raise InvalidArgument(f"{self} is neither true nor false: conditions are joined with &, not with `and` or `or`")

    @property
    def size(self) -> int:
        """With how many messages its handler is called."""
        return len(self._terms)

    def check_alone(self, guard: Guard | None, durable: object) -> None:
        """Raises InvalidArgument for what goes with a pattern only."""
        if durable is not None:
            raise InvalidArgument(f"{self} cannot be fed from a queue: leave queue=… out, or follow one pattern")
        if guard is not None:
            raise InvalidArgument(f"{self}: guards stand in its terms, as in cond('name:action', guard)")

    def __repr__(self) -> str:
        return " & ".join(f"cond({str(term.pattern)!r})" for term in self._terms)


def cond(pattern: str, guard_condition: Guard | None = None) -> Condition:
    """A condition of one term: a message that the pattern reaches and the guard agrees to. Raises InvalidIdentifier,
    InvalidArgument."""
    if isinstance(pattern, Condition):
        raise InvalidArgument(f"{pattern} is a condition already; join it with &")
    check_guard(guard_condition, f"cond({pattern!r})")
    return Condition((Term(Identifier.parse(pattern), guard_condition),))


def regist(registry: Registry, condition: Condition, target: Together, call: Call | None) -> Following:
    """Lets `target`, which is held weakly, follow the condition from now on; `call` as `calling` says it. Raises
    TypeError when it cannot be held weakly."""
    gathering = _Gathering(condition._terms)
    receivers = (_Gatherer(gathering, ""), _Completed(gathering, source_of(target), call))
    held = _weakly(target, partial(_end_soon, registry, [weakref.ref(receiver) for receiver in receivers]))
    for receiver in receivers:
        receiver.target = held
        registry.add(receiver)
    return Following(partial(_end, registry, receivers), None if inspect.ismethod(target) else target)


class _Gathering:
    """The newest message of each term, until there is one of each."""

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self.patterns = tuple(dict.fromkeys(term.pattern for term in terms))
        self._terms = terms
        self._newest: dict[int, Message] = {}
        # By the message that completed them, as long as that is on its way to the handler.
        self._together: dict[int, tuple[Message, ...]] = {}
        self._lock = threading.Lock()

    def file(self, message: Message) -> bool:
        """Whether a term keeps it, and others still wait. May raise what a guard raises; then no term keeps it."""
        taking = [number for number, term in enumerate(self._terms) if term.takes(message)]
        if not taking:
            return False
        with self._lock:
            self._newest.update(dict.fromkeys(taking, message))
            if len(self._newest) < len(self._terms):
                return True
            self._together[id(message)] = tuple(self._newest[number] for number in range(len(self._terms)))
            self._newest = {}
            return False

    def completed(self, message: Message) -> bool:
        return id(message) in self._together

    def take(self, message: Message) -> tuple[Message, ...] | None:
        return self._together.pop(id(message), None)

    def after_fork(self) -> None:
        self._lock = threading.Lock()


class _Receiver:
    """One of the two receivers of a condition: the first keeps a message, the second calls the handler."""

    keeps = False
    guarded = True
    awaited = False
    target: Callable[[], Together | None]

    def __init__(self, gathering: _Gathering, source: str) -> None:
        self.serial = next(serials)
        self.patterns = gathering.patterns
        self.source = source
        self._gathering = gathering

    @property
    def handler(self) -> object:
        return self.target()

    def close(self) -> None:
        """A handler ends with its function, not with the bus."""


class _Gatherer(_Receiver):
    """Takes what fills a term and completes nothing: such a message is received, and answered by nobody."""

    answers = False

    def agrees(self, message: Message) -> bool:
        return self._gathering.file(message)

    def take(self, message: Message) -> None:
        # As a stream does, which answers nobody either: a message that requires it is acknowledged.
        if message._taken is not None:
            message._taken()

    def after_fork(self) -> None:
        self._gathering.after_fork()


class _Completed(_Receiver):
    """Stands behind its gatherer, which has seen the message when this one is asked."""

    answers = True

    def __init__(self, gathering: _Gathering, source: str, call: Call | None) -> None:
        super().__init__(gathering, source)
        self.awaited = call is not None and call.awaited
        self._call = call

    def agrees(self, message: Message) -> bool:
        return self._gathering.completed(message)

    def take(self, message: Message) -> object:
        messages, target = self._gathering.take(message), self.target()
        if messages is None or target is None:
            return None
        return target(*messages) if self._call is None else self._call(target, *messages)

    def after_fork(self) -> None:
        """The gatherer has the lock."""


def _weakly(target: Together, ended: Callable[[], None]) -> Callable[[], Together | None]:
    def gone(_: object) -> None:
        ended()

    return weakref.WeakMethod(target, gone) if inspect.ismethod(target) else weakref.ref(target, gone)


def _end_soon(registry: Registry, receivers: list[weakref.ref[_Receiver]]) -> None:
    for receiver in receivers:
        living = receiver()
        if living is not None:
            registry.end_soon(living)  # type: ignore[arg-type]


def _end(registry: Registry, receivers: tuple[_Receiver, ...]) -> None:
    for receiver in receivers:
        registry.remove(receiver)  # type: ignore[arg-type]
