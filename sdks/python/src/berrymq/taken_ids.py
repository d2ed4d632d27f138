"""The ids that a queue in this process took lately, so that it takes none of them twice."""

from __future__ import annotations

from collections import OrderedDict

_MOST_IDS = 100_000
"""Remembered at most, so that a fast queue does not fill the memory with what it took."""


class TakenIds:
    """No lock and no clock; its owner has both. `window`: for how many seconds an id is remembered; 0 = not at all."""

    def __init__(self, window: float) -> None:
        self.window = window
        self._taken: OrderedDict[str, float] = OrderedDict()

    def knows(self, message_id: str, now: float) -> bool:
        """Whether it was taken within the window; it is remembered now."""
        if not self.window:
            return False
        taken = self._taken
        while taken and (len(taken) >= _MOST_IDS or next(iter(taken.values())) <= now - self.window):
            taken.popitem(last=False)
        known = message_id in taken
        taken.setdefault(message_id, now)
        return known
