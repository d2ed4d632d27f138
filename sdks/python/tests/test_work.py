"""Durable following: handlers that are fed from a queue, in this process and at a gateway."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import (
    Bus,
    Follower,
    InvalidArgument,
    Message,
    Queue,
    QueueExists,
    Reject,
    Release,
    Retry,
    following,
)
from berrymq.default_bus import bus as default_bus
from berrymq.delivery_wire import settlement
from berrymq.gateway_consumer import MOST_SETTLEMENTS, _requests, _Word
from berrymq.transports.transport import ConsumeRequest

Make = Callable[[], Bus]


class Handler:
    """Does what it is told for each delivery; remembers arguments and attempts."""

    def __init__(self, *steps: Exception | None) -> None:
        self.seen: list[tuple[Any, int]] = []
        self._steps = list(steps)

    def __call__(self, message: Message) -> None:
        step = self._steps.pop(0) if self._steps else None
        self.seen.append((message.args[0], message.attempt))
        if step is not None:
            raise step


def queue_of(bus: Bus, name: str) -> Queue:
    return Queue(f"{name}:*", shared=True, name=name, bus=bus)


def settled(queue: Queue) -> bool:
    return queue.status()[:3] == (0, 0, 0)


def test_returning_acknowledges(place: Bus, name: str) -> None:
    handler = Handler()
    kept = place.regist_function(f"{name}:*", handler, queue=name)
    for number in range(20):
        assert place.publish(f"{name}:x", number).wait(10).queues == 1
    until(lambda: len(handler.seen) == 20)
    assert handler.seen == [(number, 1) for number in range(20)]
    until(lambda: settled(queue_of(place, name)))
    kept.unfollow()


def test_raising_retries_by_the_backoff_and_is_reported(place: Bus, name: str) -> None:
    errors: list[BaseException] = []
    place.on_error(lambda error, *_: errors.append(error))
    failure = ValueError("not yet")
    handler = Handler(failure, failure)
    kept = place.regist_function(f"{name}:*", handler, queue=name, queue_options={"backoff": (0.01, 0.02)})
    place.publish(f"{name}:x", 1)
    until(lambda: len(handler.seen) == 3)
    assert handler.seen == [(1, 1), (1, 2), (1, 3)]
    assert errors == [failure, failure]
    kept.unfollow()


def test_verdicts_say_what_becomes_of_the_message(place: Bus, name: str) -> None:
    errors: list[BaseException] = []
    place.on_error(lambda error, *_: errors.append(error))
    handler = Handler(Release(), Retry(after=0.01), Reject("cannot be read"))
    kept = place.regist_function(f"{name}:*", handler, queue=name)
    queue = queue_of(place, name)
    place.publish(f"{name}:x", 1)
    letter = queue.dead
    until(lambda: len(handler.seen) == 3)
    assert handler.seen == [(1, 1), (1, 1), (1, 2)]
    assert letter.get(timeout=10).attributes["berrymq-dead-reason"] == "cannot be read"
    assert errors == [], "a verdict is no error"
    kept.unfollow()


def test_a_guard_that_refuses_is_done_with_the_message(place: Bus, name: str) -> None:
    handler = Handler()
    kept = place.regist_function(f"{name}:*", handler, lambda message: message.args[0] > 1, queue=name)
    for number in (1, 2):
        place.publish(f"{name}:x", number)
    until(lambda: handler.seen == [(2, 1)])
    until(lambda: settled(queue_of(place, name)))
    kept.unfollow()


def test_so_many_at_a_time(place: Bus, name: str) -> None:
    both = threading.Barrier(2)
    done: list[int] = []

    def handle(message: Message) -> None:
        both.wait(10)
        done.append(message.args[0])

    kept = place.regist_function(f"{name}:*", handle, queue=name, concurrency=2)
    for number in range(4):
        place.publish(f"{name}:x", number)
    until(lambda: sorted(done) == [0, 1, 2, 3])
    kept.unfollow()


def test_the_lease_is_extended_while_the_handler_runs(place: Bus, name: str) -> None:
    go, lost = threading.Event(), []
    handled: list[int] = []

    def handle(message: Message) -> None:
        lost.append(message.lease_lost)
        handled.append(message.attempt)
        go.wait(10)

    kept = place.regist_function(f"{name}:*", handle, queue=name, queue_options={"lease": 0.3})
    queue = Queue(f"{name}:*", shared=True, name=name, lease=0.3, bus=place)
    place.publish(f"{name}:x", 1)
    until(lambda: handled)
    threading.Event().wait(0.7)  # more than two leases, which is the matter of the test
    assert queue.status().leased == 1
    assert (handled, lost[0].is_set()) == ([1], False)
    go.set()
    until(lambda: settled(queue))
    kept.unfollow()


def test_a_handler_whose_lease_is_lost_is_told_and_settles_nothing(place: Bus, name: str) -> None:
    told: list[bool] = []
    handled: list[int] = []

    def handle(message: Message) -> None:
        handled.append(message.attempt)
        if message.attempt == 1 and len(handled) == 1:
            queue.delete()
            told.append(message.lease_lost.wait(10))

    kept = place.regist_function(f"{name}:*", handle, queue=name, queue_options={"lease": 0.3})
    queue = Queue(f"{name}:*", shared=True, name=name, lease=0.3, bus=place)
    place.publish(f"{name}:x", 1)
    until(lambda: told)
    assert told == [True]
    kept.unfollow()


def test_an_object_that_is_gone_handles_no_more_and_loses_nothing(place: Bus, name: str) -> None:
    class Clerk:
        def __init__(self) -> None:
            self.handler = Handler()

        def work(self, message: Message) -> None:
            self.handler(message)

    clerk = Clerk()
    kept = place.regist_method(f"{name}:*", clerk.work, queue=name)
    handler = clerk.handler
    place.publish(f"{name}:x", 1)
    until(lambda: handler.seen == [(1, 1)])
    del clerk
    gc.collect()
    place.publish(f"{name}:x", 2)
    until(lambda: queue_of(place, name).status()[:3] == (1, 0, 0), "it is given back")
    assert queue_of(place, name).get().args == (2,)
    assert handler.seen == [(1, 1)]
    del kept


def test_unfollow_gives_back_and_the_queue_goes_on_keeping(place: Bus, name: str) -> None:
    handler = Handler()
    place.regist_function(f"{name}:*", handler, queue=name).unfollow()
    assert place.publish(f"{name}:x", 1).wait(10).queues == 1
    until(lambda: queue_of(place, name).qsize() == 1)
    assert handler.seen == []


def test_methods_of_followers_may_be_durable(name: str) -> None:
    handler = Handler()

    class Clerk(Follower):
        @following(f"{name}:*", queue=name)
        def work(self, message: Message) -> None:
            handler(message)

    clerk = Clerk()
    default_bus.publish(f"{name}:x", 1)
    until(lambda: handler.seen == [(1, 1)])
    del clerk


def test_what_is_published_before_anybody_follows_is_kept(linked: Make, name: str) -> None:
    one, other = linked(), linked()
    other.regist_function(f"{name}:*", Handler(), queue=name).unfollow()
    one.publish(f"{name}:x", 1).wait(10)
    handler = Handler()
    kept = other.regist_function(f"{name}:*", handler, queue=name)
    until(lambda: handler.seen == [(1, 1)])
    kept.unfollow()


def test_programs_share_the_work_whatever_the_queue_is_unless_they_say_so(linked: Make, name: str) -> None:
    one, other = linked(), linked()
    handlers = [Handler(), Handler()]
    kept = [
        one.regist_function(f"{name}:*", handlers[0], queue=name, queue_options={"lease": 5}),
        other.regist_function(f"{name}:*", handlers[1], queue=name),
    ]
    with pytest.raises(QueueExists, match=r"\(lease: 5 s there, 6 s asked\)"):
        other.regist_function(f"{name}:*", handlers[1], queue=name, queue_options={"lease": 6})
    one.publish_many([(f"{name}:x", number) for number in range(200)]).wait(10)
    until(lambda: len(handlers[0].seen) + len(handlers[1].seen) == 200)
    assert sorted(args for handler in handlers for args, _ in handler.seen) == list(range(200))
    for following_ in kept:
        following_.unfollow()


def test_a_queue_of_others_is_taken_as_it_is_unless_it_keeps_nothing_of_the_pattern(place: Bus, name: str) -> None:
    handler = Handler()
    kept = [place.regist_function(f"{name}:{action}", handler, queue=name) for action in ("*", "x")]
    with pytest.raises(QueueExists, match=f"other{name}:x asked"):
        place.regist_function(f"other{name}:x", handler, queue=name)
    for following_ in kept:
        following_.unfollow()


def test_work_moves_to_the_gateway_with_connect(gateway: Gateway, name: str) -> None:
    handler = Handler()
    with Bus() as bus:
        kept = bus.regist_function(f"{name}:*", handler, queue=name)
        bus.publish(f"{name}:x", 1)
        bus.connect(gateway.url)
        assert bus.publish(f"{name}:x", 2).wait(10).queues == 1
        until(lambda: handler.seen == [(1, 1), (2, 1)])
        until(lambda: settled(queue_of(bus, name)))
        kept.unfollow()


def test_work_goes_on_after_a_gateway_that_forgot_the_queue(fresh_gateway: Gateway, name: str) -> None:
    handler = Handler()
    with Bus().connect(fresh_gateway.url) as bus:
        kept = bus.regist_function(f"{name}:*", handler, queue=name)
        bus.publish(f"{name}:x", 1)
        until(lambda: handler.seen == [(1, 1)])
        fresh_gateway.kill()
        fresh_gateway.start()
        until(lambda: bus.publish(f"{name}:x", 2).wait(10).queues == 1, "the queue is there again")
        until(lambda: (2, 1) in handler.seen)
        kept.unfollow()


def test_a_queue_that_was_there_is_made_again_as_it_was(fresh_gateway: Gateway, name: str) -> None:
    handler = Handler()
    with Bus().connect(fresh_gateway.url) as maker:
        Queue([f"{name}:*", f"{name}-too:*"], shared=True, name=name, bus=maker)
    with Bus().connect(fresh_gateway.url) as bus:
        kept = bus.regist_function(f"{name}:*", handler, queue=name)
        fresh_gateway.kill()
        fresh_gateway.start()
        until(
            lambda: bus.publish(f"{name}-too:x", 1).wait(10).queues == 1, "the queue is there again, with all patterns"
        )
        until(lambda: (1, 1) in handler.seen)
        kept.unfollow()


def test_verdicts_that_are_ready_together_travel_together() -> None:
    words: SimpleQueue[_Word | None] = SimpleQueue()
    for number in range(MOST_SETTLEMENTS + 2):
        words.put(_Word(settlement(str(number), "ack", None, None), 1))
    words.put(_Word(None, 5))
    requests = _requests(ConsumeRequest(queue="q", credit=3), words)
    assert next(requests).credit == 3
    for most, credit in ((MOST_SETTLEMENTS, MOST_SETTLEMENTS), (2, 7)):
        request = next(requests)
        assert (len(request.settlements), request.credit) == (most, credit)
    words.put(_Word(settlement("last", "ack", None, None), 0))
    words.put(None)
    assert [each.lease_id for each in next(requests).settlements] == ["last"]
    assert list(requests) == []


def test_a_connection_that_is_lost_takes_the_lease_and_the_message_comes_again(
    durable_gateway: Gateway, name: str
) -> None:
    first, told = threading.Event(), []
    seen: list[int] = []

    def handle(message: Message) -> None:
        seen.append(message.args[0])
        if not first.is_set():
            first.set()
            told.append(message.lease_lost.wait(20))

    with Bus().connect(durable_gateway.url) as bus:
        kept = bus.regist_function(f"{name}:*", handle, queue=name, queue_options={"lease": 1})
        bus.publish(f"{name}:x", 1).wait(10)
        assert first.wait(10)
        durable_gateway.kill()
        durable_gateway.start()
        until(lambda: seen == [1, 1], "it comes again")
        until(lambda: settled(Queue(f"{name}:*", shared=True, name=name, lease=1, bus=bus)))
        assert told == [True]
        kept.unfollow()


def test_what_is_not_answered_when_the_gateway_is_killed_is_kept_once(durable_gateway: Gateway, name: str) -> None:
    with Bus().connect(durable_gateway.url) as bus:
        queue = queue_of(bus, name)
        receipts = [bus.publish(f"{name}:x", number) for number in range(500)]
        durable_gateway.kill()
        receipts += [bus.publish(f"{name}:x", number) for number in range(500, 600)]
        durable_gateway.start()
        for receipt in receipts:
            receipt.wait(20)
        kept = [message.args[0] for message in queue.get_many(1000, timeout=5)]
        assert kept == list(range(600))


def test_a_forked_child_works_with_a_link_of_its_own(gateway: Gateway, name: str) -> None:
    program = f"""
