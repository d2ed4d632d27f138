"""`auto_twitter`: functions and methods whose calls are told."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .bulk import check_publishable
from .errors import InvalidArgument
from .identifier import Identifier
from .message import Message
from .wrapping import around, tell, without_object

if TYPE_CHECKING:
    from .courier import Courier

P = ParamSpec("P")
R = TypeVar("R")


class AutoTwitter:
    """What tells of the calls of one function."""

    def __init__(self, courier: Courier, identifier: str, entry: bool, exit: bool) -> None:
        self._courier = courier
        self._entry, self._exit = _identifiers(identifier, entry, exit)

    def __call__(self, target: Callable[P, R]) -> Callable[P, R]:
        wrapped: Callable[P, R] = around(target, self._wrap, "auto_twitter")
        return wrapped

    def _wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def told_later(*args: Any, **kwargs: Any) -> Any:
                self._tell_entry(told_later, args, kwargs)
                return self._tell_exit(told_later, await function(*args, **kwargs))

            return told_later

        @wraps(function)
        def told(*args: Any, **kwargs: Any) -> Any:
            self._tell_entry(told, args, kwargs)
            result = function(*args, **kwargs)
            if inspect.iscoroutine(result):
                return self._at_end(told, result)
            return self._tell_exit(told, result)

        return told

    async def _at_end(self, wrapper: Callable[..., Any], result: Coroutine[Any, Any, Any]) -> Any:
        return self._tell_exit(wrapper, await result)

    def _tell_entry(self, wrapper: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._entry:
            tell(self._courier, Message(self._entry, *without_object(wrapper, args), **kwargs), wrapper)

    def _tell_exit(self, wrapper: Callable[..., Any], result: Any) -> Any:
        if self._exit:
            tell(self._courier, Message(self._exit, result), wrapper)
        return result


def _identifiers(identifier: str, entry: bool, exit: bool) -> tuple[str, ...]:
    """Those of entry and exit; "" = not told. Raises InvalidIdentifier, ReservedIdentifier, InvalidArgument."""
    parsed = Identifier.parse(identifier)
    check_publishable(parsed)
    if parsed.action not in ("*", "entry", "exit"):
        raise InvalidArgument(
            f"auto_twitter({identifier!r}): the action is {parsed.action!r}; write the name alone, 'name:entry' or "
            "'name:exit'"
        )
    told = {parsed.action: True} if parsed.action != "*" else {"entry": entry or not exit, "exit": exit or not entry}
    return tuple(str(parsed._replace(action=action)) if told.get(action) else "" for action in ("entry", "exit"))
