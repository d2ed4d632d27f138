"""What the handler of a durable following raises to say what becomes of its message; anything else that it raises is a
retry by the queue's backoff, and an error that `on_error` hears."""

from __future__ import annotations

from .errors import InvalidArgument, text_of

_LATEST = 30 * 86_400
"""Seconds, as the gateway has it."""

_LONGEST = 1000
"""Letters. Who wants to tell more of a dead letter publishes it."""


class Verdict(Exception):
    """Said, not failed: nobody reports it as an error."""


class Retry(Verdict):
    """Given back, counted: it comes again `after` seconds (None = by the queue's backoff)."""

    after: float | None
    """Seconds."""

    def __init__(self, after: float | None = None) -> None:
        check_delay(after, f"Retry({after!r})")
        super().__init__(after)
        self.after = after

    def __str__(self) -> str:
        return f"wanted the message again {'later' if self.after is None else f'after {self.after:g} s'}"


class Reject(Verdict):
    """Given up: it goes to the dead letters with the reason."""

    why: str | None
    """The reason, as the dead letter's attribute `berrymq-dead-reason` will have it."""

    def __init__(self, why: str | BaseException | None = None) -> None:
        super().__init__(why)
        self.why = reason_of(why)

    def __str__(self) -> str:
        return self.why or "rejected"


def check_delay(seconds: object, call: str) -> None:
    """None, or seconds as a queue takes them. Raises InvalidArgument."""
    if seconds is None:
        return
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= _LATEST:  # type: ignore[operator]
        raise InvalidArgument(f"{call}: 0 or more seconds, up to 30 days")


def reason_of(why: object) -> str | None:
    """As text that can travel, 1000 letters at most: of an exception its class and what it says."""
    if why is None:
        return None
    text = f"{type(why).__name__}: {text_of(why)}" if isinstance(why, BaseException) else str(why)
    sound = text.encode(errors="replace").decode()
    return sound if len(sound) <= _LONGEST else f"{sound[: _LONGEST - 1]}…"


class Release(Verdict):
    """Given back at its old place, not counted."""
