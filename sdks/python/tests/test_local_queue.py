"""Queues in this process; time is a number that the test moves."""

from __future__ import annotations

import gc
import queue
import threading
from typing import Any

import pytest

from berrymq import (
    Bus,
    Closed,
    Empty,
    InvalidArgument,
    LeaseLost,
    Message,
    NotSupported,
    Queue,
    QueueExists,
    QueueFull,
    QueueNotFound,
)
from berrymq.clock import Clock
from berrymq.keeper import QueueOptions
from berrymq.local_queue import LocalQueue


class FakeClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000_000.0
        self.epoch = lambda: self.time


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def local(clock: FakeClock, **options: Any) -> LocalQueue:
    return LocalQueue(QueueOptions("q", ("a:*",), False, **options), clock)


def put(keeper: LocalQueue, *numbers: int) -> None:
    for number in numbers:
        keeper.take(Message("a:b", number))


def numbers(taken: Any) -> list[int]:
    return [one.message.args[0] for one in taken]


def test_priorities_go_first_and_keep_their_order(clock: FakeClock) -> None:
    keeper = local(clock, overflow="drop_oldest", max_messages=5)
    for number, priority in enumerate((0, 5, 0, 9, 5, 0)):
        keeper.take(Message("a:b", number).with_(priority=priority))
    (first,) = keeper.get(1, 0, False)
    assert first.message.args == (3,)
    keeper.settle(first.lease_id, "release", None, None)
    assert [message.args[0] for message in keeper.peek(9)] == [3, 1, 4, 2, 5], (
        "the oldest made room, whatever goes first"
    )
    assert numbers(keeper.get(9, 0, True)) == [3, 1, 4, 2, 5]


def test_delays_count_from_the_publishing(clock: FakeClock) -> None:
    clock.time = Message("a:b").published_at.timestamp()
    keeper = local(clock, delay=10)
    put(keeper, 1)
    keeper.take(Message("a:b", 2).with_(delay=60))
    assert keeper.status()[:2] == (0, 2)
    clock.time += 15
    assert numbers(keeper.get(9, 0, True)) == [1]
    clock.time += 50
    assert numbers(keeper.get(9, 0, True)) == [2]


def test_the_same_id_within_the_window_is_kept_once(clock: FakeClock) -> None:
    keeper = local(clock, dedupe=10)
    once = Message("a:b", 1)
    keeper.take(once)
    keeper.take(once)
    clock.time += 10
    keeper.take(once)
    assert numbers(keeper.get(9, 0, True)) == [1, 1]
    free = local(clock, dedupe=0)
    free.take(once)
    free.take(once)
    assert free.status().ready == 2


def test_dead_letters_are_redriven_with_all_attempts_before_them(clock: FakeClock) -> None:
    keeper = local(clock, max_attempts=1, ttl=60)
    put(keeper, 1, 2)
    for taken in keeper.get(2, 0, False):
        keeper.settle(taken.lease_id, "retry", 0, None)
    clock.time += 100
    assert keeper.dead().redrive(1, 100_000) == 1
    assert keeper.dead().redrive(None, 100_000) == 1
    again = keeper.get(9, 0, False)
    assert [(taken.message.args[0], taken.attempt) for taken in again] == [(1, 1), (2, 1)]
    with pytest.raises(InvalidArgument, match="dead"):
        keeper.redrive(None, 100)


def test_a_broadcast_needs_a_gateway(bus: Bus) -> None:
    with pytest.raises(NotSupported, match="broadcast"):
        Queue("task:*", policy="broadcast", bus=bus)


