"""What was said of a queue, beside the one that is there: what was not said takes its default when the queue is made,
and is not compared with one that is there."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import InvalidArgument, InvalidIdentifier, QueueExists
from .identifier import Identifier
from .keeper import DEFAULTS, QueueOptions


def check_agrees(there: QueueOptions, asked: QueueOptions) -> None:
    """Raises QueueExists, naming what was said and is otherwise there."""
    told = [
        f"{option}: {_shown(option, is_there)} there, {_shown(option, said)} asked"
        for option, said in _said(asked)
        if _comparable(option, is_there := _effective(there, option)) != _comparable(option, said)
    ]
    if told:
        raise QueueExists(
            f"the queue {asked.name!r} exists with other options ({'; '.join(told)}); "
            "leave out what may be as it is, or choose another name"
        )


def with_pattern(asked: QueueOptions) -> QueueOptions:
    """As it is made: a queue that only was named keeps `<name>:*`. Raises InvalidArgument where that is no pattern."""
    if asked.patterns:
        return asked
    pattern = f"{asked.name}:*"
    try:
        Identifier.parse(pattern)
    except InvalidIdentifier:
        raise InvalidArgument(
            f"there is no queue {asked.name!r}, and its name makes no pattern to make it with; give one"
        ) from None
    return asked._replace(patterns=(pattern,))


def _said(asked: QueueOptions) -> Iterable[tuple[str, object]]:
    for option in ("patterns", *DEFAULTS):
        value = getattr(asked, option)
        if value is not None and value is not False and value != ():
            yield option, value


def _effective(there: QueueOptions, option: str) -> object:
    value = getattr(there, option)
    return DEFAULTS.get(option) if value is None else value


def _comparable(option: str, value: object) -> object:
    if option == "patterns" and isinstance(value, tuple):
        return frozenset(map(Identifier.parse, value))
    return tuple(value) if isinstance(value, list) else value


def _shown(option: str, value: object) -> str:
    if option == "patterns" and isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, (tuple, list)):
        return " to ".join(f"{time:g} s" for time in value)
    if option in _TIMES:
        return "none" if not value else f"{value:g} s"
    return str(value)


_TIMES = ("lease", "ttl", "delay", "dedupe", "standalone_ttl")
