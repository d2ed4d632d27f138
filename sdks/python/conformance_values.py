"""The conformance driver's values: what commands and answers write as JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from berrymq import Message, NotEncodable, Receipt


def told(receipt: Receipt) -> Any:
    return {"message_id": receipt.message_id, "followers": receipt.followers, "queues": receipt.queues}


def rich(value: Any) -> Any:
    """A value of a command: bytes were written as `{"$bytes": …}`."""
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {key: rich(inner) for key, inner in value.items()}
    return [rich(inner) for inner in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """A value for an answer, the inverse of `rich`; messages become objects."""
    if isinstance(value, Message):
        return _plain_message(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _plain_message(message: Message) -> Any:
    names = ("id", "name", "action", "args", "kwargs", "content_type", "attributes", "message_id", "sender")
    return {
        **{name: plain(getattr(message, name)) for name in (*names, "attempt", "priority")},
        "checksum": _checksum(message),
        "reply_to": message.reply_to or None,
        "failure": message.failure and message.failure._asdict(),
        "answer": message.answer and message.answer._asdict(),
    }


def _checksum(message: Message) -> str | None:
    try:
        return message.checksum
    except NotEncodable:
        return None
