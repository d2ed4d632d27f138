"""The bus for programs that live in asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Gateway
from waiting import until

import berrymq
from berrymq import Bus, HandlerFailed, InvalidArgument, Message, NoFollowers, Timeout, aio

Places = Callable[[], Any]


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """In a loop of its own, for 30 s at most."""
    return asyncio.run(asyncio.wait_for(main, 30))


@asynccontextmanager
async def two(gateway: Gateway) -> AsyncIterator[tuple[aio.Bus, aio.Bus]]:
    async with await aio.connect(gateway.url, "aio-here") as here, await aio.connect(gateway.url) as there:
        yield here, there


def test_the_classes_and_functions_are_those_of_the_ordinary_bus() -> None:
    # What never waits is done with `mq.sync`; the styles of connection are for programs that have them.
    left_out = {
        "auto_twitter", "twitter_exception", "show_network", "debug_messages", "take_errors",
        "interconnect", "connect_oneway", "connect_via_queue", "send_message", "get", "get_nowait", "close_connection",
    }  # fmt: skip
    public = {name for name in dir(Bus) if not name.startswith("_")}
    assert public - set(dir(aio.Bus)) == left_out
    assert not {name for name in dir(berrymq.Queue) if not name.startswith("_")} - set(dir(aio.Queue))
    assert not {name for name in dir(berrymq.Delivery) if not name.startswith("_")} - set(dir(aio.Delivery))


def test_publish_reaches_streams_and_handlers_of_others(gateway: Gateway) -> None:
    async def main() -> None:
        async with two(gateway) as (here, there):
            loop, heard = threading.current_thread(), asyncio.Event()

            @there.following_function("aio:said")
            async def hear(message: Message) -> None:
                assert threading.current_thread() is loop
                heard.set()

            stream = there.follow("aio:said")
            await there.flush()
            receipt = await here.publish("aio:said", 7)
            assert receipt.message_id
            assert (await receipt.wait(10)).followers == 1
            assert (await anext(stream)).args == (7,)
            await heard.wait()
            assert here.ident == "aio-here"

    run(main())


def test_ask_and_talk(gateway: Gateway) -> None:
    async def main() -> None:
        async with two(gateway) as (here, there):

            @there.following_function("aio:asked")
            def triple(message: Message) -> int:
                return 3 * int(message.args[0])

            @there.following_function("aio:asked")
            async def double(message: Message) -> int:
                await asyncio.sleep(0)
                return 2 * int(message.args[0])

            @there.following_function("aio:broken")
            async def fail(message: Message) -> None:
                raise ValueError("broken")

            there.on_error(lambda *_: None)
            await there.flush()
            assert await here.ask("aio:asked", 21) in (42, 63)
            assert sorted([value async for value in here.ask_many("aio:asked", 21)]) == [42, 63]
            assert await there.ask("aio:asked", 1) == 3
            assert await asyncio.gather(*(here.within(10).ask("aio:asked", 2) for _ in range(20)))
            with pytest.raises(HandlerFailed, match="ValueError: broken"):
                await here.ask("aio:broken")
            with pytest.raises(NoFollowers):
                await here.ask("aio:nobody")
            with pytest.raises(NoFollowers):
                async for _ in here.ask_many("aio:nobody"):
                    pass
            with pytest.raises(InvalidArgument, match="more than 0"):
                here.within(0)
            stream = here.follow("aio:answered")
            await here.flush()
            await here.talk("aio:asked", "aio:answered", 2)
            assert sorted([(await anext(stream)).args[0] for _ in range(2)]) == [4, 6]

    run(main())


def test_waiting_blocks_no_loop_and_a_receipt_has_its_timeout(fresh_gateway: Gateway) -> None:
    async def main() -> None:
        async with aio.Bus() as mq:
            await mq.connect(fresh_gateway.url, max_held=10)
            receipt = await mq.publish_many([("aio:many", number) for number in range(100)])
            assert receipt.message_id == ""
            await receipt.wait(10)
            for number in range(100):
                receipt = await mq.publish("aio:one", number)
            await receipt.wait(10)
            fresh_gateway.kill()
            receipt = await mq.publish("aio:one", 1)
            with pytest.raises(Timeout):
                await receipt.wait(0.01)
            mq.sync._link.close()  # type: ignore[union-attr] # so that closing need not wait for the flush

    run(main())


def test_a_loop_of_publishes_starves_no_other_task() -> None:
    async def main() -> None:
        async with aio.Bus() as mq:
            other = asyncio.ensure_future(asyncio.sleep(0))
            while not other.done():
                await mq.publish("aio:one")

    run(main())


def test_a_bus_that_is_there_may_be_used_and_context_goes_along(bus: Bus) -> None:
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")

    async def main() -> None:
        mq = aio.Bus(of=bus)
        assert mq.sync is bus
        user.set("ann")
        kept = await mq.regist_function("a:b", lambda _: user.get())
        assert await mq.ask("a:b") == "ann"
        assert mq.show_followers() == ["a:b"]
        await mq.set_multiplicity(1)
        assert await mq.ask("a:b") == "ann"
        assert (await mq.twitter("a:b")).followers == 1
        await kept.unfollow()
        assert (await mq.publish("a:b")).followers == 0

    run(main())


def test_a_coroutine_may_ask_though_no_other_may_run_beside_it() -> None:
    async def main() -> None:
        async with aio.Bus() as mq:

            @mq.following_function("count:down")
            async def count(message: Message) -> int:
                left: int = message.args[0]
                return await mq.ask("count:down", left - 1) + 1 if left else 0

            await mq.set_multiplicity(1)
            assert await mq.within(10).ask("count:down", 5) == 5

    run(main())


def test_a_durable_following_is_registered_without_blocking(gateway: Gateway) -> None:
    async def main() -> None:
        async with two(gateway) as (here, there):
            done: list[tuple[Any, threading.Thread]] = []

            async def work(message: Message) -> None:
                done.append((message.args[0], threading.current_thread()))

            with pytest.raises(InvalidArgument, match=r"await mq.regist_function"):
                there.following_function("aio-work:x", queue="aio-work")
            kept = await there.regist_function("aio-work:x", work, queue="aio-work", concurrency=4)
            await (await here.publish("aio-work:x", 1)).wait(10)
            await asyncio.to_thread(until, lambda: done)
            assert done == [(1, threading.current_thread())]
            await kept.unfollow()
            queue = await there.queue("aio-work:x", shared=True, name="aio-work")
            await queue.delete()

    run(main())


def test_a_program_is_reached_by_its_ident(gateway: Gateway) -> None:
    async def main() -> None:
        async with two(gateway) as (here, there):
            heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
            gone: asyncio.Queue[str] = asyncio.Queue()

            async def receive(ident: str, message: Message) -> None:
                heard.put_nowait((ident, message.args[0]))

            callback = here.on_recv(receive)
            here.on_disconnect(gone.put_nowait)
            await here.flush()
            await there.send("aio-here", "hello")
            await there.mailbox("aio-here", ttl=60).send("again")
            for text in ("hello", "again"):
                assert await asyncio.wait_for(heard.get(), 10) == (there.ident, text)
            await callback.remove()

    run(main())


def test_a_pipeline(bus: Bus) -> None:
    async def main() -> None:
        mq = aio.Bus(of=bus)

        @mq.following_function("pipe:double")
        async def double(message: Message) -> int:
            return 2 * int(message.args[0])

        @mq.following_function("pipe:more")
        def more(message: Message) -> int:
            return int(message.args[0]) + 1

        stream = mq.follow("pipe:end")
        pipeline = mq.pipeline("pipe:double", "pipe:more", "pipe:end")
        await pipeline.talk(4)
        assert (await anext(stream)).args == (9,)
        assert await mq.pipeline("pipe:double", "pipe:more").ask(1) == 3
        assert await mq.unfollow(double) == 1

    run(main())


def test_asking_in_the_loop_on_which_the_handler_runs_says_that_it_would_wait_for_itself(bus: Bus) -> None:
    async def main() -> None:
        @bus.following_function("a:b")
        async def answer(message: Message) -> int:
            return 1

        bus.on_error(lambda *_: None)
        with pytest.raises(HandlerFailed, match=r"would wait for itself.*await mq.ask"):
            bus.ask("a:b")
        assert await aio.Bus(of=bus).ask("a:b") == 1

    run(main())
