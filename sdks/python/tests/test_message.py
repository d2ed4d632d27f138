"""Messages as their users see them."""

from __future__ import annotations

import copy
import hashlib
import pickle
import re
import struct
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from berrymq import InvalidArgument, InvalidIdentifier, Message
from berrymq.message import Wire, delivered, pack, received


def test_a_message_tells_its_identifier_and_arguments() -> None:
    message = Message("task@work:log", 1, "two", level=3)
    assert (message.id, message.name, message.action, message.namespace) == ("task@work:log", "task", "log", "work")
    assert (message.args, message.kwargs) == ((1, "two"), {"level": 3})


def test_kwargs_are_readable_as_attributes_unless_a_field_has_the_name() -> None:
    message = Message("a:b", level=3, name="mine")
    assert message.level == 3
    assert message.name == "a"
    with pytest.raises(AttributeError, match="'depth'"):
        _ = message.depth


def test_fields_cannot_be_assigned() -> None:
    with pytest.raises(AttributeError):
        Message("a:b").id = "c:d"  # type: ignore[misc]


def test_apply_calls_with_the_kwargs() -> None:
    assert Message("a:b", 1, x=2, y=3).apply(lambda x, y: x * y) == 6


def test_the_message_id_is_unique_and_stays() -> None:
    messages = [Message("a:b") for _ in range(50_000)]
    assert len({message.message_id for message in messages}) == len(messages)
    assert messages[0].message_id == messages[0].message_id


def test_with_makes_a_copy_and_leaves_the_message_alone() -> None:
    message = Message("a:b", 1)
    changed = message.with_(attributes={"traceparent": "00"}, message_id="mine", ttl=5)
    assert (changed.attributes, changed.message_id, changed.args) == ({"traceparent": "00"}, "mine", (1,))
    assert changed.expires_at is not None
    assert timedelta(seconds=4) < changed.expires_at - datetime.now(timezone.utc) < timedelta(seconds=6)
    assert (message.attributes, message.expires_at) == ({}, None)


def test_with_takes_a_payload_of_any_kind() -> None:
    text = Message("a:b").with_(payload="ü".encode(), content_type="text/plain")
    assert (text.args, text.content_type) == (("ü",), "text/plain")
    assert Message("a:b").with_(payload=b"x").args == (b"x",)
    assert Message("a:b", b"png").with_(content_type="image/png").payload == b"png"


@pytest.mark.parametrize(
    "options",
    [{"ttl": 0}, {"ttl": -1}, {"message_id": ""}, {"message_id": "x" * 129}, {"attributes": {"a": 1}},
     {"attributes": {str(n): "" for n in range(65)}}, {"content_type": "text/plain"}],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        Message("a:b", 1).with_(**options)  # type: ignore[arg-type]


def test_an_invalid_identifier_makes_no_message() -> None:
    with pytest.raises(InvalidIdentifier):
        Message("a:")


def test_a_received_message_is_what_was_sent() -> None:
    sent = Message("a:b", 1, x=[None]).with_(attributes={"k": "v"})
    back = received(Wire.FromString(pack(sent).SerializeToString()))
    for field in ("id", "args", "kwargs", "attributes", "message_id", "published_at", "payload", "hops"):
        assert getattr(back, field) == getattr(sent, field)
    assert back.published_at.tzinfo is timezone.utc


def test_the_content_type_of_what_cannot_travel_is_told_all_the_same() -> None:
    assert Message("a:b", object()).content_type == ""
    assert Message("a:b", b"x").content_type == "application/octet-stream"


def test_options_travel_with_the_message() -> None:
    message = Message("a:b", 1).with_(priority=7, delay=60, ttl=120, require_ack=True)
    assert (message.priority, message.require_ack, message.attempt) == (7, True, 1)
    wire = pack(message)
    assert wire.expires_at - wire.deliver_at == pytest.approx(60_000_000, abs=1_000_000)
    again = received(Wire.FromString(wire.SerializeToString()))
    assert (again.priority, again.require_ack) == (7, True)
    wire.attempt = 3
    assert received(wire).attempt == 3


@pytest.mark.parametrize(
    "option", [{"priority": 10}, {"priority": -1}, {"priority": 1.5}, {"delay": -1}, {"ttl": 0}, {"ttl": 1e300}]
)
def test_options_out_of_range_are_named(option: dict[str, Any]) -> None:
    ((name, value),) = option.items()
    with pytest.raises(InvalidArgument, match=re.escape(f"{name}={value!r}")):
        Message("a:b").with_(**option)


def test_the_checksum_is_of_what_the_publisher_chose() -> None:
    message = Message("a:b").with_(message_id="m-1", payload=b"\x00\x01", content_type="x/y")
    parts = (b"m-1", b"a:b", b"x/y", b"\x00\x01")
    expected = hashlib.sha256(b"".join(struct.pack(">Q", len(part)) + part for part in parts)).hexdigest()
    assert message.checksum == expected
    wire = pack(message)
    wire.attempt, wire.resent = 2, True
    assert received(wire).checksum == expected
    assert message.with_(message_id="m-2").checksum != expected


def test_it_shows_its_identifier_and_its_arguments() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError

    assert repr(Message("door:opened")) == "<Message 'door:opened'>"
    assert repr(Message("door:opened", 7, by="ann")) == "<Message 'door:opened' 7, by='ann'>"
    assert repr(Message("door:opened", Mute())) == "<Message 'door:opened' <Mute without a repr>>"
    assert len(repr(Message("door:opened", *["x" * 1000] * 1000))) < 300
    malformed = received(Wire(identifier="door:opened", content_type="application/json", payload=b"{"))
    assert repr(malformed) == "<Message 'door:opened' of content that is malformed>"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_a_copy_or_a_pickle_of_it_is_the_same_message(duplicate: Callable[[Message], Message]) -> None:
    odd = {1, 2}  # which JSON cannot hold
    message = delivered(Message("door:opened", odd, by="ann").with_(priority=3), 2)
    again = duplicate(message)
    told = (again.message_id, again.args, again.kwargs, again.priority, again.attempt)
    assert told == (message.message_id, (odd,), {"by": "ann"}, 3, 2)
    came = received(pack(Message("door:closed", 8)))
    assert duplicate(came).message_id == came.message_id
    assert duplicate(came).args == (8,)


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": "4"},
        {"ttl": timedelta(seconds=4)},
        {"delay": "4"},
        {"priority": True},
        {"require_ack": "yes"},
        {"message_id": 5},
        {"attributes": 5},
        {"payload": "text"},
        {"payload": 5},
        {"payload": b"", "content_type": 5},
    ],
)
def test_an_option_of_another_kind_is_refused_with_its_name_and_value(options: dict[str, Any]) -> None:
    name, value = list(options.items())[-1]
    with pytest.raises(InvalidArgument, match=re.escape(f"{name}={value!r}")):
        Message("door:opened").with_(**options)
