"""When a message with `require_ack` that came over the link is acknowledged: once every handler of this process that it
reached has returned; where only streams follow, once one of them has handed it out."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .dispatch import Answers


class Acknowledgement:
    """Of one delivery. Stands before the answers, if anybody wants them. A handler that raises leaves it for ever
    open: the gateway delivers the message again."""

    def __init__(self, message_id: str, acknowledge: Callable[[str], None], answers: Answers | None) -> None:
        self._message_id = message_id
        self._acknowledge = acknowledge
        self._answers = answers
        self._lock = threading.Lock()
        # Handlers that have not returned yet, and whether there are any.
        self._left = 0
        self._handled = False
        self._taken = False
        self._dispatched = False

    def begin(self, of: int) -> None:
        self._left, self._handled = of, of > 0
        if self._answers is not None:
            self._answers.begin(of)

    def returned(self, number: int, of: int, value: object) -> None:
        try:
            if self._answers is not None:
                self._answers.returned(number, of, value)
        finally:
            with self._lock:
                self._left -= 1
                done = self._left == 0
            if done:
                self._acknowledge(self._message_id)

    def raised(self, number: int, of: int, error: Exception) -> None:
        if self._answers is not None:
            self._answers.raised(number, of, error)

    def taken(self) -> None:
        """A stream handed the message out."""
        with self._lock:
            self._taken = True
            alone = self._dispatched and not self._handled
        if alone:
            self._acknowledge(self._message_id)

    def dispatched(self, kept: bool) -> None:
        """Everybody was asked; `kept` = a queue of this process has it."""
        with self._lock:
            self._dispatched = True
            alone = (kept or self._taken) and not self._handled
        if alone:
            self._acknowledge(self._message_id)
