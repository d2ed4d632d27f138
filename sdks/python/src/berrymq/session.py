"""One connection of a link, from its opening to its loss: what its two streams send and how their responses are
taken."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .errors import BerryMQError
from .frame import varint
from .gen.berrymq.v1 import drain_pb2, follower_service_pb2
from .outbox import OutBatch
from .registry import Wanted
from .transports.transport import FollowRequest, PublishBatchesResponse, Stream, Transport

if TYPE_CHECKING:
    from .link import Link

CREDIT = 4 * 1024 * 1024
"""Bytes of messages that may be under way to the dispatching thread."""

CREDIT_STEP = CREDIT // 8
"""Credit is given back in steps, so that it costs a request now and then, not one for each batch."""


MOST_ACKNOWLEDGED = 1000
"""Messages that one request acknowledges."""


class _FollowWork(NamedTuple):
    """What the follow stream has to tell: bytes of credit, and ids of messages that were handled."""

    credit: int
    acknowledged: list[str]


class Session:
    """Lives in the link's thread, except for the two request iterators, the answers' reader, and `grant`."""

    def __init__(self, link: Link, transport: Transport) -> None:
        self.transport = transport
        self.joined = False
        self.moved_to = ""
        self._link = link
        # Publishes wait until the gateway follows, so that no answer to them is missed.
        self._sending = False
        # Nothing more will be published: the gateway drains, or the session ends.
        self._over = False
        self._stopped = False
        self._owed = 0
        # Bytes of credit to give, 0 = patterns changed, a message id to acknowledge, None = the stream is over.
        self._follow_work: queue.SimpleQueue[int | str | None] = queue.SimpleQueue()
        self._publishes: Stream[PublishBatchesResponse] | None = None
        self._follows: Stream[object] | None = None

    def run(self, joined: Callable[[], None]) -> None:
        """Reads the follow stream until it ends. Calls `joined` when the first request holds. Raises what ended the
        stream."""
        follows = self.transport.follow(self._follow_requests())
        publishes = self.transport.publish_batches(self._publish_requests())
        self._follows, self._publishes = follows, publishes
        answers = threading.Thread(target=self._read_answers, args=(publishes,), name="berrymq-answers", daemon=True)
        answers.start()
        if self._stopped:
            self.stop()
        try:
            for response, size in follows:
                self._take(response, size, joined)
        finally:
            self.stop()
            answers.join()
            self.transport.close()

    def stop(self) -> None:
        """Ends both streams, from any thread; idempotent."""
        self._end_publishing()
        self._stopped = True
        self._follow_work.put(None)
        for stream in (self._follows, self._publishes):
            if stream is not None:
                stream.cancel()

    def wake_follow(self) -> None:
        """Patterns changed. Takes no lock."""
        self._follow_work.put(0)

    def acknowledge(self, message_id: str) -> None:
        """A message with `require_ack` was handled. Takes no lock."""
        self._follow_work.put(message_id)

    def grant(self, size: int) -> None:
        """So many bytes were dispatched. Called by the dispatching thread only."""
        self._owed += size
        if self._owed >= CREDIT_STEP:
            self._follow_work.put(self._owed)
            self._owed = 0

    def _take(self, response: follower_service_pb2.FollowResponse, size: int, joined: Callable[[], None]) -> None:
        if size:
            self._link.inbox.put(response.batch.messages, size, self.grant)
        if response.HasField("applied_revision"):
            self._apply(response.applied_revision)
            if not self.joined:
                self._join()
                joined()
        if response.HasField("drain"):
            self._drain(response.drain)

    def _join(self) -> None:
        with self._link.lock:
            self.joined = True
            self._sending = not self._over
            self._link.work.notify_all()

    def _apply(self, revision: int) -> None:
        link = self._link
        with link.lock:
            link.applied = max(link.applied, revision)
            link.progress.notify_all()

    def _drain(self, drain: drain_pb2.Drain) -> None:
        """Nothing new is sent; the gateway answers what it has, then ends the publish stream, and with it this
        session."""
        self.moved_to = drain.address
        self._end_publishing()

    def _end_publishing(self) -> None:
        with self._link.lock:
            self._sending, self._over = False, True
            self._link.work.notify_all()

    def _read_answers(self, publishes: Stream[PublishBatchesResponse]) -> None:
        link = self._link
        try:
            for answer in publishes:
                with link.lock:
                    link.outbox.settle(answer)
                    link.progress.notify_all()
                link.take_refused()
                if answer.HasField("drain"):
                    self._drain(answer.drain)
        except BerryMQError as error:
            if not error.retryable:
                with link.lock:
                    link.outbox.refuse_oldest(error)
                    link.progress.notify_all()
                link.take_refused()
        finally:
            self.stop()

    def _publish_requests(self) -> Iterator[bytes]:
        threading.current_thread().name = "berrymq-publish"
        link = self._link
        while True:
            with link.lock:
                while (batch := link.outbox.take() if self._sending else None) is None:
                    if self._over:
                        return
                    link.work.wait()
            yield _encode(batch)

    def _follow_requests(self) -> Iterator[FollowRequest]:
        threading.current_thread().name = "berrymq-follow"
        link = self._link
        with link.lock:
            revision = link.revision
        yield FollowRequest(add=map(_followed, link.registry.wanted()), credit=CREDIT, revision=revision)
        while (work := self._gather_follow_work()) is not None:
            with link.lock:
                revision = link.revision
            added, removed = link.registry.changes()
            yield FollowRequest(
                add=map(_followed, added),
                remove=removed,
                revision=revision,
                credit=work.credit or None,
                acknowledge=work.acknowledged,
            )

    def _gather_follow_work(self) -> _FollowWork | None:
        """Waits for something to tell the gateway, and takes what there is; None = the stream is over."""
        credit, acknowledged = 0, []
        step = self._follow_work.get()
        while step is not None:
            if isinstance(step, str):
                acknowledged.append(step)
            else:
                credit += step
            if len(acknowledged) == MOST_ACKNOWLEDGED or self._follow_work.empty():
                return _FollowWork(credit, acknowledged)
            step = self._follow_work.get()
        return None


def _followed(wanted: Wanted) -> follower_service_pb2.FollowedPattern:
    return follower_service_pb2.FollowedPattern(pattern=wanted.pattern, answers=wanted.answers, source=wanted.source)


def _encode(batch: OutBatch) -> bytes:
    """A PublishBatchesRequest around messages that are encoded already."""
    resent = b"\x18\x01" if batch.resent else b""
    return b"\x0a%b%b\x10%b%b" % (varint(len(batch.data)), batch.data, varint(batch.first), resent)
