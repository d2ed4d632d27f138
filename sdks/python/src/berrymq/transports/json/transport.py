"""The contract's calls over a JSON channel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from google.protobuf.message import Message as WireMessage

from ...errors import BerryMQError, Draining, Timeout, Unavailable
from ...gen.berrymq.v1 import publisher_service_pb2
from ..transport import (
    AskRequest,
    AskResponse,
    ConsumeRequest,
    ConsumeResponse,
    FollowRequest,
    FollowResponse,
    PublishBatchesResponse,
    Received,
    RedriveRequest,
    RedriveResponse,
    Response,
)
from .channel import Channel, Event, Subscription
from .codec import from_json, to_json

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a gateway may take to keep a batch; beyond it the connection counts as lost."""


class JsonTransport:
    """One connection to one gateway."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def publish_batches(self, requests: Iterator[bytes]) -> Publishing:
        return Publishing(self._channel, requests)

    def follow(self, requests: Iterator[FollowRequest]) -> JsonStream[Received]:
        return JsonStream(self._channel, "follow", requests, _received)

    def consume(self, requests: Iterator[ConsumeRequest]) -> JsonStream[ConsumeResponse]:
        return JsonStream(self._channel, "consume", requests, _consumed)

    def ask(self, request: AskRequest, timeout: float) -> Answers[AskResponse]:
        return Answers(lambda: self._ask(request, timeout))

    def redrive(self, request: RedriveRequest) -> Answers[RedriveResponse]:
        return Answers(lambda: [self._call("queue.redrive", request, RedriveResponse, None)])

    def queue_call(self, method: str, request: WireMessage, response: type[Response], timeout: float) -> Response:
        return self._call(f"queue.{method.lower()}", request, response, timeout)

    def close(self) -> None:
        self._channel.close()

    def _ask(self, request: AskRequest, timeout: float) -> list[AskResponse]:
        answers = self._channel.call("ask", to_json(request), timeout).get("answers", [])
        return [from_json(AskResponse, {"answer": answer}) for answer in answers]

    def _call(self, method: str, request: WireMessage, response: type[Response], timeout: float | None) -> Response:
        return from_json(response, self._channel.call(method, to_json(request), timeout))


class Publishing:
    """PublishBatches. The next batch leaves when the one before is answered, so that it is known what to send again
    after a lost connection."""

    def __init__(self, channel: Channel, requests: Iterator[bytes]) -> None:
        self._channel = channel
        self._requests = requests
        self._cancelled = False

    def __iter__(self) -> Iterator[PublishBatchesResponse]:
        for request in self._requests:
            if self._cancelled:
                return
            batch = publisher_service_pb2.PublishBatchesRequest.FromString(request)
            try:
                answer = self._channel.call("publish_batches", to_json(batch), PATIENCE)
            except (Timeout, Draining) as error:
                raise Unavailable(str(error)) from None
            yield from_json(PublishBatchesResponse, answer)

    def cancel(self) -> None:
        self._cancelled = True


class Answers(Generic[T]):
    """What one call answers, when all of it has come."""

    def __init__(self, call: Callable[[], list[T]]) -> None:
        self._call = call
        self._cancelled = False

    def __iter__(self) -> Iterator[T]:
        for answer in self._call():
            if self._cancelled:
                return
            yield answer

    def cancel(self) -> None:
        self._cancelled = True


class JsonStream(Generic[T]):
    """Follow or Consume. A thread, `berrymq-<kind>-writer`, hands later requests on."""

    def __init__(
        self, channel: Channel, kind: str, requests: Iterator[WireMessage], read: Callable[[Event], T]
    ) -> None:
        self._channel = channel
        self._kind = kind
        self._requests = requests
        self._read = read
        self._lock = threading.Lock()
        self._subscription: Subscription | None = None
        self._refused: BerryMQError | None = None
        self._cancelled = False

    def __iter__(self) -> Iterator[T]:
        first = next(self._requests, None)
        if first is None:
            return
        try:
            subscription = self._channel.subscribe(self._kind, to_json(first))
            with self._lock:
                self._subscription = subscription
                if self._cancelled:
                    subscription.cancel()
            threading.Thread(target=self._write, name=f"berrymq-{self._kind}-writer", daemon=True).start()
            for event in subscription:
                yield self._read(event)
        except BerryMQError as error:
            if not self._cancelled:
                raise (self._refused or error) from None
        if self._refused is not None and not self._cancelled:
            raise self._refused

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._subscription is not None:
                self._subscription.cancel()

    def _write(self) -> None:
        subscription = self._subscription
        if subscription is None:
            return
        try:
            for request in self._requests:
                subscription.update(to_json(request))
        except BerryMQError as error:
            self._refused = error
            subscription.cancel()


def _received(event: Event) -> Received:
    response = FollowResponse()
    if event.name == "message":
        response = from_json(FollowResponse, {"batch": {"messages": [event.params["message"]]}})
    elif event.name == "applied":
        response.applied_revision = int(event.params["revision"])
    elif event.name == "draining":
        response.drain.SetInParent()
    return Received(response, int(event.params.get("bytes", 0)))


def _consumed(event: Event) -> ConsumeResponse:
    if event.name == "delivery":
        return from_json(ConsumeResponse, {"deliveries": [event.params["delivery"]]})
    if event.name == "draining":
        return from_json(ConsumeResponse, {"drain": {}})
    return from_json(ConsumeResponse, {"outcomes": event.params.get("outcomes", [])})
