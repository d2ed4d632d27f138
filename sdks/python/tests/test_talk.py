"""Answers inside one process."""

from __future__ import annotations

import threading
import time

import pytest

from berrymq import Bus, HandlerFailed, InvalidArgument, Message, NoFollowers, Timeout
from berrymq.message import Wire
from berrymq.testing import TestBus


def test_what_each_handler_returns_is_published_to_the_second_identifier(bus: Bus) -> None:
    kept = [bus.regist_function("calc:double", lambda m: m.args[0] * 2), bus.regist_function("calc", lambda _: "all")]
    with bus.follow("result:*") as results:
        question = bus.talk("calc:double", "result:x", 21)
        answers = [next(results), next(results)]
    assert [(one.args, one.hops, one.failure) for one in answers] == [((42,), 1, None), (("all",), 1, None)]
    assert [one.answer for one in answers] == [
        (question.message_id, 1, 2, False),
        (question.message_id, 2, 2, False),
    ]
    del kept


def test_what_a_handler_raises_goes_there_as_a_failure_without_a_stack(bus: Bus) -> None:
    bus.on_error(lambda *_: None)
    kept = bus.regist_function("calc:x", lambda _: [][0])
    with bus.follow("result:*") as results:
        bus.talk("calc:x", "result:x")
        answer = next(results)
    assert answer.failure == ("IndexError", "list index out of range")
    assert answer.answer is not None
    assert answer.answer.failed
    assert answer.payload == b'{"class":"IndexError","text":"list index out of range"}'
    del kept


def test_streams_and_passed_over_handlers_do_not_answer(bus: Bus) -> None:
    kept = bus.regist_function("calc:x", lambda _: 1, guard_condition=lambda _: False)
    with bus.follow("*") as everything:
        bus.talk("calc:x", "result:x")
        bus.publish("end:x")
        assert [next(everything).id for _ in range(2)] == ["calc:x", "end:x"]
    del kept


def test_an_answer_beyond_a_hundred_hops_is_not_published(bus: Bus) -> None:
    errors: list[str] = []
    bus.on_error(lambda error, *_: errors.append(error.reason))
    kept = bus.regist_function("ping:*", lambda _: None)
    question = Message("ping:x")
    question._wire.MergeFrom(Wire(hops=100))
    bus.talk(question, "pong:x")
    assert errors == ["HOP_LIMIT"]
    del kept


def test_ask_returns_the_first_answer(bus: Bus) -> None:
    kept = [bus.regist_function("calc:add", lambda m: sum(m.args)), bus.regist_function("calc:add", lambda _: "second")]
    assert bus.ask("calc:add", 1, 2) == 3
    assert list(bus.ask_many("calc:add", 1, 2)) == [3, "second"]
    del kept


def test_ask_fails_at_once_when_nobody_answers(bus: Bus) -> None:
    begin = time.monotonic()
    with bus.follow("*"):
        for ask in (bus.ask, bus.ask_many):
            with pytest.raises(NoFollowers, match="calc:add"):
                ask("calc:add")
    kept = bus.regist_function("calc:add", lambda _: 1, guard_condition=lambda _: False)
    with pytest.raises(NoFollowers):
        bus.ask("calc:add")
    assert time.monotonic() - begin < 5
    del kept


def test_ask_raises_what_the_handler_raised(bus: Bus) -> None:
    bus.on_error(lambda *_: None)
    kept = bus.regist_function("calc:x", lambda _: int("x"))
    with pytest.raises(HandlerFailed, match="invalid literal") as raised:
        bus.ask("calc:x")
    assert raised.value.class_name == "ValueError"
    del kept


def test_ask_many_goes_on_behind_a_failure(bus: Bus) -> None:
    bus.on_error(lambda *_: None)
    kept = [bus.regist_function("calc:x", lambda _: 1 / 0), bus.regist_function("calc:x", lambda _: 2)]
    answers = bus.ask_many("calc:x")
    with pytest.raises(HandlerFailed):
        next(answers)
    assert list(answers) == [2]
    del kept


def test_within_limits_the_time_of_handlers_in_a_pool(bus: Bus) -> None:
    go = threading.Event()
    kept = bus.regist_function("calc:slow", lambda _: go.wait(10))
    bus.set_multiplicity(1)
    with pytest.raises(Timeout):
        bus.within(0.05).ask("calc:slow")
    go.set()
    assert bus.within(10).ask("calc:slow") is True
    with pytest.raises(InvalidArgument):
        bus.within(0)
    del kept


@pytest.mark.parametrize("virtual", [False, True])
def test_a_handler_in_the_pool_may_ask_though_no_thread_is_free(virtual: bool) -> None:
    with TestBus(gateway="") if virtual else Bus() as bus:

        @bus.following_function("count:down")
        def count(message: Message) -> int:
            left: int = message.args[0]
            return bus.ask("count:down", left - 1) + 1 if left else 0

        bus.set_multiplicity(2)
        assert bus.within(10).ask("count:down", 5) == 5
