"""What queues in this process lose, and that they tell of it at once; time is a number that the test moves."""

from __future__ import annotations

from typing import Any

import pytest
from test_local_queue import FakeClock, clock, put
from waiting import Heard, until

from berrymq import Bus, Message, Queue, QueueFull
from berrymq.keeper import QueueOptions
from berrymq.local_queue import LocalQueue

__all__ = ["clock"]


def dropping(clock: FakeClock, **options: Any) -> tuple[LocalQueue, list[tuple[Any, str, str]]]:
    """A queue, and what it dropped so far: argument, queue, reason."""
    dropped: list[tuple[Any, str, str]] = []
    told = QueueOptions("q", ("a:*",), False, **options)
    return LocalQueue(told, clock, dropped=lambda message, *rest: dropped.append((message.args[0], *rest))), dropped


def test_what_expires_is_dropped_unless_it_is_leased(clock: FakeClock) -> None:
    clock.time = Message("a:b").published_at.timestamp()
    keeper, dropped = dropping(clock, ttl=10, lease=60)
    put(keeper, 1, 2)
    keeper.take(Message("a:b", 3).with_(ttl=2))
    (leased,) = keeper.get(1, 0, False)
    clock.time += 5
    assert keeper.status()[:3] == (1, 0, 1)
    assert dropped == [(3, "q", "expired")]
    clock.time += 10
    assert keeper.status()[:3] == (0, 0, 1)
    keeper.settle(leased.lease_id, "release", None, None)
    assert keeper.status()[:4] == (0, 0, 0, 0)
    assert dropped == [(number, "q", "expired") for number in (3, 2, 1)]


def test_it_has_itself_called_when_the_next_message_expires(clock: FakeClock) -> None:
    clock.time = Message("a:b").published_at.timestamp()
    asked: list[float] = []
    clock.later = lambda seconds, _: asked.append(round(seconds))  # type: ignore[assignment,return-value]
    keeper, dropped = dropping(clock)
    keeper.take(Message("a:b", 1).with_(ttl=100))
    keeper.take(Message("a:b", 2).with_(ttl=10))
    keeper.take(Message("a:b", 3).with_(ttl=50))
    assert asked == [100, 10], "it asks for what is sooner than what it asked for before"
    clock.time += 20
    keeper.expire()
    assert (dropped, asked) == ([(2, "q", "expired")], [100, 10, 30])
    clock.time += 100
    keeper.expire()
    assert [number for number, *_ in dropped] == [2, 3, 1]


def test_what_expired_in_somebodys_hands_is_told_of_when_it_is_given_back(clock: FakeClock) -> None:
    clock.time = Message("a:b").published_at.timestamp()
    asked: list[float] = []
    clock.later = lambda seconds, _: asked.append(round(seconds))  # type: ignore[assignment,return-value]
    keeper, dropped = dropping(clock, ttl=10)
    put(keeper, 1)
    (leased,) = keeper.get(1, 0, False)
    clock.time += 20
    keeper.expire()
    assert dropped == []
    keeper.settle(leased.lease_id, "release", None, None)
    assert asked[-1] <= 0
    keeper.expire()
    assert dropped == [(1, "q", "expired")]


def test_the_oldest_that_made_room_are_told_of(clock: FakeClock) -> None:
    keeper, dropped = dropping(clock, max_messages=2, overflow="drop_oldest")
    put(keeper, 1, 2, 3, 4)
    assert dropped == [(1, "q", "overflow"), (2, "q", "overflow")]


def test_what_expired_makes_room_before_the_oldest(clock: FakeClock) -> None:
    clock.time = Message("a:b").published_at.timestamp()
    keeper, dropped = dropping(clock, max_messages=2, overflow="drop_oldest")
    put(keeper, 1)
    keeper.take(Message("a:b", 2).with_(ttl=10))
    clock.time += 20
    put(keeper, 3)
    assert dropped == [(2, "q", "expired")]


def test_what_never_fits_drops_nothing(clock: FakeClock) -> None:
    keeper, dropped = dropping(clock, max_bytes=2000, overflow="drop_oldest")
    put(keeper, 1)
    with pytest.raises(QueueFull):
        keeper.take(Message("a:b", b"x" * 3000))
    assert (keeper.refuses(Message("a:b", b"x" * 3000)), dropped, keeper.status().ready) == (True, [], 1)


def test_dead_letters_that_made_room_are_told_of_too(clock: FakeClock) -> None:
    keeper, dropped = dropping(clock, max_messages=2, max_attempts=1)
    for number in (1, 2, 3):
        put(keeper, number)
        (taken,) = keeper.get(1, 0, False)
        keeper.settle(taken.lease_id, "reject", None, "spoilt")
    assert dropped == [(1, "q.dead", "overflow")]


def test_followers_in_the_process_hear_of_what_expired_though_nobody_looks(bus: Bus) -> None:
    tasks = Queue("task:*", ttl=0.02, bus=bus)
    with bus.follow("berrymq:drop") as stream:
        drops = Heard(stream)
        sent = bus.publish("task:a")
        told = drops.wait(1)[0]
    assert told.kwargs == {
        "queue": tasks.name,
        "message_id": sent.message_id,
        "identifier": "task:a",
        "sender": bus.ident,
        "reason": "expired",
    }
    assert (told.sender, told.attributes) == ("", {})


def test_a_queue_of_drops_that_drops_tells_nothing_of_itself(bus: Bus) -> None:
    told = Queue("berrymq:drop", name="told", max_messages=1, overflow="drop_oldest", ttl=0.05, bus=bus)
    Queue("task:*", shared=True, max_messages=1, overflow="drop_oldest", bus=bus)
    bus.publish_many([("task:a", number) for number in range(5)])
    assert told.qsize() == 1
    until(told.empty)


def test_a_follower_of_drops_may_do_anything_with_the_queue(bus: Bus) -> None:
    tasks = Queue("task:*", max_messages=1, overflow="drop_oldest", bus=bus)
    sizes: list[int] = []
    kept = bus.regist_function("berrymq:drop", lambda _: sizes.append(tasks.qsize()))
    bus.publish_many([("task:a", number) for number in range(3)])
    assert sizes == [1, 1]
    kept.unfollow()


def test_a_queue_that_is_gone_expires_no_more(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    with bus.follow("berrymq:drop") as stream:
        drops = Heard(stream)
        bus.publish(Message("task:a").with_(ttl=0.05))
        tasks.close()
        other = Queue("other:*", bus=bus)
        bus.publish(Message("other:a").with_(ttl=0.1))
        assert [message.kwargs["queue"] for message in drops.wait(1)] == [other.name]
