"""Waiting for a condition with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from berrymq import Message, Stream

DEADLINE = 10.0


def until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Returns once `condition()` is true; fails after 10 s."""
    end = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"{what} did not come true within {DEADLINE} s"
        pause.wait(0.005)


class Heard:
    """What a stream brings, collected in a thread."""

    def __init__(self, stream: Stream) -> None:
        self.messages: list[Message] = []
        self._stream = stream
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for message in self._stream:
            self.messages.append(message)

    def wait(self, count: int) -> list[Message]:
        until(lambda: len(self.messages) >= count, f"{count} messages (there are {len(self.messages)})")
        return self.messages
