"""After `close` each call says that the bus was closed, and what to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Gateway
from waiting import DEADLINE, until

from berrymq import Bus, Closed, Message, Queue, cond
from berrymq.adapters import FileObserver, IntervalTimer
from berrymq.timekeeper import Timekeeper, WeakCall

Call = Callable[[Bus], Any]


def hear(message: Message) -> None: ...


CALLS: dict[str, Call] = {
    "publish": lambda bus: bus.publish("a:b"),
    "twitter": lambda bus: bus.twitter("a:b"),
    "publish_many": lambda bus: bus.publish_many([("a:b", 1)]),
    "talk": lambda bus: bus.talk("a:b", "b:c"),
    "pipeline.talk": lambda bus: bus.pipeline("a:b", "b:c", "c:d").talk(),
    "pipeline.ask": lambda bus: bus.pipeline("a:b", "b:c").ask(),
    "ask": lambda bus: bus.ask("a:b"),
    "ask_many": lambda bus: bus.ask_many("a:b"),
    "within": lambda bus: bus.within(1).ask("a:b"),
    "follow": lambda bus: bus.follow("a:b"),
    "Queue": lambda bus: Queue("a:b", bus=bus),
    "following_function": lambda bus: bus.following_function("a:b")(hear),
    "regist_function": lambda bus: bus.regist_function("a:b", hear),
    "regist_function of a condition": lambda bus: bus.regist_function(cond("a:b") & cond("b:c"), lambda *_: None),
    "regist_function with a queue": lambda bus: bus.regist_function("a:b", hear, queue="q"),
    "regist_method": lambda bus: bus.regist_method("a:b", hear),
    "set_multiplicity": lambda bus: bus.set_multiplicity(2),
    "debug_messages": lambda bus: bus.debug_messages(),
    "send": lambda bus: bus.send("somebody", 1),
    "mailbox": lambda bus: bus.mailbox("somebody"),
    "on_recv": lambda bus: bus.on_recv(lambda ident, message: None),
    "on_drop": lambda bus: bus.on_drop(lambda ident, message_id: None),
    "on_connect": lambda bus: bus.on_connect(lambda ident: None),
    "on_disconnect": lambda bus: bus.on_disconnect(lambda ident: None),
    "connect": lambda bus: bus.connect("localhost:1"),
    "interconnect": lambda bus: bus.interconnect("localhost:1"),
    "connect_oneway": lambda bus: bus.connect_oneway("localhost:1"),
    "connect_via_queue": lambda bus: bus.connect_via_queue("a:b", "localhost:1"),
    "send_message": lambda bus: bus.send_message("a:b"),
    "get": lambda bus: bus.get(),
    "flush": lambda bus: bus.flush(),
    "IntervalTimer": lambda bus: IntervalTimer("clock", 1, bus=bus),
    "FileObserver": lambda bus: FileObserver("*", "files", bus=bus),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_says_so(bus: Bus, call: str) -> None:
    bus.close()
    with pytest.raises(Closed, match=r"the bus '.*' was closed; make another Bus\(\)"):
        CALLS[call](bus)


def test_closing_and_looking_are_harmless(bus: Bus) -> None:
    bus.publish("a:b")
    bus.close()
    bus.close()
    bus.close_connection()
    assert (bus.show_followers(), bus.take_errors(), bus.unfollow(hear), bus.connected) == ([], [], 0, False)
    assert "a:b" in bus.show_network()


def test_a_bus_that_opens_again_says_that(bus: Bus, gateway: Gateway) -> None:
    bus._courier.reopens = True
    bus.close()
    with pytest.raises(Closed, match=r"connect\(\) opens it again"):
        bus.publish("a:b")
    assert bus.connect(gateway.url).publish("a:b").wait(10).followers == 0


def test_what_was_opened_on_it_is_closed_too(linked: Callable[[], Bus]) -> None:
    bus = linked()
    queues = [Queue("closed_far:*", bus=bus), Queue("_closed_near:*", bus=bus)]
    stream = bus.follow("closed:x")
    bus.close()
    assert list(stream) == []
    for queue in queues:
        with pytest.raises(Closed, match="was closed"):
            queue.get(timeout=1)


def test_a_closed_bus_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    bus = Bus()
    handled = threading.Event()

    @bus.following_function("job:new", queue="jobs")
    def handle(message: Message) -> None:
        handled.set()

    Queue("late:*", bus=bus, ttl=0.001)
    bus.publish("late:one")
    bus.publish("job:new")
    assert handled.wait(DEADLINE)
    bus.close()
    until(lambda: not set(threading.enumerate()) - before, "the end of all threads")


def test_a_timer_whose_owner_is_gone_keeps_no_thread() -> None:
    class Owner:
        def expire(self) -> None: ...

    keeper, fired = Timekeeper(), threading.Event()
    keeper.later(1000, WeakCall(Owner().expire))
    keeper.later(0, fired.set)
    assert fired.wait(DEADLINE)
    until(lambda: not keeper._running, "the end of its thread")
