"""`message.twitter`: what handlers publish on, up to the hop limit; and what handlers raised."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Any

import pytest
from waiting import until

import berrymq
from berrymq import Bus, HandlerError, HopLimit, Message, Queue


def ring(bus: Bus, heard: list[int]) -> Any:
    def pass_on(message: Message) -> None:
        heard.append(message.hops)
        message.twitter("ring:round", *message.args)

    return bus.regist_function("ring:round", pass_on)


def test_what_goes_round_ends_at_the_hop_limit(bus: Bus) -> None:
    heard: list[int] = []
    kept = ring(bus, heard)
    bus.publish("ring:round", 1)
    assert heard == list(range(101))
    errors = bus.take_errors()
    assert [type(each.error) for each in errors] == [HopLimit]
    assert "travelled 100 hops" in str(errors[0].error)
    kept.unfollow()


def test_it_is_published_by_the_bus_that_delivered_it(linked: Callable[[], Bus]) -> None:
    one, other, heard = linked(), linked(), []
    kept = [
        one.regist_function("hops_a:x", lambda message: message.twitter("hops_b:x", 1)),
        other.regist_function("hops_b:x", lambda message: message.twitter("hops_c:x", 2)),
        one.regist_function("hops_c:x", lambda message: heard.append((message.sender, message.hops, message.args))),
    ]
    for bus in (one, other):
        bus.flush()
    other.publish("hops_a:x")
    until(lambda: heard)
    assert heard == [(other.ident, 2, (2,))]
    del kept


def test_a_message_that_two_buses_publish_goes_on_where_it_is_handled(bus: Bus) -> None:
    heard: list[str] = []
    with Bus("second") as second:
        kept = [each.regist_function("a:b", lambda message: message.twitter("c:d")) for each in (bus, second)]
        kept += [each.regist_function("c:d", lambda message: heard.append(message.sender)) for each in (bus, second)]
        message = Message("a:b")
        for each in (bus, second, bus):
            each.publish(message)
    assert heard == [bus.ident, "second", bus.ident]


def test_one_made_by_hand_goes_on_on_the_default_bus() -> None:
    heard: list[Message] = []
    kept = berrymq.regist_function("hops_by_hand:x", heard.append)
    receipt = Message("a:b").twitter("hops_by_hand:x", 1, level=2)
    assert (receipt.followers, heard[0].args, heard[0].level, heard[0].hops) == (1, (1,), 2, 1)
    kept.unfollow()


@pytest.mark.parametrize("place", ["in the process", "at the gateway"])
def test_what_is_taken_from_a_queue_goes_on_on_its_bus(bus: Bus, linked: Callable[[], Bus], place: str) -> None:
    here = linked() if place == "at the gateway" else bus
    heard: list[str] = []
    kept = here.regist_function("hops_taken:x", lambda message: heard.append(message.sender))
    queue = Queue("hops_queue:x", bus=here)
    here.publish("hops_queue:x").wait(10)
    queue.get(timeout=10).twitter("hops_taken:x")
    assert heard == [here.ident]
    kept.unfollow()
    queue.close()


def test_what_handlers_raised_is_kept_until_it_is_taken(bus: Bus) -> None:
    heard: list[BaseException] = []
    bus.on_error(lambda error, message, handler: heard.append(error))

    @bus.following_function("a:b")
    def broken(message: Message) -> None:
        raise ValueError(message.args[0])

    for number in range(3):
        bus.publish("a:b", number)
    errors = bus.take_errors()
    assert all(isinstance(each, HandlerError) for each in errors)
    assert [(str(each.error), each.message.args, each.handler) for each in errors] == [
        (str(number), (number,), broken) for number in range(3)
    ]
    assert [each.error for each in errors] == heard
    assert errors[0].error.__traceback__ is not None
    assert bus.take_errors() == []


def test_the_newest_hundred_are_kept(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    kept = bus.regist_function("a:b", lambda message: 1 / message.args[0])
    with caplog.at_level(logging.CRITICAL, "berrymq"):
        for number in range(150):
            bus.publish("a:b", str(number))
    assert [each.message.args[0] for each in bus.take_errors()] == [str(number) for number in range(50, 150)]
    kept.unfollow()


def test_an_object_whose_method_raised_is_let_go(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def hear(self, message: Message) -> None:
            try:
                raise KeyError(1)
            except KeyError:
                raise ValueError(message.args[0]) from None

    broken = Broken()
    bus.regist_method("a:b", broken.hear)
    with caplog.at_level(logging.CRITICAL, "berrymq"):
        bus.publish("a:b", 1)
    del broken
    gc.collect()
    assert bus.show_followers() == []
    assert [(str(each.error), each.handler) for each in bus.take_errors()] == [("1", None)]
