"""Publishing in an event loop: directly, once there is room, so that it waits for nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..bus import Bus
from ..receipt import Receipt as SyncReceipt
from .receipt import Receipt
from .workers import workers

_TURN = 0.02
"""Seconds of publishing without a pause, before the other tasks of the loop have a turn."""


class Publishing:
    """That of one bus."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        # When the other tasks had their turn.
        self._turn = time.monotonic()

    async def publish(self, publish: Callable[[], SyncReceipt]) -> Receipt:
        """Calls it here, once it need not wait for the gateway; in a thread, if it may wait for a handler's."""
        if time.monotonic() - self._turn > _TURN:
            await asyncio.sleep(0)
            self._turn = time.monotonic()
        if self._bus._dispatcher.crowded:
            return Receipt(await workers.run(publish))
        link = self._bus._link
        while link is not None and (waiting := link.crowded()) is not None:
            await waiting
        return Receipt(publish())
