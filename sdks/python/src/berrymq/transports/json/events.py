"""A reader of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as a gateway sends
them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ...errors import MalformedMessage
from .channel import Event


def read_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """Events of lines that end with LF or CRLF. Raises MalformedMessage for data that is no JSON object."""
    name = "message"
    data: list[bytes] = []
    for line in lines:
        line = line.rstrip(b"\r\n")
        if not line:
            if data:
                yield Event(name, _object(b"\n".join(data)))
            name, data = "message", []
            continue
        # Ids are for those who resume; comments (an empty field) keep the connection.
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"data":
            data.append(value)


def _object(data: bytes) -> dict[str, object]:
    try:
        read = json.loads(data)
    except ValueError as error:
        raise MalformedMessage(f"the gateway sent an event that is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise MalformedMessage(f"the gateway sent an event that is no object: {read!r:.80}")
    return read
