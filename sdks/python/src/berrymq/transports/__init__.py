"""Doors to a gateway, each a room of one shape (`transport`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..errors import InvalidArgument, NotSupported
from .transport import Address, Transport

_SECURE = ("https", "wss", "grpcs")
_FORMS = "'host:port' or 'grpc://host:port', 'http://host:port', 'ws://host:port', such as 'localhost:7201'"


class Url(NamedTuple):
    """A gateway's URL: by which door, and its `host:port`."""

    scheme: str
    target: str


def parse_url(url: str) -> Url:
    """Reads `host:port` (gRPC), `grpc://…`, `http://…` or `ws://…`. Raises InvalidArgument, NotSupported."""
    scheme, separator, rest = url.partition("://") if isinstance(url, str) else ("", "", "")
    if separator and scheme in _SECURE:
        raise NotSupported(f"url={url!r}: {scheme} is not spoken yet; use {_FORMS}")
    target = rest.rstrip("/") if separator else scheme
    host, colon, port = target.rpartition(":")
    named = host and host.isprintable() and not set(host) & set("/?#@ ")
    sound = named and colon and port.isdecimal() and 0 < int(port) < 65536
    if not sound or (separator and scheme not in ("grpc", "http", "ws")):
        raise InvalidArgument(f"url={url!r}: {_FORMS}")
    return Url(scheme if separator else "grpc", target)


def load(scheme: str) -> Callable[[Address], Transport]:
    """Opens connections. What a door needs is imported here, so that a bus without a gateway starts at once."""
    if scheme == "http":
        from .http import connect as by_http

        return by_http
    if scheme == "ws":
        try:
            from .websocket import connect as by_websocket
        except ModuleNotFoundError as error:
            raise NotSupported(f"ws:// needs the package {error.name}: pip install 'berrymq[ws]'") from None
        return by_websocket
    from .grpc import GrpcTransport

    return GrpcTransport
