"""Faults within what is promised: live messages may be missed, deliveries may come twice or out of order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..errors import InvalidArgument
from ..message import Message
from ..registry import Receiver


class Faults:
    """One sequence of random numbers for all: the same seed and the same calls bring the same faults."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._drop = self._duplicate = self._reorder = 0.0
        self._repeated: set[tuple[str, str]] = set()

    def set(self, drop: float, duplicate: float, reorder: float) -> None:
        """Probabilities. Raises InvalidArgument."""
        for name, value in (("drop", drop), ("duplicate", duplicate), ("reorder", reorder)):
            if not 0 <= value <= 1:
                raise InvalidArgument(f"faults({name}={value!r}): a probability, from 0 to 1")
        self._drop, self._duplicate, self._reorder = drop, duplicate, reorder

    def reached(self, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
        """Who hears a message: every queue, and those followers that do not miss it."""
        if not self._drop:
            return receivers
        return [receiver for receiver in receivers if receiver.keeps or not self._happens(self._drop)]

    def after_next(self) -> bool:
        return self._happens(self._reorder)

    def again(self, queue: str, message: Message) -> bool:
        one = (queue, message.message_id)
        if one in self._repeated or not self._happens(self._duplicate):
            return False
        self._repeated.add(one)
        return True

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability
