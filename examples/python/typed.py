# Types all the way: a dataclass is published, and a dataclass is what the handler gets. `mypy --strict` finds no fault.
# It needs no gateway, but pip install "berrymq[typed]".
from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timezone

from berrymq import Bus, Follower, Message, NoFollowers, Queue, aio, ask, close, following, on_error, publish
from berrymq.testing import TestBus


@dataclass
class Line:
    article: str
    price: float


@dataclass
class Order:
    number: int
    placed_at: datetime
    lines: list[Line] = field(default_factory=list)


class Shop(Follower):
    def __init__(self) -> None:
        self.totals: dict[int, float] = {}

    @following("order:placed")
    def count(self, order: Order) -> float:
        self.totals[order.number] = sum(line.price for line in order.lines)
        return self.totals[order.number]

    @following("order:placed", guard_condition=lambda message: message.priority > 5)
    async def hurry(self, order: Order, message: Message) -> None:
        print(f"order {order.number} of {order.placed_at:%Y} is urgent: {message.priority}")


def in_one_process() -> None:
    shop = Shop()
    order = Order(1, datetime(2026, 11, 21, tzinfo=timezone.utc), [Line("berries", 2.5), Line("cream", 1.0)])
    total: float = ask("order:placed", order)
    print(total, shop.totals[1])
    shop.count(order)  # a method stays what it is

    on_error(lambda error, message, handler: print(f"{type(error).__name__}: {error}".partition(" (")[0]))
    publish("order:placed", number="two")
    publish(Message("order:placed", order).with_(priority=9))
    close()  # waits for the coroutine


async def in_asyncio() -> None:
    async with aio.Bus() as mq:

        @mq.following_function("order:priced")
        async def price(order: Order) -> float:
            await asyncio.sleep(0)
            return sum(line.price for line in order.lines)

        print(await mq.ask("order:priced", number=3, placed_at="2026-11-21T12:00:00Z", lines=[]))
        async with mq.queue("order:shipped") as shipped:
            receipt = await mq.publish("order:shipped", 3)
            message: Message = await shipped.get(timeout=5)
            print(message.args[0], receipt.queues)
        try:
            await mq.ask("order:lost")
        except NoFollowers as error:
            print(error)
        async with mq.follow("order:*") as stream:
            await mq.publish("order:cancelled", 3)
            async for message in stream:
                print(message.id)
                break


def under_test() -> None:
    bus: Bus = Bus()
    with TestBus(bus) as test, Queue("order:*", bus=bus, ttl=60) as queue:
        test.publish("order:placed", number=4)
        test.assert_published("order:placed", number=4)
        test.advance(61)
        print(queue.qsize())


if __name__ == "__main__":
    in_one_process()
    asyncio.run(in_asyncio())
    under_test()
