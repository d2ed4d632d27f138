"""`await mq.run()`: what a program waits in that only follows, without holding up its event loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from ..running import SIGNALS, check_main_thread


async def run_until_told(close: Callable[[], Awaitable[None]]) -> None:
    """Returns after SIGINT or SIGTERM, once it has closed. A second signal ends the program at once. Earlier handlers
    of both are put back, but for those of the loop itself. Raises InvalidArgument in another thread than the main one,
    NotImplementedError on a loop without signals."""
    check_main_thread()
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            loop.add_signal_handler(number, told.set)
        await told.wait()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        await close()
    finally:
        for number, handler in handlers.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)
