"""Functions and objects that follow, inside one process."""

from __future__ import annotations

import enum
import gc
import logging
import threading
from dataclasses import dataclass
from typing import Any, Protocol

import pydantic
import pytest

import berrymq
from berrymq import (
    Bus,
    Follower,
    HandlerFailed,
    InvalidArgument,
    InvalidIdentifier,
    Message,
    ask_many,
    following,
    following_function,
    publish,
    twitter,
)


class Heard:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    def hear(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]


def test_matching_functions_are_called_in_order_of_registration_in_the_callers_thread(bus: Bus) -> None:
    calls: list[tuple[str, threading.Thread]] = []

    @bus.following_function("*:log")
    def first(_: Message) -> None:
        calls.append(("first", threading.current_thread()))

    @bus.following_function("x:log")
    def second(_: Message) -> None:
        calls.append(("second", threading.current_thread()))

    @bus.following_function("x:other")
    def other(_: Message) -> None:
        calls.append(("other", threading.current_thread()))

    receipt = bus.publish("x:log", 1)
    assert calls == [("first", threading.current_thread()), ("second", threading.current_thread())]
    assert (receipt.wait(0).followers, receipt.queues) == (2, 0)
    assert receipt.message_id


def test_inside_the_process_any_object_travels_as_it_is(bus: Bus) -> None:
    heard, thing = Heard(), object()
    bus.regist_method("a:b", heard.hear)
    bus.publish("a:b", thing, owner=heard)
    assert heard.messages[0].args[0] is thing
    assert heard.messages[0].owner is heard


def test_a_guard_decides(bus: Bus) -> None:
    heard = Heard()
    bus.regist_method("a:b", heard.hear, guard_condition=lambda message: message.size > 0)
    assert [bus.publish("a:b", size=size).followers for size in (0, 1)] == [0, 1]
    assert [message.size for message in heard.messages] == [1]


def test_a_handler_or_guard_that_raises_disturbs_nobody(bus: Bus) -> None:
    errors: list[tuple[str, str, object]] = []
    heard = Heard()

    @bus.following_function("a:b")
    def broken(_: Message) -> None:
        raise ValueError("broken")

    kept = bus.regist_function("a:b", lambda _: None, guard_condition=lambda message: message.nothing)
    bus.regist_method("a:b", heard.hear)
    bus.on_error(lambda error, message, handler: errors.append((type(error).__name__, message.id, handler)))
    bus.publish("a:b")
    assert heard.ids == ["a:b"]
    assert errors[0] == ("ValueError", "a:b", broken)
    assert errors[1][0] == "AttributeError"
    kept.unfollow()


