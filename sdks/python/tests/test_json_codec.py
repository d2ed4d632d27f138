"""The contract's messages as the JSON doors show them, there and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berrymq.errors import MalformedMessage
from berrymq.gen.berrymq.v1 import message_pb2, publisher_service_pb2, queue_pb2, queue_service_pb2
from berrymq.transports.json.channel import Event
from berrymq.transports.json.codec import from_json, to_json
from berrymq.transports.json.events import read_events

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

MESSAGES = st.builds(
    message_pb2.Message,
    id=TEXT,
    identifier=TEXT,
    payload=st.binary(max_size=200),
    content_type=TEXT,
    attributes=st.dictionaries(TEXT, TEXT, max_size=3),
    published_at=st.integers(-(2**63), 2**63 - 1),
    hops=st.integers(0, 2**32 - 1),
    require_ack=st.booleans(),
    answer=st.none() | st.builds(message_pb2.Answer, to=TEXT, failed=st.booleans()),
)


@given(MESSAGES)
def test_every_message_travels_byte_for_byte(message: message_pb2.Message) -> None:
    assert from_json(message_pb2.Message, json.loads(json.dumps(to_json(message)))) == message


@given(st.lists(MESSAGES, max_size=3), st.integers(0, 2**64 - 1))
def test_every_batch_does(messages: list[message_pb2.Message], first: int) -> None:
    request = publisher_service_pb2.PublishBatchesRequest(
        batch=message_pb2.Batch(messages=messages), first_sequence=first
    )
    assert from_json(publisher_service_pb2.PublishBatchesRequest, json.loads(json.dumps(to_json(request)))) == request


def test_durations_are_seconds_and_enumerations_small_letters() -> None:
    queue = queue_pb2.Queue(name="x", policy=queue_pb2.POLICY_BROADCAST)
    queue.lease.FromMilliseconds(1500)
    assert to_json(queue) == {"name": "x", "policy": "broadcast", "lease": 1.5}
    assert from_json(queue_pb2.Queue, to_json(queue)) == queue


def test_an_empty_verdict_and_a_credit_of_nothing_are_told() -> None:
    request = queue_service_pb2.ConsumeRequest(credit=0)
    request.settlements.add(lease_id="l").ack.SetInParent()
    shown = to_json(request)
    assert shown == {"credit": 0, "settlements": [{"lease_id": "l", "ack": {}}]}
    assert from_json(queue_service_pb2.ConsumeRequest, shown) == request


@pytest.mark.parametrize(
    "shown", [[], "x", {"messages": 5}, {"messages": [5]}, {"messages": [{"payload_base64": "%"}]}]
)
def test_what_is_no_message_is_refused(shown: object) -> None:
    with pytest.raises(MalformedMessage, match="Batch"):
        from_json(message_pb2.Batch, shown)


def test_fields_of_later_releases_are_passed_over() -> None:
    assert from_json(message_pb2.Answer, {"to": "x", "mood": "good", "of": None}).to == "x"


def test_events_are_read_as_they_are_sent() -> None:
    lines = [
        b": beat\n",
        b"\n",
        b"event: applied\r\n",
        b'data: {"revision":\n',
        b"data: 3}\n",
        b"id: 5\n",
        b"\n",
        b"data: {}\n",
        b"\n",
    ]
    assert list(read_events(lines)) == [Event("applied", {"revision": 3}), Event("message", {})]


@pytest.mark.parametrize("data", [b"[]", b"x"])
def test_an_event_that_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        list(read_events([b"data: " + data + b"\n", b"\n"]))
