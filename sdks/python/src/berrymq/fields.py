"""The fields of a message as they travel: named and timed once, and what its user may set, checked."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from .clock import stamp
from .errors import InvalidArgument
from .gen.berrymq.v1 import message_pb2
from .message_id import message_ids

Wire = message_pb2.Message

_LONGEST = 1000 * 365.25 * 86_400

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Handlers in several threads may be the first to look. Reentrant, as garbage collection may publish anywhere.
_writing = threading.RLock()


def _after_fork() -> None:
    """In the child: the thread that held it may be gone."""
    global _writing
    _writing = threading.RLock()


os.register_at_fork(after_in_child=_after_fork)


def writing() -> threading.RLock:
    """Held while a message gets its fields, so that everybody sees the same."""
    return _writing


def stamped(wire: Wire) -> Wire:
    """The same, with a name and a time, if it had none."""
    if not (wire.id and wire.published_at):
        with _writing:
            if not wire.id:
                wire.id = message_ids.next()
            if not wire.published_at:
                wire.published_at = stamp()
    return wire


def moment(microseconds: int) -> datetime:
    """Of microseconds since the Unix epoch."""
    return _EPOCH + timedelta(microseconds=microseconds)


def set_times(wire: Wire, ttl: float | None, delay: float | None) -> None:
    """Both in seconds from now; None = as it is. Raises InvalidArgument."""
    if ttl is not None:
        if not _is_number(ttl) or not 0 < ttl <= _LONGEST:
            raise InvalidArgument(f"ttl={ttl!r}: seconds from now, more than 0 and at most a thousand years")
        wire.expires_at = stamp() + int(ttl * 1_000_000)
    if delay is not None:
        if not _is_number(delay) or not 0 <= delay <= _LONGEST:
            raise InvalidArgument(f"delay={delay!r}: seconds from now, 0 or more and at most a thousand years")
        wire.deliver_at = stamp() + int(delay * 1_000_000) if delay else 0


def set_options(
    wire: Wire,
    priority: int | None,
    require_ack: bool | None,
    attributes: Mapping[str, str] | None,
    message_id: str | None,
) -> None:
    """None = as it is. Raises InvalidArgument."""
    if priority is not None:
        _set_priority(wire, priority)
    if require_ack is not None:
        if not isinstance(require_ack, bool):
            raise InvalidArgument(f"require_ack={require_ack!r:.80}: True or False")
        wire.require_ack = require_ack
    if attributes is not None:
        _set_attributes(wire, attributes)
    if message_id is not None:
        _set_message_id(wire, message_id)


def set_content(wire: Wire, payload: bytes, content_type: str) -> None:
    """Raises InvalidArgument."""
    if not isinstance(payload, (bytes, bytearray, memoryview)):
        raise InvalidArgument(f"payload={payload!r:.80}: bytes; of text, text.encode()")
    if not isinstance(content_type, str):
        raise InvalidArgument(f"content_type={content_type!r:.80}: text, such as 'image/png'")
    wire.payload = bytes(payload)
    wire.content_type = content_type


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _set_priority(wire: Wire, priority: int) -> None:
    if not isinstance(priority, int) or isinstance(priority, bool) or not 0 <= priority <= 9:
        raise InvalidArgument(f"priority={priority!r}: a whole number from 0 to 9; queues hand out the higher first")
    wire.priority = priority


def _set_message_id(wire: Wire, text: str) -> None:
    if not isinstance(text, str) or not 1 <= len(text.encode(errors="replace")) <= 128:
        raise InvalidArgument(f"message_id={text!r:.80} must be text of 1 to 128 bytes")
    wire.id = text


def _set_attributes(wire: Wire, attributes: Mapping[str, str]) -> None:
    if not isinstance(attributes, Mapping):
        raise InvalidArgument(f"attributes={attributes!r:.80}: a mapping of text to text")
    if len(attributes) > 64:
        raise InvalidArgument(f"attributes: at most 64 of them, not {len(attributes)}")
    wire.attributes.clear()
    for key, value in attributes.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidArgument(f"attributes: keys and values are text, not {key!r}: {value!r:.80}")
        wire.attributes[key] = value
