"""What is wrong is refused everywhere in the same words: partial wildcards, and what JSON cannot hold."""

from __future__ import annotations

import functools
import operator
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock, Mock, create_autospec

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


DECORATORS: dict[str, Call] = {
    "following": lambda bus: following(hear),  # type: ignore[arg-type]
    "following_function": lambda bus: bus.following_function(hear),  # type: ignore[arg-type]
    "auto_twitter": lambda bus: bus.auto_twitter(hear),  # type: ignore[arg-type]
    "twitter_exception": lambda bus: bus.twitter_exception(hear),  # type: ignore[call-overload]
}


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_decorator_without_its_identifier_says_how_it_is_written(bus: Bus, decorator: str) -> None:
    with pytest.raises(InvalidArgument, match=rf"@{decorator} before hear \(.*test_bad_use.py:\d+\) lacks its ident"):
        DECORATORS[decorator](bus)


async def later(*_: object) -> None: ...


CALLBACKS: dict[str, tuple[Call, str]] = {
    "a guard that takes nothing": (lambda bus: bus.following_function("a:b", lambda: True)(hear), "takes ()"),  # type: ignore[misc, arg-type]
    "a guard that is none": (lambda bus: bus.regist_function("a:b", hear, "x"), "'x' cannot be called"),  # type: ignore[arg-type]
    "a guard that answers later": (lambda bus: bus.regist_function("a:b", hear, later), "is a coroutine function"),
    "the guard of a method": (lambda bus: following("a:b", lambda: True), "the guard of @following('a:b')"),  # type: ignore[misc, arg-type]
    "the guard of a condition": (lambda bus: cond("a:b", lambda: True), "the guard of cond('a:b')"),  # type: ignore[misc, arg-type]
    "on_error": (lambda bus: bus.on_error(lambda error: None), "with (error, message, handler), and takes (error)"),  # type: ignore[misc, arg-type]
    "on_error later": (lambda bus: bus.on_error(later), "is a coroutine function"),
    "on_recv": (lambda bus: bus.on_recv(lambda message: None), "with (ident, message), and takes (message)"),  # type: ignore[misc, arg-type]
    "on_drop": (lambda bus: bus.on_drop(lambda ident: None), "with (ident, message_id), and takes (ident)"),  # type: ignore[misc, arg-type]
    "on_connect": (lambda bus: bus.on_connect(lambda: None), "with (ident), and takes ()"),  # type: ignore[misc, arg-type]
    "on_disconnect": (lambda bus: bus.on_disconnect(5), "5 cannot be called"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("callback", CALLBACKS)
def test_what_cannot_be_called_back_is_refused_when_it_is_given(bus: Bus, callback: str) -> None:
    call, told = CALLBACKS[callback]
    with pytest.raises(InvalidArgument, match=re.escape(told)):
        call(bus)


def test_a_handler_with_a_yield_is_refused_as_it_would_never_run(bus: Bus) -> None:
    def produce(message: Message) -> Iterator[int]:
        yield 1

    @functools.wraps(produce)
    def drive(message: Message) -> list[int]:
        return list(produce(message))

    with pytest.raises(InvalidArgument, match=r"produce \(.*\) has a yield: calling it runs nothing of it"):
        bus.following_function("a:b")(produce)
    bus.following_function("a:b")(drive)
    assert bus.ask("a:b") == [1]


def test_mocks_are_handlers_whatever_they_are_a_spec_of(bus: Bus) -> None:
    for mock in (Mock(return_value=1), MagicMock(spec=hear, return_value=1), create_autospec(hear, return_value=1)):
        following = bus.regist_function("mock:x", mock)
        assert bus.ask("mock:x", 5) == 1
        assert mock.call_args.args[0].args == (5,)
        following.unfollow()


def test_what_cannot_be_held_weakly_says_what_to_give_instead(bus: Bus) -> None:
    class Slim:
        __slots__ = ()

        def hear(self, message: Message) -> None: ...

    with pytest.raises(InvalidArgument, match="itemgetter objects cannot be; give a function that calls it"):
        bus.regist_function("a:b", operator.itemgetter(0))
    with pytest.raises(InvalidArgument, match=r"Slim objects cannot be; .* add '__weakref__' to its __slots__"):
        bus.regist_method("a:b", Slim().hear)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 makes no such class")
def test_a_follower_that_is_a_tuple_says_what_to_give_instead() -> None:
    class Pair(Follower, tuple[int, int]):
        @following("bad_use:x")
        def hear(self, message: Message) -> None: ...

    with pytest.raises(InvalidArgument, match="Pair objects cannot be"):
        Pair()


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any) -> Any:
        return function(*args)

    return called


@pytest.mark.parametrize("above", [bare, property, functools.singledispatchmethod])
def test_a_decorator_that_hides_a_following_method_is_told_of(above: Callable[[Any], Any]) -> None:
    with pytest.raises(InvalidArgument, match=r"ship \(.*test_bad_use.py:\d+\) would not follow: a decorator above"):

        class Shop(Follower):
            @above
            @following("bad_use:x")
            def ship(self, message: Message) -> None: ...


@pytest.mark.parametrize("below", [property, functools.singledispatchmethod, functools.cached_property])
def test_what_is_no_method_cannot_follow(below: Callable[[Any], Any]) -> None:
    with pytest.raises(InvalidArgument, match=rf"goes before a method, not before a {below.__name__}"):

        class Shop(Follower):
            @following("bad_use:x")
            @below
            def ship(self, message: Message) -> None: ...


@pytest.mark.parametrize("bounds", [{"timeout": "3"}, {"timeout": 0}, {"max_held": 0}, {"max_held_bytes": "1"}])
def test_connect_names_the_bound_that_it_does_not_take(bus: Bus, bounds: dict[str, Any]) -> None:
    ((name, value),) = bounds.items()
    with pytest.raises(InvalidArgument, match=re.escape(f"connect({name}={value!r})")):
        bus.connect("localhost:1", **bounds)


@pytest.mark.parametrize("pattern", ["", 5])
def test_a_file_observer_says_what_it_takes(bus: Bus, pattern: Any) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(f"FileObserver({pattern!r}): the path of files")):
        FileObserver(pattern, "picture", bus=bus)
