"""The same link over HTTP and over WebSocket."""

from __future__ import annotations

import http.server
import os
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import Bus, InvalidArgument, NoFollowers, NotSupported, Queue, Unavailable
from berrymq.transports import parse_url
from berrymq.transports.http import HttpChannel
from berrymq.transports.transport import Address

Join = Callable[..., Bus]
SCHEMES = ["http://", "ws://"]


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def join(scheme: str) -> Iterator[Join]:
    """Makes buses that are linked to a gateway over the wire of the test."""
    buses: list[Bus] = []

    def make(gateway: Gateway, ident: str | None = None) -> Bus:
        buses.append(Bus(ident).connect(scheme + gateway.url))
        return buses[-1]

    yield make
    for made in buses:
        made.close()


def test_everybody_hears_everybody_whatever_the_wire(join: Join, gateway: Gateway) -> None:
    one, other = join(gateway), Bus().connect(gateway.url)
    ears = [Heard(bus.follow("wires:x")) for bus in (one, other)]
    one.flush()
    other.flush()
    one.publish("wires:x", 1.0, 2**60, "é", level=3).wait(10)
    other.publish("wires:x", b"\x00\xff").wait(10)
    for ear in ears:
        heard = {message.args: message for message in ear.wait(2)}
        assert set(heard) == {(1.0, 2**60, "é"), (b"\x00\xff",)}
    sums = [{message.message_id: message.checksum for message in ear.messages} for ear in ears]
    assert sums[0] == sums[1]
    other.close()


def test_large_messages_travel(join: Join, gateway: Gateway) -> None:
    one, other = join(gateway), join(gateway)
    ear = Heard(other.follow("wires:large"))
    other.flush()
    one.publish("wires:large", b"x" * 4_000_000)
    assert len(ear.wait(1)[0].args[0]) == 4_000_000


def test_asks_are_answered_and_refused(join: Join, gateway: Gateway) -> None:
    one, other = join(gateway), join(gateway)
    kept = other.regist_function("wires:add", lambda message: sum(message.args))
    other.flush()
    assert one.ask("wires:add", 1, 2) == 3
    with pytest.raises(NoFollowers):
        one.ask("wires:nobody")
    del kept


def test_consumers_settle_and_queues_are_told_of(join: Join, gateway: Gateway, scheme: str) -> None:
    bus = join(gateway)
    name = f"wires-{scheme[:2]}"
    queue = Queue(f"{name}:*", shared=True, name=name, lease=5.5, bus=bus)
    bus.publish_many([(f"{name}:x", number) for number in range(50)]).wait(10)
    with queue.consume(credit=10) as deliveries:
        for number, delivery in zip(range(50), deliveries, strict=False):
            assert delivery.message.args == (number,)
            delivery.ack()
    until(lambda: queue.empty())


def test_a_gateway_that_is_killed_loses_no_publish_and_takes_none_twice(durable_gateway: Gateway, join: Join) -> None:
    bus = join(durable_gateway)
    queue = Queue("kept:*", shared=True, bus=bus)
    receipts = [bus.publish("kept:x", number) for number in range(200)]
    durable_gateway.kill()
    receipts += [bus.publish("kept:x", number) for number in range(200, 300)]
    durable_gateway.start()
    for receipt in receipts:
        receipt.wait(30)
    assert [message.args[0] for message in queue.get_many(1000)] == list(range(300))


def test_a_gateway_that_drains_is_joined_again(fresh_gateway: Gateway, join: Join) -> None:
    bus = join(fresh_gateway)
    ear = Heard(bus.follow("drain:x"))
    bus.flush()
    fresh_gateway.drain()
    held = bus.publish("drain:x", 1)
    fresh_gateway.start()
    held.wait(20)
    assert ear.wait(1)[0].args == (1,)


@pytest.mark.parametrize(("most_idle", "connections"), [(60.0, 1), (-1.0, 3)])
def test_a_connection_that_was_idle_for_too_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch, most_idle: float, connections: int
) -> None:
    clients = set()

    class Answering(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            clients.add(self.client_address)
            self.rfile.read(int(self.headers["content-length"]))
            answer = b'{"jsonrpc": "2.0", "id": 1, "result": {}}'
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    monkeypatch.setattr("berrymq.transports.http.MOST_IDLE", most_idle)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        channel = HttpChannel(Address(f"127.0.0.1:{server.server_address[1]}", "s", "i"))
        for _ in range(3):
            channel.call("publish", {}, 5.0)
        idle = list(channel._idle)
        channel.close()
        server.shutdown()
    assert len(clients) == connections
    assert [line.sock for line in idle] == [None]


def test_what_is_no_gateway_is_told(scheme: str) -> None:
    class Rude(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 5\r\n\r\nshort")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(Unavailable):
            Bus().connect(f"{scheme}127.0.0.1:{server.server_address[1]}", timeout=1)
        server.shutdown()


def test_nobody_there_is_told(scheme: str) -> None:
    with pytest.raises(Unavailable, match="no gateway answers"):
        Bus().connect(f"{scheme}127.0.0.1:1", timeout=0.3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_child_of_a_joined_parent_joins_over_http(gateway: Gateway) -> None:
    with Bus().connect(f"http://{gateway.url}") as parent:
        ear = Heard(parent.follow("child:x"))
        parent.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with Bus().connect(f"http://{gateway.url}") as bus:
                    bus.publish("child:x", "hello").wait(10)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert ear.wait(1)[0].args == ("hello",)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("localhost:7201", ("grpc", "localhost:7201")),
        ("grpc://localhost:1/", ("grpc", "localhost:1")),
        ("http://[::1]:7201", ("http", "[::1]:7201")),
        ("ws://a:7201", ("ws", "a:7201")),
    ],
)
def test_urls_name_the_wire(url: str, read: tuple[str, str]) -> None:
    assert parse_url(url) == read


@pytest.mark.parametrize(
    "url", ["ftp://a:1", "http://a", "ws://a:0", "http://a:1/rpc", "http://a b:1", "u@a:1", "", "a"]
)
def test_other_urls_are_refused_and_the_forms_are_named(url: str) -> None:
    with pytest.raises(InvalidArgument, match=r"'http://host:port'"):
        parse_url(url)


@pytest.mark.parametrize("url", ["https://a:1", "wss://a:1"])
def test_what_is_not_spoken_yet_says_so(url: str) -> None:
    with pytest.raises(NotSupported, match="not spoken yet"):
        parse_url(url)
