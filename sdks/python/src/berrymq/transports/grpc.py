"""The only room that knows gRPC."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

# grpcio reads this once, when it is imported first; without it a forked child that calls anything hangs.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "1")

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as WireMessage
from google.rpc import error_details_pb2, status_pb2

from .. import errors
from .transport import (
    Address,
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

log = logging.getLogger("berrymq")

T = TypeVar("T")
_PACKAGE = "/berrymq.v1."
_DETAILS = "grpc-status-details-bin"

_OPTIONS = [
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A connection of its own for every transport: the link alone decides when to connect again.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
]

# Statuses that come without our details, from proxies or from the runtime. Whatever else it says of a lost connection
# (CANCELLED, UNKNOWN, INTERNAL) is Unavailable, too.
_PLAIN: dict[grpc.StatusCode, type[errors.BerryMQError]] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.Timeout,
    grpc.StatusCode.UNIMPLEMENTED: errors.NotSupported,
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidArgument,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.LimitReached,
    grpc.StatusCode.UNAUTHENTICATED: errors.Internal,
    grpc.StatusCode.PERMISSION_DENIED: errors.Internal,
}


class GrpcTransport:
    """A channel and the calls of the contract."""

    def __init__(self, address: Address) -> None:
        self._channel = grpc.insecure_channel(address.target, options=_OPTIONS)
        self._metadata = (("berrymq-session", address.session), ("berrymq-ident", address.ident))

    def publish_batches(self, requests: Iterator[bytes]) -> GrpcStream[PublishBatchesResponse]:
        return self._duplex("PublisherService/PublishBatches", requests, None, PublishBatchesResponse.FromString)

    def follow(self, requests: Iterator[FollowRequest]) -> GrpcStream[Received]:
        return self._duplex("FollowerService/Follow", requests, FollowRequest.SerializeToString, _received)

    def consume(self, requests: Iterator[ConsumeRequest]) -> GrpcStream[ConsumeResponse]:
        return self._duplex(
            "QueueService/Consume", requests, ConsumeRequest.SerializeToString, ConsumeResponse.FromString
        )

    def ask(self, request: AskRequest, timeout: float) -> GrpcStream[AskResponse]:
        return self._answering("TalkService/Ask", request, AskResponse.FromString, timeout)

    def redrive(self, request: RedriveRequest) -> GrpcStream[RedriveResponse]:
        return self._answering("QueueService/Redrive", request, RedriveResponse.FromString, None)

    def queue_call(self, method: str, request: WireMessage, response: type[Response], timeout: float) -> Response:
        call = self._channel.unary_unary(
            f"{_PACKAGE}QueueService/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        try:
            answer: Response = call(request, metadata=self._metadata, timeout=timeout)
        except grpc.RpcError as error:
            raise to_error(error) from None
        except ValueError:
            raise errors.Unavailable("the connection was closed meanwhile") from None
        return answer

    def close(self) -> None:
        self._channel.close()

    def _answering(
        self, method: str, request: WireMessage, read: Callable[[bytes], T], timeout: float | None
    ) -> GrpcStream[T]:
        call = self._channel.unary_stream(
            f"{_PACKAGE}{method}", request_serializer=type(request).SerializeToString, response_deserializer=read
        )
        return GrpcStream(call(request, metadata=self._metadata, timeout=timeout))

    def _duplex(
        self, method: str, requests: Iterator[Any], serialize: Callable[[Any], bytes] | None, read: Callable[[bytes], T]
    ) -> GrpcStream[T]:
        call = self._channel.stream_stream(
            f"{_PACKAGE}{method}", request_serializer=serialize, response_deserializer=read
        )
        return GrpcStream(call(requests, metadata=self._metadata))


class GrpcStream(Generic[T]):
    """The responses of one call, its errors translated."""

    def __init__(self, call: Any) -> None:
        # None = it is over. A call that is left to the end of the interpreter takes a lock there, with which a thread
        # of gRPC's may have died.
        self._call: Any = call
        self._cancelled = False

    def __iter__(self) -> Iterator[T]:
        failure = None
        try:
            yield from self._call
        except grpc.RpcError as error:
            failure = None if self._cancelled else to_error(error)
            # gRPC raises the call itself, which would hold itself by the frames of its traceback.
            error.__traceback__ = None
        finally:
            self._call = None
        if failure is not None:
            raise failure

    def cancel(self) -> None:
        self._cancelled = True
        call = self._call
        if call is not None:
            call.cancel()


def to_error(error: grpc.RpcError) -> errors.BerryMQError:
    """The refusal that a call's status carries; a status without our details becomes the nearest one."""
    told = _details(error)
    if told is not None:
        return told
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    text = (error.details() if isinstance(error, grpc.Call) else "") or str(code)
    log.debug("a call failed without details: %s %s", code, text)
    return _PLAIN.get(code, errors.Unavailable)(text)


def _details(error: grpc.RpcError) -> errors.BerryMQError | None:
    metadata: Any = error.trailing_metadata() if isinstance(error, grpc.Call) else None
    for key, value in metadata or ():
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        try:
            status = status_pb2.Status.FromString(value)
        except DecodeError:
            return None
        info = error_details_pb2.ErrorInfo()
        for detail in status.details:
            if detail.Unpack(info) and info.domain == "berrymq":
                return errors.from_reason(info.reason, status.message, info.metadata.get("retryable") == "true")
    return None


def _received(data: bytes) -> Received:
    response = FollowResponse.FromString(data)
    if not response.HasField("batch"):
        return Received(response, 0)
    if response.HasField("applied_revision") or response.HasField("drain"):
        return Received(response, response.batch.ByteSize())
    # Nothing but the batch: its size is what is left behind the tag and the varint of the length.
    start = 1
    while data[start] & 0x80:
        start += 1
    return Received(response, len(data) - start - 1)
