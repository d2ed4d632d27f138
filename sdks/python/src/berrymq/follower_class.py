"""Objects as followers: `class Log(Follower)` or `class Log(metaclass=Follower)`, with `@following` on methods.

Instance methods follow once their object is made, class and static methods once their class is. A subclass that
overrides a following method follows with its own.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import EnumMeta
from functools import cache
from sys import _getframe
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary, ref

from .callbacks import check_decorator, check_guard
from .condition import Condition
from .durable import Durable
from .errors import InvalidArgument
from .follower import Guard
from .identifier import Identifier
from .source import described, shown_path

F = TypeVar("F", bound=Callable[..., Any])
_MARKS = "_berrymq_following"
_CHECK = "__berrymq_following__"
_CLASS = "_berrymq_class"


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
    check_decorator(identifier, "following")
    check_guard(guard_condition, f"@following({identifier!r})")
    durable = Durable.of(queue, queue_options, concurrency)
    if isinstance(identifier, Condition):
        identifier.check_alone(guard_condition, durable)
    else:
        Identifier.parse(identifier)
    place = _getframe(1)
    check = check_class_later(place)

    def mark(method: F) -> F:
        function = getattr(method, "__func__", method)
        if check is None and place.f_locals is place.f_globals:
            raise InvalidArgument(
                f"{described(method)}: @following goes before the methods of a Follower class; before a function write "
                f"@following_function({identifier!r})"
            )
        if not callable(function):
            raise InvalidArgument(
                f"{place_in(place)}: @following({identifier!r}) goes before a method, not before a "
                f"{type(method).__name__}; write a method, with def, that calls it"
            )
        marks = function.__dict__.setdefault(_MARKS, [])
        marks.append(_Mark(identifier, guard_condition, durable))
        if check is not None:
            check.marked.append((marks, described(method)))
        return method

    return mark


def check_class_later(body: FrameType) -> _Check | None:
    """What has the class whose body is being run checked once it is made; None = `body` is no class's."""
    namespace = body.f_locals
    if "__qualname__" not in namespace or namespace is body.f_globals:
        return None
    check: _Check = namespace.setdefault(_CHECK, _Check(place_in(body, body.f_code.co_firstlineno)))
    return check


def place_in(frame: FrameType, line: int | None = None) -> str:
    """`file:line`; without a line, the one at which it stands."""
    return f"{shown_path(frame.f_code.co_filename)}:{line or frame.f_lineno}"


class _Check:
    """Stands in a class until it is made, whatever its decorators do with its methods."""

    def __init__(self, place: str) -> None:
        self._place = place
        # The marks of each method, and how the method is called by name.
        self.marked: list[tuple[list[_Mark], str]] = []

    def __set_name__(self, owner: type, name: str) -> None:
        delattr(owner, name)
        if not isinstance(owner, FollowerType):
            marked = [name for name, member in vars(owner).items() if hasattr(member, _MARKS)]
            raise InvalidArgument(
                f"{self._place}: {', '.join(marked) or 'a method'} of {owner.__qualname__} cannot follow, since "
                f"{owner.__qualname__} is no Follower; add Follower: class {owner.__name__}(Follower)"
            )

    def check_found(self, owner: type) -> None:
        """Raises InvalidArgument for a method whose mark is lost: it would never follow."""
        found = [getattr(getattr(member, "__func__", member), _MARKS, None) for member in vars(owner).values()]
        for marks, method in self.marked:
            if not any(marks is each for each in found):
                raise InvalidArgument(
                    f"{method} would not follow: a decorator above @following, or another definition of that name, "
                    "hides it; put @following above other decorators, or give those functools.wraps"
                )


class FollowerType(ABCMeta):
    """The metaclass: registers class methods with the class and instance methods with each instance."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> None:
        super().__init__(name, bases, namespace, **options)
        check: _Check | None = namespace.get(_CHECK)
        if check is not None:
            check.check_found(cls)
        for attribute, member in namespace.items():
            if isinstance(member, (classmethod, staticmethod)):
                _end_copied(cls, member.__func__)
                _follow(getattr(cls, attribute), _marks(cls, attribute))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        if isinstance(made, cls) and not _known(cls, made):
            for attribute in _instance_methods(cls):
                _follow(getattr(made, attribute), _marks(cls, attribute))
        return made


class _FollowerBase(metaclass=FollowerType):
    """What `class X(Follower)` really inherits from."""


@cache
def _beside(metaclasses: tuple[type, ...]) -> type:
    """The base for classes beside whose bases, as a Protocol or a pydantic model, have metaclasses of their own: Python
    wants one that is all of them."""
    both: Any = type("FollowerType", (FollowerType, *metaclasses), {})
    # Not by `both`, which would take this base for one of theirs.
    made: type = type.__new__(both, "_FollowerBase", (_FollowerBase,), {})
    return made


class _Follower:
    """Stands for both: as a base it gives `_FollowerBase`, as a metaclass it makes the class."""

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        if any(isinstance(base, EnumMeta) for base in bases):
            raise InvalidArgument(
                "an Enum cannot be a Follower, as its members are made otherwise; let them follow one by one: "
                "regist_method('name:action', Colour.RED.method)"
            )
        kinds = dict.fromkeys(type(base) for base in bases if isinstance(base, type))
        strange = [kind for kind in kinds if not issubclass(FollowerType, kind) and not issubclass(kind, FollowerType)]
        return (_beside(tuple(strange)) if strange else _FollowerBase,)

    def __call__(self, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> type:
        return FollowerType(name, bases, namespace, **options)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(type(instance), FollowerType)

    def __subclasscheck__(self, kind: type) -> bool:
        return isinstance(kind, FollowerType)


if TYPE_CHECKING:

    class Follower:
        """Base class, or metaclass, of objects that follow. One that `copy` or `pickle` made was not made by its class:
        it follows once `regist_method` says so."""

else:
    Follower = _Follower()
    """Base class, or metaclass, of objects that follow."""


_made: WeakValueDictionary[int, object] = WeakValueDictionary()
"""By their id, objects of classes that make their objects themselves: they may return one that follows already."""


def _known(cls: type, made: object) -> bool:
    if getattr(cls, "__new__", None) is object.__new__:
        return False
    if _made.get(id(made)) is made:
        return True
    # What cannot be held weakly is refused as it follows.
    with suppress(TypeError):
        _made[id(made)] = made
    return False


def _end_copied(cls: type, function: Any) -> None:
    """`dataclass(slots=True)` makes a class anew, of the same functions: the first one follows no more."""
    if not hasattr(function, _MARKS):
        return
    before: ref[type] | None = function.__dict__.get(_CLASS)
    copied = before() if before is not None else None
    if copied is not None and (copied.__module__, copied.__name__) == (cls.__module__, cls.__name__):
        from .default_bus import bus

        bus.unfollow(copied)
    function.__dict__[_CLASS] = ref(cls)


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
