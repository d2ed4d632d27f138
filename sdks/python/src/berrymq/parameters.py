"""What a handler's parameters say about what it is called with. They are read once, when it is registered."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from .errors import InvalidArgument
from .message import Message
from .source import described, function_of
from .typed import Decoder, is_typed

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Parameters(NamedTuple):
    """How a handler is called with `terms` messages."""

    decoders: tuple[Decoder | None, ...] = ()
    """One for each message, None = as it is; none at all = every message as it is."""

    beside: int | None = None
    """Where the message itself goes beside what was made of it; None = nowhere."""

    awaited: bool = False
    """Whether it is a coroutine function."""

    @property
    def plain(self) -> bool:
        """Whether it is called with the messages as they are."""
        return not self.decoders

    def arguments(self, *messages: Message) -> list[object]:
        """What it is called with. Raises Reject, naming handler, field and reason."""
        made: list[object] = [
            message if decoder is None else decoder(message)
            for decoder, message in zip(self.decoders, messages, strict=True)
        ]
        if self.beside is not None:
            made.insert(self.beside, messages[0])
        return made


_known: WeakKeyDictionary[Any, dict[tuple[int, bool], Parameters]] = WeakKeyDictionary()
"""Of functions, by the number of messages and whether it is a bound method: objects of a class share its methods."""


def read(target: Callable[..., Any], terms: int = 1) -> Parameters:
    """Raises TypeError for what cannot be called; InvalidArgument, naming the handler, its file and line, for one that
    cannot be called with so many messages, or is annotated with what no message can be made into."""
    if not callable(target):
        order = "; the identifier comes first, then the function" if isinstance(target, str) else ""
        raise TypeError(f"a follower is called with a message; {target!r} cannot be called{order}")
    function = getattr(target, "__func__", target)
    if not isinstance(function, types.FunctionType):
        return _read(target, terms)
    known, key = _known.setdefault(function, {}), (terms, function is not target)
    if key not in known:
        known[key] = _read(target, terms)
    return known[key]


def _read(target: Callable[..., Any], terms: int) -> Parameters:
    _check_runs(target)
    awaited = is_awaited(target)
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        # Written in C, and says nothing of itself.
        return Parameters(awaited=awaited)
    positional = [each for each in signature.parameters.values() if each.kind in _POSITIONAL]
    hints = _Hints(target)
    decoders = tuple(hints.decoder(parameter) for parameter in positional[:terms])
    beside = _beside(positional, hints) if terms == 1 else None
    if beside is not None:
        decoders = tuple(filter(None, (hints.decoder(parameter) for parameter in positional[:2])))
    given = terms if beside is None else 2
    _check_callable(target, signature, given, terms)
    if not any(decoders):
        return Parameters(awaited=awaited)
    rest = (None,) * (terms - len(decoders))
    return Parameters((*decoders, *rest), beside, awaited)


def _beside(positional: list[inspect.Parameter], hints: _Hints) -> int | None:
    """Where a parameter stands that is annotated `Message` beside one that is made of the message."""
    if len(positional) < 2:
        return None
    first, second = positional[:2]
    if hints.decoder(first) is not None:
        return 1 if hints.says_message(second) else None
    beside = second.default is second.empty and hints.says_message(first) and hints.decoder(second) is not None
    return 0 if beside else None


def _check_callable(target: Callable[..., Any], signature: inspect.Signature, given: int, terms: int) -> None:
    try:
        signature.bind(*[None] * given)
        return
    except TypeError:
        pass
    called = "one message" if terms == 1 else f"{terms} messages, one for each term of its condition"
    raise InvalidArgument(
        f"{described(target)} is called with {called}, and takes {signature}: {_way_out(signature, given)}"
    )


def _check_runs(target: Callable[..., Any]) -> None:
    """A generator function that is called has not run yet, and nobody would have it run."""
    # Not what decorators hide: they may be there to run it.
    called = (target, getattr(type(target), "__call__", None))  # noqa: B004
    if any(inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each) for each in called if _is_real(each)):
        raise InvalidArgument(
            f"{described(target)} has a yield: calling it runs nothing of it; return a value, or publish each"
        )


def _is_real(function: Any) -> bool:
    """A mock with the spec of a function says yes to everything."""
    return not isinstance(function, types.FunctionType) or issubclass(type(function), types.FunctionType)


def _way_out(signature: inspect.Signature, given: int) -> str:
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].name in ("self", "cls"):
        return "give a bound method, or use @following in a class that is a Follower"
    if len([each for each in parameters if each.kind in _POSITIONAL]) < given:
        return "give it a parameter for each"
    return "give the others defaults, or bind them with functools.partial"


class _Hints:
    """The annotations of one handler, evaluated as they are asked for."""

    def __init__(self, target: Callable[..., Any]) -> None:
        self._target = target
        self._function = function_of(target)
        self._globals: dict[str, Any] = getattr(self._function, "__globals__", {})
        self._decoders: dict[str, Decoder | None] = {}

    def decoder(self, parameter: inspect.Parameter) -> Decoder | None:
        """What makes the parameter's value of a message; None = it is the message."""
        if parameter.name not in self._decoders:
            self._decoders[parameter.name] = self._decoder(parameter)
        return self._decoders[parameter.name]

    def says_message(self, parameter: inspect.Parameter) -> bool:
        """Whether it is annotated so; what other parameters are annotated with is nobody's concern."""
        try:
            return self._evaluate(parameter) is Message
        except InvalidArgument:
            return False

    def _decoder(self, parameter: inspect.Parameter) -> Decoder | None:
        if parameter.annotation is parameter.empty:
            return None
        annotation = self._evaluate(parameter)
        kinds = _members(annotation)
        if all(map(_takes_message, kinds)):
            return None
        where = f"{described(self._target)}, parameter {parameter.name!r}"
        if not all(is_typed(typing.get_origin(kind) or kind) for kind in kinds):
            raise InvalidArgument(
                f"{where} is annotated {_written(parameter.annotation)}: a handler is given a Message, or a dataclass "
                "or a pydantic model made of one; annotate it so, or leave the annotation off"
            )
        return Decoder(annotation, tuple(typing.get_origin(kind) or kind for kind in kinds), where, self._names)

    def _names(self) -> dict[str, Any]:
        return {**self._globals, **_names_here()}

    def _evaluate(self, parameter: inspect.Parameter) -> Any:
        """The annotation itself, where it is written as text."""
        written = parameter.annotation
        if not isinstance(written, str) and isinstance(written, type):
            return written

        def holder() -> None: ...

        holder.__annotations__ = {parameter.name: written}
        try:
            try:
                found = typing.get_type_hints(holder, self._globals, {}, include_extras=True)
            except NameError:
                found = typing.get_type_hints(holder, self._names(), {}, include_extras=True)
        except Exception as error:
            if isinstance(written, str) and written.rpartition(".")[2] == "Message":
                # Imported for type checkers only.
                return Message
            raise InvalidArgument(
                f"{described(self._target)}: the annotation {_written(written)} of {parameter.name!r} cannot be "
                f"evaluated ({error}); import or define what it names at the top of the module, or leave it off"
            ) from None
        return found[parameter.name]


def _members(annotation: Any) -> list[Any]:
    """The kinds that an annotation allows, without None."""
    annotation = getattr(annotation, "__value__", annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if origin is typing.Union or origin is types.UnionType:
        return [kind for each in typing.get_args(annotation) for kind in _members(each) if kind is not type(None)]
    return [annotation]


def _takes_message(kind: Any) -> bool:
    if kind is Any or isinstance(kind, typing.TypeVar) or getattr(kind, "_is_protocol", False):
        return True
    try:
        return isinstance(kind, type) and not is_typed(kind) and issubclass(Message, kind)
    except TypeError:
        # A TypedDict, and in Python 3.10 `list[int]`, are types that nothing can be compared with.
        return False


def _written(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _names_here() -> Mapping[str, Any]:
    """The names where the handler is registered: it may be annotated with a class that is defined in a function. Asked
    for only where nothing else helps: asking keeps what that function holds until it returns."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        frame = frame.f_back
    return frame.f_locals


def is_awaited(target: Callable[..., Any]) -> bool:
    """Whether it is a coroutine function, perhaps behind a partial or decorators."""
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(function_of(target))
