"""Conditions: handlers that are called with one message for each term."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from waiting import until

from berrymq import Bus, Condition, Follower, InvalidArgument, Message, NoFollowers, cond, following, twitter
from berrymq.message import pack


class Both:
    """Records what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def hear(self, *messages: Message) -> str:
        self.calls.append(tuple(message.args[0] for message in messages))
        return "together"


def test_it_is_called_with_the_newest_of_each_in_the_order_of_the_terms_and_begins_anew(bus: Bus) -> None:
    both = Both()
    bus.regist_method(cond("x:a") & cond("y:*"), both.hear)
    for identifier, number in [("y:b", 1), ("y:c", 2), ("x:a", 3), ("x:a", 4), ("y:d", 5)]:
        bus.publish(identifier, number)
    assert both.calls == [(3, 2), (4, 5)]
    assert bus.show_followers() == ["x:a", "y:*"]


def test_one_message_may_fill_several_terms(bus: Bus) -> None:
    both = Both()
    bus.regist_method(cond("x:a") & cond("x:*"), both.hear)
    bus.publish("x:a", 1)
    assert both.calls == [(1, 1)]


def test_guards_stand_in_the_terms(bus: Bus) -> None:
    both = Both()
    bus.regist_method(cond("x:a", lambda message: message.args[0] > 1) & cond("y:a"), both.hear)
    assert [bus.publish("x:a", number).followers for number in (1, 2, 1)] == [0, 1, 0]
    bus.publish("y:a", 3)
    assert both.calls == [(2, 3)]


def test_what_a_guard_raises_goes_to_on_error_and_no_term_keeps_the_message(bus: Bus) -> None:
    both, errors = Both(), []
    bus.on_error(lambda error, message, handler: errors.append((type(error), handler)))
    bus.regist_method(cond("x:a") & cond("x:*", lambda message: message.nothing), both.hear)
    bus.publish("x:a", 1)
    assert (both.calls, errors) == ([], [(AttributeError, both.hear)])


def test_the_answer_goes_to_the_message_that_completes_them(bus: Bus) -> None:
    both = Both()
    bus.regist_method(cond("x:a") & cond("y:a"), both.hear)
    with pytest.raises(NoFollowers):
        bus.ask("x:a", 1)
    assert bus.ask("y:a", 2) == "together"
    heard: list[Message] = []
    kept = bus.regist_function("z:answer", heard.append)
    assert bus.talk("y:a", "z:answer", 3).followers == 1
    assert heard == []
    bus.talk("x:a", "z:answer", 4)
    assert [message.args for message in heard] == [("together",)]
    kept.unfollow()


def test_a_condition_of_one_term_is_a_pattern(bus: Bus) -> None:
    both = Both()
    bus.regist_method(cond("x:a"), both.hear)
    assert bus.publish("x:a", 1).followers == 1
    assert both.calls == [(1,)]


def test_it_is_held_weakly_and_ends_as_a_whole(bus: Bus) -> None:
    both, others = Both(), Both()
    bus.regist_method(cond("x:a") & cond("y:a"), both.hear)
    following = bus.regist_method(cond("x:b") & cond("y:b"), others.hear)
    del both
    gc.collect()
    assert bus.show_followers() == ["x:b", "y:b"]
    following.unfollow()
    assert bus.show_followers() == []


def test_decorators_take_a_condition() -> None:
    calls: list[str] = []

    class Kitchen(Follower):
        @following(cond("condition_oven:hot") & cond("condition_dough:ready"))
        def bake(self, oven: Message, dough: Message) -> None:
            calls.append(f"{oven.id} {dough.id}")

    kitchen = Kitchen()
    twitter("condition_dough:ready")
    twitter("condition_oven:hot")
    assert calls == ["condition_oven:hot condition_dough:ready"]
    del kitchen


def test_terms_are_filled_from_another_process_but_not_local_ones(bus: Bus, linked: Any) -> None:
    here, there, both = linked(), linked(), Both()
    here.regist_method(cond("condition_x:a") & cond("_local:stop") & cond("condition_y:stop"), both.hear)
    here.flush()
    there.publish("*:stop", 1).wait(10)
    there.publish("condition_x:a", 2).wait(10)
    here.publish("_local:stop", 3)
    until(lambda: both.calls)
    assert both.calls == [(2, 3, 1)]


def test_a_message_that_requires_it_is_acknowledged_by_a_term(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Both()
    acknowledged: list[str] = []
    monkeypatch.setattr(bus._courier, "_acknowledge", acknowledged.append)
    bus.regist_method(cond("x:a") & cond("x:b"), both.hear)
    for action in "abc":
        message = Message(f"x:{action}", action).with_(require_ack=True, message_id=action)
        bus._courier.deliver(pack(message))
    assert (acknowledged, both.calls) == (["a", "b"], [("a", "b")])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda bus, f: bus.regist_function(cond("a:b") & cond("b:c"), f, queue="q"), "cannot be fed from a queue"),
        (lambda bus, f: bus.regist_function(cond("a:b") & cond("b:c"), f, lambda m: True), "guards stand in its terms"),
        (lambda bus, f: cond("a:b") & "b:c", "only conditions are joined"),  # type: ignore[operator]
        (lambda bus, f: cond(cond("a:b")), "join it with &"),  # type: ignore[arg-type]
        (lambda bus, f: cond("a:b") and cond("b:c"), "joined with &, not with `and`"),
        (lambda bus, f: _many(17), "17 terms; 16 are the most"),
        (lambda bus, f: bus.regist_function(cond("a:b") & cond("b:c"), lambda only: None), "2 messages, one for each"),
    ],
)
def test_wrong_use_is_refused_with_the_way_out(bus: Bus, make: Any, says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        make(bus, Both().hear)


def _many(count: int) -> Condition:
    joined = cond("a:b")
    for _ in range(count - 1):
        joined = joined & cond("a:b")
    return joined
