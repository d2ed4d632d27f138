"""How a handler is called where that is more than handing it the message: what is made of messages, coroutines."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from . import parameters
from .message import Message
from .parameters import Parameters
from .pending import Pending

if TYPE_CHECKING:
    from .dispatch import Dispatcher


class Call(Protocol):
    """Called with the handler and as many messages as it takes; returns its result, or Pending for a coroutine's."""

    awaited: bool

    def __call__(self, target: Callable[..., Any], /, *messages: Message) -> object: ...


def calling(
    dispatcher: Dispatcher,
    target: Callable[..., Any],
    terms: int = 1,
    durable: bool = False,
) -> Call | None:
    """None = `target(*messages)` says it all. A coroutine function runs on the loop that runs in this thread, or else
    on the bus's own; what it raises is reported, unless a `durable` following does so. Raises as
    `parameters.read`."""
    wanted = parameters.read(target, terms)
    if wanted.awaited:
        return _Starting(dispatcher, wanted, durable)
    return None if wanted.plain else _Making(wanted)


def starting(dispatcher: Dispatcher, callback: Callable[..., Any]) -> Call | None:
    """For a handler that returns what `callback` returned: None, unless that is a coroutine function."""
    return _Starting(dispatcher, Parameters(awaited=True), False) if parameters.is_awaited(callback) else None


def waiting(dispatcher: Dispatcher, callback: Callable[..., Any]) -> Callable[..., Any]:
    """The callback itself; of a coroutine function, what has it run on its loop and waits until it has ended."""
    if not parameters.is_awaited(callback):
        return callback
    from .event_loop import home

    loop, coroutines = home(), dispatcher.coroutines

    def wait(*arguments: object) -> object:
        return coroutines.start(callback(*arguments), loop, counted=False).result()

    return wait


class _Making:
    """With what is made of the messages."""

    awaited = False

    def __init__(self, wanted: Parameters) -> None:
        self._wanted = wanted

    def __call__(self, target: Callable[..., Any], /, *messages: Message) -> object:
        return target(*self._wanted.arguments(*messages))


class _Starting:
    """As a coroutine."""

    awaited = True

    def __init__(self, dispatcher: Dispatcher, wanted: Parameters, durable: bool) -> None:
        from .event_loop import home

        self._dispatcher = dispatcher
        self._coroutines = dispatcher.coroutines
        self._wanted = wanted
        self._loop = home()
        self._durable = durable

    def __call__(self, target: Callable[..., Any], /, *messages: Message) -> object:
        arguments = messages if self._wanted.plain else self._wanted.arguments(*messages)
        value = target(*arguments)
        if not inspect.iscoroutine(value):
            # A decorator made a function of it.
            return value
        pending = self._coroutines.start(value, self._loop, counted=not self._durable)
        if not self._durable:
            pending.add_done_callback(lambda _: self._report(pending, messages[-1], target))
        return pending

    def _report(self, pending: Pending, message: Message, target: object) -> None:
        error = pending.exception()
        if error is not None:
            self._dispatcher.report(error, message, target)
