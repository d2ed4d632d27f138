"""Buses without a server, in virtual time: everything that waits otherwise happens at once, in order."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from waiting import until

from berrymq import (
    Bus,
    Closed,
    Empty,
    InvalidArgument,
    LeaseLost,
    Message,
    NotSupported,
    Queue,
    Reject,
    Release,
    Retry,
    Timeout,
    cond,
)
from berrymq.testing import TestBus


@pytest.fixture
def bus() -> Iterator[TestBus]:
    with TestBus(gateway="") as under_test:
        under_test.on_error(lambda *_: None)
        yield under_test


def numbers(queue: Queue) -> list[Any]:
    return [message.args[0] for message in queue.get_many(100, 0)]


def test_a_lease_ends_when_its_time_is_over(bus: TestBus) -> None:
    queue = Queue("a:x", bus=bus, lease=30)
    bus.publish("a:x", 1)
    first = queue.get(auto_ack=False)
    bus.advance(29.9)
    assert queue.empty()
    bus.advance(0.1)
    assert queue.qsize() == 1
    with pytest.raises(LeaseLost):
        first.ack()
    assert queue.get(auto_ack=False).attempt == 2


def test_a_ttl_a_delay_and_the_dedupe_window_pass(bus: TestBus) -> None:
    queue = Queue("a:x", bus=bus, dedupe=60)
    with bus.follow("berrymq:drop") as drops:
        bus.publish(Message("a:x", "gone").with_(ttl=10))
        bus.publish(Message("a:x", "late").with_(delay=20, message_id="1"))
        bus.publish(Message("a:x", "now"))
        assert numbers(queue) == ["gone", "now"]
        bus.publish(Message("a:x", "dropped").with_(ttl=10))
        bus.advance(10)
        assert next(drops).reason == "expired"
    assert queue.empty()
    bus.advance(10)
    assert numbers(queue) == ["late"]
    bus.publish(Message("a:x", "twice").with_(message_id="1"))
    assert queue.empty()
    bus.advance(60)
    bus.publish(Message("a:x", "again").with_(message_id="1"))
    assert numbers(queue) == ["again"]


def test_a_message_tells_the_time_of_the_test(bus: TestBus) -> None:
    before = Message("a:x").published_at
    bus.advance(3600)
    message = Message("a:x").with_(ttl=60)
    assert (message.published_at - before).total_seconds() == 3600
    assert message.expires_at is not None
    assert (message.expires_at - message.published_at).total_seconds() == 60


def test_backoff_doubles_up_to_the_dead_letters_of_which_who_asked_is_told(bus: TestBus) -> None:
    at: list[float] = []

    def fail(_: Message) -> None:
        at.append(bus.now)
        raise RuntimeError("no")

    bus.following_function("a:x", queue="work", queue_options={"backoff": (1, 10), "max_attempts": 6})(fail)
    bus.talk("a:x", "done:x", 1)
    bus.advance(24)
    bus.assert_not_published("done:x")
    bus.advance(3600)
    assert [answer.failure for answer in bus.assert_published("done:x")] == [("RuntimeError", "no")]
    assert at == [0, 1, 3, 7, 15, 25]
    work = Queue("a:x", shared=True, name="work", backoff=(1, 10), max_attempts=6, bus=bus)
    assert work.dead.get_nowait().attributes["berrymq-dead-attempts"] == "6"


def test_an_hour_of_retries_takes_no_time(bus: TestBus) -> None:
    tried: list[int] = []

    def later(message: Message) -> None:
        tried.append(message.attempt)
        raise Retry(after=5)

    following = bus.regist_function("a:x", later, queue="work", queue_options={"max_attempts": 1000})
    began = time.monotonic()
    bus.publish("a:x")
    bus.advance(3600)
    assert tried == list(range(1, 722))
    assert time.monotonic() - began < 5, "which is an hour less"
    following.unfollow()


def test_verdicts_and_a_lease_that_is_held_while_time_passes(bus: TestBus) -> None:
    other = Queue("never:x", bus=bus)
    seen: list[tuple[Any, int, bool]] = []

    def handle(message: Message) -> None:
        if message.args == ("long",):
            with pytest.raises(Empty):
                other.get(timeout=100)
        seen.append((message.args[0], message.attempt, message.lease_lost.is_set()))
        if message.attempt == 1 and message.args == ("back",):
            raise Release
        if message.args == ("bad",):
            raise Reject("worthless")

    following = bus.regist_function("a:x", handle, queue="work", queue_options={"lease": 3})
    for each in ("long", "bad"):
        bus.publish("a:x", each)
    bus.settle()
    assert seen == [("long", 1, False), ("bad", 1, False)]
    assert bus.now == 100, "the handler waited, and its lease was extended"
    following.unfollow()


def test_a_handler_that_gives_back_for_ever_is_told_of(bus: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berrymq.testing.virtual_time.LONGEST_TURN", 0.05)

    def never(_: Message) -> None:
        raise Release

    following = bus.regist_function("a:x", never, queue="work")
    bus.publish("a:x")
    with pytest.raises(Timeout, match="still at work"):
        bus.settle()
    following.unfollow()


def test_a_get_moves_time_to_what_is_due_and_no_further(bus: TestBus) -> None:
    queue = Queue("a:x", bus=bus)
    bus.publish(Message("a:x", 1).with_(delay=40))
    assert queue.get(timeout=1000).args == (1,)
    assert bus.now == 40
    with pytest.raises(Empty):
        queue.get(timeout=7)
    assert bus.now == 47


def test_a_get_that_would_wait_for_ever_says_so(bus: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berrymq.testing.virtual_time.REAL_GRACE", 0.05)
    with pytest.raises(Timeout, match="nothing is due"):
        Queue("a:x", bus=bus).get()
    with bus.follow("a:x") as messages, pytest.raises(Timeout, match="nothing is due"):
        next(messages)


def test_an_ask_times_out_at_once(bus: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berrymq.testing.stage.REAL_GRACE", 0.05)
    release, loops = asyncio.Event(), []

    @bus.following_function("a:x")
    async def silent(_: Message) -> None:
        loops.append(asyncio.get_running_loop())
        await release.wait()

    with pytest.raises(Timeout):
        bus.ask("a:x")
    assert bus.now == 30
    loops[0].call_soon_threadsafe(release.set)


def test_an_ask_of_a_pipeline_times_out_at_its_deadline(bus: TestBus) -> None:
    with Queue("silent:x", bus=bus), pytest.raises(Timeout, match="silent:x"):
        bus.pipeline("silent:x", "end:x", deadline=60).ask()
    assert bus.now == 60


def test_a_pipeline_handles_nothing_beyond_its_deadline(bus: TestBus) -> None:
    silent, failed = Queue("silent:x", bus=bus), Queue("failed:x", bus=bus)

    def slow(_: Message) -> None:
        with pytest.raises(Empty):
            silent.get(timeout=100)

    def late(_: Message) -> None: ...

    keep = [bus.regist_function("slow:x", slow), bus.regist_function("late:x", late)]
    bus.pipeline("slow:x", "end:x", errors="failed:x", deadline=60).talk()
    assert "had passed when" in str(failed.get(timeout=1).failure)
    bus.set_multiplicity(1)
    bus.publish("slow:x")
    bus.pipeline("late:x", "end:x", errors="failed:x", deadline=60).talk()
    told = failed.get(timeout=1000)
    assert told.failure is not None
    assert told.failure.class_name == "Timeout"
    assert told.expires_at is None
    bus.mock(late).assert_not_called()
    assert len(keep) == 2


def test_handlers_of_a_pool_have_ended_when_it_settles(bus: TestBus) -> None:
    threads: list[str] = []
    bus.set_multiplicity(3)

    @bus.following_function("a:x")
    def handle(_: Message) -> None:
        threads.append(threading.current_thread().name)

    for _ in range(5):
        bus.publish("a:x")
    assert threads == []
    bus.settle()
    assert threads == [threading.current_thread().name] * 5


def test_coroutines_have_ended_when_it_settles(bus: TestBus) -> None:
    done: list[int] = []

    @bus.following_function("a:x")
    async def handle(message: Message) -> int:
        await asyncio.sleep(0.01)
        done.append(message.args[0])
        return int(message.args[0]) * 2

    @bus.following_function("b:x", queue="work")
    async def work(message: Message) -> None:
        done.append(message.args[0])

    bus.publish("a:x", 1)
    bus.publish("b:x", 2)
    bus.settle()
    assert sorted(done) == [1, 2]
    assert bus.ask("a:x", 4) == 8
    assert bus.now == 0


def test_timers_of_a_bus_tick_in_virtual_time(bus: TestBus) -> None:
    at: list[float] = []

    def tick() -> None:
        at.append(bus.now)
        bus._courier.clock.later(10, tick)

    bus._courier.clock.later(10, tick)
    bus.advance(35)
    assert at == [10, 20, 30]
    bus._courier.clock.later(1, tick).cancel()
    bus.advance(4)
    assert at == [10, 20, 30]


def test_a_redrive_keeps_its_rate_in_no_time(bus: TestBus) -> None:
    queue = Queue("a:x", bus=bus)
    for number in range(200):
        bus.publish("a:x", number)
        queue.get(auto_ack=False).reject()
    assert queue.dead.redrive(rate=1) == 200
    assert bus.now == 199


def test_a_thread_of_the_program_waits_until_the_test_moves_time(bus: TestBus) -> None:
    queue, waited = Queue("a:x", bus=bus), threading.Event()
    got: list[object] = []

    def wait_for_it() -> None:
        try:
            queue.get(timeout=30)
        except Empty:
            got.append(bus.now)
        waited.set()

    threading.Thread(target=wait_for_it, daemon=True).start()
    until(lambda: queue.status().consumers == 1)
    bus.advance(29)
    assert not waited.is_set()
    bus.advance(1)
    assert waited.wait(10)
    assert got == [30]


def test_what_was_registered_and_opened_ends_with_the_test_and_the_rest_stays() -> None:
    heard: list[Any] = []
    with Bus() as bus:
        before = [bus.regist_function("a:x", lambda message: heard.append(message.args[0]))]
        kept = Queue("a:x", bus=bus, lease=30)
        bus.publish("a:x", 0)
        with TestBus(bus, gateway="") as under_test:
            meanwhile = under_test.regist_function("a:x", lambda _: heard.append("meanwhile"))
            opened = Queue("b:*", shared=True, name="b", bus=bus)
            stream = bus.follow("a:x")
            before.append(under_test.regist_function("a:y", print, queue="new"))
            bus.set_multiplicity(2)
            under_test.publish("a:x", 1)
            under_test.settle()
            assert numbers(kept) == [1], "it begins the test empty"
            under_test.advance(1000)
        assert (bus.show_followers(), heard) == (["a:x"], [0, 1, "meanwhile"])
        assert numbers(kept) == [0], "and has what it had before"
        assert list(stream) != [], "it hands out what it has, and ends"
        with pytest.raises(Closed):
            opened.qsize()
        meanwhile.unfollow()
        bus.publish("a:x", 2)
        assert heard[-1] == 2
        kept.get(auto_ack=False)
        assert kept.status().leased == 1


def test_durable_followings_from_before_work_in_the_test_and_after_it() -> None:
    seen: list[Any] = []
    with Bus() as bus:

        @bus.following_function("a:x", queue="work")
        def work(message: Message) -> None:
            seen.append((message.args[0], threading.current_thread() is threading.main_thread()))

        bus.publish("a:x", 0)
        queue = Queue("a:x", shared=True, name="work", bus=bus)
        until(lambda: seen and not queue.status().leased)
        with TestBus(bus, gateway="") as under_test:
            bus.publish("a:x", 1)
            under_test.settle()
            assert seen[1:] == [(1, True)]
            assert under_test.mock(work).call_count == 1
        bus.publish("a:x", 2)
        until(lambda: len(seen) == 3)
        assert seen[2] == (2, False)
        assert not hasattr(work, "mock")


def test_a_condition_begins_the_test_with_nothing_seen() -> None:
    with Bus() as bus:
        calls: list[int] = []
        following = bus.regist_function(cond("a:x") & cond("b:x"), lambda a, b: calls.append(1))
        bus.publish("a:x")
        with TestBus(bus, gateway="") as under_test:
            under_test.publish("b:x")
            assert calls == []
        bus.publish("b:x")
        assert calls == [1]
        following.unfollow()


def test_what_makes_no_sense_is_refused(bus: TestBus) -> None:
    with pytest.raises(InvalidArgument, match="advance"):
        bus.advance(-1)
    with pytest.raises(InvalidArgument, match="already"):
        TestBus(bus.bus)
    with pytest.raises(NotSupported, match="virtual"):
        bus.connect("localhost:1")
    with pytest.raises(InvalidArgument, match="drop=2"):
        bus.faults(drop=2)
    with pytest.raises(InvalidArgument, match="seed"):
        TestBus(seed="x")  # type: ignore[arg-type]


def test_within_an_event_loop_a_thread_moves_time(bus: TestBus) -> None:
    done: list[float] = []

    async def main() -> None:
        @bus.following_function("a:x", queue="work", queue_options={"backoff": (60, 60)})
        async def work(message: Message) -> None:
            done.append(bus.now)
            if message.attempt == 1:
                raise RuntimeError("once")

        bus.publish("a:x")
        await asyncio.to_thread(bus.advance, 100)

    asyncio.run(main())
    assert done == [0, 60]
