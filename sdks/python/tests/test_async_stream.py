"""`async for message in bus.follow(…)`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from waiting import until

from berrymq import Bus, Message

Make = Callable[[], Bus]


def test_messages_of_other_threads_come_in_order_until_the_stream_is_closed(bus: Bus) -> None:
    async def main() -> list[int]:
        heard: list[int] = []
        async with bus.follow("a:b") as stream:
            thread = threading.Thread(target=lambda: [bus.publish("a:b", number) for number in range(1000)])
            thread.start()
            async for message in stream:
                heard.append(message.args[0])
                if len(heard) == 1000:
                    stream.close()
        return heard

    assert asyncio.run(main()) == list(range(1000))


def test_messages_come_over_the_link(linked: Make) -> None:
    here, there = linked(), linked()

    async def main() -> Message:
        stream = there.follow("async:stream")
        await asyncio.to_thread(there.flush)
        here.publish("async:stream", 7)
        return await asyncio.wait_for(anext(stream), 10)

    assert asyncio.run(main()).args == (7,)


def test_several_may_wait_and_a_cancelled_one_takes_nothing(bus: Bus) -> None:
    async def main() -> None:
        stream = bus.follow("a:b")
        waiting = [asyncio.ensure_future(anext(stream)) for _ in range(3)]
        await asyncio.sleep(0)
        # Cancelled when the message is there already and the others are about to look.
        bus.publish("a:b", 1)
        waiting[0].cancel()
        await asyncio.sleep(0)
        bus.publish("a:b", 2)
        done = await asyncio.wait_for(asyncio.gather(*waiting[1:]), 10)
        assert sorted(message.args[0] for message in done) == [1, 2]
        assert waiting[0].cancelled()

    asyncio.run(main())


def test_many_that_give_up_waiting_leave_nothing_behind(bus: Bus) -> None:
    async def main() -> None:
        stream = bus.follow("a:b")
        for _ in range(20):
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert len(stream._buffer._wakeups.waiting) <= 1

    asyncio.run(main())


def test_a_loop_that_was_closed_stops_nobody(bus: Bus) -> None:
    stream = bus.follow("a:b")

    async def leave_in_the_midst() -> None:
        asyncio.get_running_loop().create_task(anext(stream))
        await asyncio.sleep(0)

    asyncio.run(leave_in_the_midst())
    bus.publish("a:b", 1)
    assert next(stream).args == (1,)

    async def go_on() -> Message:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        bus.publish("a:b", 2)
        return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(go_on()).args == (2,)


def test_lag_is_told(bus: Bus) -> None:
    lags: list[int] = []

    @bus.following_function("berrymq:lag")
    def told(message: Message) -> None:
        lags.append(message.dropped)

    async def main() -> Message:
        stream = bus.follow("a:b", max_messages=2)
        for number in range(5):
            bus.publish("a:b", number)
        return await anext(stream)

    assert asyncio.run(main()).args == (3,)
    until(lambda: lags == [3])
