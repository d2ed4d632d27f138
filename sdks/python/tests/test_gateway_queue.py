"""Queues that a real gateway keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import (
    Bus,
    Closed,
    Empty,
    InvalidArgument,
    LeaseLost,
    Message,
    Queue,
    QueueExists,
    QueueFull,
    QueueNotFound,
)

Make = Callable[[], Bus]


def test_a_shared_queue_is_shared_between_programs(linked: Make) -> None:
    one, other = linked(), linked()
    first, second = (Queue("gshare:*", shared=True, bus=bus) for bus in (one, other))
    assert one.publish_many([("gshare:x", number) for number in range(4)]).wait(10).queues == 4
    assert [first.get().args, second.get().args] == [(0,), (1,)]
    assert [message.args[0] for message in second.get_many(10)] == [2, 3]
    with pytest.raises(Empty):
        first.get_nowait()
    with pytest.raises(Empty):
        first.get(timeout=0.05)
    with pytest.raises(QueueExists, match=r"\(lease: 30 s there, 7 s asked\)"):
        Queue("gshare:*", shared=True, lease=7, bus=other)
    opened = Queue(name="gshare:*", shared=True, max_attempts=10, bus=other)
    assert (opened.patterns, opened.full()) == (("gshare:*",), False)
    assert Queue(name="gshare:*.dead", shared=True, bus=other).patterns == ()
    first.delete()
    with pytest.raises(QueueNotFound):
        second.qsize()


def test_a_standalone_queue_is_ones_own_and_ends_with_close(linked: Make) -> None:
    bus = linked()
    own = [Queue("gown:*", bus=bus), Queue("gown:*", bus=bus)]
    assert bus.publish("gown:x", 1).wait(10).queues == 2
    assert [tasks.get(timeout=5).args for tasks in own] == [(1,), (1,)]
    own[0].close()
    assert bus.publish("gown:x", 2).wait(10).queues == 1
    with pytest.raises(Closed):
        own[0].get()


def test_deliveries_are_settled(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gsettle:*", bus=bus, lease=20)
    bus.publish_many([("gsettle:x", number) for number in range(4)]).wait(10)
    acked, released, retried, rejected = tasks.get_many(4, auto_ack=False)
    assert acked.deadline is not None
    before = acked.deadline
    acked.extend(60)
    assert acked.deadline is not None
    assert acked.deadline > before > datetime.now(timezone.utc)
    acked.ack()
    acked.ack()
    released.release()
    retried.retry(0)
    rejected.reject("broken")
    again = tasks.get_many(4, auto_ack=False)
    assert [(one.message.args[0], one.attempt) for one in again] == [(1, 1), (2, 2)]
    assert tasks.dead.get(timeout=5).attributes["berrymq-dead-reason"] == "broken"
    assert tasks.status()[:3] == (0, 0, 2)


def test_a_lease_that_ran_out_is_lost(linked: Make) -> None:
    bus = linked()
    tasks = Queue("glost:*", bus=bus, lease=0.1)
    bus.publish("glost:x").wait(10)
    delivery = tasks.get(auto_ack=False)
    assert tasks.get(timeout=5, auto_ack=False).attempt == 2
    with pytest.raises(LeaseLost):
        delivery.ack()
    with pytest.raises(LeaseLost):
        delivery.extend()


def test_a_full_queue_refuses_with_the_receipt(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gfull:*", bus=bus, max_messages=1)
    bus.publish("gfull:x").wait(10)
    with pytest.raises(QueueFull):
        bus.publish("gfull:x").wait(10)
    assert (tasks.full(), tasks.purge(), tasks.full()) == (True, 1, False)


def test_pause_resume_and_peek(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gpause:*", bus=bus)
    bus.publish("gpause:x", 1).wait(10)
    tasks.pause()
    assert tasks.get_many(1, timeout=0) == []
    assert [message.args for message in tasks.peek(5)] == [(1,)]
    tasks.resume()
    assert tasks.get(timeout=5).args == (1,)


def test_pushed_deliveries_are_bounded_by_credit_and_settled(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gpush:*", bus=bus)
    bus.publish_many([("gpush:x", number) for number in range(500)]).wait(10)
    seen: list[int] = []
    with tasks.consume(credit=10) as deliveries:
        until(lambda: tasks.status().leased == 10, "the credit is used")
        for delivery in deliveries:
            delivery.ack()
            seen.append(delivery.message.args[0])
            if len(seen) == 400:
                break
    assert seen == list(range(400))
    until(lambda: tasks.status().leased == 0, "the rest is given back")
    with tasks.consume(credit=4, auto_ack=True) as deliveries:
        assert [next(deliveries).message.args[0] for _ in range(100)] == list(range(400, 500))


def test_a_consumer_of_a_deleted_queue_is_told(linked: Make) -> None:
    bus = linked()
    tasks = Queue("ggone:*", bus=bus)
    deliveries = tasks.consume()
    until(lambda: tasks.status().consumers == 1)
    tasks.delete()
    with pytest.raises(QueueNotFound):
        next(deliveries)


def test_a_waiting_get_survives_the_loss_of_the_gateway_and_its_queue_is_made_again(fresh_gateway: Gateway) -> None:
    with Bus().connect(fresh_gateway.url) as bus:
        tasks = Queue("gwait:*", shared=True, lease=7, bus=bus)
        got: list[object] = []
        waiting = threading.Thread(target=lambda: got.append(tasks.get(timeout=30).args))
        waiting.start()
        until(lambda: tasks.status().consumers == 1)
        fresh_gateway.kill()
        fresh_gateway.start()
        until(lambda: bus.publish("gwait:x", 1).wait(10).queues == 1 or got, "the queue is there again")
        waiting.join(20)
        assert got == [(1,)]
        assert Queue("gwait:*", shared=True, lease=7, bus=bus).name == tasks.name, "made with the same options"


def test_a_queue_of_several_patterns_keeps_all_of_them_over_a_restart(fresh_gateway: Gateway) -> None:
    with Bus().connect(fresh_gateway.url) as bus:
        work = Queue(["gtask:*", "gjob:*"], shared=True, name="gwork", dedupe=0, max_messages=5, bus=bus)
        taker = Queue(name="gwork", shared=True, bus=bus)
        taker.pause()
        taker.resume()
        assert (work.patterns, work.dead.patterns) == (("gjob:*", "gtask:*"), ())
        assert [bus.publish(each).wait(10).queues for each in ("gtask:x", "gjob:x", "*:x", "gother:x")] == [1, 1, 1, 0]
        assert len(work.get_many(10)) == 3
        fresh_gateway.kill()
        fresh_gateway.start()
        bus.publish("gother:x").wait(20)
        assert taker.qsize() == 0, "made again by who said nothing of it, as it was"
        assert Queue(name="gwork", shared=True, dedupe=0, max_messages=5, bus=bus).patterns == work.patterns
        assert [bus.publish(each).wait(10).queues for each in ("gtask:x", "gjob:x")] == [1, 1]
        with pytest.raises(QueueExists):
            Queue("gtask:*", shared=True, name="gwork", bus=bus)


def test_a_queue_that_somebody_deleted_is_not_made_again(linked: Make) -> None:
    one, other = linked(), linked()
    tasks = Queue("gdeleted:*", shared=True, bus=one)
    Queue("gdeleted:*", shared=True, bus=other).delete()
    with pytest.raises(QueueNotFound):
        tasks.qsize()


def test_a_consumer_goes_on_with_the_queue_that_is_made_again(fresh_gateway: Gateway) -> None:
    with Bus().connect(fresh_gateway.url) as bus:
        tasks = Queue("gagain:*", shared=True, bus=bus)
        with tasks.consume() as deliveries:
            bus.publish("gagain:x", 1).wait(10)
            next(deliveries).ack()
            fresh_gateway.kill()
            fresh_gateway.start()
            until(lambda: bus.publish("gagain:x", 2).wait(10).queues == 1, "the queue is there again")
            assert next(deliveries).message.args == (2,)


def test_priorities_delays_and_doubles(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gopt:*", bus=bus, dedupe=60, ttl=60, delay=0, standalone_ttl=5, transient=True, policy="round_robin")
    for message in (
        Message("gopt:x", "late").with_(delay=0.2),
        Message("gopt:x", "low"),
        Message("gopt:x", "high").with_(priority=9),
        Message("gopt:x", "once").with_(message_id="the one"),
        Message("gopt:x", "again").with_(message_id="the one"),
    ):
        bus.publish(message).wait(10)
    assert tasks.status().delayed == 1
    taken = [tasks.get(timeout=10) for _ in range(4)]
    assert [(message.args[0], message.priority) for message in taken] == [
        ("high", 9),
        ("low", 0),
        ("once", 0),
        ("late", 0),
    ]
    with pytest.raises(Empty):
        tasks.get_nowait()


def test_what_expires_in_a_queue_is_dropped_and_told(linked: Make) -> None:
    bus = linked()
    drops = Heard(bus.follow("berrymq:drop"))
    bus.flush()
    tasks = Queue("gdrop:*", bus=bus, ttl=0.1)
    receipt = bus.publish("gdrop:x").wait(10)
    until(lambda: any(drop.kwargs["message_id"] == receipt.message_id for drop in drops.messages))
    assert tasks.empty()


def test_dead_letters_are_redriven(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gredrive:*", shared=True, bus=bus)
    bus.publish_many([("gredrive:x", number) for number in range(3)]).wait(10)
    for delivery in tasks.get_many(3, auto_ack=False):
        delivery.reject("not today")
    assert tasks.dead.redrive(max=2, rate=1000) == 2
    assert [message.args[0] for message in tasks.get_many(10, timeout=5)] == [0, 1]
    assert tasks.dead.redrive() == 1
    with pytest.raises(InvalidArgument, match="dead letters"):
        tasks.redrive()
    tasks.delete()


def test_every_connected_consumer_hears_a_broadcast(linked: Make) -> None:
    bus = linked()
    tasks = Queue("gcast:*", shared=True, policy="broadcast", bus=bus)
    with tasks.consume() as one, tasks.consume() as other:
        until(lambda: tasks.status().consumers == 2)
        bus.publish("gcast:x", 1).wait(10)
        for deliveries in (one, other):
            delivery = next(deliveries)
            assert delivery.message.args == (1,)
            delivery.ack()
    tasks.delete()


def test_closing_the_bus_ends_a_waiting_get(gateway: Gateway) -> None:
    bus = Bus().connect(gateway.url)
    tasks = Queue("gclose:*", bus=bus)
    raised: list[BaseException] = []

    def take() -> None:
        try:
            tasks.get()
        except Closed as error:
            raised.append(error)

    waiting = threading.Thread(target=take)
    waiting.start()
    until(lambda: tasks.status().consumers == 1)
    bus.close()
    waiting.join(20)
    assert len(raised) == 1
