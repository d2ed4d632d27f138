"""What a link asks of a transport. All errors are `BerryMQError`s; what a lost connection raises is `Unavailable`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeVar

from google.protobuf.message import Message as WireMessage

from ..gen.berrymq.v1 import follower_service_pb2, publisher_service_pb2, queue_service_pb2, talk_service_pb2

FollowRequest = follower_service_pb2.FollowRequest
FollowResponse = follower_service_pb2.FollowResponse
PublishBatchesResponse = publisher_service_pb2.PublishBatchesResponse
ConsumeRequest = queue_service_pb2.ConsumeRequest
ConsumeResponse = queue_service_pb2.ConsumeResponse
RedriveRequest = queue_service_pb2.RedriveRequest
RedriveResponse = queue_service_pb2.RedriveResponse
AskRequest = talk_service_pb2.AskRequest
AskResponse = talk_service_pb2.AskResponse

Response_co = TypeVar("Response_co", covariant=True)
Response = TypeVar("Response", bound=WireMessage)


class Address(NamedTuple):
    """Where a gateway is, `host:port`, and who calls."""

    target: str
    session: str
    ident: str


class Received(NamedTuple):
    """A response of a follow stream, and the bytes of its batch, as credit counts them."""

    response: FollowResponse
    size: int


class Stream(Protocol[Response_co]):
    """Responses as they come. Iteration ends with the stream, or raises what ended it; after `cancel` it ends."""

    def __iter__(self) -> Iterator[Response_co]: ...

    def cancel(self) -> None:
        """Ends the stream from any thread; idempotent."""


class Transport(Protocol):
    """One connection to one gateway. Request iterators are read in a thread of the transport's own, one request after
    the other has left; they must end soon after their stream has ended."""

    def publish_batches(self, requests: Iterator[bytes]) -> Stream[PublishBatchesResponse]:
        """PublisherService.PublishBatches; the requests come encoded."""

    def follow(self, requests: Iterator[FollowRequest]) -> Stream[Received]:
        """FollowerService.Follow."""

    def consume(self, requests: Iterator[ConsumeRequest]) -> Stream[ConsumeResponse]:
        """QueueService.Consume."""

    def redrive(self, request: RedriveRequest) -> Stream[RedriveResponse]:
        """QueueService.Redrive."""

    def ask(self, request: AskRequest, timeout: float) -> Stream[AskResponse]:
        """TalkService.Ask. `timeout` in seconds bounds the call beyond what the gateway is asked for."""

    def queue_call(self, method: str, request: WireMessage, response: type[Response], timeout: float) -> Response:
        """One unary call of QueueService, such as `Create`."""

    def close(self) -> None:
        """Ends every call; idempotent."""