import os, threading, berrymq
bus = berrymq.Bus().connect({gateway.url!r})
results = berrymq.Queue({name + "-done:*"!r}, bus=bus)
def work(message):
    bus.publish({name + "-done:x"!r}, os.getpid()).wait(20)
kept = bus.regist_function({name + ":*"!r}, work, queue={name!r})
pid = os.fork()
if pid == 0:
    threading.Event().wait(60)
pids = set()
for number in range(1000):
    bus.publish({name + ":x"!r}, number).wait(20)
    pids.add(results.get(timeout=20).args[0])
    if len(pids) == 2:
        break
os.kill(pid, 9)
os.waitpid(pid, 0)
assert pids == {{os.getpid(), pid}}, pids
bus.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"queue": "q", "queue_options": {"size": 1}}, "'size'"),
        ({"queue": "q", "concurrency": 0}, "concurrency=0"),
        ({"queue": ""}, "queue=''"),
        ({"concurrency": 2}, "queue='…'"),
        ({"queue": "q", "queue_options": {"lease": 0}}, "lease=0"),
    ],
)
def test_wrong_options_are_named(bus: Bus, options: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument, match=named):
        bus.regist_function("a:b", print, **options)


def test_followers_beside_it_hear_the_message_live(place: Bus, name: str) -> None:
    handler = Handler()
    kept = place.regist_function(f"{name}:*", handler, queue=name)
    ear = Heard(place.follow(f"{name}:*"))
    place.publish(f"{name}:x", 1)
    assert ear.wait(1)[0].args == (1,)
    until(lambda: handler.seen == [(1, 1)])
    kept.unfollow()
