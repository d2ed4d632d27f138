"""Fixtures: buses that are closed at the end, and a real gateway process."""

from __future__ import annotations

import random
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from berrymq import Bus

# How long an example takes says more about the machine than about the code.
settings.register_profile("berrymq", deadline=None)
settings.load_profile("berrymq")

ROOT = Path(__file__).parents[3]
COMMAND = ["node", str(ROOT / "gateway/bin/berrymq.js"), "serve"]
IN_MEMORY = ("--engine", "memory")


def free_port() -> int:
    """Of those below the range that the system gives to clients: nobody's connection has it between two starts."""
    for _ in range(100):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port was found")


class Gateway:
    """A gateway process on a port that stays the same over restarts."""

    def __init__(self, *options: str) -> None:
        self._options = options or IN_MEMORY
        self._port = str(free_port())
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *self._options, "--port", self._port],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "listening on" in line, f"the gateway did not start: {line!r}"
        self.url = line.split()[-1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def drain(self) -> None:
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """One that stays up for all tests."""
    running = Gateway()
    yield running
    running.kill()


@pytest.fixture
def fresh_gateway() -> Iterator[Gateway]:
    """One that a test may kill."""
    running = Gateway()
    yield running
    running.kill()


@pytest.fixture
def durable_gateway(tmp_path: Path) -> Iterator[Gateway]:
    """One that a test may kill, and that forgets nothing by it."""
    running = Gateway("--engine", "sqlite", "--data", str(tmp_path))
    yield running
    running.kill()


@pytest.fixture
def bus() -> Iterator[Bus]:
    with Bus() as made:
        yield made


@pytest.fixture
def linked(gateway: Gateway) -> Iterator[Callable[[], Bus]]:
    """Makes buses that are linked to the gateway."""
    buses: list[Bus] = []

    def make() -> Bus:
        buses.append(Bus().connect(gateway.url))
        return buses[-1]

    yield make
    for made in buses:
        made.close()


@pytest.fixture(params=["in the process", "at the gateway"])
def place(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Bus]:
    """A bus whose queues are kept in either place."""
    with Bus() as bus:
        bus.on_error(lambda *_: None)
        yield bus.connect(gateway.url) if request.param == "at the gateway" else bus


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of its own for each test, of a queue and of messages."""
    return f"test-{abs(hash(request.node.nodeid)) % 10**9}"
