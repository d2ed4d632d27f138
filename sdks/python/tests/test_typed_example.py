"""Users' types: examples/python/typed.py is checked by `mypy --strict` against the installed package, and runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import ROOT

EXAMPLE = ROOT / "examples/python/typed.py"

WRONG = """
import asyncio
from berrymq import Message, Queue, aio, following_function, publish

@following_function("a:b")
def hear(message: Message) -> int:
    return 1

hear("text")
publish(3)
Queue("a:b", backoff=0.1)

async def main() -> None:
    async with aio.Bus() as mq:
        await mq.queue("a:b", lease="long")
        text: str = await (await mq.queue("a:b")).get()
"""


def test_the_typed_example_is_clean_and_a_wrong_program_is_not(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG, encoding="utf-8")
    # In a directory of its own, with nobody's configuration.
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(EXAMPLE), str(wrong)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    errors = [line.split(":") for line in done.stdout.splitlines() if ": error: " in line]
    assert [(Path(file).name, int(line)) for file, line, *_ in errors] == [
        ("wrong.py", line) for line in (9, 10, 11, 15, 16)
    ], done.stdout + done.stderr
    assert "checked 2 source files" in done.stdout


def test_the_typed_example_runs() -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=60)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "3.5 3.5",
            "Reject: Shop.count",
            "order 1 of 2026 is urgent: 9",
            "0",
            "3 1",
            "nobody who answers follows 'order:lost'",
            "order:cancelled",
            "0",
        ],
        "",
    )
