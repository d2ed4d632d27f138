"""What a bus under test records, and how it fails."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import berrymq
from berrymq import Bus, Follower, InvalidArgument, Message, NoFollowers, Queue, following
from berrymq.adapters import IntervalTimer
from berrymq.testing import TestBus


@pytest.fixture
def bus() -> Iterator[TestBus]:
    with TestBus(gateway="") as under_test:
        under_test.on_error(lambda *_: None)
        yield under_test


def test_what_was_published_is_recorded_in_order(bus: TestBus) -> None:
    @bus.following_function("a:x")
    def answer(_: Message) -> str:
        return "answer"

    bus.twitter("a:x", 1, level=3)
    bus.talk("a:x", "b:x", 2)
    bus.publish_many([("c:x", 3), Message("c:y", 4)])
    with pytest.raises(NoFollowers):
        bus.ask("nobody:x")
    assert [(each.id, each.args) for each in bus.published] == [
        ("a:x", (1,)),
        ("a:x", (2,)),
        ("b:x", ("answer",)),
        ("c:x", (3,)),
        ("c:y", (4,)),
        ("nobody:x", ()),
    ]


def test_assert_published_returns_what_matches_and_tells_what_was_there_instead(bus: TestBus) -> None:
    with pytest.raises(AssertionError, match="nothing was published at all"):
        bus.assert_published("a:x")
    bus.publish("a:x", 1, level=3, to="ann")
    bus.publish("a:y", 2)
    assert [each.id for each in bus.assert_published("a:*")] == ["a:x", "a:y"]
    assert len(bus.assert_published("a:x", 1, level=3)) == 1
    assert len(bus.assert_published("*:x", to="ann")) == 1
    for wrong in ({"level": 4}, {"more": 1}):
        with pytest.raises(AssertionError, match=re.escape("a:x(1, level=3, to='ann'), a:y(2)")):
            bus.assert_published("a:x", **wrong)
    with pytest.raises(AssertionError):
        bus.assert_published("a:x", 1, 2)
    bus.assert_not_published("b:*")
    bus.assert_not_published("a:x", 2)
    with pytest.raises(AssertionError, match=re.escape("there was a:y(2)")):
        bus.assert_not_published("a:y")


def test_it_waits_for_handlers_before_it_tells(bus: TestBus) -> None:
    following = bus.regist_function("a:x", lambda message: bus.publish("b:x", *message.args), queue="work")
    bus.publish("a:x", 1)
    bus.assert_published("b:x", 1)
    bus.publish("a:x", 2)
    assert [each.args for each in bus.published if each.id == "b:x"] == [(1,), (2,)]
    following.unfollow()


def test_a_mock_tells_what_a_handler_was_called_with(bus: TestBus) -> None:
    def handle(message: Message) -> None: ...

    def guarded(message: Message) -> None: ...

    keep = [
        bus.regist_function("a:x", handle),
        bus.regist_function("b:x", handle, queue="work"),
        bus.regist_function("a:x", guarded, lambda message: message.args == (2,)),
    ]
    bus.mock(handle).assert_not_called()
    bus.publish("a:x", 1, level=3)
    mock = bus.mock(handle)
    mock.assert_called_once_with(1, level=3)
    for args, kwargs in (((1,), {}), ((2,), {"level": 3})):
        with pytest.raises(AssertionError, match=re.escape("handle was to be called once with")):
            mock.assert_called_once_with(*args, **kwargs)
    bus.publish("b:x", 2)
    assert (mock.called, mock.call_count, [each.id for each in mock.calls]) == (True, 2, ["a:x", "b:x"])
    with pytest.raises(AssertionError, match="2 times"):
        mock.assert_called_once_with(2)
    with pytest.raises(AssertionError, match="b:x"):
        mock.assert_not_called()
    assert not bus.mock(guarded).called
    with pytest.raises(AssertionError, match="never"):
        bus.mock(guarded).assert_called_once_with()
    for each in keep:
        each.unfollow()


def test_functions_carry_their_mock_as_an_attribute(bus: TestBus) -> None:
    def early(message: Message) -> None: ...

    def late(message: Message) -> None: ...

    keep: list[Any] = [bus.regist_function("a:x", early), bus.regist_function("a:x", late, queue="work")]
    bus.publish("a:x", 1)
    for each in (early, late):
        each.mock.assert_called_once_with(1)  # type: ignore[attr-defined]
    bus.close()
    assert not hasattr(early, "mock")
    assert not hasattr(late, "mock")
    assert len(keep) == 2


def test_methods_have_records_each_and_together() -> None:
    class Log(Follower):
        @following("records:x")
        def take(self, message: Message) -> None: ...

    first, second = Log(), Log()
    with TestBus(berrymq.default_bus.bus, gateway="") as bus:
        berrymq.publish("records:x", 1)
        bus.mock(first.take).assert_called_once_with(1)
        bus.mock(second.take).assert_called_once_with(1)
        assert bus.mock(Log.take).call_count == 2


def test_an_interval_timer_ticks_in_virtual_time(bus: TestBus) -> None:
    with IntervalTimer("clock", 60, bus=bus.bus):
        bus.advance(3600)
    assert [each.args[0] for each in bus.assert_published("clock:tick")] == list(range(1, 61))
    bus.advance(3600)
    assert len(bus.published) == 60


def test_an_interval_timer_from_before_the_test_ticks_in_it_and_after_it() -> None:
    with Bus() as bus, IntervalTimer("clock", 3600, bus=bus), bus.follow("clock:tick") as ticks:
        with TestBus(bus, gateway="") as under_test:
            under_test.advance(7200)
            assert len(under_test.published) == 2
        assert [next(ticks).args, next(ticks).args] == [(1,), (2,)]
        ((left, _),) = bus._courier.clock.real.give_up()
        assert 3590 < left <= 3600


def outcome(seed: int, messages: int = 60, **faults: float) -> list[Any]:
    """What two followers and a worker heard."""
    with TestBus(seed=seed, gateway="") as bus:
        heard: list[Any] = []
        bus.faults(**faults)

        def follower(message: Message) -> None:
            heard.append(("live", message.args[0]))

        def worker(message: Message) -> None:
            heard.append(("work", message.args[0]))

        keep = [bus.regist_function("a:x", follower), bus.regist_function("a:x", worker, queue="work")]
        for number in range(messages):
            bus.publish("a:x", number)
        bus.advance(100)
        assert len(keep) == 2
        return heard


def test_faults_happen_within_what_is_promised_and_again_by_the_same_seed() -> None:
    faulty = outcome(7, drop=0.3, duplicate=0.3, reorder=0.3)
    live, work = ([value for kind, value in faulty if kind == wanted] for wanted in ("live", "work"))
    assert 20 < len(live) < 60
    assert live == sorted(set(live)), "what a live follower hears is in order, and once"
    assert 60 < len(work) < 100, "a delivery may come again"
    assert set(work) == set(range(60)), "and none is lost"
    assert work != sorted(work), "some come after their successor"
    assert outcome(7, drop=0.3, duplicate=0.3, reorder=0.3) == faulty
    assert outcome(8, drop=0.3, duplicate=0.3, reorder=0.3) != faulty
    assert outcome(7) == [("live", n) for n in range(60)] + [("work", n) for n in range(60)]


def test_a_pulling_queue_fails_in_the_same_ways(bus: TestBus) -> None:
    queue = Queue("a:x", bus=bus)
    bus.faults(duplicate=1)
    bus.publish("a:x", 1)
    first = queue.get(auto_ack=False)
    first.ack()
    again = queue.get(auto_ack=False)
    assert (again.message.message_id, again.attempt) == (first.message.message_id, 2)
    again.ack()
    assert queue.empty(), "once more, and no more"
    bus.faults(reorder=1)
    bus.publish("a:x", 2)
    bus.publish("a:x", 3)
    assert [queue.get_nowait().args[0] for _ in range(2)] == [3, 2]


def test_a_block_that_fails_prints_its_seed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError), TestBus(seed=11, gateway=""):
        raise RuntimeError
    assert "berryMQ seed: 11" in capsys.readouterr().err
    monkeypatch.setenv("BERRYMQ_TEST_SEED", "11")
    with TestBus(gateway="") as again:
        assert again.seed == 11
    monkeypatch.setenv("BERRYMQ_TEST_SEED", "eleven")
    with pytest.raises(InvalidArgument, match="eleven"):
        TestBus(gateway="")


def test_an_assertion_that_fails_in_a_handler_fails_the_test() -> None:
    def check(message: Message) -> None:
        assert message.args == (2,)

    def order(error: type[Exception] | None, take: bool = False) -> None:
        with TestBus(gateway="") as bus:
            bus.regist_function("order:new", check, queue="orders")
            bus.publish("order:new", 1)
            bus.settle()
            if take:
                assert [type(each.error) for each in bus.take_errors()] == [AssertionError]
            if error is not None:
                raise error

    with pytest.raises(AssertionError):
        order(None)
    with pytest.raises(RuntimeError):
        order(RuntimeError)
    order(None, take=True)


PLUGIN_TESTS = """
import berrymq as mq

@mq.following_function("order:new")
def confirm(message):
    mq.publish("order:confirmed", *message.args)

def test_the_default_bus(berrymq):
    mq.publish("order:new", 1)
    berrymq.assert_published("order:confirmed", 1)
    confirm.mock.assert_called_once_with(1)

def test_it_begins_anew(berrymq):
    assert berrymq.published == []

def test_a_new_bus(berrymq_bus):
    berrymq_bus.publish("order:new", 1)
    berrymq_bus.assert_not_published("order:confirmed")

def test_an_assertion_in_a_handler(berrymq_bus):
    @berrymq_bus.following_function("order:new")
    def check(message):
        assert message.args[0] == 2
    berrymq_bus.publish("order:new", 1)

def test_that_fails(berrymq_bus):
    assert False
"""


def test_pytest_has_fixtures_and_tells_the_seed_of_what_failed(tmp_path: Path) -> None:
    (tmp_path / "test_plugin.py").write_text(PLUGIN_TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert "1 failed, 4 passed, 1 error" in done.stdout, done.stdout
    assert "ERROR at teardown of test_an_assertion_in_a_handler" in done.stdout
    assert re.search(r"berryMQ seed: \d+", done.stdout)
