"""The conformance driver answers each line, whatever it says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from conftest import ROOT, Gateway

DRIVER = ROOT / "sdks/python/conformance_driver.py"


def answers(*commands: dict[str, Any]) -> list[Any]:
    lines = "".join(json.dumps(command) + "\n" for command in commands)
    done = subprocess.run([sys.executable, str(DRIVER)], input=lines, capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_values_bytes_and_errors_come_back() -> None:
    hello, _, _, published, received, refused, unknown = answers(
        {"do": "hello"},
        {"do": "open"},
        {"do": "follow", "as": "f", "pattern": "a:*"},
        {"do": "publish", "identifier": "a:b", "args": [{"$bytes": "AAE="}], "attributes": {"k": "v"}},
        {"do": "received", "as": "f", "count": 1},
        {"do": "parse", "identifier": "a:"},
        {"do": "dance"},
    )
    assert hello["ok"]["sdk"] == "python"
    assert published["ok"]["followers"] == 1
    (message,) = received["ok"]
    assert (message["args"], message["attributes"], message["answer"]) == ([{"$bytes": "AAE="}], {"k": "v"}, None)
    assert refused["error"]["reason"] == "INVALID_IDENTIFIER"
    assert "dance" in unknown["error"]["message"]


def test_durable_handlers_mailboxes_and_redriving_are_driven(gateway: Gateway) -> None:
    told = answers(
        {"do": "open"},
        {"do": "connect", "url": gateway.url, "ident": "driven"},
        {"do": "handle", "as": "h", "pattern": "drv:*", "queue": "drv", "reject": "no", "times": 1},
        {"do": "publish", "identifier": "drv:x", "args": [1], "priority": 3, "ttl": 60},
        {"do": "received", "as": "h", "count": 1},
        {"do": "queue", "as": "q", "pattern": "drv:*", "shared": True, "name": "drv"},
        {"do": "dead", "as": "q", "queue": "d"},
        {"do": "peek", "as": "d", "max": 1},
        {"do": "redrive", "as": "d", "max": 1, "rate": 1000},
        {"do": "received", "as": "h", "count": 1},
        {"do": "on_recv", "as": "m"},
        {"do": "on_drop", "as": "x"},
        {"do": "on_connect", "as": "c"},
        {"do": "on_disconnect", "as": "c"},
        {"do": "send", "ident": "driven", "args": ["hello"]},
        {"do": "received", "as": "m", "count": 1},
        {"do": "queue_call", "as": "q", "call": "delete"},
    )
    assert [answer for answer in told if "error" in answer] == []
    (first,), (again,) = told[4]["ok"], told[9]["ok"]
    assert (first["attempt"], first["priority"]) == (1, 3)
    assert first["checksum"] == again["checksum"]
    assert told[8]["ok"] == 1
    assert told[14]["ok"]["queues"] == 1
    assert (told[15]["ok"][0]["from"], told[15]["ok"][0]["args"]) == ("driven", ["hello"])


def test_the_programming_model_is_played(gateway: Gateway) -> None:
    _, _, _, together, told, raised, errors, _, sent, pulled, empty, _, unsent = answers(
        {"do": "open"},
        {"do": "handle_together", "as": "both", "patterns": ["a:x", "b:y"]},
        {"do": "publish_many", "messages": [{"identifier": "b:y"}, {"identifier": "a:x"}]},
        {"do": "received", "as": "both", "count": 2},
        {"do": "told", "identifier": "f", "args": [1], "returns": {"$bytes": "AAE="}},
        {"do": "told_exception", "identifier": "f:raised", "raises": "broken", "reraise": True},
        {"do": "take_errors"},
        {"do": "connect", "url": gateway.url, "style": "queue", "pattern": "driver:*"},
        {"do": "send_message", "identifier": "driver:x", "args": [1], "kwargs": {"level": 2}},
        {"do": "pull"},
        {"do": "pull", "timeout": 0},
        {"do": "close_connection"},
        {"do": "send_message", "identifier": "driver:x"},
    )
    assert [message["id"] for message in together["ok"]] == ["a:x", "b:y"]
    assert (told["ok"], errors["ok"]) == ({"$bytes": "AAE="}, [])
    assert raised["error"]["message"] == "broken"
    assert (pulled["ok"]["kwargs"], empty["ok"], sent["ok"]["queues"]) == ({"level": 2}, None, 1)
    assert unsent["error"]["reason"] == "UNAVAILABLE"