def test_a_message_tells_which_delivery_it_is(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish("task:a")
    for attempt in (1, 2):
        delivery = tasks.get(auto_ack=False)
        assert (delivery.attempt, delivery.message.attempt) == (attempt, attempt)
        delivery.retry(0)


def test_first_in_first_out_from_its_making_on(bus: Bus) -> None:
    bus.publish("task:a", 0)
    tasks = Queue("task:*", bus=bus)
    for number in (1, 2, 3):
        assert bus.publish(f"task:{number}", number).queues == 1
    assert (tasks.qsize(), tasks.empty(), tasks.full()) == (3, False, False)
    assert [message.args[0] for message in tasks.peek(2)] == [1, 2]
    assert tasks.get().args == (1,)
    assert [message.args[0] for message in tasks.get_many(10)] == [2, 3]
    assert tasks.empty()


def test_an_empty_queue_raises_the_empty_of_the_standard_library(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    for take in (tasks.get_nowait, lambda: tasks.get(False), lambda: tasks.get(timeout=0.01)):
        with pytest.raises(queue.Empty) as raised:
            take()
        assert isinstance(raised.value, Empty)
    assert tasks.get_many(5, timeout=0) == []


def test_get_waits_for_a_message(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    soon = threading.Timer(0.05, lambda: bus.publish("task:a", 1))
    soon.start()
    assert tasks.get(timeout=10).args == (1,)


def test_shared_queues_of_one_name_are_one_and_others_have_a_copy(bus: Bus) -> None:
    shared = [Queue("task:*", shared=True, bus=bus) for _ in range(2)]
    own = [Queue("task:*", bus=bus) for _ in range(2)]
    bus.publish("task:a", 1)
    assert [tasks.qsize() for tasks in (*shared, *own)] == [1, 1, 1, 1]
    shared[0].get()
    assert [tasks.qsize() for tasks in (*shared, *own)] == [0, 0, 1, 1]
    assert shared[0].name == "task:*"
    assert own[0].name.startswith("task:*#")
    with pytest.raises(QueueExists, match=r"task:\*.*\(lease: 30 s there, 5 s asked\)"):
        Queue("task:*", shared=True, lease=5, max_messages=1_000_000, bus=bus)


def test_a_shared_queue_is_taken_as_it_is_where_nothing_else_is_said(bus: Bus) -> None:
    bounds: dict[str, Any] = {"max_messages": 5, "backoff": [2, 4], "ttl": 60, "dedupe": 0, "overflow": "drop_oldest"}
    Queue("task:*", shared=True, name="jobs", **bounds, bus=bus)
    bus.publish("task:a", 1)
    opened = Queue(name="jobs", shared=True, bus=bus)
    assert (opened.get().args, opened.patterns) == ((1,), ("task:*",))
    assert Queue("task", shared=True, name="jobs", max_messages=5, backoff=(2, 4), bus=bus).name == "jobs"
    with pytest.raises(QueueExists, match=r"\(ttl: 60 s there, 1 s asked; dedupe: none there, 1 s asked\)") as told:
        Queue(name="jobs", shared=True, dedupe=1, ttl=1, bus=bus)
    assert "leave out" in str(told.value)


def test_a_queue_that_is_only_named_is_made_with_that_name(bus: Bus) -> None:
    jobs = Queue(name="jobs", shared=True, lease=5, bus=bus)
    assert jobs.patterns == ("jobs:*",)
    assert bus.publish("jobs:a").queues == 1
    with pytest.raises(InvalidArgument, match="give one"):
        Queue(name="task:*", shared=True, bus=bus)
    for said in ({}, {"name": "jobs"}, {"shared": True}):
        with pytest.raises(InvalidArgument, match="without a pattern"):
            Queue(**said, bus=bus)


def test_dead_letters_go_back_by_their_ids_and_the_others_keep_their_places(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus, max_messages=3)
    ids = [str(bus.publish("task:a", number).message_id) for number in range(3)]
    for delivery in tasks.get_many(3, auto_ack=False):
        delivery.reject()
    assert tasks.dead.redrive(message_ids=[]) == 0
    assert tasks.dead.redrive(message_ids={ids[1], "nobody"}, rate=1) == 1
    assert [message.args[0] for message in tasks.get_many(3)] == [1]
    assert [message.args[0] for message in tasks.dead.peek(3)] == [0, 2]
    bus.publish_many([("task:b",)] * 3)
    with pytest.raises(QueueFull):
        tasks.dead.redrive(message_ids=ids)
    assert tasks.dead.status()[:3] == (2, 0, 0)
    for wrong in (ids[0], ["id"] * 1001):
        with pytest.raises(InvalidArgument, match="at most 1000 ids"):
            tasks.dead.redrive(message_ids=wrong)


def test_dead_letters_are_opened_by_their_name(bus: Bus) -> None:
    jobs = Queue(name="jobs", shared=True, bus=bus)
    letters = Queue(name="jobs.dead", shared=True, bus=bus)
    bus.publish("jobs:a")
    jobs.get(auto_ack=False).reject()
    assert (letters.patterns, letters.redrive(), jobs.qsize()) == ((), 1, 1)


def test_a_standalone_queue_ends_with_its_holder_a_shared_one_does_not(bus: Bus) -> None:
    own, shared = Queue("task:*", bus=bus), Queue("task:*", shared=True, bus=bus)
    own.close()
    shared.close()
    with pytest.raises(Closed):
        own.get()
    again = Queue("task:*", bus=bus)
    assert bus.publish("task:a").queues == 2
    del again
    gc.collect()
    assert bus.publish("task:a").queues == 1
    assert Queue("task:*", shared=True, bus=bus).qsize() == 2


def test_a_lease_that_runs_out_counts_and_is_lost(clock: FakeClock) -> None:
    keeper = local(clock, lease=5)
    put(keeper, 1, 2)
    (first,) = keeper.get(1, 0, False)
    clock.time += 5
    assert numbers(keeper.get(2, 0, False)) == [1, 2]
    assert keeper.status()[:3] == (0, 0, 2)
    with pytest.raises(LeaseLost):
        keeper.settle(first.lease_id, "ack", None, None)
    with pytest.raises(LeaseLost):
        keeper.extend(first.lease_id, 5)


def test_an_extended_lease_lasts_longer(clock: FakeClock) -> None:
    keeper = local(clock, lease=5)
    put(keeper, 1)
    (taken,) = keeper.get(1, 0, False)
    clock.time += 4
    assert keeper.extend(taken.lease_id, 10).timestamp() == clock.time + 10
    clock.time += 9
    keeper.settle(taken.lease_id, "ack", None, None)
    keeper.settle(taken.lease_id, "ack", None, None)
    assert keeper.status().bytes == 0


def test_released_messages_return_to_their_old_place_uncounted(clock: FakeClock) -> None:
    keeper = local(clock)
    put(keeper, 1, 2, 3)
    one, two = keeper.get(2, 0, False)
    keeper.settle(two.lease_id, "release", None, None)
    keeper.settle(one.lease_id, "release", None, None)
    again = keeper.get(3, 0, False)
    assert numbers(again) == [1, 2, 3]
    assert [taken.attempt for taken in again] == [1, 1, 1]


def test_retries_wait_with_backoff_and_end_among_the_dead_letters(clock: FakeClock) -> None:
    keeper = local(clock, max_attempts=3, backoff=(1.0, 1.5))
    put(keeper, 1)
    for attempt, pause in ((1, 1.0), (2, 1.5)):
        (taken,) = keeper.get(1, 0, False)
        assert taken.attempt == attempt
        keeper.settle(taken.lease_id, "retry", None, None)
        clock.time += pause - 0.01
        assert keeper.status()[:2] == (0, 1)
        clock.time += 0.01
    (taken,) = keeper.get(1, 0, False)
    keeper.settle(taken.lease_id, "retry", 0, None)
    assert keeper.status()[:4] == (0, 0, 0, 0)
    (dead,) = keeper.dead().get(1, 0, True)
    assert dead.message.attributes["berrymq-dead-reason"] == "retried after attempt 3 of 3"
    assert dead.message.attributes["berrymq-dead-queue"] == "q"


def test_a_rejected_message_is_a_dead_letter_with_the_reason(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish("task:a", object())
    delivery = tasks.get(auto_ack=False)
    delivery.reject("cannot be read")
    assert tasks.dead.name == f"{tasks.name}.dead"
    letter = tasks.dead.get_nowait()
    assert (letter.args, letter.message_id) == (delivery.message.args, delivery.message.message_id)
    assert letter.attributes["berrymq-dead-reason"] == "cannot be read"


def test_a_full_queue_refuses_and_then_nobody_hears(bus: Bus) -> None:
    tasks = Queue("task:*", max_messages=1, bus=bus)
    stream = bus.follow("task:*")
    bus.publish("task:a", 1)
    with pytest.raises(QueueFull, match="1 messages") as raised:
        bus.publish("task:a", 2)
    assert isinstance(raised.value, queue.Full)
    assert tasks.full()
    bus.publish("other:a")
    stream.close()
    assert [message.args for message in stream] == [(1,)]


def test_a_full_queue_may_drop_the_oldest_that_nobody_leases(bus: Bus) -> None:
    tasks = Queue("task:*", max_messages=2, overflow="drop_oldest", bus=bus)
    bus.publish("task:a", 0)
    leased = tasks.get(auto_ack=False)
    bus.publish_many([("task:a", number) for number in (1, 2, 3)])
    leased.release()
    assert [message.args[0] for message in tasks.get_many(10)] == [0, 3]


def test_a_paused_queue_hands_out_nothing(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish("task:a", 1)
    tasks.pause()
    with pytest.raises(Empty):
        tasks.get_nowait()
    tasks.resume()
    assert tasks.get_nowait().args == (1,)


def test_purge_forgets_what_nobody_leases(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish_many([("task:a", number) for number in range(3)])
    leased = tasks.get(auto_ack=False)
    assert tasks.purge() == 2
    leased.release()
    assert tasks.qsize() == 1


def test_a_deleted_queue_is_not_found(bus: Bus) -> None:
    tasks = Queue("task:*", shared=True, bus=bus)
    tasks.delete()
    with pytest.raises(QueueNotFound):
        tasks.get_nowait()
    assert bus.publish("task:a").queues == 0


def test_consume_pushes_and_gives_back_what_is_unsettled(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish_many([("task:a", number) for number in range(3)])
    with tasks.consume() as deliveries:
        next(deliveries).ack()
        assert next(deliveries).message.args == (1,)
    assert [message.args[0] for message in tasks.get_many(10)] == [1, 2]


def test_a_waiting_consumer_ends_when_it_is_closed(bus: Bus) -> None:
    deliveries = Queue("task:*", bus=bus).consume()
    waiting = threading.Thread(target=list, args=(deliveries,))
    waiting.start()
    deliveries.close()
    waiting.join(10)
    assert not waiting.is_alive()


def test_what_was_acknowledged_on_the_way_out_cannot_be_given_back(bus: Bus) -> None:
    tasks = Queue("task:*", bus=bus)
    bus.publish("task:a")
    with tasks.consume(auto_ack=True) as deliveries:
        delivery = next(deliveries)
        delivery.ack()
        with pytest.raises(LeaseLost):
            delivery.release()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_messages": 0}, "max_messages=0"),
        ({"overflow": "explode"}, "'explode'"),
        ({"lease": 0.01}, "lease=0.01"),
        ({"backoff": (5, 1)}, r"backoff=\(5, 1\)"),
        ({"backoff": 0.1}, r"backoff=0.1: two numbers of seconds, backoff=\(first, most\)"),
        ({"backoff": ("1", 2)}, r"backoff=\('1', 2\): two numbers"),
        ({"lease": "30"}, r"lease='30': from 0.1 to 43200 seconds"),
        ({"max_attempts": 1.5}, "max_attempts=1.5"),
        ({"ttl": 0}, "ttl=0"),
        ({"delay": -1}, "delay=-1"),
        ({"dedupe": 7200}, "dedupe=7200"),
        ({"policy": "all"}, "'all'"),
    ],
)
def test_wrong_options_are_named(bus: Bus, options: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        Queue("task:*", bus=bus, **options)
