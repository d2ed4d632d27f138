"""Objects as followers: `class Log(Follower)` or `class Log(metaclass=Follower)`, with `@following` on methods.

Instance methods follow once their object is made, class and static methods once their class is. A subclass that
overrides a following method follows with its own.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Mapping
from sys import _getframe
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .condition import Condition
from .durable import Durable
from .errors import InvalidArgument
from .follower import Guard
from .identifier import Identifier
from .source import described, shown_path

F = TypeVar("F", bound=Callable[..., Any])
_MARKS = "_berrymq_following"
_CHECK = "__berrymq_following__"


class _Mark(NamedTuple):
    pattern: str | Condition
    guard: Guard | None
    durable: Durable | None


def following(
    identifier: str | Condition,
    guard_condition: Guard | None = None,
    *,
    queue: str | None = None,
    queue_options: Mapping[str, Any] | None = None,
    concurrency: int = 1,
) -> Callable[[F], F]:
    """Marks a method of a `Follower` class: it is called with each message that the pattern reaches and the guard
    agrees to; with `queue` it is fed from that queue, as `Bus.following_function` tells. Raises InvalidIdentifier,
    InvalidArgument; also for a class that is no Follower, and for a function outside any class."""
    durable = Durable.of(queue, queue_options, concurrency)
    if isinstance(identifier, Condition):
        identifier.check_alone(guard_condition, durable)
    else:
        Identifier.parse(identifier)
    place = _getframe(1)
    in_class = check_class_later(place)

    def mark(method: F) -> F:
        function = getattr(method, "__func__", method)
        if not in_class and place.f_locals is place.f_globals:
            raise InvalidArgument(
                f"{described(method)}: @following goes before the methods of a Follower class; before a function write "
                f"@following_function({identifier!r})"
            )
        marks = function.__dict__.setdefault(_MARKS, [])
        marks.append(_Mark(identifier, guard_condition, durable))
        return method

    return mark


def check_class_later(body: FrameType) -> bool:
    """Has the class whose body is being run checked once it is made; whether `body` is one."""
    namespace = body.f_locals
    if "__qualname__" not in namespace or namespace is body.f_globals:
        return False
    namespace.setdefault(_CHECK, _Check(f"{shown_path(body.f_code.co_filename)}:{body.f_code.co_firstlineno}"))
    return True


class _Check:
    """Stands in a class until it is made, whatever its decorators do with its methods."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __set_name__(self, owner: type, name: str) -> None:
        delattr(owner, name)
        if not isinstance(owner, FollowerType):
            marked = [name for name, member in vars(owner).items() if hasattr(member, _MARKS)]
            raise InvalidArgument(
                f"{self._place}: {', '.join(marked) or 'a method'} of {owner.__qualname__} cannot follow, since "
                f"{owner.__qualname__} is no Follower; add Follower: class {owner.__name__}(Follower)"
            )


class FollowerType(ABCMeta):
    """The metaclass: registers class methods with the class and instance methods with each instance."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> None:
        super().__init__(name, bases, namespace, **options)
        for attribute, member in namespace.items():
            if isinstance(member, (classmethod, staticmethod)):
                _follow(getattr(cls, attribute), _marks(cls, attribute))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        if isinstance(made, cls):
            for attribute in _instance_methods(cls):
                _follow(getattr(made, attribute), _marks(cls, attribute))
        return made


class _FollowerBase(metaclass=FollowerType):
    """What `class X(Follower)` really inherits from."""


class _Follower:
    """Stands for both: as a base it gives `_FollowerBase`, as a metaclass it makes the class."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_FollowerBase,)

    def __call__(self, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> type:
        return FollowerType(name, bases, namespace, **options)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(type(instance), FollowerType)

    def __subclasscheck__(self, kind: type) -> bool:
        return isinstance(kind, FollowerType)


if TYPE_CHECKING:

    class Follower:
        """Base class, or metaclass, of objects that follow."""

else:
    Follower = _Follower()
    """Base class, or metaclass, of objects that follow."""


def _instance_methods(cls: type) -> list[str]:
    """Names of methods that any ancestor marked and that are no class or static methods."""
    names = dict.fromkeys(
        name for kind in reversed(cls.__mro__) for name, member in vars(kind).items() if hasattr(member, _MARKS)
    )
    return [name for name in names if not _bound_to_class(cls, name)]


def _bound_to_class(cls: type, name: str) -> bool:
    member = next(vars(kind)[name] for kind in cls.__mro__ if name in vars(kind))
    return isinstance(member, (classmethod, staticmethod))


def _marks(cls: type, attribute: str) -> list[_Mark]:
    """The marks on all definitions of a method; the most derived decides on the guard of a pattern."""
    members = (vars(kind).get(attribute) for kind in reversed(cls.__mro__))
    functions = [getattr(member, "__func__", member) for member in members if member is not None]
    found = {mark.pattern: mark for function in functions for mark in getattr(function, _MARKS, ())}
    return list(found.values())


def _follow(method: Callable[..., Any], marks: list[_Mark]) -> None:
    from .default_bus import bus

    for mark in marks:
        bus._regist(mark.pattern, method, mark.guard, mark.durable)