def test_errors_go_to_the_log_unless_somebody_takes_them(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    kept = bus.regist_function("a:b", lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR, "berrymq"):
        bus.publish("a:b")
    assert "raised on a:b" in caplog.text
    kept.unfollow()


def test_an_error_that_cannot_say_what_it_is_answers_and_is_told_of(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    @bus.following_function("mute:x")
    def fail(message: Message) -> None:
        raise Mute

    with caplog.at_level(logging.ERROR, logger="berrymq"), pytest.raises(HandlerFailed, match="Mute: <exception str"):
        bus.ask("mute:x")
    assert "raised on mute:x: Mute: <exception str() failed>" in caplog.text


def test_what_an_on_error_that_raises_should_have_told_is_logged(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    @bus.following_function("area:broken")
    def fail(message: Message) -> None:
        raise ValueError("no width")

    def lookup(error: BaseException, message: Message, handler: object) -> None:
        raise KeyError("mailer")

    bus.on_error(lookup)
    with caplog.at_level(logging.ERROR, logger="berrymq"):
        bus.publish("area:broken")
    first, second = (record.getMessage() for record in caplog.records)
    assert "lookup (" in first
    assert first.endswith("raised KeyError: 'mailer'")
    assert second.endswith("raised on area:broken: ValueError: no width")


def test_an_object_that_is_gone_follows_no_more(bus: Bus) -> None:
    heard = Heard()
    bus.regist_method("a:b", heard.hear)
    assert bus.show_followers() == ["a:b"]
    del heard
    gc.collect()
    assert bus.publish("a:b").followers == 0
    assert bus.show_followers() == []


def test_a_closure_lives_as_long_as_what_regist_function_returned(bus: Bus) -> None:
    calls: list[Message] = []
    following = bus.regist_function("a:b", lambda message: calls.append(message))
    bus.publish("a:b")
    del following
    gc.collect()
    bus.publish("a:b")
    assert len(calls) == 1


def test_unfollow_ends_it_and_once_more_is_harmless(bus: Bus) -> None:
    heard = Heard()
    following = bus.regist_method("a:b", heard.hear)
    following.unfollow()
    following.unfollow()
    bus.publish("a:b")
    assert heard.ids == []


def test_a_handler_may_publish_follow_and_unfollow(bus: Bus) -> None:
    heard = Heard()
    bus.regist_method("b:c", heard.hear)

    @bus.following_function("a:b")
    def chain(message: Message) -> None:
        bus.publish("b:c", message.args[0])
        once.unfollow()

    once = bus.regist_function("a:b", lambda _: bus.regist_method("b:d", heard.hear))
    bus.publish("a:b", 1)
    bus.publish("a:b", 2)
    assert [message.args for message in heard.messages] == [(1,), (2,)]


@pytest.mark.parametrize("make", ["base", "metaclass"])
def test_objects_follow_with_their_methods(make: str) -> None:
    namespace: dict[str, Any] = {}

    def method(self: Any, message: Message) -> None:
        self.__dict__.setdefault("heard", []).append(message.args[0])

    namespace["hear"] = following("follower_object:made")(method)
    kind = _class_of(make, namespace)
    one, two = kind(), kind()
    twitter("follower_object:made", 1)
    del two
    gc.collect()
    assert twitter("follower_object:made", 2).followers == 1
    assert one.heard == [1, 2]
    assert isinstance(one, Follower)


def _class_of(make: str, namespace: dict[str, Any]) -> Any:
    if make == "base":

        class Based(Follower):
            hear = namespace["hear"]

        return Based

    class Made(metaclass=Follower):  # type: ignore[metaclass]
        hear = namespace["hear"]

    return Made


def test_class_and_static_methods_follow_with_their_class() -> None:
    calls: list[tuple[str, object]] = []

    class Kind(Follower):
        @classmethod
        @following("follower_class:called")
        def of_class(cls, message: Message) -> None:
            calls.append((cls.__name__, message.args[0]))

        @following("follower_class:called")
        @staticmethod
        def static(message: Message) -> None:
            calls.append(("static", message.args[0]))

    twitter("follower_class:called", 1)
    Kind()
    twitter("follower_class:called", 2)
    assert calls == [("Kind", 1), ("static", 1), ("Kind", 2), ("static", 2)]


def test_a_class_that_is_made_anew_with_slots_follows_once() -> None:
    heard: list[object] = []

    @dataclass(slots=True)
    class Kind(Follower):
        size: int

        @following("slots:class")
        @classmethod
        def of_class(cls, message: Message) -> None:
            heard.append(cls)

        @following("slots:static")
        @staticmethod
        def static(message: Message) -> None:
            heard.append(None)

        @following("slots:object")
        def of_object(self, message: Message) -> None:
            heard.append(self.size)

    kind = Kind(3)
    for name in ("class", "static", "object"):
        publish(f"slots:{name}")
    assert heard == [Kind, None, kind.size]


class Hears(Protocol):
    size: int

    def hear(self, message: Message) -> object: ...


class Parcel(Follower, pydantic.BaseModel):
    size: int

    @following("beside:x")
    def hear(self, message: Message) -> int:
        return self.size


class Letter(Hears, Follower):
    size = 1

    @following("beside:x")
    def hear(self, message: Message) -> int:
        return self.size


def test_it_stands_beside_bases_with_metaclasses_of_their_own() -> None:
    followers: list[Hears] = [Parcel(size=3), Letter()]
    assert list(ask_many("beside:x")) == [follower.size for follower in followers] == [3, 1]
    assert all(isinstance(follower, Follower) for follower in followers)
    with pytest.raises(InvalidArgument, match="an Enum cannot be a Follower"):

        class Colour(Follower, enum.Enum):
            RED = 1


def test_an_object_that_its_class_hands_out_again_follows_once() -> None:
    heard = []

    class Single(Follower):
        _only: Single | None = None

        def __new__(cls) -> Single:
            cls._only = cls._only or super().__new__(cls)
            return cls._only

        @following("single:x")
        def hear(self, message: Message) -> None:
            heard.append(self)

    assert Single() is Single()
    publish("single:x")
    assert len(heard) == 1


def test_a_subclass_follows_with_the_method_that_overrides() -> None:
    calls: list[str] = []

    class Base(Follower):
        @following("follower_sub:called")
        def hear(self, _: Message) -> None:
            calls.append("base")

    class Sub(Base):
        def hear(self, _: Message) -> None:
            calls.append("sub")

    sub = Sub()
    twitter("follower_sub:called")
    assert calls == ["sub"]
    del sub


def test_the_default_bus_has_the_functions_of_berrymq() -> None:
    heard: list[Message] = []

    @following_function("default_bus:said")
    def hear(message: Message) -> None:
        heard.append(message)

    berrymq.publish("default_bus:said", "hello", level=3)
    assert [(message.args, message.level) for message in heard] == [(("hello",), 3)]
    assert "default_bus:said" in berrymq.show_followers()


def test_wrong_patterns_and_what_cannot_be_called_are_refused(bus: Bus) -> None:
    with pytest.raises(InvalidIdentifier):
        bus.following_function("a:")(lambda _: None)
    with pytest.raises(InvalidIdentifier):
        following("te*t:x")
    with pytest.raises(TypeError, match="cannot be called"):
        bus.regist_function("a:b", "no function")  # type: ignore[arg-type]


def test_handlers_run_in_named_daemon_threads_after_set_multiplicity(bus: Bus) -> None:
    threads: list[threading.Thread] = []
    together = threading.Barrier(3)

    @bus.following_function("a:b")
    def slow(_: Message) -> None:
        threads.append(threading.current_thread())
        together.wait(10)

    bus.set_multiplicity(2)
    bus.publish("a:b")
    bus.publish("a:b")
    together.wait(10)
    assert len(set(threads)) == 2
    assert all(thread.daemon and thread.name.startswith("berrymq-handler-") for thread in threads)
    bus.set_multiplicity(0)
    kept = bus.regist_function("c:d", lambda _: threads.append(threading.current_thread()))
    bus.publish("c:d")
    assert threads[-1] is threading.current_thread()
    kept.unfollow()


def test_followers_that_are_gone_are_let_go_of_though_nobody_publishes(bus: Bus) -> None:
    for _ in range(10):
        heard = Heard()
        bus.regist_method("gone:x", heard.hear)
        del heard
    assert len(bus._registry.receivers()) == 1
