"""Addresses of messages: `name:action` and `name@namespace:action`, and which pattern they reach.

The rules are those of `test/conformance/cases/identifiers.yaml`, which every language runs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .errors import InvalidIdentifier

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_MOST_BYTES = 255
_RESERVED_NAME = "berrymq"


class Identifier(NamedTuple):
    """A parsed identifier or pattern. `namespace` is "" in the default one; `*` stands for a whole part."""

    name: str
    """What stands before the last colon, without the namespace."""
    action: str
    """What stands after the last colon."""
    namespace: str = ""
    """What stands after the `@`; "" in the default one."""

    @classmethod
    def parse(cls, text: str) -> Identifier:
        """The parts of `text`; without an action the action is `*`. Raises InvalidIdentifier, quoting the part."""
        return parsed(text)

    @property
    def local(self) -> bool:
        """True when it never leaves the process: its name begins with `_`."""
        return self.name.startswith("_")

    @property
    def reserved(self) -> bool:
        """True when it belongs to the system, which alone publishes to it."""
        return self.name == _RESERVED_NAME

    def __str__(self) -> str:
        place = f"@{self.namespace}" if self.namespace else ""
        return f"{self.name}{place}:{self.action}"


def plain(text: str) -> str:
    """The same as a `str` and no more: a member of an `Enum` of texts writes itself otherwise, as `Door.OPEN`."""
    return str.__str__(text)


def matches(pattern: str | Identifier, identifier: str | Identifier) -> bool:
    """Whether a message published to `identifier` reaches followers of `pattern`; both may hold `*`."""
    wanted = Identifier.parse(pattern) if isinstance(pattern, str) else pattern
    given = Identifier.parse(identifier) if isinstance(identifier, str) else identifier
    if wanted.namespace != given.namespace or not _meet(wanted.action, given.action):
        return False
    if wanted.reserved or given.reserved:
        return wanted.name == given.name
    return _meet(wanted.name, given.name)


def _meet(one: str, other: str) -> bool:
    return one == other or one == "*" or other == "*"


@lru_cache(maxsize=65536)
def parsed(text: str) -> Identifier:
    """Identifier.parse, at the cost of a look for what was parsed lately."""
    if not isinstance(text, str):
        raise InvalidIdentifier(f"an identifier is text such as 'name:action', not {text!r}")
    head, colon, action = text.rpartition(":")
    if not colon:
        head, action = text, "*"
    name, at, namespace = head.partition("@")
    _check(text, "name", name)
    _check(text, "action", action)
    if "@" in action:
        raise _invalid(text, "action", action, "may not hold '@'")
    if at:
        _check_namespace(text, namespace)
    return Identifier(name, action, namespace)


def _check_namespace(text: str, namespace: str) -> None:
    _check(text, "namespace", namespace)
    for mark in "@:*":
        if mark in namespace:
            raise _invalid(text, "namespace", namespace, f"may not hold {mark!r}")


def _check(text: str, role: str, part: str) -> None:
    if not part:
        raise _invalid(text, role, part, "is empty")
    if "*" in part and part != "*":
        raise _invalid(text, role, part, "holds '*' beside other letters; '*' stands for a whole part only")
    if _CONTROL.search(part):
        raise _invalid(text, role, part, "holds a control character")
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        raise _invalid(text, role, part, "holds half a surrogate pair, which is not text") from None
    if size > _MOST_BYTES:
        raise _invalid(text, role, part, f"has {size} bytes; the limit is {_MOST_BYTES}")


def _invalid(text: str, role: str, part: str, why: str) -> InvalidIdentifier:
    return InvalidIdentifier(
        f"{_short(text)}: the {role} {_short(part)} {why}; write 'name:action', 'name@namespace:action'"
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")
