"""What a queue in this process holds: what is next, what waits for its time, what is leased, what expires. No lock and
no clock; its owner has both."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Literal

from .message import Message

_SLACK = 4096
"""Items of the heap of ends that may be gone before it is cleaned."""


class Item:
    """A message in its place. Times are seconds since the Unix epoch, 0 = none."""

    __slots__ = ("attempts", "expires", "lease", "message", "number", "priority", "size", "state", "until")

    def __init__(self, number: int, message: Message, size: int, expires: float) -> None:
        self.number = number
        self.message = message
        self.size = size
        self.priority = message.priority
        self.expires = expires
        self.attempts = 0
        self.lease = ""
        self.until = 0.0
        self.state: Literal["ready", "delayed", "leased", "gone"] = "ready"

    def __lt__(self, other: Item) -> bool:
        return (-self.priority, self.number) < (-other.priority, other.number)


class Shelf:
    """Every item is in one of three places, or gone. A heap may still hold what is gone until it surfaces."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._ready: list[Item] = []
        self._delayed: list[tuple[float, Item]] = []
        self._leased: dict[str, Item] = {}
        self._ends: list[tuple[float, Item]] = []
        self._counts = {"ready": 0, "delayed": 0, "leased": 0, "gone": 0}
        self._ranked = False
        self.bytes = 0

    @property
    def ready(self) -> int:
        return self._counts["ready"]

    @property
    def delayed(self) -> int:
        return self._counts["delayed"]

    @property
    def leased(self) -> int:
        return self._counts["leased"]

    def __len__(self) -> int:
        return self.ready + self.delayed + self.leased

    def put(self, message: Message, size: int, due: float, expires: float) -> None:
        """Takes a message in; it is handed out from `due` on."""
        item = Item(next(self._numbers), message, size, expires)
        self._ranked = self._ranked or item.priority > 0
        self.bytes += size
        self._counts["ready"] += 1
        self._place(item, due)

    def give_back(self, item: Item, due: float) -> None:
        """A leased one returns to its old place, from `due` on."""
        del self._leased[item.lease]
        self._place(item, due)

    def lease(self, lease: str, until: float, second: bool = False) -> Item:
        """The next one, or the next but one; there must be one."""
        item = self._next(second)
        item.lease, item.until = lease, until
        self._leased[lease] = item
        self._move(item, "leased")
        return item

    def take(self, second: bool = False) -> Item:
        """The next one, or the next but one, for good; there must be one."""
        item = self._next(second)
        self._move(item, "gone")
        return item

    def held(self, lease: str) -> Item | None:
        return self._leased.get(lease)

    def forget(self, item: Item) -> None:
        """A leased one is done."""
        del self._leased[item.lease]
        self._move(item, "gone")

    def age(self, now: float) -> list[Item]:
        """What was delayed until now is ready; returns the leased whose leases ran out, to be settled by the caller."""
        while self._delayed and self._delayed[0][0] <= now:
            item = heapq.heappop(self._delayed)[1]
            if item.state == "delayed":
                self._move(item, "ready")
                heapq.heappush(self._ready, item)
        return [item for item in self._leased.values() if item.until <= now]

    def expire(self, now: float) -> list[Message]:
        """Drops what has expired and nobody leases."""
        dropped = []
        while self._ends and self._ends[0][0] <= now:
            item = heapq.heappop(self._ends)[1]
            if item.state in ("ready", "delayed"):
                self._move(item, "gone")
                dropped.append(item.message)
        return dropped

    def next_change(self) -> float | None:
        """When a lease, a delay or a message ends next."""
        times = [item.until for item in self._leased.values()]
        times += [heap[0][0] for heap in (self._delayed, self._ends) if heap]
        return min(times, default=None)

    def first(self, most: int) -> list[Message]:
        """The next ones in order, which stay."""
        return [item.message for item in heapq.nsmallest(most, (item for item in self._ready if item.state == "ready"))]

    def next_end(self) -> float:
        """When a message may expire next; infinite = none does."""
        return self._ends[0][0] if self._ends else math.inf

    def drop_oldest(self) -> Message | None:
        """The one of those that nobody leases, if there was one."""
        while self._ready and self._ready[0].state != "ready":
            heapq.heappop(self._ready)
        # Without priorities the next is the oldest.
        waiting = [item for item in self._ready if item.state == "ready"] if self._ranked else self._ready[:1]
        waiting = waiting or [item for _, item in self._delayed if item.state == "delayed"]
        if not waiting:
            return None
        oldest = min(waiting, key=lambda item: item.number)
        self._move(oldest, "gone")
        return oldest.message

    def purge(self) -> int:
        """Forgets everything that nobody leases; how many they were."""
        gone = [item for item in (*self._ready, *(item for _, item in self._delayed)) if item.state != "gone"]
        for item in gone:
            self._move(item, "gone")
        self._ready, self._delayed = [], []
        return len(gone)

    def _place(self, item: Item, due: float) -> None:
        if item.expires:
            heapq.heappush(self._ends, (item.expires, item))
            if len(self._ends) > _SLACK + 2 * len(self):
                self._ends = [end for end in self._ends if end[1].state in ("ready", "delayed")]
                heapq.heapify(self._ends)
        if due:
            self._move(item, "delayed")
            heapq.heappush(self._delayed, (due, item))
        else:
            self._move(item, "ready")
            heapq.heappush(self._ready, item)

    def _next(self, second: bool) -> Item:
        while (item := heapq.heappop(self._ready)).state != "ready":
            pass
        if second and self.ready > 1:
            later = self._next(False)
            heapq.heappush(self._ready, item)
            return later
        return item

    def _move(self, item: Item, state: Literal["ready", "delayed", "leased", "gone"]) -> None:
        self._counts[item.state] -= 1
        self._counts[state] += 1
        item.state = state
        if state == "gone":
            self.bytes -= item.size
