"""What was published and not yet answered: sequence numbers, batches, receipts. No I/O and no lock; its owner has
both."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .errors import BerryMQError, from_wire
from .gen.berrymq.v1 import publisher_service_pb2
from .progress import Progress
from .receipt import Receipt

BATCH_MESSAGES = 512
BATCH_BYTES = 256 * 1024
MESSAGE_BYTES = 4 * 1024 * 1024

Answered = publisher_service_pb2.PublishBatchesResponse


class OutBatch(NamedTuple):
    """Messages to send: the sequence number of the first, how many, their encoding as a Batch, and whether they went
    before."""

    first: int
    length: int
    data: bytes
    resent: bool


class _Addition(NamedTuple):
    """Encoded messages that came together, and their bytes."""

    frames: Sequence[bytes]
    size: int


class _Share(NamedTuple):
    """A run of messages that one receipt speaks of."""

    first: int
    last: int
    receipt: Receipt


class _Run(NamedTuple):
    """A run of messages that met one fate."""

    first: int
    last: int
    followers: int
    queues: int
    error: BerryMQError | None


class Outbox:
    """Bounded in messages and bytes; both count what is unsent and what is unanswered."""

    def __init__(self, max_held: int, max_held_bytes: int) -> None:
        self._max_held = max_held
        self._max_held_bytes = max_held_bytes
        self._unsent: deque[_Addition] = deque()
        self._again: deque[OutBatch] = deque()
        self._sent: deque[OutBatch] = deque()
        self._shares: deque[_Share] = deque()
        self._next_unsent = 1
        self._bytes = 0
        self.last = 0
        """Sequence number of the youngest message."""
        self.settled_through = 0
        """Every message up to this sequence number is answered."""
        self.refused: list[Receipt] = []
        """Those that the gateway refused something of, until the link takes them."""

    @property
    def held(self) -> int:
        """Messages that are unsent or unanswered."""
        return self.last - self.settled_through

    @property
    def crowded(self) -> bool:
        """Whether less than a tenth of the room is left."""
        return self.held * 10 >= self._max_held * 9 or self._bytes * 10 >= self._max_held_bytes * 9

    def room(self, frames: Sequence[bytes], size: int) -> int:
        """How many of these messages, of so many bytes together, fit now. One always fits into an empty outbox."""
        messages, left = self._max_held - self.held, self._max_held_bytes - self._bytes
        if len(frames) <= messages and size <= left:
            return len(frames)
        fitting = 0
        for frame in frames[: max(messages, 0)]:
            left -= len(frame)
            if left < 0:
                break
            fitting += 1
        return fitting or (self.held == 0)

    def add(self, frames: Sequence[bytes], size: int, receipt: Receipt, settled: Progress) -> None:
        """Takes messages in, the next ones in order, no more at once than a batch may hold. A receipt may come
        several times."""
        first = self.last + 1
        self._unsent.append(_Addition(frames, size))
        self._bytes += size
        self.last += len(frames)
        receipt._outstanding += len(frames)
        receipt._settled = settled
        self._shares.append(_Share(first, self.last, receipt))

    def take(self) -> OutBatch | None:
        """The next batch to send; None = nothing waits."""
        if self._again:
            batch = self._again.popleft()
        elif self._unsent:
            batch = self._gather()
        else:
            return None
        self._sent.append(batch)
        return batch

    def lost(self) -> None:
        """The connection is gone: what was sent and not answered goes again, first."""
        again = [batch._replace(resent=True) for batch in self._sent]
        self._again = deque([*again, *self._again])
        self._sent = deque()

    def settle(self, answered: Answered) -> None:
        """Takes in what the gateway says of messages up to `through`."""
        runs = [
            _Run(run.first_sequence, run.first_sequence + run.count - 1, run.followers, run.queues, None)
            for run in answered.accepted
        ]
        if answered.refused:
            runs += [
                _Run(run.first_sequence, run.first_sequence + run.count - 1, 0, 0, from_wire(run.error))
                for run in answered.refused
            ]
            runs.sort()
        self._finish(answered.through, runs)

    def refuse_oldest(self, error: BerryMQError) -> None:
        """The gateway ended the stream over the oldest batch: its messages are refused, so that the others can go
        on."""
        if self._sent:
            batch = self._sent[0]
            last = batch.first + batch.length - 1
            self._finish(last, [_Run(batch.first, last, 0, 0, error)])

    def abandon(self, error: BerryMQError) -> None:
        """Nothing of the rest will be sent or answered."""
        refused = self.refused
        self.refused = []
        self._finish(self.last, [_Run(self.settled_through + 1, self.last, 0, 0, error)])
        self.refused = refused

    def _gather(self) -> OutBatch:
        """As many additions as fit into one batch; a single one always does."""
        unsent, size = self._unsent, 0
        frames: list[bytes] = []
        while unsent:
            added = unsent[0]
            if frames and (len(frames) + len(added.frames) > BATCH_MESSAGES or size + added.size > BATCH_BYTES):
                break
            frames += unsent.popleft().frames
            size += added.size
        first = self._next_unsent
        self._next_unsent += len(frames)
        return OutBatch(first, len(frames), b"".join(frames), False)

    def _finish(self, through: int, runs: Iterable[_Run]) -> None:
        through = min(through, self.last)
        if through <= self.settled_through:
            return
        self.settled_through = through
        for batches in (self._sent, self._again):
            while batches and batches[0].first + batches[0].length - 1 <= through:
                self._bytes -= len(batches.popleft().data)
        self._count(runs)
        shares = self._shares
        while shares and shares[0].last <= through:
            first, last, receipt = shares.popleft()
            receipt._outstanding -= last - first + 1

    def _count(self, runs: Iterable[_Run]) -> None:
        """Adds every run to the receipts whose messages it holds; runs and shares are in order of sequence."""
        shares = iter(self._shares)
        share = next(shares, None)
        for run in runs:
            while share is not None and share.last < run.first:
                share = next(shares, None)
            while share is not None and share.first <= run.last:
                count = min(share.last, run.last) - max(share.first, run.first) + 1
                share.receipt.followers += count * run.followers
                share.receipt.queues += count * run.queues
                if run.error is not None and share.receipt._error is None:
                    share.receipt._error = run.error
                    self.refused.append(share.receipt)
                if share.last > run.last:
                    break
                share = next(shares, None)
