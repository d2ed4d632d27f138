"""JSON over one WebSocket: every call, and every stream."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import quote

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as open_websocket
from websockets.sync.connection import Connection

from ..errors import BerryMQError, Timeout, Unavailable
from .json.channel import Event, Subscription
from .json.refusal import told
from .json.transport import JsonTransport
from .transport import Address

OPEN_TIMEOUT = 10.0
MOST_BYTES = 16 * 1024 * 1024

_FAULTS = (OSError, WebSocketException, EOFError)


def connect(address: Address) -> JsonTransport:
    """Connects at once. Raises nothing: a connection that failed fails every call."""
    return JsonTransport(WebSocketChannel(address))


class WebSocketChannel:
    """One connection. A thread, `berrymq-websocket`, reads it. Thread-safe."""

    def __init__(self, address: Address) -> None:
        self._target = address.target
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._calls: dict[int, Future[Any]] = {}
        self._subscriptions: dict[str, _WebSocketSubscription] = {}
        # Calls that open a subscription, which stands before its first event is read.
        self._opening: dict[int, str] = {}
        self._lost: BerryMQError | None = None
        self._socket: Connection | None = None
        self._leaving = contextlib.ExitStack()
        self._open(address)

    def call(self, method: str, params: Mapping[str, Any], timeout: float | None, opens: str = "") -> Any:
        number = next(self._numbers)
        answer: Future[Any] = Future()
        with self._lock:
            if self._lost is not None or self._socket is None:
                raise self._gone()
            socket = self._socket
            self._calls[number] = answer
            if opens:
                self._opening[number] = opens
        try:
            socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
            return answer.result(timeout)
        except _FAULTS as error:
            if isinstance(error, BerryMQError):
                raise
            if isinstance(error, TimeoutError):
                raise Timeout(f"{self._target} did not answer within {timeout} s") from None
            raise self._gone(error) from None
        finally:
            with self._lock:
                self._calls.pop(number, None)
                self._opening.pop(number, None)

    def subscribe(self, kind: str, request: Mapping[str, Any]) -> Subscription:
        name = self.call(kind, request, OPEN_TIMEOUT, opens=kind)["subscription"]
        with self._lock:
            subscription = self._subscriptions.get(name)
        if subscription is None:
            raise self._gone()
        return subscription

    def close(self) -> None:
        self._lose(Unavailable(f"the connection to {self._target} was closed"))

    def forget(self, subscription: _WebSocketSubscription) -> None:
        with self._lock:
            self._subscriptions.pop(subscription.name, None)

    def _open(self, address: Address) -> None:
        headers = {
            "berrymq-session": address.session,
            "berrymq-ident": quote(address.ident, safe=""),
            "berrymq-payload": "base64",
        }
        try:
            self._socket = self._leaving.enter_context(
                open_websocket(
                    f"ws://{address.target}/rpc",
                    additional_headers=headers,
                    open_timeout=OPEN_TIMEOUT,
                    max_size=MOST_BYTES,
                    compression=None,
                    proxy=None,
                )
            )
        except _FAULTS as error:
            self._lost = Unavailable(f"{address.target}: {error}")
            return
        threading.Thread(target=self._read, name="berrymq-websocket", daemon=True).start()

    def _read(self) -> None:
        assert self._socket is not None
        try:
            for frame in self._socket:
                self._take(json.loads(frame))
            self._lose(Unavailable(f"{self._target} ended the connection"))
        except _FAULTS as error:
            self._lose(Unavailable(f"{self._target}: {error}"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._lose(Unavailable(f"{self._target} said what is no JSON-RPC: {error}"))

    def _take(self, said: dict[str, Any]) -> None:
        if "method" in said:
            self._tell(said["method"].rpartition(".")[2], dict(said["params"]))
            return
        number = said["id"]
        with self._lock:
            answer = self._calls.pop(number, None)
            kind = self._opening.pop(number, None)
            if kind is not None and "result" in said:
                name = said["result"]["subscription"]
                self._subscriptions[name] = _WebSocketSubscription(self, kind, name)
        if answer is None:
            return
        if said.get("error") is not None:
            answer.set_exception(told(said["error"]))
        else:
            answer.set_result(said.get("result"))

    def _tell(self, name: str, params: dict[str, Any]) -> None:
        with self._lock:
            subscription = self._subscriptions.get(params.pop("subscription"))
        if subscription is not None:
            subscription.put(Event(name, params))

    def _lose(self, error: BerryMQError) -> None:
        with self._lock:
            if self._lost is not None:
                return
            self._lost = error
            calls = list(self._calls.values())
            subscriptions = list(self._subscriptions.values())
            self._calls.clear()
            self._subscriptions.clear()
        for call in calls:
            call.set_exception(error)
        for subscription in subscriptions:
            subscription.put(error)
        # The closing handshake may wait for a gateway that is gone.
        threading.Thread(target=self._leaving.close, name="berrymq-websocket-closer", daemon=True).start()

    def _gone(self, error: BaseException | None = None) -> BerryMQError:
        return self._lost or Unavailable(f"{self._target}: {error or 'the connection was closed'}")


class _WebSocketSubscription:
    def __init__(self, channel: WebSocketChannel, kind: str, name: str) -> None:
        self.name = name
        self._channel = channel
        self._kind = kind
        # Bounded by the credit that is given. None = cancelled.
        self._events: queue.SimpleQueue[Event | BerryMQError | None] = queue.SimpleQueue()

    def put(self, event: Event | BerryMQError) -> None:
        self._events.put(event)

    def __iter__(self) -> Iterator[Event]:
        while (event := self._events.get()) is not None:
            if isinstance(event, BerryMQError):
                raise event
            if event.name != "ended":
                yield event
                continue
            self._channel.forget(self)
            refusal = event.params.get("error")
            if isinstance(refusal, Mapping):
                raise told(refusal)
            return

    def update(self, request: Mapping[str, Any]) -> None:
        self._channel.call(f"{self._kind}.update", {"subscription": self.name, **request}, None)

    def cancel(self) -> None:
        """The gateway releases what was not settled once it reads this."""
        self._events.put(None)
        threading.Thread(target=self._end, name=f"berrymq-{self._kind}-ender", daemon=True).start()

    def _end(self) -> None:
        try:
            self._channel.call(f"{self._kind}.end", {"subscription": self.name}, OPEN_TIMEOUT)
        except BerryMQError:
            return
        finally:
            self._channel.forget(self)
