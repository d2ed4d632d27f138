"""The special messages for debugging."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from waiting import Heard, until

from berrymq import Bus, Message


def listen(bus: Bus) -> list[tuple[str, Any]]:
    told: list[tuple[str, Any]] = []
    follow = bus.following_function("berrymq:*")

    @follow
    def hear(message: Message) -> None:
        if message.action.endswith("_message"):
            told.append((message.action, message.kwargs))

    told_by.append(hear)
    return told


told_by: list[object] = []
"""So that they go on following."""


def test_they_are_off_at_first_and_afterwards(bus: Bus) -> None:
    told = listen(bus)
    bus.publish("a:b")
    bus.debug_messages()
    receipt = bus.publish("a:b")
    bus.debug_messages(False)
    bus.publish("a:b")
    told_of = {"identifier": "a:b", "message_id": receipt.message_id, "sender": bus.ident}
    assert told == [("send_message", told_of)]


def test_what_is_sent_forwarded_and_received_is_told_once(linked: Callable[[], Bus]) -> None:
    here, there = linked(), linked()
    told, heard = listen(here), Heard(there.follow("debug_out:*"))
    kept = here.regist_function("debug_back:x", lambda message: message.args[0])
    for bus in (here, there):
        bus.flush()
    here.debug_messages()
    here.publish("debug_out:one")
    here.publish_many([("debug_out:many", 1), Message("debug_out:many", 2)])
    here.send_message("debug_out:link")
    here.publish("_debug_out:local")
    heard.wait(4)
    assert there.ask("debug_back:x", 1) == 1
    until(lambda: len(told) >= 11)
    here.debug_messages(False)
    assert [(action.partition("_")[0], kwargs["identifier"].partition(":")[2]) for action, kwargs in told[:9]] == [
        *[(what, place) for place in ("one", "many", "many", "link") for what in ("send", "forward")],
        ("send", "local"),
    ]
    action, kwargs = told[9]
    assert (action, kwargs["identifier"], kwargs["sender"]) == ("receive_message", "debug_back:x", there.ident)
    kept.unfollow()


def test_a_question_is_told_as_it_is_asked(bus: Bus) -> None:
    told = listen(bus)
    kept = bus.regist_function("a:b", lambda message: 1)
    bus.debug_messages()
    assert bus.ask("a:b") == 1
    assert [kwargs["identifier"] for _, kwargs in told] == ["a:b"]
    kept.unfollow()


@pytest.mark.parametrize("threads", [0, 1])
def test_what_is_published_by_who_hears_them_is_not_told(bus: Bus, threads: int) -> None:
    seen: list[str] = []
    bus.set_multiplicity(threads)

    @bus.following_function("berrymq:send_message")
    def tell_on(message: Message) -> None:
        bus.publish("log:line", message.kwargs["identifier"])

    kept = bus.regist_function("log:line", lambda message: seen.append(message.args[0]))
    bus.debug_messages()
    for identifier in ("a:b", "a:c", "a:d"):
        bus.publish(identifier)
    until(lambda: len(seen) >= 3)
    bus.debug_messages(False)
    bus.publish("log:line", "last")
    until(lambda: seen[-1] == "last")
    assert seen == ["a:b", "a:c", "a:d", "last"]
    kept.unfollow()


def test_nor_is_what_a_coroutine_publishes_that_hears_them(bus: Bus) -> None:
    seen: list[str] = []

    @bus.following_function("berrymq:send_message")
    async def tell_on(message: Message) -> None:
        await asyncio.sleep(0)
        bus.publish("log:line", message.kwargs["identifier"])

    kept = bus.regist_function("log:line", lambda message: seen.append(message.args[0]))
    bus.debug_messages()
    bus.publish("a:b")
    until(lambda: seen)
    bus.publish("a:c")
    until(lambda: len(seen) >= 2)
    bus.debug_messages(False)
    assert seen == ["a:b", "a:c"]
    kept.unfollow()
