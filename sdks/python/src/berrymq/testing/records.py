"""What was published on a bus under test, and what its handlers were called with."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..fields import stamped
from ..identifier import Identifier, matches
from ..keeper import Keeper
from ..message import Message
from ..registry import Receiver
from .at_work import AtWork
from .faults import Faults

_SHOWN = 20
"""Messages that a failed assertion tells of."""


class Records:
    """The probe of one test."""

    def __init__(self, faults: Faults, settle: Callable[[], None], until: Callable[[Callable[[], Any]], None]) -> None:
        self._faults = faults
        self._settle = settle
        self.until = until
        """Returns once the condition is true, or the time for that is over."""
        self.on_open: Callable[[Keeper], object] = lambda _: None
        """Told of queues at a gateway."""
        self.work = AtWork()
        """Of live followers."""
        self._published: list[Message] = []
        # Handlers are held weakly, as their bus holds them.
        self._calls: list[tuple[Callable[[], object], Message]] = []

    # The probe.

    def published(self, message: Message, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
        if not message.identifier.reserved:
            # Its time is that of its publishing, whenever somebody looks at it.
            stamped(message._wire)
            self._published.append(message)
        return self.heard(message, receivers)

    def heard(self, message: Message, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
        return [
            cast(Receiver, _Recorded(receiver, self)) if receiver.answers else receiver
            for receiver in self._faults.reached(receivers)
        ]

    def called(self, handler: object, message: Message) -> None:
        self._calls.append((weakly(handler), message))

    def opened(self, keeper: Keeper) -> None:
        self.on_open(keeper)

    # What tests ask for.

    def messages(self) -> list[Message]:
        """What was published, once nobody is at work."""
        self._settle()
        return list(self._published)

    def calls(self, handler: Callable[..., Any]) -> list[Message]:
        """What it was called with, once nobody is at work."""
        self._settle()
        return self.calls_so_far(handler)

    def calls_so_far(self, handler: Callable[..., Any]) -> list[Message]:
        return [message for called, message in list(self._calls) if _is(called(), handler)]

    def assert_published(self, pattern: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Message]:
        __tracebackhide__ = True
        self.until(lambda: self._matching(pattern, args, kwargs))
        found = self._matching(pattern, args, kwargs)
        if not found:
            raise AssertionError(f"nothing like {_shown(pattern, args, kwargs)} was published; {self._told()}")
        return found

    def assert_not_published(self, pattern: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        __tracebackhide__ = True
        self._settle()
        found = self._matching(pattern, args, kwargs)
        if found:
            told = ", ".join(_shown(each.id, each.args, each.kwargs) for each in found[:_SHOWN])
            raise AssertionError(f"nothing like {_shown(pattern, args, kwargs)} was to be published; there was {told}")

    def _matching(self, pattern: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Message]:
        Identifier.parse(pattern)
        return [
            message
            for message in list(self._published)
            if matches(pattern, message.id) and (not args or message.args == args) and _holds(message.kwargs, kwargs)
        ]

    def _told(self) -> str:
        published = self._published
        if not published:
            return "nothing was published at all"
        shown = ", ".join(_shown(each.id, each.args, each.kwargs) for each in published[-_SHOWN:])
        more = f"the last {_SHOWN} of {len(published)} messages were" if len(published) > _SHOWN else "there was"
        return f"{more} {shown}"


class _Recorded:
    """A handler that tells of its calls; otherwise the receiver itself."""

    __slots__ = ("_receiver", "_records")

    def __init__(self, receiver: Receiver, records: Records) -> None:
        self._receiver = receiver
        self._records = records

    def take(self, message: Message) -> object:
        self._records.called(self._receiver.handler, message)
        with self._records.work:
            return self._receiver.take(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._receiver, name)


def weakly(handler: object) -> Callable[[], Any]:
    """Answers with it while it lives; one that cannot be held so is held."""
    try:
        return weakref.WeakMethod(handler) if inspect.ismethod(handler) else weakref.ref(handler)
    except TypeError:
        return lambda: handler


def _holds(kwargs: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(name in kwargs and kwargs[name] == value for name, value in wanted.items())


def _is(called: object, handler: Callable[..., Any]) -> bool:
    """A function of a class stands for the methods of all its objects."""
    return called == handler or getattr(called, "__func__", None) is handler


def _shown(identifier: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    values = [f"{value!r:.80}" for value in args] + [f"{name}={value!r:.80}" for name, value in kwargs.items()]
    return f"{identifier}({', '.join(values)})"
