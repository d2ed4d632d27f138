"""The pytest plugin: the fixtures `berrymq` and `berrymq_bus`, `--berrymq-gateway URL`, and the seed of what failed.

It is loaded with every run of pytest, and therefore no part of the package: berrymq is imported by the first test that
wants it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from berrymq.testing import TestBus

_GATEWAY = "BERRYMQ_TEST_GATEWAY"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("berrymq").addoption(
        "--berrymq-gateway",
        metavar="URL",
        help="run the tests that use berryMQ's fixtures or TestBus against this gateway, in real time",
    )


def pytest_configure(config: pytest.Config) -> None:
    url = config.getoption("--berrymq-gateway")
    if url:
        os.environ[_GATEWAY] = url


@pytest.fixture
def berrymq() -> Iterator[TestBus]:
    """The default bus under test: what the program under test registered, and publishes with berrymq's functions."""
    from berrymq.default_bus import bus
    from berrymq.testing import TestBus

    with TestBus(bus) as under_test:
        yield under_test


@pytest.fixture
def berrymq_bus() -> Iterator[TestBus]:
    """A new bus under test."""
    from berrymq.testing import TestBus

    with TestBus() as under_test:
        yield under_test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and call.when == "call":
        for name in ("berrymq", "berrymq_bus"):
            under_test = getattr(item, "funcargs", {}).get(name)
            if under_test is not None:
                from berrymq.testing.seed import told

                report.sections.append((name, told(under_test.seed)))
    return report
