"""Mailboxes and pipelines, awaitably."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..mailbox import Callback as SyncCallback
from ..mailbox import Mailbox as SyncMailbox
from ..pipeline import Pipeline as SyncPipeline
from .publishing import Publishing
from .receipt import Receipt
from .workers import workers


class Callback:
    """What a callback is registered with; it stays until `await remove()`."""

    def __init__(self, callback: SyncCallback) -> None:
        self._callback = callback

    async def remove(self) -> None:
        """The callback is called no more. Once more is harmless."""
        await workers.run(self._callback.remove)


class Mailbox:
    """The way to one ident."""

    def __init__(self, mailbox: SyncMailbox, publishing: Publishing) -> None:
        self._mailbox = mailbox
        self._publishing = publishing

    async def send(self, *args: Any, **kwargs: Any) -> Receipt:
        """As `berrymq.Mailbox.send`."""
        return await self._publishing.publish(partial(self._mailbox.send, *args, **kwargs))


class Pipeline:
    """Talks over several identifiers."""

    def __init__(self, pipeline: SyncPipeline, publishing: Publishing) -> None:
        self._pipeline = pipeline
        self._publishing = publishing
        self.identifiers = pipeline.identifiers
        """Its steps, in order."""

    async def talk(self, /, *args: Any, **kwargs: Any) -> Receipt:
        """As `berrymq.Pipeline.talk`."""
        return await self._publishing.publish(partial(self._pipeline.talk, *args, **kwargs))

    async def ask(self, /, *args: Any, **kwargs: Any) -> Any:
        """As `berrymq.Pipeline.ask`."""
        return await workers.run(partial(self._pipeline.ask, *args, **kwargs))
