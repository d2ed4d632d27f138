"""The switch: the same test without a server, in virtual time, and at a real gateway, in real time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ROOT, Gateway

from berrymq import BerryMQError, Bus, Message, NotSupported, Queue
from berrymq.testing import TestBus

SHOP = ROOT / "examples/shop/python"


@pytest.fixture(params=["without a server", "at a gateway"])
def bus(request: pytest.FixtureRequest) -> Iterator[TestBus]:
    url = request.getfixturevalue("gateway").url if request.param == "at a gateway" else ""
    with TestBus(gateway=url) as under_test:
        under_test.on_error(lambda *_: None)
        yield under_test


def test_handlers_work_and_assertions_wait_for_them(bus: TestBus) -> None:
    def work(message: Message) -> None:
        if message.attempt == 1:
            raise RuntimeError("once")
        bus.publish("switch:done", message.args[0] * 2)

    bus.following_function("switch:work", queue="switch-work", queue_options={"backoff": (1, 1)})(work)
    bus.publish("switch:work", 21)
    bus.settle()
    bus.assert_not_published("switch:done")
    bus.advance(1)
    bus.assert_published("switch:done", 42)
    assert bus.mock(work).call_count == 2
    assert bus.now >= 1


def test_handlers_of_a_pool_have_ended_when_it_settles(bus: TestBus) -> None:
    done: list[int] = []

    @bus.following_function("switch:pool")
    def work(message: Message) -> None:
        if message.args[0] < 20:
            bus.publish("switch:pool", message.args[0] + 1)
        done.append(message.args[0])

    bus.set_multiplicity(2)
    bus.publish("switch:pool", 1)
    bus.settle()
    assert sorted(done) == list(range(1, 21))
    assert bus.mock(work).call_count == 20


def test_pipelines_queues_and_asks_are_the_same(bus: TestBus) -> None:
    keep = [bus.regist_function("switch:one", lambda message: message.args[0] + 1)]
    queue = Queue("switch:end", bus=bus)
    bus.flush()
    bus.pipeline("switch:one", "switch:end").talk(1)
    assert queue.get(timeout=10).args in ((2,), [2])
    assert bus.ask("switch:one", 5) == 6
    bus.pipeline("switch:one", "switch:nobody", "switch:end").talk(1)
    failed = queue.get(timeout=10).failure
    assert failed is not None
    assert failed.class_name == "NoFollowers"
    assert len(keep) == 1


def test_what_was_opened_at_a_gateway_ends_with_the_test(gateway: Gateway) -> None:
    heard: list[Any] = []
    with Bus() as bus, Bus().connect(gateway.url) as other:

        @bus.following_function("switch:x")
        def hear(message: Message) -> None:
            heard.append(message.args[0])

        with TestBus(bus, gateway=gateway.url) as under_test:
            opened = Queue("switch:kept", shared=True, name="switch-kept", bus=under_test)
            under_test.publish("switch:kept", 1)
            other.publish("switch:x", 1).wait(10)
            under_test.mock(hear).assert_called_once_with(1)
            with pytest.raises(NotSupported, match="faults"):
                under_test.faults(drop=0.5)
        assert not bus.connected
        bus.publish("switch:x", 2)
        assert heard == [1, 2]
        seen_by_other = Queue("switch:kept", shared=True, name="switch-kept", bus=other)
        assert seen_by_other.empty()
        seen_by_other.delete()
        with pytest.raises(BerryMQError):
            opened.qsize()


def shop(*options: str, **environment: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(SHOP)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=SHOP, env={**os.environ, **environment}
    )
    return done.stdout


def test_the_shop_of_the_examples_is_tested_without_a_server() -> None:
    assert "11 passed" in shop()


def test_the_shop_of_the_examples_is_tested_at_a_gateway(gateway: Gateway) -> None:
    # Dead letters take their three seconds each; what they show was shown without a server.
    assert "8 passed, 1 skipped, 2 deselected" in shop(f"--berrymq-gateway={gateway.url}", "-k", "not dead_letter")
