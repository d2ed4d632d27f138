"""Unique names for messages: a random prefix for each process and a counter behind it."""

from __future__ import annotations

import itertools
import os
import secrets

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TAILS = ["".join(digits) for digits in itertools.product(_DIGITS, repeat=3)]


class MessageIds:
    """An endless supply. Safe to use from many threads: `next` of a counter is one step of the interpreter."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Takes a new prefix, as a forked child must."""
        self._prefix = secrets.token_hex(8) + "-"
        self._counter = itertools.count(1)
        self._head = (0, self._prefix)

    def next(self) -> str:
        high, low = divmod(next(self._counter), len(_TAILS))
        known, head = self._head
        if known != high:
            head = self._prefix + _base36(high)
            self._head = (high, head)
        return head + _TAILS[low]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


message_ids = MessageIds()
os.register_at_fork(after_in_child=message_ids.restart)
