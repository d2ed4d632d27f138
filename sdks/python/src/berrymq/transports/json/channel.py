"""What the JSON transport asks of HTTP and of WebSocket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol


class Event(NamedTuple):
    """What a subscription tells, such as `message`, with its params."""

    name: str
    params: Mapping[str, Any]


class Subscription(Protocol):
    """One stream of the contract, opened. Everything may be called from any thread."""

    def __iter__(self) -> Iterator[Event]:
        """Events as they come, until the stream ends. Raises what ended it, Unavailable for a lost connection."""

    def update(self, request: Mapping[str, Any]) -> None:
        """Hands a later request on; returns when the gateway has taken it. Raises what it was refused with."""

    def cancel(self) -> None:
        """Ends it; the iteration ends soon. Idempotent."""


class Channel(Protocol):
    """Calls and subscriptions on one gateway. Raises BerryMQError only."""

    def call(self, method: str, params: Mapping[str, Any], timeout: float | None) -> Any:
        """The result of a method. `timeout` in seconds, None = as long as it takes. Raises Timeout."""

    def subscribe(self, kind: str, request: Mapping[str, Any]) -> Subscription:
        """Opens a stream with its first request; `kind` is `follow` or `consume`."""

    def close(self) -> None:
        """Ends everything; idempotent."""
