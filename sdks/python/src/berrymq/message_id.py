"""Unique names for messages: a random prefix for each process and a counter in base 36 behind it.

Names are given out in blocks: all names of a block begin alike (its stem) and end with one of TAILS.
"""

from __future__ import annotations

import itertools
import os
import secrets
import threading
from collections.abc import Iterator

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

TAILS = ["".join(digits) for digits in itertools.product(_DIGITS, repeat=3)]


class MessageIds:
    """An endless supply, safe to use from many threads."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Takes a new prefix, as a forked child must."""
        self._prefix = secrets.token_hex(8) + "-"
        self._blocks = itertools.count(1)
        self._lock = threading.Lock()
        self._names: Iterator[str] = iter(())

    def next(self) -> str:
        """One name. Taking the next of an iterator of strings is one step of the interpreter, so that it needs no
        lock."""
        for name in self._names:
            return name
        with self._lock:
            for name in self._names:
                return name
            self._names = map(self.block().__add__, TAILS)
            return next(self._names)

    def block(self) -> str:
        """The stem of a block for the caller alone."""
        return self._prefix + _base36(next(self._blocks))


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


message_ids = MessageIds()
os.register_at_fork(after_in_child=message_ids.restart)
