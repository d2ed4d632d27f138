"""The conformance driver's handlers: they record what they hear, and do what the command says."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from berrymq import Message, Reject, Release, Retry, Stream
from conformance_values import rich

Command = dict[str, Any]


class Record:
    """What one follower or callback heard, for another thread to wait for."""

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._came = threading.Condition()

    def add(self, message: Any) -> None:
        with self._came:
            self._messages.append(message)
            self._came.notify_all()

    def take(self, count: int, timeout: float) -> list[Any]:
        """The first `count`, once they are there; fewer after the timeout."""
        with self._came:
            self._came.wait_for(lambda: len(self._messages) >= count, timeout)
            taken, self._messages = self._messages[:count], self._messages[count:]
            return taken

    def listen(self, stream: Stream) -> None:
        for message in stream:
            self.add(message)


def handler(command: Command, record: Record) -> Callable[[Message], Any]:
    remaining = itertools.repeat(True) if "times" not in command else itertools.repeat(True, command["times"])

    def handle(message: Message) -> Any:
        record.add(message)
        if "hold" in command:
            threading.Event().wait(command["hold"])
        if next(remaining, False):
            _raise(command)
        if "forwards" in command:
            message.twitter(command["forwards"], *message.args)
            return None
        return message.args[0] if command.get("echo") else rich(command.get("returns"))

    return handle


def _raise(command: Command) -> None:
    if "raises" in command:
        raise RuntimeError(command["raises"])
    if "raise_retry" in command:
        raise Retry(command["raise_retry"])
    if "reject" in command:
        raise Reject(command["reject"])
    if command.get("release"):
        raise Release
