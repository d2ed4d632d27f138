"""The special messages for debugging: what is published here, handed to the link, and received over it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

from .message import Message

if TYPE_CHECKING:
    from .dispatch import Dispatcher
    from .registry import Registry

What = Literal["send", "forward", "receive"]

# Handlers run in the context of who published, in pools and on event loops, too.
_telling: ContextVar[bool] = ContextVar("berrymq-telling", default=False)


class Debugging:
    """Tells followers of this process. Nothing is told of the system's own messages, nor of what a follower of these
    publishes while it is told: there would be no end of it."""

    def __init__(self, registry: Registry, dispatcher: Dispatcher) -> None:
        self._registry = registry
        self._dispatcher = dispatcher

    def tell(self, what: What, message: Message) -> None:
        receivers = self._registry.route(f"berrymq:{what}_message")
        if not receivers or message.identifier.reserved or _telling.get():
            return
        told = {"identifier": message.id, "message_id": message.message_id, "sender": message.sender}
        before = _telling.set(True)
        try:
            self._dispatcher.hand_over(Message(f"berrymq:{what}_message", **told), receivers)
        finally:
            _telling.reset(before)
