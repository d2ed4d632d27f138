"""Functions in the place of functions, which tell of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from sys import _getframe
from typing import TYPE_CHECKING, Any

from .errors import BerryMQError, InvalidArgument
from .message import Message
from .source import described

if TYPE_CHECKING:
    from .courier import Courier


def around(target: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]], decorator: str) -> Any:
    """`target` with its function wrapped; a static or class method stays one. Raises InvalidArgument."""
    if isinstance(target, (staticmethod, classmethod)):
        return type(target)(around(target.__func__, wrap, decorator))
    if not callable(target):
        raise InvalidArgument(f"{decorator} goes before a function or method, not before {target!r:.80}")
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise InvalidArgument(
            f"{decorator} before {described(target)}, which has a yield: it runs when its call is over, untold; "
            "decorate the function that goes through what it yields"
        )
    return wrap(target)


def tell(courier: Courier, message: Message, function: object) -> None:
    """Publishes. What the bus refuses goes to `on_error`: that a function is told of does not change what it does."""
    try:
        courier.publish(message)
        courier.published.note(message.id, _getframe().f_back)
    except BerryMQError as error:
        courier.dispatcher.report(error, message, function)


def without_object(wrapper: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a call, without the object or class that a method of theirs was called on."""
    if not args:
        return args
    first = args[0]
    for kind in (type(first), first):
        if isinstance(kind, type):
            for ancestor in kind.__mro__:
                member = vars(ancestor).get(wrapper.__name__)
                if member is not None and _leads_to(member, wrapper):
                    return args if isinstance(member, staticmethod) else args[1:]
    return args


def _leads_to(member: object, wrapper: object) -> bool:
    """Whether a member of a class is that function, perhaps under other decorators."""
    while member is not None:
        if member is wrapper:
            return True
        inner = (getattr(member, name, None) for name in ("__func__", "__wrapped__", "fget", "func"))
        member = next(filter(None, inner), None)
    return False
