"""Deliveries that a gateway pushes: one stream, opened again by itself when the connection was lost."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import NamedTuple

from .delivery_wire import settlement, taken
from .errors import BerryMQError, Closed, LeaseLost, QueueExists, QueueNotFound, Timeout, from_wire
from .gen.berrymq.v1 import queue_pb2
from .keeper import Failed, Taken, Verb
from .link import Link
from .transports.transport import ConsumeRequest, ConsumeResponse, Stream

SETTLE_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0

MOST_SETTLEMENTS = 1000
"""Of one request."""


class _Word(NamedTuple):
    """What a consumer tells its gateway."""

    settlement: queue_pb2.Settlement | None
    credit: int


_Words = queue.SimpleQueue["_Word | None"]


class GatewayConsumer:
    """A consumer. One thread, `berrymq-consume`, reads the stream; settling waits for its outcome there."""

    def __init__(
        self,
        link: Link,
        name: str,
        credit: int,
        auto_ack: bool,
        remaker: Callable[[], Callable[[], bool]],
        lost: Callable[[], None],
    ) -> None:
        self._link = link
        self._name = name
        self._credit = credit
        self._auto_ack = auto_ack
        # Asked before each stream for what makes the queue again, should it be gone and the stream end for that.
        self._remaker = remaker
        self._lost = lost
        # Leases of this stream that were not settled yet: each holds one credit.
        self._unsettled: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._stream: Stream[ConsumeResponse] | None = None
        self._words: _Words = queue.SimpleQueue()
        self._awaiting: deque[Future[bool]] = deque()
        # Deliveries; an error that ends the iteration; None = closed.
        self._pushed: queue.SimpleQueue[Taken | BerryMQError | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="berrymq-consume", daemon=True).start()

    def __iter__(self) -> Iterator[Taken]:
        consumed = 0
        while (pushed := self._pushed.get()) is not None:
            if isinstance(pushed, BerryMQError):
                self._pushed.put(pushed)
                raise pushed
            yield pushed
            consumed += 1
            if self._auto_ack and consumed * 2 >= self._credit:
                self._words.put(_Word(None, consumed))
                consumed = 0
        self._pushed.put(None)

    def settle(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> bool:
        outcome = self._send(lease_id, verb, delay, why)
        try:
            return outcome.result(SETTLE_TIMEOUT)
        except TimeoutError as error:
            if isinstance(error, BerryMQError):
                raise
            raise Timeout(f"the gateway did not settle within {SETTLE_TIMEOUT} s") from None

    def settle_soon(self, lease_id: str, verb: Verb, delay: float | None, why: str | None, failed: Failed) -> None:
        def finished(outcome: Future[bool]) -> None:
            error = outcome.exception()
            if isinstance(error, BerryMQError):
                failed(error)

        self._send(lease_id, verb, delay, why).add_done_callback(finished)

    def _send(self, lease_id: str, verb: Verb, delay: float | None, why: str | None) -> Future[bool]:
        """The outcome to come: whether the message was given up."""
        outcome: Future[bool] = Future()
        with self._lock:
            if self._stream is not None:
                self._awaiting.append(outcome)
                self._words.put(_Word(settlement(lease_id, verb, delay, why), self._credit_of(lease_id)))
                return outcome
        outcome.set_exception(_lost())
        return outcome

    def give_up(self, lease_id: str) -> None:
        with self._lock:
            credit = self._credit_of(lease_id)
            if credit:
                self._words.put(_Word(None, credit))

    def _credit_of(self, lease_id: str) -> int:
        """What an end of that lease gives back to the gateway: nothing if this stream never pushed it."""
        credit = int(lease_id in self._unsettled)
        self._unsettled.discard(lease_id)
        return credit

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            stream, words, awaiting = self._stream, self._words, list(self._awaiting)
        wait(awaiting, CLOSE_TIMEOUT)
        words.put(None)
        if stream is not None:
            stream.cancel()
        self._pushed.put(None)

    def _work(self) -> None:
        end: BerryMQError | None = None
        while not self._closed and end is None:
            remake = self._remaker()
            try:
                self._read()
            except Closed:
                break
            except QueueNotFound as error:
                end = _made_again(remake, error)
            except BerryMQError as error:
                end = None if error.retryable else error
            finally:
                self._lose()
            if end is None:
                self._link.wait_change(0.2)
        self._pushed.put(end)

    def _read(self) -> None:
        """One stream from beginning to end."""
        transport = self._link.transport(5.0)
        words: _Words = queue.SimpleQueue()
        opening = ConsumeRequest(queue=self._name, credit=self._credit, auto_ack=self._auto_ack)
        stream = transport.consume(_requests(opening, words))
        with self._lock:
            self._stream, self._words = stream, words
            if self._closed:
                stream.cancel()
        for response in stream:
            for outcome in response.outcomes:
                self._finish(outcome)
            for delivery in response.deliveries:
                self._push(delivery)
            if response.HasField("drain"):
                return

    def _push(self, delivery: queue_pb2.Delivery) -> None:
        if delivery.lease_id:
            with self._lock:
                self._unsettled.add(delivery.lease_id)
        self._pushed.put(taken(delivery))

    def _finish(self, outcome: queue_pb2.Outcome) -> None:
        with self._lock:
            waiting = self._awaiting.popleft() if self._awaiting else None
        if waiting is None:
            return
        if outcome.HasField("error"):
            waiting.set_exception(from_wire(outcome.error))
        else:
            waiting.set_result(outcome.dead)

    def _lose(self) -> None:
        """The stream is over: the gateway released what it had pushed, taken or not."""
        with self._lock:
            stream, self._stream = self._stream, None
            awaiting, self._awaiting = self._awaiting, deque()
            self._unsettled = set()
        self._words.put(None)
        if stream is not None:
            stream.cancel()
        for waiting in awaiting:
            waiting.set_exception(_lost())
        self._lost()
        while not self._closed:
            try:
                self._pushed.get_nowait()
            except queue.Empty:
                return


def _requests(opening: ConsumeRequest, words: _Words) -> Iterator[ConsumeRequest]:
    """Everything that was said while the request before was on its way goes with the next."""
    yield opening
    word = words.get()
    while word is not None:
        said = [word]
        while len(said) < MOST_SETTLEMENTS and not words.empty() and (word := words.get()) is not None:
            said.append(word)
        yield ConsumeRequest(
            settlements=[each.settlement for each in said if each.settlement is not None],
            credit=sum(each.credit for each in said),
        )
        if word is not None:
            word = words.get()


def _lost() -> LeaseLost:
    return LeaseLost("the connection was lost, and the gateway released what it had pushed over it")


def _made_again(remake: Callable[[], bool], error: QueueNotFound) -> BerryMQError | None:
    """What ends the consumer, if making the queue again does not help."""
    try:
        return None if remake() else error
    except QueueExists:
        # Somebody else made it meanwhile.
        return None
    except BerryMQError as refusal:
        return None if refusal.retryable else refusal
