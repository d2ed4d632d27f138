"""A handler that raises what would end its thread ends nothing but itself."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
from waiting import until

from berrymq import Bus, HandlerFailed, Message

Make = Callable[[], Bus]


def leave(message: Message) -> None:
    sys.exit(3)


def test_in_the_thread_that_publishes_it_passes(bus: Bus) -> None:
    bus.following_function("leave:now")(leave)
    with pytest.raises(SystemExit):
        bus.publish("leave:now")


def test_the_pool_goes_on(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, message, handler: errors.append(error))
    bus.following_function("leave:now")(leave)
    staying = bus.regist_function("stay:here", lambda message: "still here")
    bus.set_multiplicity(1)
    bus.publish("leave:now")
    with pytest.raises(HandlerFailed, match=r"the handler raised SystemExit\(3\)"):
        bus.ask("leave:now")
    assert bus.within(10).ask("stay:here") == "still here"
    assert [type(error.__cause__) for error in errors] == [SystemExit, SystemExit]
    staying.unfollow()


def test_an_on_error_that_leaves_ends_nothing_either(bus: Bus) -> None:
    bus.on_error(lambda *_: sys.exit(4))
    bus.following_function("leave:now")(leave)
    staying = bus.regist_function("stay:here", lambda message: "still here")
    bus.set_multiplicity(1)
    bus.publish("leave:now")
    assert bus.within(10).ask("stay:here") == "still here"
    staying.unfollow()


def test_a_durable_following_goes_on(bus: Bus) -> None:
    attempts: list[int] = []
    bus.on_error(lambda *_: None)

    @bus.following_function("job:new", queue="jobs", queue_options={"backoff": (0.001, 0.001)})
    def work(message: Message) -> None:
        attempts.append(message.attempt)
        if message.attempt < 3:
            sys.exit(3)

    bus.publish("job:new")
    until(lambda: attempts == [1, 2, 3])


def test_what_came_behind_it_over_the_link_is_heard(linked: Make) -> None:
    here, there = linked(), linked()
    heard = threading.Event()
    there.on_error(lambda *_: None)
    there.following_function("leave:now")(leave)
    following = there.regist_function("leave:late", lambda message: heard.set())
    there.flush()
    here.publish_many([("leave:now",), ("leave:late",)])
    assert heard.wait(10)
    with pytest.raises(HandlerFailed, match=r"the handler raised SystemExit\(3\)"):
        here.within(10).ask("leave:now")
    following.unfollow()


def test_an_answer_that_is_too_large_is_an_answer_all_the_same(linked: Make) -> None:
    here, there = linked(), linked()
    there.on_error(lambda *_: None)
    large = "x" * 5_000_000

    def say(message: Message) -> str:
        return large

    def fail(message: Message) -> None:
        raise ValueError(large)

    there.following_function("large:said")(say)
    there.following_function("large:failed")(fail)
    there.flush()
    for identifier in ("large:said", "large:failed"):
        with pytest.raises(HandlerFailed, match=r"MessageTooLarge: .* the limit is 4194304"):
            here.within(10).ask(identifier)
