"""The conformance driver answers each line, whatever it says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from conftest import ROOT

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
