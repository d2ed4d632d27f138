"""Doors to a gateway, each a room of one shape (`transport`)."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InvalidArgument
from .transport import Address, Transport


def parse_url(url: str) -> str:
    """`host:port` of a gateway's URL: `host:port` or `grpc://host:port`. Raises InvalidArgument."""
    scheme, separator, rest = url.partition("://") if isinstance(url, str) else ("", "", "")
    target = rest.rstrip("/") if separator else scheme
    host, colon, port = target.rpartition(":")
    sound = host and colon and port.isdecimal() and 0 < int(port) < 65536 and "/" not in host
    if not sound or (separator and scheme != "grpc"):
        raise InvalidArgument(f"url={url!r}: 'host:port' or 'grpc://host:port', such as 'localhost:7201'")
    return target


def load() -> Callable[[Address], Transport]:
    """Opens connections. gRPC is imported here, so that a bus without a gateway starts at once."""
    from .grpc import GrpcTransport

    return GrpcTransport
