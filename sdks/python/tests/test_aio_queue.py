"""Queues of asyncio, in the process and at a gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Gateway
from waiting import DEADLINE

from berrymq import Empty, InvalidArgument, Reject, aio

Place = Callable[[], Any]


@pytest.fixture(params=["in the process", "at the gateway"])
def place(request: pytest.FixtureRequest, gateway: Gateway) -> Place:
    @asynccontextmanager
    async def make() -> AsyncIterator[aio.Bus]:
        async with aio.Bus() as mq:
            yield await mq.connect(gateway.url) if request.param == "at the gateway" else mq

    return make


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(main, 30))


async def leased_none(queue: aio.Queue, ready: int) -> None:
    """Returns once nothing is leased and so many can be had; fails after 10 s."""
    end = time.monotonic() + DEADLINE
    while (status := (await queue.status())[:3]) != (ready, 0, 0):
        assert time.monotonic() < end, status
        await asyncio.sleep(0.005)


def test_get_waits_and_takes(place: Place, name: str) -> None:
    async def main() -> None:
        async with place() as mq, mq.queue(f"{name}:*") as queue:
            waiting = asyncio.ensure_future(queue.get())
            await asyncio.sleep(0)
            await (await mq.publish(f"{name}:x", 1)).wait(10)
            assert (await waiting).args == (1,)
            with pytest.raises(Empty):
                await queue.get_nowait()
            with pytest.raises(Empty):
                await queue.get(timeout=0.02)
            for number in range(5):
                await (await mq.publish(f"{name}:x", number)).wait(10)
            assert [message.args[0] for message in await queue.get_many(3)] == [0, 1, 2]
            assert (await queue.get_nowait()).args == (3,)
            assert [message.args[0] for message in await queue.peek()] == [4]
            assert await queue.qsize() == 1
            assert await queue.purge() == 1
            assert (await queue.empty(), await queue.full()) == (True, False)
            await leased_none(queue, 0)

    run(main())


def test_a_delivery_is_settled_by_hand_or_by_its_block(place: Place, name: str) -> None:
    async def main() -> None:
        async with place() as mq:
            queue = await mq.queue(f"{name}:*", shared=True, name=name, backoff=(0, 0))
            for number in range(3):
                await (await mq.publish(f"{name}:x", number)).wait(10)
            first = await queue.get(auto_ack=False)
            await first.extend(5)
            await first.release()
            first = await queue.get(auto_ack=False)
            assert (first.message.args, first.attempt) == ((0,), 1)
            await first.ack()
            second = await queue.get(auto_ack=False)
            with pytest.raises(ValueError, match="not yet"):
                async with second:
                    raise ValueError("not yet")
            second = await queue.get(auto_ack=False)
            assert (second.message.args, second.attempt) == ((1,), 2)
            async with second:
                raise Reject("cannot be read")
            assert (await queue.dead.get(timeout=10)).attributes["berrymq-dead-reason"] == "cannot be read"
            async with await queue.get(auto_ack=False) as third:
                assert third.message.args == (2,)
            await leased_none(queue, 0)
            await queue.delete()

    run(main())


def test_a_get_that_is_cancelled_loses_nothing_and_takes_nothing_away(place: Place, name: str) -> None:
    async def main() -> None:
        async with place() as mq:
            queue = await mq.queue(f"{name}:*", shared=True, name=name)
            for number in range(20):
                waiting = asyncio.ensure_future(queue.get())
                # Some are cancelled before the message comes, some while it is on its way.
                for _ in range(number % 4):
                    await asyncio.sleep(0)
                receipt = await mq.publish(f"{name}:x", number)
                if number % 2:
                    await receipt.wait(10)
                waiting.cancel()
                try:
                    got = (await waiting).args[0]
                except asyncio.CancelledError:
                    await receipt.wait(10)
                    got = (await queue.get(timeout=10)).args[0]
                assert got == number
            waiting = asyncio.ensure_future(queue.get())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
            await (await mq.publish(f"{name}:x", "left alone")).wait(10)
            await leased_none(queue, 1)
            assert (await queue.get(timeout=10)).args == ("left alone",)
            await queue.delete()

    run(main())


@pytest.mark.parametrize("auto_ack", [False, True])
def test_deliveries_are_pushed(place: Place, name: str, auto_ack: bool) -> None:
    async def main() -> None:
        async with place() as mq:
            queue = await mq.queue(f"{name}:*", shared=True, name=name)
            for number in range(50):
                await mq.publish(f"{name}:x", number)
            await mq.flush()
            seen: list[int] = []
            async with queue.consume(credit=10, auto_ack=auto_ack) as deliveries:
                async for delivery in deliveries:
                    seen.append(delivery.message.args[0])
                    await delivery.ack()
                    if len(seen) == 40:
                        break
                waiting = asyncio.ensure_future(anext(deliveries))
                await waiting
                await waiting.result().release() if not auto_ack else None
            assert seen == list(range(40))
            await leased_none(queue, 9 if auto_ack else 10)
            await queue.delete()

    run(main())


def test_a_queue_that_is_not_awaited_says_so() -> None:
    async def main() -> None:
        async with aio.Bus() as mq:
            with pytest.raises(InvalidArgument, match=r"await it, as in tasks = await mq.queue"):
                await mq.queue("a:b").get()

    run(main())
