"""Dataclasses and pydantic models as what messages carry: from their arguments, and to what JSON holds.

pydantic is the extra `berrymq[typed]`; the first handler, or the first published object, that needs it imports it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import InvalidArgument, MalformedMessage
from .verdicts import Reject

if TYPE_CHECKING:
    from pydantic import ValidationError

    from .message import Message


def is_typed(kind: object) -> bool:
    """Whether it is a dataclass or a pydantic model; asks without importing pydantic."""
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or hasattr(kind, "__pydantic_serializer__"))


def plain(value: object) -> object:
    """An object's fields as JSON holds them. Raises TypeError, or ValueError, for what is neither a dataclass nor a
    pydantic model or holds what cannot be written. Without pydantic only one level is turned: the caller comes back
    with what is below."""
    if not is_typed(type(value)):
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    write = _writer()
    return write(value) if write is not None else fields_of(value)


def writable(value: object) -> bool:
    """Whether pydantic, if it is there, writes it as a field: a date travels inside of an object, and not alone."""
    write = _writer()
    if write is None:
        return False
    try:
        json.dumps(write(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def fields_of(value: Any) -> dict[str, object]:
    """Its fields by name, as they are."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return dict(value)


class Decoder:
    """Makes what one parameter is annotated with. `where` names handler and parameter in what it raises; `names` are
    those that annotations of fields may use."""

    def __init__(
        self, annotation: Any, kinds: tuple[type, ...], where: str, names: Callable[[], dict[str, Any]]
    ) -> None:
        try:
            from pydantic import PydanticUserError, TypeAdapter, ValidationError
        except ImportError:
            raise InvalidArgument(
                f"{where}: a dataclass is made of a message by pydantic, which is not installed; "
                'pip install "berrymq[typed]", or leave the annotation off and get the message'
            ) from None
        self._kinds = kinds
        self._where = where
        self._refused = ValidationError
        try:
            adapter: TypeAdapter[object] = TypeAdapter(annotation)
            if not adapter.pydantic_complete:
                adapter.rebuild(_types_namespace=names())
        except (PydanticUserError, NameError) as error:
            raise InvalidArgument(f"{where}: pydantic cannot make it of a message: {error}") from None
        self._validate = adapter.validate_python

    def __call__(self, message: Message) -> object:
        """Of the mapping or the object in `args[0]`, else of the kwargs. Raises Reject, naming handler, field and
        reason."""
        try:
            return self._validate(self._material(message))
        except self._refused as error:
            raise Reject(f"{self._where}: {_told(error)}") from None
        except MalformedMessage as error:
            raise Reject(f"{self._where}: {error}") from None

    def _material(self, message: Message) -> object:
        args, kwargs = message.args, message._named
        if len(args) == 1:
            value = args[0]
            if isinstance(value, (Mapping, *self._kinds)):
                return value
            if is_typed(type(value)):
                return plain(value)
        if args and not kwargs:
            raise Reject(f"{self._where}: needs kwargs or one mapping, and {message.id!r} brought {args!r:.80}")
        return kwargs


@lru_cache(maxsize=1)
def _writer() -> Callable[[object], object] | None:
    """pydantic's, which knows dates, enums, UUIDs and what its models say of themselves."""
    try:
        from pydantic_core import to_jsonable_python
    except ImportError:
        return None
    return to_jsonable_python


def _told(error: ValidationError) -> str:
    """`lines[0].price: Input should be …, not 'x'`, of every field, up to three."""
    found = error.errors(include_url=False, include_context=False)
    told = [f"{_path(each['loc'])}{each['msg']}{_shown(each)}" for each in found[:3]]
    more = [f"and {len(found) - 3} more"] if len(found) > 3 else []
    return "; ".join([*told, *more])


def _path(steps: Sequence[int | str]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    return f"{path}: " if path else ""


def _shown(error: Mapping[str, Any]) -> str:
    return "" if error["type"] == "missing" else f", not {error['input']!r:.80}"
