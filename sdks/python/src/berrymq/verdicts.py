"""What the handler of a durable following raises to say what becomes of its message; anything else that it raises is a
retry by the queue's backoff, and an error that `on_error` hears."""

from __future__ import annotations

from .errors import InvalidArgument


class Verdict(Exception):
    """Said, not failed: nobody reports it as an error."""


class Retry(Verdict):
    """Given back, counted: it comes again `after` seconds (None = by the queue's backoff)."""

    after: float | None
    """Seconds."""

    def __init__(self, after: float | None = None) -> None:
        if after is not None and not after >= 0:
            raise InvalidArgument(f"Retry({after!r}): 0 or more seconds")
        super().__init__(after)
        self.after = after

    def __str__(self) -> str:
        return f"wanted the message again {'later' if self.after is None else f'after {self.after:g} s'}"


class Reject(Verdict):
    """Given up: it goes to the dead letters with the reason."""

    why: str | None
    """The reason, as the dead letter's attribute `berrymq-dead-reason` will have it."""

    def __init__(self, why: str | None = None) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return self.why or "rejected"


class Release(Verdict):
    """Given back at its old place, not counted."""
