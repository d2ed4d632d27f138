"""What is wrong is refused everywhere in the same words: partial wildcards, and what JSON cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from berrymq import Bus, Follower, InvalidArgument, InvalidIdentifier, Message, NotEncodable, Queue, cond, following
from berrymq.adapters import FileObserver, IntervalTimer

Call = Callable[[Bus], Any]


def hear(message: Message) -> None: ...


PATTERNS: dict[str, Call] = {
    "publish": lambda bus: bus.publish("te*t:x"),
    "publish_many": lambda bus: bus.publish_many([("te*t:x", 1)]),
    "talk": lambda bus: bus.talk("te*t:x", "b:c"),
    "talk, second": lambda bus: bus.talk("b:c", "te*t:x"),
    "pipeline": lambda bus: bus.pipeline("a:b", "te*t:x"),
    "ask": lambda bus: bus.ask("te*t:x"),
    "Message": lambda bus: Message("te*t:x"),
    "follow": lambda bus: bus.follow("te*t:x"),
    "Queue": lambda bus: Queue("te*t:x", bus=bus),
    "Queue of several": lambda bus: Queue(["a:b", "te*t:x"], name="q", bus=bus),
    "following": lambda bus: following("te*t:x"),
    "following_function": lambda bus: bus.following_function("te*t:x")(hear),
    "regist_function": lambda bus: bus.regist_function("te*t:x", hear),
    "regist_function with a queue": lambda bus: bus.regist_function("te*t:x", hear, queue="q"),
    "regist_method": lambda bus: bus.regist_method("te*t:x", hear),
    "cond": lambda bus: cond("te*t:x"),
    "auto_twitter": lambda bus: bus.auto_twitter("te*t"),
    "twitter_exception": lambda bus: bus.twitter_exception("te*t:x"),
    "connect_via_queue": lambda bus: bus.connect_via_queue("te*t:x", "localhost:1"),
    "send_message": lambda bus: bus.send_message("te*t:x"),
    "message.twitter": lambda bus: Message("a:b").twitter("te*t:x"),
    "IntervalTimer": lambda bus: IntervalTimer("te*t", 1, bus=bus),
    "FileObserver": lambda bus: FileObserver("*", "te*t", bus=bus),
}


@pytest.mark.parametrize("call", PATTERNS)
def test_a_partial_wildcard_is_refused_with_what_is_allowed(bus: Bus, call: str) -> None:
    with pytest.raises(InvalidIdentifier, match=r"'te\*t' holds '\*' beside other letters; '\*' stands for a whole"):
        PATTERNS[call](bus)


ODD = {"when": [{1, 2}]}

SENDING: dict[str, Call] = {
    "publish": lambda bus: bus.publish("a:b", 0, ODD),
    "publish_many": lambda bus: bus.publish_many([("a:b", 0, ODD)]),
    "talk": lambda bus: bus.talk("a:b", "b:c", 0, ODD),
    "ask": lambda bus: bus.ask("a:b", 0, ODD),
    "ask_many": lambda bus: list(bus.ask_many("a:b", 0, ODD)),
    "send": lambda bus: bus.send("somebody", 0, ODD),
    "send_message": lambda bus: bus.send_message("a:b", [0, ODD]),
    "message.twitter": lambda bus: _received(bus).twitter("a:b", 0, ODD),
    "pipeline.talk": lambda bus: bus.pipeline("a:b", "b:c", "c:d").talk(0, ODD),
}


def _received(bus: Bus) -> Message:
    with bus.follow("_own:x") as stream:
        bus.publish("_own:x")
        return next(stream)


@pytest.mark.parametrize("call", SENDING)
def test_what_json_cannot_hold_names_its_path(linked: Callable[[], Bus], call: str) -> None:
    with pytest.raises(NotEncodable, match=r"args\[1\]\.when\[0\] is \{1, 2\} of type set; JSON cannot hold that"):
        SENDING[call](linked())


def class_of(decorate: Callable[[Any], Any]) -> None:
    class Shop:
        sell = decorate(following("bad_use:sell")(lambda self, message: None))

        @following("bad_use:x")
        def ship(self, message: Message) -> None: ...


@pytest.mark.parametrize("decorate", [lambda method: method, staticmethod, classmethod])
def test_a_class_that_is_no_follower_says_what_to_add(decorate: Callable[[Any], Any]) -> None:
    with pytest.raises((InvalidArgument, RuntimeError)) as raised:
        class_of(decorate)
    # Before Python 3.12 what `__set_name__` raises comes as the cause of a RuntimeError.
    error = raised.value if isinstance(raised.value, InvalidArgument) else raised.value.__cause__
    assert isinstance(error, InvalidArgument)
    line = class_of.__code__.co_firstlineno + 1
    assert f"test_bad_use.py:{line}: " in str(error)
    assert "ship of " in str(error)
    assert "is no Follower; add Follower: class Shop(Follower)" in str(error)


def test_static_and_class_methods_are_checked_whatever_the_order() -> None:
    with pytest.raises((InvalidArgument, RuntimeError)):

        class Below:
            @staticmethod
            @following("bad_use:x")
            def ship(message: Message) -> None: ...

    with pytest.raises((InvalidArgument, RuntimeError)):

        class Above:
            @following("bad_use:x")
            @classmethod
            def ship(cls, message: Message) -> None: ...


def test_a_follower_keeps_nothing_of_the_check() -> None:
    class Shop(Follower):
        @following("bad_use:x")
        def ship(self, message: Message) -> None: ...

    class Branch(Shop):
        @following("bad_use:y")
        def sell(self, message: Message) -> None: ...

    assert [name for name in vars(Branch) if "berrymq" in name] == []


def test_following_on_a_function_outside_a_class_names_the_decorator_for_functions() -> None:
    program = "from berrymq import following\n@following('a:b')\ndef hear(message): ..."
    with pytest.raises(InvalidArgument, match="write @following_function\\('a:b'\\)"):
        exec(program, {"__name__": "program"})
