"""Functions and methods whose calls, or whose exceptions, are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from berrymq import Bus, Follower, InvalidArgument, Message, ReservedIdentifier, following, twitter
from berrymq import auto_twitter as told_on_the_default_bus


class Told:
    def __init__(self, bus: Bus, pattern: str = "*:*") -> None:
        self.messages: list[Message] = []
        self._following = bus.regist_function(pattern, self.messages.append)

    @property
    def calls(self) -> list[tuple[Any, ...]]:
        return [(message.id, message.args, message.kwargs) for message in self.messages]


@pytest.fixture
def told(bus: Bus) -> Told:
    return Told(bus)


def test_arguments_go_in_the_result_comes_out_and_is_kept(bus: Bus, told: Told) -> None:
    @bus.auto_twitter("area")
    def area(width: int, *, height: int) -> int:
        "Multiplies."
        return width * height

    assert area(2, height=3) == 6
    assert told.calls == [("area:entry", (2,), {"height": 3}), ("area:exit", (6,), {})]
    assert (area.__name__, area.__doc__) == ("area", "Multiplies.")


@pytest.mark.parametrize(
    ("identifier", "flags", "actions"),
    [
        ("f", {}, ["entry", "exit"]),
        ("f", {"entry": True, "exit": True}, ["entry", "exit"]),
        ("f", {"entry": True}, ["entry"]),
        ("f", {"exit": True}, ["exit"]),
        ("f:entry", {}, ["entry"]),
        ("f:exit", {}, ["exit"]),
    ],
)
def test_flags_or_the_action_choose(bus: Bus, told: Told, identifier: str, flags: Any, actions: list[str]) -> None:
    bus.auto_twitter(identifier, **flags)(lambda: None)()
    assert [message.action for message in told.messages] == actions


def test_one_that_raises_tells_no_exit_and_raises(bus: Bus, told: Told) -> None:
    with pytest.raises(ZeroDivisionError):
        bus.auto_twitter("f@n")(lambda: 1 / 0)()
    other = Told(bus, "*@n:*")
    with pytest.raises(ZeroDivisionError):
        bus.auto_twitter("f@n")(lambda: 1 / 0)()
    assert (told.calls, other.calls) == ([], [("f@n:entry", (), {})])


class Shop:
    """Whose methods are told, whatever kind they are of, without the object."""

    bus = Bus()

    @bus.auto_twitter("shop_method")
    def method(self, x: int) -> int:
        return x

    @classmethod
    @bus.auto_twitter("shop_class")
    def of_class(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    @bus.auto_twitter("shop_outer_class")
    @classmethod
    def outer_class(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    @staticmethod
    @bus.auto_twitter("shop_static")
    def static(x: object) -> object:
        return x

    @bus.auto_twitter("shop_outer_static")
    @staticmethod
    def outer_static(x: object) -> object:
        return x

    @property
    @bus.auto_twitter("shop_property")
    def open(self) -> bool:
        return True


class Branch(Shop):
    def method(self, x: int) -> int:
        return super().method(x) + 1


def test_methods_class_methods_and_static_methods_are_told_without_their_object() -> None:
    told, shop = Told(Shop.bus, "*:entry"), Branch()
    assert shop.method(1) == 2
    assert Shop.method(shop, 1) == 1
    assert (shop.of_class(1), Branch.outer_class(1)) == ("Branch 1", "Branch 1")
    assert shop.static(shop) is shop
    assert Shop.static(Shop) is Shop
    assert shop.outer_static(shop) is shop
    assert shop.open
    assert told.calls == [
        ("shop_method:entry", (1,), {}),
        ("shop_method:entry", (1,), {}),
        ("shop_class:entry", (1,), {}),
        ("shop_outer_class:entry", (1,), {}),
        ("shop_static:entry", (shop,), {}),
        ("shop_static:entry", (Shop,), {}),
        ("shop_outer_static:entry", (shop,), {}),
        ("shop_property:entry", (), {}),
    ]


def test_a_coroutine_tells_its_exit_at_its_end(bus: Bus, told: Told) -> None:
    @bus.auto_twitter("f")
    async def slow(x: int) -> int:
        assert told.messages[-1].id == "f:entry"
        await asyncio.sleep(0)
        return x + 1

    plain = bus.auto_twitter("g")(lambda x: slow(x))
    assert asyncio.run(plain(1)) == 2
    assert [message.id for message in told.messages] == ["g:entry", "f:entry", "f:exit", "g:exit"]
    assert [message.args for message in told.messages] == [(1,), (1,), (2,), (2,)]


def test_a_handler_may_be_told_of_too() -> None:
    seen: list[str] = []

    class Clerk(Follower):
        @following("told_clerk:work")
        @told_on_the_default_bus("told_clerk_works:entry")
        def work(self, message: Message) -> None:
            seen.append(message.id)

        @following("told_clerk_works:entry")
        def hear(self, message: Message) -> None:
            seen.append(f"{message.id} {message.args[0].id}")

        @staticmethod
        @following("told_clerk:static")
        @told_on_the_default_bus("told_clerk_static:exit")
        def static(message: Message) -> str:
            return message.id

        @following("told_clerk:class")
        @told_on_the_default_bus("told_clerk_class:exit")
        @classmethod
        def of_class(cls, message: Message) -> str:
            return f"{cls.__name__} {message.id}"

        @following("*:exit")
        def hear_exits(self, message: Message) -> None:
            if message.name.startswith("told_clerk"):
                seen.append(message.args[0])

    clerk = Clerk()
    twitter("told_clerk:work")
    assert seen == ["told_clerk_works:entry told_clerk:work", "told_clerk:work"]
    twitter("told_clerk:static")
    twitter("told_clerk:class")
    assert seen[2:] == ["told_clerk:static", "Clerk told_clerk:class"]
    del clerk


def test_what_the_bus_refuses_changes_nothing_for_the_function(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, message, handler: errors.append(error))
    f = bus.auto_twitter("f")(lambda: 1)
    bus.close()
    assert f() == 1
    assert [type(error).__name__ for error in errors] == ["Closed", "Closed"]


@pytest.mark.parametrize(
    ("identifier", "kind", "says"),
    [
        ("f:run", InvalidArgument, "the action is 'run'; write the name alone"),
        ("berrymq", ReservedIdentifier, "the system's own"),
    ],
)
def test_other_identifiers_are_refused(bus: Bus, identifier: str, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        bus.auto_twitter(identifier)


def test_what_is_no_function_is_refused(bus: Bus) -> None:
    with pytest.raises(InvalidArgument, match="auto_twitter goes before a function or method, not before 3"):
        bus.auto_twitter("f")(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("decorator", ["auto_twitter", "twitter_exception"])
def test_a_function_with_a_yield_is_refused_as_nothing_would_be_told_of_it(bus: Bus, decorator: str) -> None:
    def count() -> Iterator[int]:
        yield 1

    async def count_later() -> AsyncIterator[int]:
        yield 1

    for function in (count, count_later):
        with pytest.raises(InvalidArgument, match=rf"{decorator} before {function.__name__} \(.*which has a yield"):
            getattr(bus, decorator)("f")(function)


def test_an_exception_is_told_with_its_lines_and_kept_from_the_caller(bus: Bus, told: Told) -> None:
    @bus.twitter_exception("f:raised")
    def broken(x: int) -> float:
        return x / 0

    assert broken(1) is None
    message = told.messages[0]
    assert (message.id, message.type, message.value) == ("f:raised", "ZeroDivisionError", "division by zero")
    lines = message.args[0]
    assert lines[0] == "Traceback (most recent call last):\n"
    assert lines[-1] == "ZeroDivisionError: division by zero\n"
    assert "in broken\n    return x / 0" in message.traceback
    assert "twitter_exception.py" not in message.traceback


def test_without_its_traceback_and_raised_again(bus: Bus, told: Told) -> None:
    @bus.twitter_exception("f:raised", reraise=True, with_traceback=False)
    def broken() -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        broken()
    message = told.messages[0]
    assert message.args == (["KeyError: 'nothing'\n"],)
    assert message.kwargs == {"type": "KeyError", "value": "'nothing'", "traceback": ""}


def test_methods_and_coroutines_tell_their_exceptions(bus: Bus, told: Told) -> None:
    class Clerk:
        @bus.twitter_exception("f:method")
        def work(self) -> int:
            raise ValueError("method")

        @bus.twitter_exception("f:static")
        @staticmethod
        def static() -> int:
            raise ValueError("static")

        @bus.twitter_exception("f:later")
        async def later(self) -> int:
            raise ValueError("later")

    clerk = Clerk()
    assert [clerk.work(), clerk.static(), asyncio.run(clerk.later())] == [None, None, None]
    assert asyncio.run(bus.twitter_exception("f:handed-on")(lambda: Clerk.later.__wrapped__(clerk))()) is None  # type: ignore[attr-defined]
    assert [message.value for message in told.messages] == ["method", "static", "later", "later"]
    assert all("in later" in message.traceback for message in told.messages[2:])


def test_what_is_no_error_passes_untold(bus: Bus, told: Told) -> None:
    @bus.twitter_exception("f:raised")
    def leave() -> None:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        leave()
    assert told.calls == []
