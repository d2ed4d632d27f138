"""What watches a bus under test; a bus that is not has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .keeper import Keeper
from .message import Message
from .registry import Receiver


class Probe(Protocol):
    def published(self, message: Message, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
        """Something is published, or asked, here; returns who is to receive it."""

    def heard(self, message: Message, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
        """Something came over the link; returns who is to receive it."""

    def called(self, handler: object, message: Message) -> None:
        """The handler of a durable following is about to be called."""

    def opened(self, keeper: Keeper) -> None:
        """A queue was made, or joined, at the gateway."""
