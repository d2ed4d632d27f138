"""JSON over HTTP: calls by POST /rpc, streams as server-sent events with updates beside them. Nothing but the standard
library; a forked child may connect whatever its parent did."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ..errors import BerryMQError, MalformedMessage, Timeout, Unavailable
from .json.channel import Event, Subscription
from .json.codec import settings
from .json.events import read_events
from .json.refusal import of_status, told
from .json.transport import JsonTransport
from .transport import Address

OPEN_TIMEOUT = 10.0
SILENCE = 45.0
"""Seconds without a word on a stream: the gateway sends a comment every 15."""

MOST_IDLE = 2.0
"""Seconds after which a connection is not used again: the gateway ends one that was idle for 5."""

_FAULTS = (OSError, http.client.HTTPException, ValueError)
"""What http.client raises; ValueError for a connection that was closed under it."""


def connect(address: Address) -> JsonTransport:
    """Connections are made when they are needed."""
    return JsonTransport(HttpChannel(address))


class _Line(http.client.HTTPConnection):
    """One keep-alive connection, which any thread may cut."""

    def __init__(self, target: str) -> None:
        super().__init__(target, timeout=OPEN_TIMEOUT)
        self.cut_off = False
        self.used_at = time.monotonic()

    def connect(self) -> None:
        if self.cut_off:
            raise Unavailable("the connection was closed")
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def wait(self, seconds: float | None) -> None:
        """How long the gateway may say nothing."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(seconds)

    def cut(self) -> None:
        self.cut_off = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class HttpChannel:
    """As many connections as there are calls at a time. Thread-safe."""

    def __init__(self, address: Address) -> None:
        self._target = address.target
        self._headers = {
            "berrymq-session": address.session,
            "berrymq-ident": quote(address.ident, safe=""),
            "berrymq-payload": "base64",
        }
        self._lock = threading.Lock()
        self._idle: list[_Line] = []
        self._lines: set[_Line] = set()
        self._closed = False

    def call(self, method: str, params: Mapping[str, Any], timeout: float | None) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        line = self._take()
        try:
            status, answer = self._post(line, body, timeout)
        except BaseException as error:
            self._forget(line)
            raise self._translated(error) from None
        self._give_back(line)
        return self._result(status, answer)

    def subscribe(self, kind: str, request: Mapping[str, Any]) -> Subscription:
        line = self._take(new=True)
        try:
            line.wait(SILENCE)
            line.request("GET", _path(kind, request), headers={**self._headers, "accept": "text/event-stream"})
            response = line.getresponse()
            if response.status != http.client.OK:
                raise of_status(response.status, response.read(), self._target)
            return _HttpSubscription(self, line, response, kind, request)
        except BaseException as error:
            self._forget(line)
            raise self._translated(error) from None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            lines, idle, self._idle = list(self._lines), self._idle, []
        for line in lines:
            # Whoever uses it closes it.
            line.cut()
        for line in idle:
            line.close()

    def events(self, line: _Line, response: http.client.HTTPResponse) -> Iterator[Event]:
        """Events of an answer; the line is over with them."""
        try:
            yield from read_events(iter(response.readline, b""))
            raise Unavailable(f"{self._target} ended the stream")
        except _FAULTS as error:
            raise self._translated(error) from None
        finally:
            self._forget(line)

    def _post(self, line: _Line, body: str, timeout: float | None) -> tuple[int, bytes]:
        line.wait(timeout)
        line.request("POST", "/rpc", body, {**self._headers, "content-type": "application/json"})
        response = line.getresponse()
        return response.status, response.read()

    def _result(self, status: int, answer: bytes) -> Any:
        try:
            read = json.loads(answer)
        except ValueError:
            raise of_status(status, answer, self._target) from None
        if not isinstance(read, dict) or "jsonrpc" not in read:
            raise of_status(status, answer, self._target)
        if read.get("error") is not None:
            raise told(read["error"])
        return read.get("result") or {}

    def _take(self, new: bool = False) -> _Line:
        with self._lock:
            if self._closed:
                raise Unavailable(f"the connection to {self._target} was closed")
            stale = [line for line in self._idle if line.used_at + MOST_IDLE < time.monotonic()]
            self._idle = [line for line in self._idle if line not in stale]
            line = self._idle.pop() if self._idle and not new else _Line(self._target)
            self._lines.add(line)
        for old in stale:
            self._forget(old)
        return line

    def _give_back(self, line: _Line) -> None:
        with self._lock:
            if not self._closed and line.sock is not None:
                line.used_at = time.monotonic()
                self._idle.append(line)
                return
        self._forget(line)

    def _forget(self, line: _Line) -> None:
        with self._lock:
            self._lines.discard(line)
        line.cut()
        line.close()

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, BerryMQError) or not isinstance(error, _FAULTS):
            return error
        if self._closed:
            return Unavailable(f"the connection to {self._target} was closed")
        if isinstance(error, socket.timeout):
            return Timeout(f"{self._target} did not answer in time")
        return Unavailable(f"{self._target}: {error or type(error).__name__}")


class _HttpSubscription:
    def __init__(
        self,
        channel: HttpChannel,
        line: _Line,
        response: http.client.HTTPResponse,
        kind: str,
        request: Mapping[str, Any],
    ) -> None:
        self._channel = channel
        self._line = line
        self._kind = kind
        self._events = channel.events(line, response)
        begun = next(self._events)
        self._id = begun.params.get("subscription")
        if begun.name != "subscription" or not self._id:
            raise MalformedMessage(f"the gateway began a stream with {begun.name!r}, not with its subscription")
        if kind == "follow":
            self.update(request)

    def __iter__(self) -> Iterator[Event]:
        try:
            for event in self._events:
                if event.name != "ended":
                    yield event
                    continue
                refusal = event.params.get("error")
                if isinstance(refusal, Mapping):
                    raise told(refusal)
                return
        except Timeout as error:
            raise Unavailable(str(error)) from None

    def update(self, request: Mapping[str, Any]) -> None:
        self._channel.call(f"{self._kind}.update", {"subscription": self._id, **request}, SILENCE)

    def cancel(self) -> None:
        self._line.cut()


def _path(kind: str, request: Mapping[str, Any]) -> str:
    """What is followed is told by an update, since a path has a bound."""
    if kind == "follow":
        return "/v1/follow?resume=0"
    query = urlencode(settings(request, "credit", "lease", "auto_ack"))
    return f"/v1/queues/{quote(request['queue'], safe='')}/consume?{query}"
