"""Handlers that are coroutine functions, live and durable, on the bus's own loop and on the user's."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from waiting import until

from berrymq import Bus, Closed, Follower, HandlerFailed, Message, following
from berrymq.default_bus import bus as default_bus
from berrymq.testing import TestBus

Make = Callable[[], Bus]


def test_a_coroutine_function_runs_in_the_thread_of_the_bus_in_order_of_publishing(bus: Bus) -> None:
    heard: list[tuple[Any, str]] = []

    @bus.following_function("a:b")
    async def hear(message: Message) -> None:
        heard.append((message.args[0], threading.current_thread().name))
        await asyncio.sleep(0)

    for number in range(50):
        assert bus.publish("a:b", number).followers == 1
    until(lambda: len(heard) == 50)
    assert heard == [(number, "berrymq-asyncio") for number in range(50)]


@pytest.mark.parametrize(("limit", "at_once"), [(0, 20), (2, 2)])
def test_all_run_at_once_and_after_set_multiplicity_so_many(bus: Bus, limit: int, at_once: int) -> None:
    at_work, most, done = [0], [0], [0]
    gates: list[asyncio.Event] = []

    @bus.following_function("a:b")
    async def work(_: Message) -> None:
        if not gates:
            gates.append(asyncio.Event())
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        await gates[0].wait()
        at_work[0] -= 1
        done[0] += 1

    bus.set_multiplicity(limit)
    for _ in range(20):
        bus.publish("a:b")
    until(lambda: at_work[0] == at_once)
    bus._dispatcher.coroutines._own.get().call_soon_threadsafe(gates[0].set)
    until(lambda: done[0] == 20)
    assert most[0] == at_once


def test_a_thread_that_publishes_waits_beyond_so_many_at_work(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berrymq.coroutines.MOST_AT_WORK", 10)
    gates: list[asyncio.Event] = []
    published, done = [0], [0]

    @bus.following_function("a:b")
    async def slow(_: Message) -> None:
        if not gates:
            gates.append(asyncio.Event())
        await gates[0].wait()
        done[0] += 1

    def publish() -> None:
        for _ in range(30):
            bus.publish("a:b")
            published[0] += 1

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    until(lambda: gates and published[0] == 10 and bus._dispatcher.coroutines.at_work == 10)
    bus._dispatcher.coroutines._own.get().call_soon_threadsafe(lambda: gates[0].set())
    until(lambda: done[0] == 30)
    thread.join(10)


def test_registered_within_a_running_loop_it_runs_there(bus: Bus) -> None:
    async def main() -> None:
        here, heard = threading.current_thread(), asyncio.Event()

        class Clerk:
            async def hear(self, _: Message) -> None:
                assert threading.current_thread() is here
                heard.set()

        clerk = Clerk()
        bus.regist_method("a:b", clerk.hear)
        await asyncio.to_thread(bus.publish, "a:b")
        await asyncio.wait_for(heard.wait(), 10)

    asyncio.run(main())


def test_what_it_returns_answers_and_what_it_raises_is_reported_and_told(linked: Make) -> None:
    here, there = linked(), linked()
    errors: list[BaseException] = []
    there.on_error(lambda error, *_: errors.append(error))

    @there.following_function("coroutine:asked")
    async def double(message: Message) -> int:
        await asyncio.sleep(0)
        if message.args[0] < 0:
            raise ValueError("too little")
        return 2 * int(message.args[0])

    there.flush()
    for bus in (here, there):
        assert bus.ask("coroutine:asked", 21) == 42
        with pytest.raises(HandlerFailed, match="ValueError: too little"):
            bus.ask("coroutine:asked", -1)
    assert list(map(str, errors)) == ["too little"] * 2


def test_a_follower_of_answers_may_ask_in_its_turn(bus: Bus) -> None:
    heard: list[int] = []

    @bus.following_function("a:b")
    async def double(message: Message) -> int:
        return 2 * int(message.args[0])

    @bus.following_function("a:answer")
    def hear(message: Message) -> None:
        heard.append(bus.within(10).ask("a:b", message.args[0]))

    bus.talk("a:b", "a:answer", 1)
    until(lambda: heard == [4])


def test_methods_of_followers_partials_and_decorated_functions_are_awaited_too(bus: Bus) -> None:
    heard: list[str] = []

    class Clerk(Follower):
        @following("coroutine_method:called")
        async def hear(self, _: Message) -> None:
            heard.append("method")

    async def named(name: str, _: Message) -> None:
        heard.append(name)

    @functools.wraps(named)
    def decorated(message: Message) -> Any:
        return named("decorated", message)

    decorated.__signature__ = None  # type: ignore[attr-defined]
    clerk = Clerk()
    default_bus.publish("coroutine_method:called")
    kept = [bus.regist_function("a:b", functools.partial(named, "partial")), bus.regist_function("a:b", decorated)]
    bus.publish("a:b")
    until(lambda: sorted(heard) == ["decorated", "method", "partial"])
    living = weakref.ref(clerk)
    del kept, clerk
    until(lambda: gc.collect() >= 0 and living() is None)
    assert default_bus.publish("coroutine_method:called").followers == 0


def test_it_runs_in_a_copy_of_the_publishers_context_and_so_do_threads_of_the_pool(bus: Bus) -> None:
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")
    heard: list[str] = []

    @bus.following_function("a:b")
    async def hear(_: Message) -> None:
        heard.append(user.get())
        user.set("changed")

    @bus.following_function("a:b")
    def hear_in_pool(_: Message) -> str:
        heard.append(user.get())
        user.set("changed")
        return "heard"

    bus.set_multiplicity(2)
    user.set("ann")
    bus.publish("a:b")
    until(lambda: len(heard) == 2)
    assert list(bus.ask_many("a:b")) in ([None, "heard"], ["heard", None])
    assert heard == ["ann"] * 4
    assert user.get() == "ann"


def test_require_ack_is_acknowledged_at_its_end(linked: Make) -> None:
    here, there = linked(), linked()
    go = threading.Event()
    attempts: list[int] = []

    @there.following_function("coroutine:acknowledged")
    async def hear(message: Message) -> None:
        attempts.append(message.attempt)
        await asyncio.to_thread(go.wait, 10)

    there.flush()
    here.publish(Message("coroutine:acknowledged").with_(require_ack=True)).wait(10)
    until(lambda: attempts)
    go.set()
    until(lambda: there._dispatcher.coroutines.at_work == 0)
    there.flush()
    assert attempts == [1]


def test_close_waits_for_those_at_work(bus: Bus) -> None:
    begun, done = threading.Event(), []
    loops: list[threading.Thread] = []

    @bus.following_function("a:b")
    async def slow(_: Message) -> None:
        loops.append(threading.current_thread())
        begun.set()
        await asyncio.sleep(0.05)
        done.append(True)

    bus.publish("a:b")
    begun.wait(10)
    bus.close()
    assert done == [True]
    until(lambda: loops[0] not in threading.enumerate())


def test_what_comes_while_the_bus_is_closed_is_not_begun_and_who_asks_is_told(bus: Bus) -> None:
    begun = threading.Event()
    answers: list[str] = []
    errors: list[BaseException] = []
    bus.on_error(lambda error, *_: errors.append(error))

    @bus.following_function("a:b")
    async def hear(message: Message) -> None:
        begun.set()
        while not answers:
            await asyncio.sleep(0.001)

    bus.publish("a:b")
    assert begun.wait(10)
    closing = threading.Thread(target=bus.close)
    closing.start()
    until(lambda: bus._dispatcher.coroutines.closing)
    bus.publish("a:b")
    with pytest.raises(HandlerFailed, match="the bus is being closed") as told:
        bus.ask("a:b")
    answers.append(told.value.class_name)
    closing.join(10)
    assert (answers, errors) == (["Closed"], [])


def test_what_does_not_end_in_time_is_cancelled_and_told(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    begun, ended = threading.Event(), threading.Event()

    @bus.following_function("a:b")
    async def endless(_: Message) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    bus.publish("a:b")
    begun.wait(10)
    with caplog.at_level(logging.WARNING, "berrymq"):
        bus._dispatcher.close(0.01)
    assert ended.wait(10)
    assert "1 handlers were still at work" in caplog.text


def test_a_loop_that_was_closed_is_told_of(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, *_: errors.append(error))

    async def hear(_: Message) -> None: ...

    async def main() -> Any:
        return bus.regist_function("a:b", hear)

    kept = asyncio.run(main())
    bus.publish("a:b")
    assert isinstance(errors[0], Closed)
    assert "the event loop on which it was registered was closed" in str(errors[0])
    kept.unfollow()


def test_under_test_they_have_ended_when_the_bus_is_settled() -> None:
    live: list[int] = []
    durable: list[int] = []

    async def hear(message: Message) -> None:
        await asyncio.sleep(0)
        live.append(message.args[0])

    async def work(message: Message) -> None:
        await asyncio.sleep(0)
        if message.attempt == 1:
            raise ValueError("not yet")
        durable.append(message.args[0])

    with TestBus() as test:
        test.on_error(lambda *_: None)
        kept = [test.regist_function("a:b", hear), test.regist_function("a:b", work, queue="q", concurrency=2)]
        for number in range(5):
            test.publish("a:b", number)
        test.settle()
        assert sorted(live) == list(range(5))
        test.advance(60)
        assert sorted(durable) == list(range(5))
        del kept


def test_callbacks_of_mailboxes_may_be_coroutine_functions(linked: Make) -> None:
    here, there = linked(), linked()
    heard: list[tuple[str, str]] = []
    gone: list[str] = []

    async def receive(ident: str, message: Message) -> None:
        await asyncio.sleep(0)
        heard.append((ident, message.args[0]))

    async def left(ident: str) -> None:
        await asyncio.sleep(0)
        gone.append(ident)

    there.on_recv(receive)
    here.on_disconnect(left)
    here.flush()
    for text in ("one", "two"):
        here.send(there.ident, text)
    until(lambda: heard == [(here.ident, "one"), (here.ident, "two")])
    there.close()
    until(lambda: there.ident in gone)


def test_a_forked_child_runs_them_in_a_loop_of_its_own() -> None:
    program = """
import os, queue, threading
from berrymq import Bus
bus, heard = Bus(), queue.Queue()
async def hear(message):
    heard.put(message.args[0])
kept = bus.regist_function("a:b", hear)
bus.publish("a:b", 1)
assert heard.get(timeout=20) == 1
child = os.fork()
bus.publish("a:b", 2)
assert heard.get(timeout=20) == 2
bus.close()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("both")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "both\n", done.stderr
