"""The content of messages: args and kwargs to bytes and a content type, and back (DESIGN §3).

The content type alone decides how bytes are read; nothing is guessed from the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .errors import MalformedMessage, NotEncodable, text_of
from .typed import fields_of, is_typed, plain, writable

CALL = ""
"""Content type of a berryMQ call: JSON `{"args": […], "kwargs": {…}}`."""

BYTES = "application/octet-stream"
FAILURE = "application/vnd.berrymq.failure+json"

_NO_KWARGS: Mapping[str, Any] = {}
_CONTAINERS = (dict, list, tuple)
_write = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: _plain(value)
).encode


def _plain(value: object) -> object:
    made = plain(value)
    _refuse_odd_keys([made])
    return made


_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode


class Call(NamedTuple):
    """The arguments that a payload carries."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Failure(NamedTuple):
    """What a handler raised: the class of the error and its text, never a stack."""

    class_name: str
    """Of the error, as the handler's language calls it."""
    text: str
    """What the error says."""


def encode(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, bytes]:
    """Content type and bytes of a call; dataclasses and pydantic models travel as their fields. Raises NotEncodable,
    naming the path of the first value that JSON cannot hold."""
    if content_type_of(args, kwargs) == BYTES:
        return BYTES, bytes(args[0])
    call = {"args": args, "kwargs": kwargs}
    try:
        _refuse_odd_keys(call)
        return CALL, _write(call).encode()
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, NotEncodable):
            raise
        raise _explain(args, kwargs, error) from None


def content_type_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The content type that a call travels under: a single bytes argument as BYTES."""
    single = len(args) == 1 and not kwargs and isinstance(args[0], (bytes, bytearray, memoryview))
    return BYTES if single else CALL


def encode_failure(error: BaseException) -> bytes:
    """The payload that tells a failure; its content type is FAILURE."""
    told = {"class": type(error).__name__, "text": text_of(error)}
    return _write(told).encode(errors="replace")


def decode(content_type: str, payload: bytes) -> Call:
    """The arguments in a payload. Raises MalformedMessage when the bytes are not what the content type says."""
    if not content_type:
        return _decode_call(payload)
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return Call((_read(payload),), _NO_KWARGS)
    if kind.startswith("text/"):
        return Call((_text(payload),), _NO_KWARGS)
    return Call((payload,), _NO_KWARGS)


def decode_failure(payload: bytes) -> Failure:
    """The failure that encode_failure wrote."""
    told = _read(payload)
    if not isinstance(told, dict):
        raise MalformedMessage(f"a failure is an object with 'class' and 'text', not {told!r:.80}")
    return Failure(str(told.get("class", "")), str(told.get("text", "")))


def _decode_call(payload: bytes) -> Call:
    if not payload:
        return Call((), _NO_KWARGS)
    call = _read(payload)
    args = call.get("args", []) if isinstance(call, dict) else None
    kwargs = call.get("kwargs", {}) if isinstance(call, dict) else None
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise MalformedMessage(f'a call is {{"args": […], "kwargs": {{…}}}}, not {call!r:.80}')
    return Call(tuple(args), kwargs)


def _read(payload: bytes) -> Any:
    try:
        return json.loads(_text(payload))
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"the payload is not JSON: {error}") from None


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise MalformedMessage(f"the payload is not UTF-8: {error}") from None


def _refuse_odd_keys(value: Any) -> None:
    """json would turn the keys 1, None and True into text in silence; `join` finds them at the speed of C."""
    if isinstance(value, dict):
        "".join(value)
        value = value.values()
    for inner in value:
        if isinstance(inner, _CONTAINERS):
            _refuse_odd_keys(inner)


def _explain(args: Sequence[Any], kwargs: Mapping[str, Any], error: Exception) -> NotEncodable:
    places = [(f"args[{number}]", value) for number, value in enumerate(args)]
    places += [(f"kwargs.{key}", value) for key, value in kwargs.items()]
    for path, value in places:
        found = _culprit(path, value, 0)
        if found:
            return NotEncodable(
                f"{found}; JSON cannot hold that, pass text, numbers, lists, dicts, or one bytes argument"
            )
    return NotEncodable(f"the arguments cannot be written as JSON: {error}")


def _culprit(path: str, value: Any, depth: int) -> str | None:
    """The path and the kind of the first value that cannot be written, searched depth first."""
    if depth > 200:
        return f"{path:.60}… is nested too deeply, or holds itself"
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None or None in value:
            return f"{path} has the key {odd!r}, which is no text"
        return next(filter(None, (_culprit(f"{path}.{key}", inner, depth + 1) for key, inner in value.items())), None)
    if isinstance(value, (list, tuple)):
        return next(filter(None, (_culprit(f"{path}[{n}]", inner, depth + 1) for n, inner in enumerate(value))), None)
    try:
        _write(value).encode()
    except (TypeError, ValueError, RecursionError):
        inner = _culprit_of_fields(path, value, depth) if is_typed(type(value)) else None
        return inner or f"{path} is {_shown(value)} of type {type(value).__name__}"
    return None


def _culprit_of_fields(path: str, value: Any, depth: int) -> str | None:
    for name, inner in fields_of(value).items():
        found = None if writable(inner) else _culprit(f"{path}.{name}", inner, depth + 1)
        if found:
            return found
    return None


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except Exception:
        return "a value"
