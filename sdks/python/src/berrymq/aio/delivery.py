"""What is settled once it is worked off, awaitably."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import TracebackType

from ..message import Message
from ..queue import Delivery as SyncDelivery
from .workers import workers


class Delivery:
    """As `berrymq.Delivery`; `async with delivery:` acknowledges at the end, and gives back what raised."""

    __slots__ = ("_delivery",)

    def __init__(self, delivery: SyncDelivery) -> None:
        self._delivery = delivery

    @property
    def message(self) -> Message:
        """What was handed over."""
        return self._delivery.message

    @property
    def attempt(self) -> int:
        """From 1; how often it was handed out, but for what was released."""
        return self._delivery.attempt

    @property
    def lease_id(self) -> str:
        """The gateway's name for this lease; "" when it was acknowledged as it was handed out."""
        return self._delivery.lease_id

    @property
    def deadline(self) -> datetime | None:
        """When the lease ends unless it is settled or extended; None when there is none."""
        return self._delivery.deadline

    async def ack(self) -> None:
        """Done: the message is forgotten."""
        await self._settle(self._delivery.ack)

    async def release(self) -> None:
        """Given back at its old place, not counted."""
        await self._settle(self._delivery.release)

    async def retry(self, delay: float | None = None) -> None:
        """Given back after `delay` seconds (None = the queue's backoff), counted."""
        await self._settle(partial(self._delivery.retry, delay))

    async def reject(self, why: str | BaseException | None = None) -> None:
        """Given up: it goes to the dead letters with the reason."""
        await self._settle(partial(self._delivery.reject, why))

    async def extend(self, seconds: float | None = None) -> None:
        """The lease ends `seconds` from now (None = the queue's lease); `deadline` tells when."""
        await self._settle(partial(self._delivery.extend, seconds))

    async def __aenter__(self) -> Delivery:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return await workers.run(partial(self._delivery.__exit__, kind, error, trace))

    async def _settle(self, call: Callable[[], None]) -> None:
        await workers.run(call)

    def __repr__(self) -> str:
        return repr(self._delivery)
