"""Where a handler is written, and how it is called by name: for errors and for diagrams."""

from __future__ import annotations

import functools
import inspect
import os
import types
from typing import Any


def source_of(target: object) -> str:
    """`file:line` of a function, as seen from the working directory; "" for what is not written in Python."""
    code = getattr(function_of(target), "__code__", None)
    if not isinstance(code, types.CodeType):
        return ""
    return f"{shown_path(code.co_filename)}:{code.co_firstlineno}"


def shown_path(path: str) -> str:
    """As seen from the working directory."""
    return path.removeprefix(os.path.join(os.getcwd(), ""))


def described(target: object) -> str:
    """`Shop.ship (shop.py:12)`."""
    name, place = name_of(target), source_of(target)
    return f"{name} ({place})" if place else name


def name_of(target: object) -> str:
    """`Shop.ship`."""
    function = function_of(target)
    # What only pretends to be a function, as a mock does, has names that are none.
    names = (getattr(function, name, None) for name in ("__qualname__", "__name__"))
    name = next((each for each in names if each and isinstance(each, str)), None) or repr(target)
    return name.rpartition("<locals>.")[2]


def function_of(target: Any) -> Any:
    """What is called in the end: behind a bound method, a partial, decorators, and an object's `__call__`."""
    while isinstance(target, functools.partial):
        target = target.func
    if not (inspect.isroutine(target) or inspect.isclass(target)):
        target = getattr(type(target), "__call__", target)  # noqa: B004
    function: Any = getattr(target, "__func__", target)
    return inspect.unwrap(function)
