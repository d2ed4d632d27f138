"""A queue that a gateway keeps."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from datetime import datetime
from functools import partial

from google.protobuf.message import Message as WireMessage

from .delivery_wire import duration, settlement, taken
from .errors import BerryMQError, Draining, Internal, QueueExists, QueueNotFound, Unavailable, from_wire
from .fields import moment
from .gateway_consumer import GatewayConsumer
from .gen.berrymq.v1 import queue_pb2, queue_service_pb2
from .keeper import DEAD_SUFFIX, QueueOptions, QueueStatus, Taken, Verb, nothing_lost
from .link import Link
from .message import Message, received
from .queue_patterns import meet
from .transports.transport import Response

log = logging.getLogger("berrymq")

CALL_TIMEOUT = 10.0
LONGEST_WAIT = 30.0
"""Of one call; a longer `get` makes several, so that a lost connection is noticed."""

_OVERFLOWS = {
    None: queue_pb2.OVERFLOW_UNSPECIFIED,
    "reject_publish": queue_pb2.OVERFLOW_REJECT_PUBLISH,
    "drop_oldest": queue_pb2.OVERFLOW_DROP_OLDEST,
}
_POLICIES = {
    None: queue_pb2.POLICY_UNSPECIFIED,
    "round_robin": queue_pb2.POLICY_ROUND_ROBIN,
    "broadcast": queue_pb2.POLICY_BROADCAST,
}


class GatewayQueue:
    """A keeper. Its calls raise what the gateway refuses with, and Unavailable while it cannot be reached."""

    def __init__(self, link: Link, options: QueueOptions) -> None:
        self.options = options
        self._link = link
        # What was said, and what it is made of when it is gone: what the gateway last told of it.
        self._asked = self._made_of = _to_wire(options)
        # At which connection of the link it was made here; None = it is somebody else's to make.
        self._made_at: int | None = None
        # Whether a queue of that name may have any options and patterns.
        self._as_it_is = False

    def create(self) -> GatewayQueue:
        """Makes the queue unless it is there. Raises QueueExists, and InvalidArgument where its name alone makes no
        queue."""
        self._create()
        return self

    def create_for_work(self, as_it_is: bool) -> GatewayQueue:
        """As `create`; with `as_it_is` a queue that is there may have any options and patterns. While the gateway is
        out of reach its consumer makes it later."""
        self._made_at = 0
        self._as_it_is = as_it_is
        try:
            self._create()
        except (Unavailable, Draining):
            log.info("the queue %r is made once the gateway is back", self.options.name)
        return self

    def remaker(self) -> Callable[[], bool]:
        """For a call that is about to be made. Makes the queue again, if it was made here on a connection that is gone:
        a gateway that keeps all in memory was restarted. Tells whether it did, or another call did since."""
        return partial(self._remake, self._made_at)

    def _remake(self, seen: int | None) -> bool:
        if self._made_at is None:
            return False
        if self._made_at != seen:
            return True
        if seen == self._link.connections:
            return False
        self._create()
        return True

    def _create(self) -> None:
        """Makes it as it was; one that somebody made otherwise since then need only be what was asked for."""
        connection = self._link.connections
        try:
            made = self._call_create(self._made_of)
        except QueueExists:
            if self._made_of is self._asked and not self._as_it_is:
                raise
            made = self._as_it_stands()
            if self._as_it_is and not meet(made.patterns, self._asked.patterns):
                raise
        self._note(made)
        # Dead letters, opened by their name, come and go with their queue.
        self._made_at = connection if self._made_of.patterns else None

    def _as_it_stands(self) -> queue_pb2.Queue:
        if not self._as_it_is:
            return self._call_create(self._asked)
        request = queue_service_pb2.DescribeRequest(queue=self.options.name)
        return self._call_once("Describe", request, queue_service_pb2.DescribeResponse).queue

    def _call_create(self, queue: queue_pb2.Queue) -> queue_pb2.Queue:
        request = queue_service_pb2.CreateRequest(queue=queue)
        return self._call_once("Create", request, queue_service_pb2.CreateResponse).queue

    def _note(self, made: queue_pb2.Queue) -> None:
        """What the gateway told: what the queue is made of again, and what somebody here reckons with."""
        if made.patterns:
            made.ClearField("paused")  # It says how the queue stood, not what it is.
            self._made_of = made
        lease = made.lease.ToMicroseconds() / 1e6 or None
        self.options = self.options._replace(
            patterns=tuple(made.patterns),
            max_messages=made.max_messages,
            max_bytes=made.max_bytes,
            lease=self.options.lease or lease,
        )

    def get(self, most: int, wait: float | None, auto_ack: bool) -> list[Taken]:
        end = None if wait is None else time.monotonic() + wait
        while True:
            left = LONGEST_WAIT if end is None else max(0.0, min(LONGEST_WAIT, end - time.monotonic()))
            request = queue_service_pb2.GetRequest(
                queue=self.options.name, max=most, auto_ack=auto_ack, wait=duration(left)
            )
            try:
                response = self._call("Get", request, queue_service_pb2.GetResponse, left)
            except (Unavailable, Draining):
                # Whoever waits does not care why nothing came; the link reconnects meanwhile.
                if end is not None and time.monotonic() >= end:
                    raise
                self._link.wait_change(0.2)
                continue
            if response.deliveries or (end is not None and time.monotonic() >= end):
                return [taken(delivery) for delivery in response.deliveries]

    def consume(self, credit: int, auto_ack: bool, lost: Callable[[], None] = nothing_lost) -> GatewayConsumer:
        return GatewayConsumer(self._link, self.options.name, credit, auto_ack, self.remaker, lost)

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        request = queue_service_pb2.SettleRequest(
            queue=self.options.name, settlements=[settlement(lease_id, verb, delay, why)]
        )
        return _single(self._call("Settle", request, queue_service_pb2.SettleResponse).outcomes).dead

    def extend(self, lease_id: str, seconds: float | None) -> datetime:
        request = queue_service_pb2.ExtendRequest(
            queue=self.options.name, lease_ids=[lease_id], lease=duration(seconds)
        )
        return moment(_single(self._call("Extend", request, queue_service_pb2.ExtendResponse).outcomes).deadline)

    def status(self) -> QueueStatus:
        request = queue_service_pb2.DescribeRequest(queue=self.options.name)
        told = self._call("Describe", request, queue_service_pb2.DescribeResponse).status
        oldest = moment(told.oldest_published_at) if told.oldest_published_at else None
        return QueueStatus(told.ready, told.delayed, told.leased, told.bytes, told.consumers, oldest)

    def peek(self, most: int) -> list[Message]:
        request = queue_service_pb2.PeekRequest(queue=self.options.name, max=most)
        return [received(wire) for wire in self._call("Peek", request, queue_service_pb2.PeekResponse).messages]

    def purge(self) -> int:
        request = queue_service_pb2.PurgeRequest(queue=self.options.name)
        return self._call("Purge", request, queue_service_pb2.PurgeResponse).purged

    def pause(self) -> None:
        self._call("Pause", queue_service_pb2.PauseRequest(queue=self.options.name), queue_service_pb2.PauseResponse)

    def resume(self) -> None:
        self._call("Resume", queue_service_pb2.ResumeRequest(queue=self.options.name), queue_service_pb2.ResumeResponse)

    def redrive(self, most: int | None, rate: int, ids: Set[str] | None = None) -> int:
        request = queue_service_pb2.RedriveRequest(
            queue=self.options.name, max=most or 0, rate=rate, message_ids=ids or ()
        )
        moved = 0
        for response in self._link.transport().redrive(request):
            moved = response.moved
        return moved

    def delete(self) -> None:
        self._made_at = None
        self._call("Delete", queue_service_pb2.DeleteRequest(queue=self.options.name), queue_service_pb2.DeleteResponse)

    def dead(self) -> GatewayQueue:
        return GatewayQueue(
            self._link, self.options._replace(name=f"{self.options.name}{DEAD_SUFFIX}", patterns=(), standalone=False)
        )

    def close(self) -> None:
        # Deleted before, or out of reach: then the gateway deletes it once the session is gone.
        with suppress(BerryMQError):
            self.delete()

    def abandon(self) -> None:
        """The gateway deletes it once the session is gone."""

    def _call(self, method: str, request: WireMessage, response: type[Response], wait: float = 0.0) -> Response:
        remake = self.remaker()
        try:
            return self._call_once(method, request, response, wait)
        except QueueNotFound:
            if not remake():
                raise
            return self._call_once(method, request, response, wait)

    def _call_once(self, method: str, request: WireMessage, response: type[Response], wait: float = 0.0) -> Response:
        return self._link.transport(wait).queue_call(method, request, response, wait + CALL_TIMEOUT)


def _single(outcomes: Sequence[queue_pb2.Outcome]) -> queue_pb2.Outcome:
    if len(outcomes) != 1:
        raise Internal(f"the gateway gave {len(outcomes)} outcomes for one lease")
    if outcomes[0].HasField("error"):
        raise from_wire(outcomes[0].error)
    return outcomes[0]


def _to_wire(options: QueueOptions) -> queue_pb2.Queue:
    first, most = options.backoff or (None, None)
    return queue_pb2.Queue(
        name=options.name,
        patterns=options.patterns,
        standalone=options.standalone,
        max_messages=options.max_messages or 0,
        max_bytes=options.max_bytes or 0,
        overflow=_OVERFLOWS[options.overflow],
        lease=duration(options.lease),
        max_attempts=options.max_attempts or 0,
        backoff=queue_pb2.Backoff(first=duration(first), most=duration(most)) if options.backoff else None,
        transient=options.transient,
        ttl=duration(options.ttl),
        delay=duration(options.delay),
        dedupe=duration(options.dedupe),
        standalone_ttl=duration(options.standalone_ttl),
        policy=_POLICIES[options.policy],
    )
