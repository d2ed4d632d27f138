"""What a verdict says: reasons and delays, whatever they are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from waiting import until

from berrymq import Bus, InvalidArgument, Message, Queue, Reject, Retry


@pytest.mark.parametrize("linked_to_gateway", [False, True])
def test_a_reason_is_told_whatever_it_is_made_of(linked: Callable[[], Bus], linked_to_gateway: bool) -> None:
    bus, name = linked() if linked_to_gateway else Bus(), "verdict-reasons"
    reasons: list[Any] = [ValueError("no address"), 5, "\ud800", "x" * 5_000_000]

    def reject(message: Message) -> None:
        raise Reject(reasons[message.args[0]])

    kept = bus.regist_function(f"{name}:*", reject, queue=name)
    for number in range(len(reasons)):
        bus.publish(f"{name}:x", number)
    queue = Queue(name=name, shared=True, bus=bus)
    until(lambda: queue.dead.qsize() == len(reasons))
    told = [letter.attributes["berrymq-dead-reason"] for letter in queue.dead.get_many(len(reasons))]
    assert told == ["ValueError: no address", "5", "?", "x" * 999 + "…"]
    kept.unfollow()
    queue.delete()
    bus.close()


@pytest.mark.parametrize("after", [-1, "5", timedelta(seconds=5), float("nan"), float("inf"), 31 * 86_400])
def test_a_delay_that_is_not_taken_is_named(bus: Bus, after: Any) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(f"Retry({after!r}): 0 or more seconds, up to 30 days")):
        Retry(after)
    queue = Queue("a:b", bus=bus)
    bus.publish("a:b", 1)
    delivery = queue.get(auto_ack=False)
    with pytest.raises(InvalidArgument, match=re.escape(f"retry(delay={after!r})")):
        delivery.retry(after)
    delivery.reject(KeyError("size"))
    assert queue.dead.get().attributes["berrymq-dead-reason"] == "KeyError: 'size'"


def test_a_lease_is_not_extended_by_what_is_no_lease(bus: Bus) -> None:
    queue = Queue("a:b", bus=bus)
    bus.publish("a:b")
    delivery = queue.get(auto_ack=False)
    with pytest.raises(InvalidArgument, match=re.escape("extend(0): from 0.1 to 43200 seconds")):
        delivery.extend(0)
    delivery.release()
    assert queue.qsize() == 1
