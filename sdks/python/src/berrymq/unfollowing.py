"""`unfollow`: ends what a function, a method or an object follows."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from .errors import InvalidArgument

if TYPE_CHECKING:
    from .registry import Registry
    from .work import Works


def unfollow(registry: Registry, works: Works, target: object) -> int:
    """How many followings ended. An object, or a class, ends with all its methods. Raises InvalidArgument."""
    if isinstance(target, str):
        raise InvalidArgument(
            f"unfollow({target!r}): it takes the function, method or object that follows, not its pattern; "
            "a stream or queue ends with close()"
        )
    ended = 0
    for receiver in registry.receivers():
        if belongs(receiver.handler, target):
            registry.remove(receiver)
            ended += receiver.answers
    for work, handler in works.handlers():
        if belongs(handler, target):
            work.end()
            ended += 1
    return ended


def belongs(handler: object, target: object) -> bool:
    """Whether a handler is what `target` means."""
    if handler is None:
        return False
    if handler is target or (target is not None and getattr(handler, "__self__", None) is target):
        return True
    # Each look at a method makes another object of it.
    if inspect.ismethod(target) and handler == target:
        return True
    members = vars(target).values() if isinstance(target, type) else ()
    return any(isinstance(member, staticmethod) and member.__func__ is handler for member in members)
