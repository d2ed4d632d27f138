"""What is given to be called later, looked at when it is given: nobody would hear of it when it fails."""

from __future__ import annotations

import inspect
import types
import weakref
from functools import partial
from typing import Any

from .errors import InvalidArgument
from .parameters import is_awaited
from .source import described

_PLAIN = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, partial, type)


def check_decorator(identifier: object, decorator: str, example: str = "name:action") -> None:
    """Raises InvalidArgument where a decorator was written without its identifier: it would take the function for it,
    and nothing would ever follow."""
    if isinstance(identifier, (*_PLAIN, staticmethod, classmethod)):
        raise InvalidArgument(
            f"@{decorator} before {described(identifier)} lacks its identifier; write @{decorator}({example!r})"
        )


def check_guard(guard: object, target: object) -> None:
    """The guard of a handler, or of the condition with that pattern, is called with the message, and answers at once.
    Raises InvalidArgument."""
    if guard is None:
        return
    where = f"the guard of {target if isinstance(target, str) else described(target)}"
    check_callback(guard, ("message",), where)
    _check_plain(guard, where, "what that returns is always true")


def check_on_error(callback: object) -> None:
    """Raises InvalidArgument."""
    check_callback(callback, ("error", "message", "handler"), "on_error")
    _check_plain(callback, "on_error", "nobody would await it")


def check_held(target: object) -> None:
    """Followers are held weakly. Raises InvalidArgument for what cannot be."""
    held = getattr(target, "__self__", target) if inspect.ismethod(target) else target
    try:
        weakref.ref(held)
    except TypeError:
        kind = type(held).__name__
        slots = f"; or add '__weakref__' to its __slots__, if {kind} is yours" if held is not target else ""
        raise InvalidArgument(
            f"{described(target)}: followers are held by weak reference, and {kind} objects cannot be; give a function "
            f"that calls it{slots}"
        ) from None


def check_callback(callback: object, given: tuple[str, ...], where: str) -> None:
    """Raises InvalidArgument for what cannot be called with these arguments, naming it, its file and line."""
    if not callable(callback):
        raise InvalidArgument(f"{where} is called with ({', '.join(given)}); {callback!r:.80} cannot be called")
    try:
        signature = inspect.signature(callback)
    except (TypeError, ValueError):
        # Written in C, and says nothing of itself.
        return
    try:
        signature.bind(*given)
    except TypeError:
        raise InvalidArgument(
            f"{where}: {described(callback)} is called with ({', '.join(given)}), and takes {signature}"
        ) from None


def _check_plain(callback: Any, where: str, what_happens: str) -> None:
    if is_awaited(callback):
        raise InvalidArgument(f"{where}: {described(callback)} is a coroutine function, and {what_happens}; use def")
