"""Deliveries as they are pushed, awaitably: one thread takes them over from the consumer."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

from ..errors import BerryMQError
from ..keeper import Consumer, Keeper, Taken
from ..queue import Delivery as SyncDelivery
from ..wakeups import Wakeups
from .delivery import Delivery
from .workers import workers

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("berrymq")

MOST_AHEAD = 16
"""Deliveries that wait for their coroutine in this process."""


class Deliveries:
    """An asynchronous iterator, and a context manager that gives back what is unsettled. With `auto_ack` a delivery is
    acknowledged once its coroutine has it."""

    def __init__(self, keeper: Keeper, credit: int, auto_ack: bool) -> None:
        self._keeper = keeper
        self._consumer: Consumer = keeper.consume(credit, False)
        self._auto_ack = auto_ack
        self._lock = threading.Lock()
        self._wakeups = Wakeups()
        self._ready: deque[Taken] = deque()
        self._room = threading.Semaphore(min(credit, MOST_AHEAD))
        self._ended = False
        self._error: BerryMQError | None = None
        threading.Thread(target=self._feed, name="berrymq-aio-consume", daemon=True).start()

    def __aiter__(self) -> AsyncIterator[Delivery]:
        return self

    async def __anext__(self) -> Delivery:
        """One that is cancelled takes nothing."""
        while (waiting := self._waiting()) is not None:
            await waiting
        if not self._ready:
            if self._error is not None:
                raise self._error
            raise StopAsyncIteration
        taken = self._ready.popleft()
        self._room.release()
        if self._auto_ack:
            self._consumer.settle_soon(taken.lease_id, "ack", None, None, self._not_settled)
            taken = taken._replace(lease_id="", deadline=None)
        return Delivery(SyncDelivery(taken, self._keeper, self._consumer))

    async def close(self) -> None:
        """Once more is harmless."""
        with self._lock:
            self._ended = True
            self._ready.clear()
            self._wakeups.wake()
        self._room.release()
        await workers.run(self._consumer.close)

    async def __aenter__(self) -> Deliveries:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _waiting(self) -> asyncio.Future[None] | None:
        with self._lock:
            return None if self._ready or self._ended else self._wakeups.next()

    def _feed(self) -> None:
        error: BerryMQError | None = None
        try:
            for taken in self._consumer:
                self._room.acquire()
                with self._lock:
                    if self._ended:
                        return
                    self._ready.append(taken)
                    self._wakeups.wake()
        except BerryMQError as raised:
            error = raised
        with self._lock:
            self._error, self._ended = error, True
            self._wakeups.wake()

    def _not_settled(self, error: BerryMQError) -> None:
        log.info("a delivery of %s could not be settled; it comes again: %s", self._keeper.options.name, error)
