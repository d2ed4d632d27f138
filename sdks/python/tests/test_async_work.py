"""Durable following with coroutine functions, in this process and at a gateway."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest
from waiting import until

from berrymq import Bus, Closed, Message, Queue, Reject, Retry


def queue_of(bus: Bus, name: str) -> Queue:
    return Queue(f"{name}:*", shared=True, name=name, bus=bus)


def test_a_durable_one_settles_by_its_end_and_so_many_run_at_once(place: Bus, name: str) -> None:
    seen: list[tuple[int, int]] = []
    at_work, most = [0], [0]

    async def work(message: Message) -> None:
        seen.append((message.args[0], message.attempt))
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        while most[0] < 2:
            await asyncio.sleep(0.001)
        at_work[0] -= 1
        if message.args[0] == 1 and message.attempt == 1:
            raise Retry(after=0)
        if message.args[0] == 2:
            raise Reject("two is one too many")

    kept = place.regist_function(f"{name}:*", work, queue=name, concurrency=3)
    for number in range(12):
        place.publish(f"{name}:x", number)
    queue = queue_of(place, name)
    assert queue.dead.get(timeout=10).attributes["berrymq-dead-reason"] == "two is one too many"
    until(lambda: len(seen) == 13 and queue.status()[:3] == (0, 0, 0))
    assert sorted(seen) == sorted([*((number, 1) for number in range(12)), (1, 2)])
    assert 2 <= most[0] <= 3
    kept.unfollow()


def test_a_durable_one_answers_a_talk(place: Bus, name: str) -> None:
    async def work(message: Message) -> int:
        return int(message.args[0]) + 1

    kept = place.regist_function(f"{name}:*", work, queue=name, queue_options={"max_attempts": 1})
    with place.follow(f"{name}-done:x") as answers:
        place.flush()
        place.talk(f"{name}:x", f"{name}-done:x", 41)
        assert next(answers).args == (42,)
        place.talk(f"{name}:x", f"{name}-done:x", "none")
        failure = next(answers).failure
        assert failure is not None
        assert failure.class_name == "ValueError", "after its only attempt"
    kept.unfollow()


def test_a_durable_one_whose_lease_is_lost_is_cancelled(place: Bus, name: str) -> None:
    cancelled, begun = threading.Event(), threading.Event()
    errors: list[BaseException] = []
    place.on_error(lambda error, *_: errors.append(error))

    async def work(message: Message) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert message.lease_lost.is_set()
            cancelled.set()
            raise

    kept = place.regist_function(f"{name}:*", work, queue=name, queue_options={"lease": 0.3})
    place.publish(f"{name}:x")
    assert begun.wait(10)
    Queue(f"{name}:*", shared=True, name=name, lease=0.3, bus=place).delete()
    assert cancelled.wait(10)
    assert errors == []
    kept.unfollow()


def test_a_durable_one_ends_with_its_loop_and_gives_the_message_back(place: Bus, name: str) -> None:
    errors: list[BaseException] = []
    place.on_error(lambda error, *_: errors.append(error))

    async def work(message: Message) -> None: ...

    async def main() -> Any:
        return place.regist_function(f"{name}:*", work, queue=name)

    kept = asyncio.run(main())
    place.publish(f"{name}:x", 1)
    until(lambda: errors)
    assert isinstance(errors[0], Closed)
    assert queue_of(place, name).get(timeout=10).args == (1,)
    del kept


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not tell who cancelled a task")
def test_one_that_lets_the_end_of_another_task_through_is_counted_and_told_of(bus: Bus) -> None:
    errors: list[BaseException] = []
    bus.on_error(lambda error, message, handler: errors.append(error))

    async def work(message: Message) -> None:
        raise asyncio.CancelledError

    kept = bus.regist_function("task:new", work, queue="tasks", queue_options={"backoff": (0, 0), "max_attempts": 3})
    bus.publish("task:new")
    tasks = Queue(name="tasks", shared=True, bus=bus)
    assert tasks.dead.get(timeout=10).id == "task:new"
    until(lambda: len(errors) == 3)
    assert str(errors[0]).startswith("the handler raised CancelledError()")
    kept.unfollow()
