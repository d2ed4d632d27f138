"""Buses joined by a real gateway."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable

import grpc
import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import (
    BacklogFull,
    Bus,
    Closed,
    HandlerFailed,
    Message,
    MessageTooLarge,
    NoFollowers,
    NotEncodable,
    Queue,
    QueueFull,
    Timeout,
    Unavailable,
)
from berrymq.inbox import Inbox
from berrymq.message import Wire

Make = Callable[[], Bus]


def test_both_sides_hear_everything_once(linked: Make) -> None:
    one, other = linked(), linked()
    ears = [Heard(bus.follow("hello:*", "*:said")) for bus in (one, other)]
    one.flush()
    other.flush()
    one.publish("hello:said", 1).wait(10)
    other.publish("hello:said", 2, level=3).wait(10)
    for bus in (one, other):
        bus.publish("hello:end").wait(10)
    for ear in ears:
        heard = ear.wait(4)
        assert sorted(message.args for message in heard if message.action == "said") == [(1,), (2,)]
        assert len(heard) == 4
    assert {message.sender for message in ears[0].messages} == {one.ident, other.ident}


def test_the_receipt_counts_followers_here_and_there(linked: Make) -> None:
    one, other = linked(), linked()
    streams = [one.follow("count:*"), other.follow("count:*"), other.follow("count:x")]
    other.flush()
    assert one.publish("count:x").wait(10).followers == 2
    assert one.publish_many([("count:x", number) for number in range(10)]).wait(10).followers == 20
    del streams


def test_local_names_never_leave_and_are_reached_from_nowhere_else(linked: Make) -> None:
    one, other = linked(), linked()
    ears = [Heard(bus.follow("_own:*", "*:stop")) for bus in (one, other)]
    one.flush()
    other.flush()
    one.publish("_own:thing", object())
    own = other.regist_function("_own:stop", lambda _: pytest.fail("reached over the link"))
    one.publish("*:stop").wait(10)
    assert [message.id for message in ears[0].wait(2)] == ["_own:thing", "*:stop"]
    assert [message.id for message in ears[1].wait(1)] == ["*:stop"]
    del own


def test_the_order_of_one_publisher_is_kept_over_all_ways_of_publishing(linked: Make) -> None:
    one, other = linked(), linked()
    ear = Heard(other.follow("order:*"))
    other.flush()
    for number in range(0, 3000, 3):
        one.publish("order:x", number)
        one.publish_many([("order:x", number + 1), Message("order:x", number + 2)])
    assert [message.args[0] for message in ear.wait(3000)] == list(range(3000))


def test_what_cannot_travel_is_refused_and_reaches_nobody(linked: Make) -> None:
    bus = linked()
    with bus.follow("a:b", "_a:b") as stream:
        with pytest.raises(NotEncodable, match=r"args\[0\]"):
            bus.publish("a:b", object())
        with pytest.raises(MessageTooLarge, match="4194304"):
            bus.publish("a:b", b"x" * 5_000_000)
        with pytest.raises(MessageTooLarge):
            bus.publish_many([("b:c", b"x" * 5_000_000)])
        bus.publish("_a:b", object())
        assert next(stream).id == "_a:b"


def test_large_messages_travel(linked: Make) -> None:
    one, other = linked(), linked()
    ear = Heard(other.follow("large:x"))
    other.flush()
    for number in range(4):
        one.publish("large:x", bytes([number]) * 4_000_000)
    assert [(len(m.args[0]), m.args[0][0]) for m in ear.wait(4)] == [(4_000_000, number) for number in range(4)]


def test_a_handler_that_follows_later_and_one_that_is_gone(linked: Make) -> None:
    one, other = linked(), linked()
    heard: list[Message] = []
    following = other.regist_function("late:x", heard.append)
    other.flush()
    assert one.publish("late:x").wait(10).followers == 1
    del following
    other.flush()
    assert one.publish("late:x").wait(10).followers == 0


def test_asks_and_talks_cross_the_link(linked: Make) -> None:
    one, other = linked(), linked()
    other.on_error(lambda *_: None)
    kept = [
        other.regist_function("calc:div", lambda m: m.args[0] / m.args[1]),
        other.regist_function("shy:x", lambda _: 1, guard_condition=lambda _: False),
    ]
    results = Heard(one.follow("result:x"))
    one.flush()
    other.flush()
    assert one.ask("calc:div", 6, 3) == 2
    with pytest.raises(HandlerFailed) as raised:
        one.ask("calc:div", 1, 0)
    assert (raised.value.class_name, raised.value.text) == ("ZeroDivisionError", "division by zero")
    for nobody in ("nobody:x", "shy:x"):
        with pytest.raises(NoFollowers):
            one.ask(nobody)
    question = one.talk("calc:div", "result:x", 9, 3)
    (answer,) = results.wait(1)
    assert answer.args == (3,)
    assert answer.answer == (question.message_id, 1, 1, False)
    del kept


def test_everybody_answers_ask_many_local_handlers_too(linked: Make) -> None:
    buses = [linked() for _ in range(3)]
    kept = [bus.regist_function("who:x", _answering(number)) for number, bus in enumerate(buses)]
    for bus in buses:
        bus.flush()
    assert sorted(buses[0].ask_many("who:x")) == [0, 1, 2]
    assert buses[0].ask("who:x") == 0, "an own handler's answer is enough"
    del kept


def _answering(number: int) -> Callable[[Message], int]:
    return lambda _: number


def test_an_ask_of_a_slow_handler_times_out(linked: Make) -> None:
    one, other = linked(), linked()
    go = threading.Event()
    kept = other.regist_function("slow:x", lambda _: go.wait(10))
    other.flush()
    with pytest.raises(Timeout):
        one.within(0.2).ask("slow:x")
    go.set()
    del kept


def test_a_handler_may_ask_and_flush_in_the_dispatching_thread(linked: Make) -> None:
    one, other = linked(), linked()

    def relay(message: Message) -> object:
        other.flush()
        return other.ask("deep:x", message.args[0])

    kept = [other.regist_function("relay:x", relay), one.regist_function("deep:x", lambda m: m.args[0] + 1)]
    one.flush()
    other.flush()
    assert one.ask("relay:x", 1) == 2
    del kept


def test_handlers_run_in_the_dispatching_thread_which_is_a_daemon(linked: Make) -> None:
    one, other = linked(), linked()
    threads: list[threading.Thread] = []
    kept = other.regist_function("thread:x", lambda _: threads.append(threading.current_thread()))
    other.flush()
    one.publish("thread:x")
    until(lambda: threads)
    assert (threads[0].name, threads[0].daemon) == ("berrymq-dispatch", True)
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("berrymq-")]
    assert all(thread.daemon for thread in ours)
    del kept


def test_a_slow_handler_slows_no_publisher(linked: Make) -> None:
    one, other = linked(), linked()
    go = threading.Event()
    count = 0

    def slow(_: Message) -> None:
        nonlocal count
        go.wait(20)
        count += 1

    kept = other.regist_function("flood:x", slow)
    other.flush()
    one.publish_many([("flood:x", b"x" * 1000)] * 10_000).wait(20)
    go.set()
    until(lambda: count == 10_000)
    del kept


def test_the_gateway_is_told_where_a_follower_is_written(linked: Make) -> None:
    bus = linked()

    @bus.following_function("source:x")
    def handler(_: Message) -> None: ...

    (wanted,) = [want for want in bus._registry.wanted() if want.pattern == "source:x"]
    assert wanted.answers
    assert wanted.source.endswith(f"test_link.py:{handler.__code__.co_firstlineno}")


def test_nobody_at_the_address_raises_and_leaves_the_bus_unlinked(bus: Bus) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 "):
        bus.connect("127.0.0.1:1", timeout=0.3)
    assert not bus.connected
    assert bus.publish("a:b").wait(0)


def test_closing_ends_the_threads_and_settles_everything(gateway: Gateway) -> None:
    bus = Bus().connect(f"grpc://{gateway.url}")
    receipt = bus.publish_many([("close:x", number) for number in range(5000)])
    bus.close()
    bus.close()
    assert receipt.wait(0)
    with pytest.raises(Closed):
        bus.publish("a:b")


def test_closing_leaves_no_call_to_the_end_of_the_interpreter(gateway: Gateway) -> None:
    # There gRPC's threads are gone, and a call that is collected may wait for one of them for ever.
    def calls() -> list[object]:
        return [each for each in gc.get_objects() if isinstance(each, grpc.Call)]

    gc.collect()
    gc.disable()
    try:
        others = calls()
        bus = Bus().connect(gateway.url)
        bus.publish("a:b").wait(5)
        with pytest.raises(NoFollowers):
            bus.ask("nobody:x")
        bus.close()
        assert [call for call in calls() if call not in others] == []
    finally:
        gc.enable()


def test_what_is_refused_or_lost_while_nobody_waits_is_told(fresh_gateway: Gateway) -> None:
    told: list[tuple[str, str]] = []
    bus = Bus().connect(fresh_gateway.url)
    bus.on_error(lambda error, message, handler: told.append((type(error).__name__, message.id)))
    full = Queue("full:*", shared=True, name="full", max_messages=1, bus=bus)
    bus.publish("full:x", 0).wait(5)
    bus.publish("full:x", 1)
    with pytest.raises(QueueFull):
        bus.publish("full:x", 2).wait(5)
    bus.publish_many([("full:x", 3), ("full:x", 4)])
    until(lambda: told == [("QueueFull", "full:x"), ("QueueFull", "berrymq:refused")])
    assert full.qsize() == 1
    fresh_gateway.kill()
    bus.publish("lost:x")
    bus.close()
    assert told[2:] == [("Unavailable", "berrymq:refused")]


def test_a_killed_gateway_is_found_again_and_nothing_accepted_is_lost(fresh_gateway: Gateway) -> None:
    with Bus().connect(fresh_gateway.url) as one, Bus().connect(fresh_gateway.url) as other:
        ear = Heard(other.follow("again:*"))
        other.flush()
        one.publish("again:x", 0).wait(10)
        fresh_gateway.kill()
        held = [one.publish("again:x", number) for number in range(1, 101)]
        fresh_gateway.start()
        other.flush(20)
        for receipt in held:
            receipt.wait(20)
        one.publish("again:end", 101).wait(10)
        assert ear.wait(1)[0].args == (0,)
        until(lambda: ear.messages[-1].action == "end")
        heard = [message.args[0] for message in ear.messages]
        assert heard == sorted(set(heard)), "in order and never twice"


def test_a_drained_gateway_answers_what_it_has_and_is_found_again(fresh_gateway: Gateway) -> None:
    with Bus().connect(fresh_gateway.url) as bus:
        receipts = [bus.publish("drain:x", number) for number in range(2000)]
        fresh_gateway.drain()
        receipts += [bus.publish("drain:x", number) for number in range(100)]
        fresh_gateway.start()
        for receipt in receipts:
            receipt.wait(20)


def test_past_the_bound_publish_raises_while_there_is_no_gateway(fresh_gateway: Gateway) -> None:
    bus = Bus().connect(fresh_gateway.url, max_held=10)
    fresh_gateway.kill()
    link = bus._link
    assert link is not None
    until(lambda: not link._connected, "the loss is noticed")
    held = [bus.publish("a:b") for _ in range(10)]
    with pytest.raises(BacklogFull, match="10 publishes"):
        bus.publish("a:b")
    with pytest.raises(Timeout):
        held[0].wait(0.05)
    fresh_gateway.start()
    for receipt in held:
        receipt.wait(20)
    bus.close()


def test_what_was_sent_again_is_dispatched_once() -> None:
    delivered: list[str] = []
    inbox = Inbox(lambda wire: delivered.append(wire.id))
    first = [Wire(id=str(number)) for number in range(3)]
    again = [Wire(id=str(number), resent=True) for number in range(5)]
    inbox._dispatch(first)
    inbox._dispatch(again)
    assert delivered == ["0", "1", "2", "3", "4"]


def test_expired_messages_are_not_dispatched() -> None:
    delivered: list[str] = []
    inbox = Inbox(lambda wire: delivered.append(wire.id))
    inbox._dispatch([Wire(id="old", expires_at=1), Wire(id="new", expires_at=1 << 60), Wire(id="ever")])
    assert delivered == ["new", "ever"]


def test_a_program_that_just_ends_has_sent_what_it_published(linked: Make, gateway: Gateway) -> None:
    ear = Heard((bus := linked()).follow("exit:x"))
    bus.flush()
    program = f"import berrymq; berrymq.connect({gateway.url!r}); [berrymq.twitter('exit:x', n) for n in range(1000)]"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert [message.args[0] for message in ear.wait(1000)] == list(range(1000))


def test_a_forked_child_gets_a_link_of_its_own(gateway: Gateway) -> None:
    program = f"""
import os, berrymq
bus = berrymq.Bus().connect({gateway.url!r})
stream = bus.follow("forked:x")
bus.flush()
held = bus.publish("forked:before")
pid = os.fork()
if pid == 0:
    bus.publish("forked:x", "child", bus.ident).wait(20)
    bus.flush()
    bus.close()
    os._exit(0)
held.wait(20)
message = next(stream)
assert message.args == ("child", message.sender) and message.sender != bus.ident, message
assert os.waitpid(pid, 0)[1] == 0
bus.publish("forked:after").wait(20)
bus.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
