"""What may go wrong with a delivery of a queue in this process, within what is promised: tests let it."""

from __future__ import annotations

from typing import Protocol

from .message import Message


class QueueFaults(Protocol):
    def after_next(self) -> bool:
        """Whether the next but one is handed out first."""

    def again(self, queue: str, message: Message) -> bool:
        """Whether a message that is acknowledged is handed out once more."""
