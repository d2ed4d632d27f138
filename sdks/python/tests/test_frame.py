"""Frames written by hand are what protobuf reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from berrymq.frame import Framer, frame_encoded, varint
from berrymq.gen.berrymq.v1 import message_pb2, publisher_service_pb2
from berrymq.outbox import OutBatch
from berrymq.session import _encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
times = st.integers(min_value=1 << 50, max_value=(1 << 56) - 1)
calls = st.tuples(texts, texts, st.binary(max_size=300), times)


@given(st.lists(calls, max_size=20), texts)
def test_frames_behind_each_other_are_a_batch(rows: list[tuple[str, str, bytes, int]], sender: str) -> None:
    framer = Framer(sender)
    batch = message_pb2.Batch.FromString(b"".join(framer.frame(*row) for row in rows))
    found = [(one.identifier, one.content_type, one.payload, one.published_at, one.sender) for one in batch.messages]
    assert found == [(*row, sender) for row in rows]
    assert len({one.id for one in batch.messages}) == len(rows)


@given(st.binary(max_size=70_000), times)
def test_a_payload_of_any_length_is_framed(payload: bytes, published_at: int) -> None:
    (message,) = message_pb2.Batch.FromString(Framer("me").frame("a:b", "", payload, published_at)).messages
    assert (message.payload, message.published_at) == (payload, published_at)


def test_names_go_on_over_the_end_of_a_block() -> None:
    framer = Framer("me")
    encoded = b"".join(framer.frame("a:b", "", b"", 1 << 50) for _ in range(50_000))
    assert len({message.id for message in message_pb2.Batch.FromString(encoded).messages}) == 50_000


@given(st.integers(min_value=0, max_value=(1 << 64) - 1))
def test_varints_are_protobufs(number: int) -> None:
    request = publisher_service_pb2.PublishBatchesRequest(first_sequence=number)
    assert (b"\x10" + varint(number) if number else b"") == request.SerializeToString()


@given(st.integers(min_value=1, max_value=1 << 60), st.booleans(), st.binary(max_size=200))
def test_a_request_is_what_protobuf_reads(first: int, resent: bool, payload: bytes) -> None:
    data = frame_encoded(message_pb2.Message(id="1", payload=payload).SerializeToString())
    request = publisher_service_pb2.PublishBatchesRequest.FromString(_encode(OutBatch(first, 1, data, resent)))
    assert (request.first_sequence, request.resent) == (first, resent)
    assert [message.payload for message in request.batch.messages] == [payload]
