"""What ends with its `with` block, and how."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from berrymq import Bus, Closed, LeaseLost, Message, Queue, Reject, Release, Retry


@pytest.fixture(params=["in the process", "at the gateway"])
def place(request: pytest.FixtureRequest, bus: Bus, linked: Callable[[], Bus]) -> Bus:
    return linked() if request.param == "at the gateway" else bus


def test_a_delivery_is_acknowledged_at_the_end_of_its_block(place: Bus) -> None:
    with Queue("blocks:*", bus=place) as queue:
        place.publish("blocks:x", 1).wait(10)
        with queue.get(timeout=10, auto_ack=False) as delivery:
            assert delivery.message.args == (1,)
        assert queue.status()[:3] == (0, 0, 0)
    with pytest.raises(Closed, match="was closed"):
        queue.get()


def test_what_raises_gives_it_back_and_verdicts_say_how(place: Bus) -> None:
    with Queue("blocks:*", bus=place, backoff=(0, 0)) as queue:
        place.publish("blocks:x", 1).wait(10)
        attempts = []
        for error in (Release(), KeyError("no"), Retry(after=0), KeyboardInterrupt()):
            delivery = queue.get(timeout=10, auto_ack=False)
            attempts.append(delivery.attempt)
            if isinstance(error, (Release, Retry)):
                with delivery:
                    raise error
            else:
                with pytest.raises(type(error)), delivery:
                    raise error
        assert attempts == [1, 1, 2, 3]
        with queue.get(timeout=10, auto_ack=False) as delivery:
            assert delivery.attempt == 3
            raise Reject("enough")
        assert queue.dead.get(timeout=10).attributes["berrymq-dead-reason"] == "enough"


def test_a_lease_that_was_lost_hides_no_error_and_is_told_where_there_is_none(bus: Bus) -> None:
    with Queue("blocks:*", bus=bus, lease=0.1) as queue:
        bus.publish("blocks:x", 1)
        delivery = queue.get(auto_ack=False)
        again = queue.get(timeout=10, auto_ack=False)  # once the lease is over
        with pytest.raises(ValueError, match="seen"), delivery:
            raise ValueError("seen")
        with pytest.raises(LeaseLost), delivery:
            pass
        with again:
            pass


def test_settling_inside_of_the_block_stands(place: Bus) -> None:
    with Queue("blocks:*", bus=place) as queue:
        place.publish("blocks:x", 1).wait(10)
        with queue.get(timeout=10, auto_ack=False) as delivery:
            delivery.reject("looked at")
        assert queue.dead.get(timeout=10).args == (1,)


def test_buses_streams_and_consumers_end_with_theirs(place: Bus) -> None:
    with place.follow("blocks:*") as stream, Queue("blocks:*", bus=place) as queue:
        place.flush()
        place.publish("blocks:x", 1)
        with queue.consume() as deliveries:
            next(deliveries).ack()
    assert next(stream).args == (1,)
    assert list(stream) == []
    with place:
        pass
    with pytest.raises(Closed):
        place.publish(Message("blocks:x"))
