"""Messages with `require_ack`: delivered again and again until a follower has acknowledged them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import Bus, Message
from berrymq.acknowledgement import Acknowledgement
from berrymq.inbox import Inbox
from berrymq.message import Wire

Make = Callable[[], Bus]


@pytest.fixture
def eager(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that delivers again after a second."""
    config = tmp_path / "berrymq.json"
    config.write_text(json.dumps({"limits": {"acknowledgeSeconds": 1}}))
    running = Gateway("--engine", "sqlite", "--data", str(tmp_path), "--config", str(config))
    yield running
    running.kill()


def required(identifier: str, *args: object) -> Message:
    return Message(identifier, *args).with_(require_ack=True)


def test_a_handler_that_raises_hears_it_again_and_one_that_returns_does_not(eager: Gateway) -> None:
    with Bus().connect(eager.url) as one, Bus().connect(eager.url) as other:
        other.on_error(lambda *_: None)
        attempts: list[int] = []
        beside: list[int] = []

        def handle(message: Message) -> None:
            attempts.append(message.attempt)
            if message.attempt < 3:
                raise ValueError("not yet")

        kept = [
            other.regist_function("ack:x", handle),
            other.regist_function("ack:x", lambda message: beside.append(message.attempt)),
        ]
        other.flush()
        sent = one.publish(required("ack:x", 1)).wait(10)
        until(lambda: attempts == [1, 2, 3])
        assert beside == [1, 2, 3]
        until(lambda: not _waits(one, other, sent.message_id))
        del kept


def _waits(one: Bus, other: Bus, message_id: str) -> bool:
    """Whether a newcomer, to whom all that waits is delivered at once, would hear it."""
    ear = Heard(other.follow("ack:*"))
    other.flush()
    one.publish("ack:end").wait(10)
    until(lambda: any(message.id == "ack:end" for message in ear.messages))
    return any(message.message_id == message_id for message in ear.messages)


def test_who_follows_later_hears_it_and_a_stream_acknowledges_when_it_is_taken(eager: Gateway) -> None:
    with Bus().connect(eager.url) as one, Bus().connect(eager.url) as other:
        one.publish(required("ack:late", 1)).wait(10)
        with other.follow("ack:late") as stream:
            message = next(stream)
            assert (message.args, message.require_ack) == ((1,), True)
        other.flush()
        until(lambda: not _waits(one, other, message.message_id))


def test_it_waits_over_a_killed_gateway(eager: Gateway) -> None:
    with Bus().connect(eager.url) as one:
        one.publish(required("ackkill:x", 1)).wait(10)
    eager.kill()
    eager.start()
    with Bus().connect(eager.url) as other:
        heard: list[Message] = []
        kept = other.regist_function("ackkill:x", heard.append)
        until(lambda: heard)
        assert heard[0].args == (1,)
        del kept


def test_without_a_gateway_it_is_an_ordinary_message(bus: Bus) -> None:
    with bus.follow("ack:x") as stream:
        bus.publish(required("ack:x", 1))
        assert next(stream).args == (1,)


def test_it_may_be_asked_for_an_answer_too(linked: Make) -> None:
    one, other = linked(), linked()
    kept = other.regist_function("acktalk:x", lambda message: message.args[0] + 1)
    ear = Heard(one.follow("acktalk:done"))
    one.flush()
    other.flush()
    one.talk(required("acktalk:x", 1), "acktalk:done")
    assert ear.wait(1)[0].args == (2,)
    del kept


class Acknowledged:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.one = Acknowledgement("m", self.ids.append, None)


def test_all_handlers_have_to_return() -> None:
    told = Acknowledged()
    told.one.begin(2)
    told.one.dispatched(kept=False)
    told.one.taken()
    told.one.returned(1, 2, None)
    assert told.ids == []
    told.one.returned(2, 2, None)
    assert told.ids == ["m"]


def test_one_that_raises_leaves_it_open() -> None:
    told = Acknowledged()
    told.one.begin(2)
    told.one.raised(1, 2, ValueError())
    told.one.returned(2, 2, None)
    told.one.dispatched(kept=True)
    assert told.ids == []


def test_where_only_streams_follow_the_first_that_is_read_is_enough() -> None:
    told = Acknowledged()
    told.one.dispatched(kept=False)
    assert told.ids == []
    told.one.taken()
    assert told.ids == ["m"]
    early = Acknowledged()
    early.one.taken()
    assert early.ids == [], "a handler may still decide"
    early.one.dispatched(kept=False)
    assert early.ids == ["m"]


def test_a_queue_of_the_process_that_keeps_it_is_enough() -> None:
    told = Acknowledged()
    told.one.dispatched(kept=True)
    assert told.ids == ["m"]


def test_what_is_delivered_again_is_dispatched_again() -> None:
    delivered: list[int] = []
    inbox = Inbox(lambda wire: delivered.append(wire.attempt))
    for attempt in (0, 0, 2, 3):
        inbox._dispatch([Wire(id="m", resent=True, require_ack=True, attempt=attempt)])
    assert delivered == [0, 2, 3]


def test_many_are_acknowledged(linked: Make) -> None:
    one, other = linked(), linked()
    heard: list[int] = []
    done = threading.Event()

    def handle(message: Message) -> None:
        heard.append(message.args[0])
        if len(heard) == 3000:
            done.set()

    kept = other.regist_function("ackmany:x", handle)
    other.flush()
    one.publish_many([required("ackmany:x", number) for number in range(3000)]).wait(20)
    assert done.wait(20)
    assert sorted(heard) == list(range(3000))
    del kept
