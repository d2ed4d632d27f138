"""What a publisher holds: the promise that the gateway answers, and the answer."""

from __future__ import annotations

from .errors import BerryMQError, Timeout
from .message import Message
from .progress import Progress


class Receipt:
    """One publish, or one `publish_many`. `followers` and `queues` count whom it reached: in this process at once,
    beyond the gateway once `wait` returned; for many messages they are sums."""

    __slots__ = ("_error", "_message", "_outstanding", "_settled", "_told", "followers", "queues")

    followers: int
    """How many followers it reached."""
    queues: int
    """How many queues keep it."""

    def __init__(self, message: Message | None, followers: int = 0, queues: int = 0) -> None:
        self.followers = followers
        self.queues = queues
        self._message = message
        self._error: BerryMQError | None = None
        self._outstanding = 0
        # Notified whenever the outbox settles something; None = nothing was sent.
        self._settled: Progress | None = None
        # Whether somebody was told of the error.
        self._told = False

    @property
    def message_id(self) -> str:
        """Unique name of the message; "" for a receipt of many."""
        return self._message.message_id if self._message is not None else ""

    def wait(self, timeout: float | None = None) -> Receipt:
        """Returns itself once the gateway has answered; raises what it refused with, or Timeout after `timeout`
        seconds."""
        settled = self._settled
        if self._outstanding and settled is not None:
            with settled:
                if not settled.wait_for(lambda: not self._outstanding, timeout):
                    raise Timeout(f"no answer from the gateway within {timeout} s")
        if self._error is not None:
            self._told = True
            raise self._error
        return self

    def __repr__(self) -> str:
        state = "waiting" if self._outstanding else "settled"
        return f"<Receipt {state} followers={self.followers} queues={self.queues}>"
