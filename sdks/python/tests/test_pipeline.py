"""Pipelines: what goes from hop to hop, and who hears of what goes wrong. (Over gateways: test/conformance.)"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from berrymq import (
    Bus,
    HandlerFailed,
    HopLimit,
    InvalidArgument,
    InvalidIdentifier,
    Message,
    NoFollowers,
    NotEncodable,
    Queue,
    ReservedIdentifier,
    Timeout,
)


def keep(bus: Bus, pattern: str) -> Queue:
    return Queue(pattern, bus=bus)


def hop(bus: Bus, pattern: str, handle: Callable[[Message], Any]) -> None:
    """The bus lives as long as the handler."""
    held.append(bus.regist_function(pattern, handle))


held: list[object] = []


def test_results_go_from_hop_to_hop_and_the_last_is_told(bus: Bus) -> None:
    end, told = keep(bus, "c:x"), keep(bus, "hops:done")
    hop(bus, "a:x", lambda message: message.args[0] + message.kwargs["more"])
    hop(bus, "b:x", lambda message: message.args[0] * 10)
    receipt = bus.pipeline("a:x", "b:x", "c:x", results="hops:done").talk(1, more=2)
    last = end.get_nowait()
    assert (last.args, last.reply_to, last.failure, last.hops) == ((30,), "", None, 2)
    kwargs = {"pipeline": receipt.message_id, "of": 2}
    assert [(each.args, each.kwargs) for each in told.get_many(9, 0)] == [
        ((3,), {**kwargs, "hop": 1, "at": "a:x"}),
        ((30,), {**kwargs, "hop": 2, "at": "b:x"}),
    ]


def test_its_messages_carry_all_that_the_next_hop_must_know(bus: Bus) -> None:
    seen = keep(bus, "*:x")
    hop(bus, "a:x", lambda _: 1)
    receipt = bus.pipeline("a:x", "b:x", "c:x", "d:x", errors="e:x", results="r:y", deadline=60).talk()
    first, second = seen.get_many(2)
    assert (first.reply_to, second.reply_to) == ("b:x", "c:x")
    common = {"berrymq-pipeline": receipt.message_id, "berrymq-errors": "e:x", "berrymq-results": "r:y"}
    assert first.attributes == {**common, "berrymq-hop": "1", "berrymq-route": '["c:x","d:x"]'}
    assert second.attributes == {**common, "berrymq-hop": "2", "berrymq-route": '["d:x"]'}
    assert second.expires_at == first.expires_at
    assert second.answer == (first.message_id, 1, 1, False)


def test_every_handlers_result_goes_its_own_way(bus: Bus) -> None:
    end = keep(bus, "c:x")
    hop(bus, "a:x", lambda _: "one")
    hop(bus, "a:x", lambda _: 1 / 0)
    hop(bus, "b:x", lambda message: message.args[0].upper())
    bus.on_error(lambda *_: None)
    bus.pipeline("a:x", "b:x", "c:x", errors="none:here").talk()
    assert [each.args for each in end.get_many(9, 0)] == [("ONE",)]


def test_of_two_identifiers_and_nothing_else_it_is_a_plain_talk(bus: Bus) -> None:
    end = keep(bus, "b:x")
    hop(bus, "a:x", lambda _: 5)
    bus.pipeline("a:x", "b:x").talk()
    last = end.get_nowait()
    assert (last.args, last.attributes) == ((5,), {})


def test_the_last_answers_who_asks(bus: Bus) -> None:
    everything = keep(bus, "*:*")
    hop(bus, "a:x", lambda message: message.args[0] + 1)
    hop(bus, "b:x", lambda message: message.args[0] * 2)
    hop(bus, "c:x", lambda message: {"end": message.args[0]})
    assert bus.pipeline("a:x", "b:x", "c:x").ask(1) == {"end": 4}
    assert [each.id for each in everything.get_many(9, 0)] == ["a:x", "b:x", "c:x"], "nobody's * hears the answer"


def test_what_a_hop_raises_goes_to_the_error_target_and_says_where(bus: Bus) -> None:
    failed, end = keep(bus, "failed:x"), keep(bus, "c:x")
    hop(bus, "a:x", lambda _: 1)
    hop(bus, "b:x", lambda message: message.kwargs["no such key"])
    bus.on_error(lambda *_: None)
    through = bus.pipeline("a:x", "b:x", "c:x", errors="failed:x")
    receipt = through.talk()
    told = failed.get_nowait()
    assert told.failure == ("KeyError", "'no such key'")
    assert told.attributes == {"berrymq-pipeline": receipt.message_id, "berrymq-hop": "2", "berrymq-at": "b:x"}
    assert end.empty()
    with pytest.raises(HandlerFailed, match="no such key"):
        through.ask()
    assert failed.get_nowait().failure is not None, "who asks does not take it away from the error target"


def test_a_hop_where_nobody_is_fails_at_once(bus: Bus) -> None:
    failed = keep(bus, "failed:x")
    hop(bus, "a:x", lambda _: 1)
    through = bus.pipeline("a:x", "b:x", "c:x", errors="failed:x")
    through.talk()
    told = failed.get_nowait()
    assert told.failure is not None
    assert (told.failure.class_name, told.attributes["berrymq-at"]) == ("NoFollowers", "b:x")
    with pytest.raises(NoFollowers, match="b:x"):
        through.ask()
    with pytest.raises(NoFollowers, match="nobody:x"):
        bus.pipeline("nobody:x", "c:x").ask()


def test_a_failure_that_nobody_hears_comes_to_on_error(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, *_: errors.append(error))
    bus.pipeline("a:x", "b:x", "c:x").talk()
    assert [type(error) for error in errors] == [NoFollowers]


def test_a_result_that_cannot_travel_or_a_message_at_the_hop_limit_fails(bus: Bus, linked: Callable[[], Bus]) -> None:
    other = linked()
    failed = keep(bus, "pipeline-failed:x")
    hop(other, "pipeline-odd:x", lambda _: object())
    with pytest.raises(HandlerFailed) as caught:
        other.pipeline("pipeline-odd:x", "pipeline-b:x").ask()
    assert caught.value.class_name == "NotEncodable"
    hop(bus, "a:x", lambda _: 1)
    bus.on_error(lambda *_: None)
    route = {"berrymq-pipeline": "p", "berrymq-hop": "1", "berrymq-errors": "pipeline-failed:x"}
    tired = Message("a:x").with_(attributes=route)
    tired._wire.hops = 100
    bus.talk(tired, "b:x")
    told = failed.get_nowait()
    assert told.failure is not None
    assert told.failure.class_name == HopLimit.__name__
    assert NotEncodable.__name__ == caught.value.class_name


def test_a_route_that_is_none_is_told_of_and_harms_nobody(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, *_: errors.append(error))
    hop(bus, "a:x", lambda _: 1)
    for told in ("nonsense", json.dumps([1]), json.dumps(["_local:x"])):
        bus.talk(Message("a:x").with_(attributes={"berrymq-pipeline": "p", "berrymq-route": told}), "b:x")
    assert len(errors) == 3
    assert "JSON list" in str(errors[0])
    assert "_local:x" in str(errors[2])


def test_an_ask_without_an_answer_times_out(bus: Bus) -> None:
    hop(bus, "a:x", lambda _: 1)
    with keep(bus, "b:x"), pytest.raises(Timeout, match="a:x → b:x"):
        bus.pipeline("a:x", "b:x", deadline=0.05).ask()


@pytest.mark.parametrize(
    ("identifiers", "options", "error", "says"),
    [
        (("a:x",), {}, InvalidArgument, "2 to 100"),
        (("a:x", "_b:x", "c:x"), {}, InvalidArgument, "_b:x"),
        (("a:x", "b*:x"), {}, InvalidIdentifier, "b\\*"),
        (("a:x", "b:x"), {"errors": "berrymq:x"}, ReservedIdentifier, "berrymq"),
        (("a:x", "b:x"), {"results": "_r:x"}, InvalidArgument, "_r:x"),
        (("a:x", "b:x"), {"deadline": 0}, InvalidArgument, "deadline=0"),
        (("a:x",) * 101, {}, InvalidArgument, "not 101"),
    ],
)
def test_what_is_no_pipeline_is_refused(
    bus: Bus, identifiers: tuple[str, ...], options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        bus.pipeline(*identifiers, **options)
