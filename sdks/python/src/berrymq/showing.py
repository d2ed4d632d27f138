"""How a message shows itself: `<Message 'door:opened' 7, by='ann'>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import MalformedMessage

if TYPE_CHECKING:
    from .message import Message

_MOST = 200
"""Letters of all its arguments; of one 80."""


def shown(message: Message) -> str:
    """Identifier and arguments; never raises."""
    try:
        args, kwargs = message.args, message._named
    except MalformedMessage:
        return f"<Message {message.id!r} of content that is malformed>"
    told = ", ".join([*map(_short, args), *(f"{name}={_short(value)}" for name, value in kwargs.items())])
    more = "…" if len(told) > _MOST else ""
    return f"<Message {message.id!r}{told and ' '}{told[:_MOST]}{more}>"


def _short(value: object) -> str:
    try:
        told = repr(value)
    except Exception:
        return f"<{type(value).__name__} without a repr>"
    return told if len(told) <= 80 else f"{told[:79]}…"
