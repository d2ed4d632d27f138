"""Taking from a queue in threads, so that a coroutine that is cancelled loses nothing and takes nothing away."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from ..errors import BerryMQError
from ..keeper import Keeper, Taken, Verb
from ..local_queue import LocalQueue
from .workers import workers

log = logging.getLogger("berrymq")

LONGEST_PULL = 20.0
"""Seconds that a thread waits at a queue at once. Whoever waits longer pulls again."""

_Pull = asyncio.Future[list[Taken]]


class Pulls:
    """Of one queue. Everything is taken with a lease, and acknowledged only once the coroutine has it. A pull whose
    coroutine turned away goes on for the next one; what nobody waits for any more is given back, uncounted."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        # Pulls that nobody waits for, and how many they take.
        self._left: dict[_Pull, int] = {}
        self._settling: set[asyncio.Future[None]] = set()

    async def take(self, most: int, timeout: float | None, auto_ack: bool) -> list[Taken]:
        """As Keeper.get."""
        here = self._at_once(most, auto_ack)
        if here:
            return here
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while True:
            left = None if end is None else max(0.0, end - loop.time())
            taken = await self._pull(most, left)
            if taken and auto_ack:
                self._settle(taken, "ack")
            if taken or (end is not None and loop.time() >= end):
                return taken

    async def close(self) -> None:
        """Returns once nothing is under way any more that can be waited for."""
        while self._settling:
            await asyncio.wait(self._settling)

    def _at_once(self, most: int, auto_ack: bool) -> list[Taken]:
        """What is in this process needs no thread."""
        return self._keeper.get(most, 0.0, auto_ack) if isinstance(self._keeper, LocalQueue) else []

    async def _pull(self, most: int, timeout: float | None) -> list[Taken]:
        left = next((pull for pull, its_most in self._left.items() if its_most == most), None)
        if left is None:
            wait = LONGEST_PULL if timeout is None else min(timeout, LONGEST_PULL)
            # It ends by itself in time.
            return await self._wait(self._start(most, wait), most, None)
        del self._left[left]
        taken = await self._wait(left, most, timeout)
        if taken or left.done():
            return taken
        # What was there when the time was over may be on its way with either of the two.
        taken = await self._wait(self._start(most, 0.0), most, None)
        return taken or await self._wait(left, most, 0.0)

    def _start(self, most: int, wait: float) -> _Pull:
        return workers.start(partial(self._keeper.get, most, wait, False))

    async def _wait(self, pull: _Pull, most: int, timeout: float | None) -> list[Taken]:
        """What it brings; empty when it is not done in time. It is left unless it is."""
        self._left.pop(pull, None)
        try:
            await asyncio.wait({pull}, timeout=timeout)
        except asyncio.CancelledError:
            self._leave(pull, most)
            raise
        if pull.done():
            return pull.result()
        self._leave(pull, most)
        return []

    def _leave(self, pull: _Pull, most: int) -> None:
        self._left[pull] = most
        pull.add_done_callback(self._give_back)

    def _give_back(self, pull: _Pull) -> None:
        """Unless somebody has adopted it meanwhile."""
        if self._left.pop(pull, None) is not None and not pull.exception():
            self._settle(pull.result(), "release")

    def _settle(self, taken: list[Taken], verb: Verb) -> None:
        for one in taken:
            settling = workers.start(partial(_settle, self._keeper, one, verb))
            self._settling.add(settling)
            settling.add_done_callback(self._settling.discard)


def _settle(keeper: Keeper, taken: Taken, verb: Verb) -> None:
    try:
        keeper.settle(taken.lease_id, verb, None, None)
    except BerryMQError as error:
        log.info("a delivery of %s could not be settled; it comes again: %s", keeper.options.name, error)
