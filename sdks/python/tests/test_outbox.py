"""Sequence numbers, batches, receipts and resending, without a network."""

from __future__ import annotations

import threading

import pytest

from berrymq import BerryMQError, Closed, QueueFull, Receipt, Timeout
from berrymq.gen.berrymq.v1 import error_pb2, publisher_service_pb2
from berrymq.outbox import BATCH_BYTES, BATCH_MESSAGES, Outbox
from berrymq.progress import Progress

Answer = publisher_service_pb2.PublishBatchesResponse
Accepted = publisher_service_pb2.Accepted
Refused = publisher_service_pb2.Refused


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(1000, 1_000_000)


def add(outbox: Outbox, *frames: bytes, receipt: Receipt | None = None) -> Receipt:
    receipt = receipt or Receipt(None)
    outbox.add(frames, sum(map(len, frames)), receipt, Progress(threading.Lock()))
    return receipt


def test_what_came_since_the_last_write_goes_as_one_batch(outbox: Outbox) -> None:
    for frame in (b"a", b"b", b"c"):
        add(outbox, frame)
    assert outbox.take() == (1, 3, b"abc", False)
    assert outbox.take() is None
    add(outbox, b"d")
    assert outbox.take() == (4, 1, b"d", False)


def test_a_batch_is_bounded_in_messages_and_bytes(outbox: Outbox) -> None:
    for _ in range(BATCH_MESSAGES + 1):
        add(outbox, b"x")
    batches = [outbox.take(), outbox.take()]
    assert [batch and batch.length for batch in batches] == [BATCH_MESSAGES, 1]
    add(outbox, b"x" * BATCH_BYTES)
    add(outbox, b"y")
    assert [len(batch.data) for batch in (outbox.take(), outbox.take()) if batch] == [BATCH_BYTES, 1]


def test_one_answer_settles_many_receipts(outbox: Outbox) -> None:
    receipts = [add(outbox, b"x") for _ in range(3)]
    outbox.take()
    outbox.settle(Answer(through=2, accepted=[Accepted(first_sequence=1, count=2, followers=3, queues=1)]))
    assert [(one.followers, one.queues, one._outstanding) for one in receipts] == [(3, 1, 0), (3, 1, 0), (0, 0, 1)]


def test_the_receipt_of_many_adds_up_over_runs_and_answers(outbox: Outbox) -> None:
    many = add(outbox, b"a", b"b")
    other = add(outbox, b"c")
    add(outbox, b"d", receipt=many)
    outbox.take()
    first = Accepted(first_sequence=1, count=1, followers=2)
    rest = Accepted(first_sequence=2, count=3, followers=1, queues=1)
    outbox.settle(Answer(through=1, accepted=[first]))
    with pytest.raises(Timeout):
        many.wait(0)
    outbox.settle(Answer(through=4, accepted=[rest]))
    assert (many.wait(0).followers, many.queues, other.wait(0).followers) == (4, 2, 1)


def test_a_refused_message_raises_when_its_receipt_is_waited_for(outbox: Outbox) -> None:
    good, bad = add(outbox, b"a"), add(outbox, b"b")
    outbox.take()
    error = error_pb2.Error(reason=error_pb2.REASON_QUEUE_FULL, message="full", retryable=True)
    outbox.settle(
        Answer(
            through=2,
            accepted=[Accepted(first_sequence=1, count=1)],
            refused=[Refused(first_sequence=2, count=1, error=error)],
        )
    )
    good.wait(0)
    with pytest.raises(QueueFull, match="full"):
        bad.wait(0)


def test_after_a_lost_connection_the_unanswered_goes_again_first(outbox: Outbox) -> None:
    for frame in (b"a", b"b", b"c"):
        add(outbox, frame)
        if frame != b"c":
            outbox.take()
    outbox.settle(Answer(through=1))
    outbox.lost()
    assert outbox.take() == (2, 1, b"b", True)
    outbox.lost()
    assert [outbox.take(), outbox.take()] == [(2, 1, b"b", True), (3, 1, b"c", False)]


def test_what_is_held_is_bounded_until_it_is_answered(outbox: Outbox) -> None:
    add(outbox, *[b"x"] * 1000)
    assert not outbox.room([b"x"], 1)
    outbox.take()
    assert not outbox.room([b"x"], 1)
    outbox.settle(Answer(through=1000))
    large = b"x" * 600_000
    assert outbox.room([b"x"] * 1001, 1001) == 1000
    assert outbox.room([large, large], 1_200_000) == 1
    assert outbox.room([large * 2], 1_200_000) == 1, "one always fits into an empty outbox"


def test_abandoned_publishes_raise(outbox: Outbox) -> None:
    sent, unsent = add(outbox, b"a"), Receipt(None)
    outbox.take()
    add(outbox, b"b", receipt=unsent)
    outbox.abandon(Closed("over"))
    for receipt in (sent, unsent):
        with pytest.raises(Closed):
            receipt.wait(0)


def test_a_batch_that_ends_the_stream_is_refused_and_the_others_go_on(outbox: Outbox) -> None:
    poison, other = add(outbox, b"a"), add(outbox, b"b")
    outbox.take()
    outbox.refuse_oldest(BerryMQError("malformed"))
    with pytest.raises(BerryMQError, match="malformed"):
        poison.wait(0)
    with pytest.raises(BerryMQError, match="malformed"):
        other.wait(0)
    add(outbox, b"c")
    assert outbox.take() == (3, 1, b"c", False)
