"""What a publisher holds, awaitably."""

from __future__ import annotations

import asyncio

from ..errors import Timeout
from ..receipt import Receipt as SyncReceipt


class Receipt:
    """As `berrymq.Receipt`."""

    __slots__ = ("_receipt",)

    def __init__(self, receipt: SyncReceipt) -> None:
        self._receipt = receipt

    @property
    def followers(self) -> int:
        """How many followers it reached; beyond this process once `wait` returned."""
        return self._receipt.followers

    @property
    def queues(self) -> int:
        """How many queues keep it; at the gateway once `wait` returned."""
        return self._receipt.queues

    @property
    def message_id(self) -> str:
        """Unique name of the message; "" for a receipt of many."""
        return self._receipt.message_id

    async def wait(self, timeout: float | None = None) -> Receipt:
        """Returns itself once the gateway has answered; raises what it refused with, or Timeout after `timeout`
        seconds. Needs no thread."""
        try:
            await asyncio.wait_for(self._answered(), timeout)
        except asyncio.TimeoutError:
            raise Timeout(f"no answer from the gateway within {timeout} s") from None
        self._receipt.wait(0)
        return self

    async def _answered(self) -> None:
        while (waiting := self._waiting()) is not None:
            await waiting

    def _waiting(self) -> asyncio.Future[None] | None:
        settled = self._receipt._settled
        if settled is None:
            return None
        with settled:
            return settled.wakeups.next() if self._receipt._outstanding else None

    def __repr__(self) -> str:
        return repr(self._receipt)
