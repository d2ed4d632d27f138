"""What a `Queue` asks of the place that keeps its messages: this process (`local_queue`) or a gateway
(`gateway_queue`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from .errors import BerryMQError, InvalidArgument
from .identifier import Identifier
from .message import Message

Verb = Literal["ack", "release", "retry", "reject"]

Failed = Callable[[BerryMQError], None]

DEFAULT_MESSAGES = 1_000_000
DEFAULT_BYTES = 1024**3
DEFAULT_LEASE = 30.0
DEFAULT_ATTEMPTS = 10
DEFAULT_BACKOFF = (1.0, 300.0)
DEFAULT_DEDUPE = 120.0
DEFAULT_RATE = 100

DEAD_SUFFIX = ".dead"
"""Dead letters of the queue `q` are kept in `q.dead`."""

DEFAULTS: Mapping[str, object] = {
    "max_messages": DEFAULT_MESSAGES,
    "max_bytes": DEFAULT_BYTES,
    "overflow": "reject_publish",
    "lease": DEFAULT_LEASE,
    "max_attempts": DEFAULT_ATTEMPTS,
    "backoff": DEFAULT_BACKOFF,
    "transient": False,
    "ttl": None,
    "delay": 0.0,
    "dedupe": DEFAULT_DEDUPE,
    "standalone_ttl": 60.0,
    "policy": "round_robin",
}
"""Of every option that may be said; no `ttl` is for ever."""

_DAY = 86_400.0

# Seconds, as the contract bounds them.
_RANGES = {
    "lease": (0.1, 12 * 3600.0),
    "ttl": (0.001, 365 * _DAY),
    "delay": (0.0, 30 * _DAY),
    "dedupe": (0.0, 3600.0),
    "standalone_ttl": (0.0, 30 * _DAY),
}


class QueueOptions(NamedTuple):
    """A queue as somebody asks for it; None, and no pattern = not said. Times are in seconds."""

    name: str
    patterns: tuple[str, ...]
    standalone: bool
    max_messages: int | None = None
    max_bytes: int | None = None
    overflow: str | None = None
    lease: float | None = None
    max_attempts: int | None = None
    backoff: tuple[float, float] | None = None
    transient: bool = False
    ttl: float | None = None
    delay: float | None = None
    dedupe: float | None = None
    standalone_ttl: float | None = None
    policy: str | None = None

    @property
    def local(self) -> bool:
        """Whether nothing that it keeps ever leaves the process."""
        if not self.patterns:
            return self.name.startswith("_")
        return all(Identifier.parse(pattern).local for pattern in self.patterns)


class QueueStatus(NamedTuple):
    """How a queue stands: messages that can be had, that wait for their time, that somebody holds; bytes of all of
    them."""

    ready: int
    """Messages that can be had now."""
    delayed: int
    """Messages that wait for their time: a delay, or the backoff after a failed attempt."""
    leased: int
    """Messages that somebody holds."""
    bytes: int
    """Of all of them."""
    consumers: int
    """How many have deliveries pushed at this moment."""
    oldest_published_at: datetime | None
    """When the oldest of them was published; None when there is none."""


class Taken(NamedTuple):
    """One handing-over. `lease_id` is "" and `deadline` None when it was acknowledged on the way out."""

    message: Message
    lease_id: str
    attempt: int
    deadline: datetime | None


class Consumer(Protocol):
    """Deliveries pushed for as long as it is open."""

    def __iter__(self) -> Iterator[Taken]:
        """Ends after `close`, or raises what ended it. Several threads may iterate: each delivery comes to one."""

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        """As Keeper.settle."""

    def settle_soon(self, lease_id: str, verb: Verb, delay: float | None, why: str | None, failed: Failed) -> None:
        """As settle, for whoever does not wait: verdicts travel together, and `failed` hears, in any thread, of one
        that could not be carried out: somebody will have the message again."""

    def give_up(self, lease_id: str) -> None:
        """The lease is lost: nothing is settled, and something else may come instead."""

    def close(self) -> None:
        """Gives back what is not settled, once verdicts that are under way are carried out; idempotent."""


class Keeper(Protocol):
    """All calls are safe from many threads."""

    options: QueueOptions

    def get(self, most: int, wait: float | None, auto_ack: bool) -> list[Taken]:
        """Up to `most` messages, waiting for the first `wait` seconds (None = for ever); empty when none came."""

    def consume(self, credit: int, auto_ack: bool, lost: Callable[[], None] = ...) -> Consumer:
        """Has up to `credit` deliveries pushed ahead of their settlement. `lost` is called whenever all that is not
        settled was given back behind the consumer's back."""

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        """Carries a verdict out; twice is harmless. Whether it gave the message up: that is a dead letter now. Raises
        LeaseLost."""

    def extend(self, lease_id: str, seconds: float | None) -> datetime:
        """The lease's new end. Raises LeaseLost."""

    def status(self) -> QueueStatus: ...

    def peek(self, most: int) -> list[Message]: ...

    def purge(self) -> int: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def redrive(self, most: int | None, rate: int, ids: Set[str] | None = None) -> int:
        """Moves dead letters back to where they came from, so many a second, or those of `ids` at once; how many.
        Raises InvalidArgument when these are no dead letters."""

    def delete(self) -> None:
        """Afterwards every call raises QueueNotFound."""

    def dead(self) -> Keeper:
        """Keeper of the messages that were given up."""

    def close(self) -> None:
        """Ends a standalone queue; errors are nobody's concern any more."""

    def abandon(self) -> None:
        """The owner of a standalone queue was garbage collected: ends it without taking a lock or calling anybody."""


def check_options(options: QueueOptions) -> QueueOptions:
    """The same options, but for the patterns, which were read before. Raises InvalidArgument, naming option and
    value."""
    for option in ("max_messages", "max_bytes", "max_attempts"):
        value = getattr(options, option)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise InvalidArgument(f"{option}={value!r}: a whole number, 1 or more")
    if options.overflow not in (None, "reject_publish", "drop_oldest"):
        raise InvalidArgument(f"overflow={options.overflow!r}: 'reject_publish' or 'drop_oldest'")
    if options.policy not in (None, "round_robin", "broadcast"):
        raise InvalidArgument(f"policy={options.policy!r}: 'round_robin' or 'broadcast'")
    for option in _RANGES:
        value = getattr(options, option)
        check_seconds(option, value, f"{option}={value!r}")
    if options.backoff is not None:
        _check_backoff(options.backoff)
    return options


def check_seconds(option: str, value: Any, told: str) -> None:
    """None, or as many seconds as that option takes. Raises InvalidArgument, which begins with what is told."""
    least, longest = _RANGES[option]
    if value is not None and not (_is_number(value) and least <= value <= longest):
        raise InvalidArgument(f"{told}: from {least:g} to {longest:.0f} seconds")


def _check_backoff(backoff: object) -> None:
    if not isinstance(backoff, (tuple, list)) or len(backoff) != 2 or not all(map(_is_number, backoff)):
        raise InvalidArgument(
            f"backoff={backoff!r}: two numbers of seconds, backoff=(first, most): before the first retry, and at most, "
            "as it doubles; such as backoff=(1, 300)"
        )
    first, most = backoff
    if not 0 <= first <= most:
        raise InvalidArgument(f"backoff={backoff!r}: (first, most) in seconds, first not below 0 and not above most")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def nothing_lost() -> None:
    """Nobody cares for lost leases before they are settled."""
