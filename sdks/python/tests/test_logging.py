"""What the package says in the log, and what it says where nobody has set one up."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from conftest import Gateway
from waiting import until

from berrymq import Bus

UNCONFIGURED = """
import logging, sys
from berrymq import Bus
bus = Bus()
def hear(message):
    raise ValueError("broken")
kept = bus.regist_function("a:b", hear)
bus.publish("a:b")
logging.getLogger("berrymq").info("nobody wants to know")
logging.basicConfig(format="configured: %(message)s", stream=sys.stdout)
bus.publish("a:b")
"""


def test_without_a_log_errors_are_told_in_one_line_and_with_one_they_go_there() -> None:
    done = subprocess.run([sys.executable, "-c", UNCONFIGURED], capture_output=True, text=True, timeout=60)
    assert done.stderr == "berrymq: hear (<string>:5) raised on a:b: ValueError: broken\n"
    assert done.stdout.startswith("configured: hear (<string>:5) raised on a:b: ValueError: broken\nTraceback")


def test_connected_lost_and_connected_again_are_told(fresh_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    def told() -> list[tuple[str, str]]:
        return [(record.levelname, record.getMessage().split(" (")[0]) for record in caplog.records]

    with caplog.at_level(logging.INFO, "berrymq"), Bus().connect(fresh_gateway.url):
        fresh_gateway.kill()
        until(lambda: len(told()) == 2)
        fresh_gateway.start()
        until(lambda: len(told()) == 3)
    assert told() == [
        ("INFO", f"linked to {fresh_gateway.url}"),
        ("WARNING", f"lost the gateway at {fresh_gateway.url}"),
        ("INFO", f"linked to {fresh_gateway.url} again"),
    ]
    assert {record.name for record in caplog.records} == {"berrymq"}


def test_without_a_log_the_line_says_what_was_raised() -> None:
    program = "import berrymq.timekeeper as t; t.Timer(lambda: {}['size']).fire()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stderr == "berrymq: what was due raised: KeyError: 'size'\n"
