"""Deliveries, verdicts and times as the contract writes them."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from .fields import moment
from .gen.berrymq.v1 import queue_pb2
from .keeper import Taken, Verb
from .message import delivered, received


def settlement(lease_id: str, verb: Verb, delay: float | None, why: str | None) -> queue_pb2.Settlement:
    """A verdict as the contract writes it."""
    if verb == "ack":
        return queue_pb2.Settlement(lease_id=lease_id, ack=queue_pb2.Ack())
    if verb == "release":
        return queue_pb2.Settlement(lease_id=lease_id, release=queue_pb2.Release())
    if verb == "retry":
        return queue_pb2.Settlement(lease_id=lease_id, retry=queue_pb2.Retry(delay=duration(delay)))
    return queue_pb2.Settlement(lease_id=lease_id, reject=queue_pb2.Reject(why=why or ""))


def taken(delivery: queue_pb2.Delivery) -> Taken:
    """A delivery as the contract writes it, read."""
    deadline = moment(delivery.deadline) if delivery.deadline else None
    return Taken(delivered(received(delivery.message), delivery.attempt), delivery.lease_id, delivery.attempt, deadline)


def duration(seconds: float | None) -> Duration | None:
    """None stays absent."""
    if seconds is None:
        return None
    made = Duration()
    made.FromMicroseconds(int(seconds * 1_000_000))
    return made
