"""What one may look at in a bus: its followers, its diagram, what its handlers raised, what passes through it."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Literal

from .courier import Courier
from .debugging import Debugging
from .handler_errors import HandlerError

if TYPE_CHECKING:
    from .queue import Queue
    from .work import Works


class Inspection:
    """This side of a bus."""

    _courier: Courier
    _works: Works
    _queues: weakref.WeakSet[Queue]

    def show_followers(self) -> list[str]:
        """What is followed in this process, sorted."""
        return self._courier.registry.patterns()

    def show_network(self, format: Literal["dot", "mermaid"] = "dot") -> str:
        """A diagram of this process, for Graphviz or Mermaid: the places (`file:line`) that published → identifiers →
        followers, queues and streams, with their patterns. At most 1000 identifiers are remembered."""
        from . import network

        return network.show(format, self._courier, self._works, list(self._queues))

    def debug_messages(self, on: bool = True) -> None:
        """Tells followers of this process of each message: `berrymq:send_message` when it is published here,
        `berrymq:forward_message` when it is handed to the link, `berrymq:receive_message` when it came over it, with
        kwargs `identifier`, `message_id`, `sender`. Nothing is told of the system's own messages, nor of what is
        published by who hears these."""
        courier = self._courier
        courier.check_open()
        courier.debugging = Debugging(courier.registry, courier.dispatcher) if on else None

    def take_errors(self) -> list[HandlerError]:
        """What handlers raised since it was last asked, the newest 100 at most, the oldest first. `on_error` hears
        them as well."""
        return self._courier.dispatcher.errors.take()
