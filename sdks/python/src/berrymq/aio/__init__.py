"""berryMQ for programs that live in asyncio: the names of `berrymq`, as coroutines.

    from berrymq import aio

    async with await aio.connect("localhost:7201") as mq:
        await mq.publish("door:opened", 7)
        async for message in mq.follow("door:*"):
            print(message.args)

No call blocks the loop, and a call that is cancelled loses nothing.
"""

from .asks import Answers, Within
from .bus import Bus, Following, connect
from .correspondence import Callback, Mailbox, Pipeline
from .deliveries import Deliveries
from .delivery import Delivery
from .queue import Queue
from .receipt import Receipt

__all__ = [
    "Answers",
    "Bus",
    "Callback",
    "Deliveries",
    "Delivery",
    "Following",
    "Mailbox",
    "Pipeline",
    "Queue",
    "Receipt",
    "Within",
    "connect",
]
