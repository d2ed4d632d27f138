"""Every block of README.md and GUIDE.md runs as a program of its own and prints what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Gateway

Program = subprocess.Popen[str]


def sections() -> Iterator[object]:
    """The programs of each section, which run one after the other."""
    for page in ("README.md", "GUIDE.md"):
        for part in re.split(r"^## ", (ROOT / "sdks/python" / page).read_text(encoding="utf-8"), flags=re.MULTILINE):
            if programs := re.findall(r"^```python\n(.*?)^```", part, re.MULTILINE | re.DOTALL):
                yield pytest.param(programs, id=f"{page}: {part.splitlines()[0]}")


@pytest.fixture
def staying() -> Iterator[list[Program]]:
    """Programs that wait in `run()`. They end with the section: when they are told to, and well."""
    programs: list[Program] = []
    yield programs
    for each in programs:
        each.terminate()
    ends = [each.communicate(timeout=30)[1] for each in programs]
    assert [each.returncode for each in programs] == [0] * len(programs), ends


@pytest.mark.parametrize("programs", list(sections()))
def test_a_section_prints_what_it_says(
    programs: list[str], gateway: Gateway, tmp_path: Path, staying: list[Program]
) -> None:
    for code in programs:
        file = tmp_path / "program.py"
        file.write_text(code.replace("localhost:7201", gateway.url), encoding="utf-8")
        expected = re.findall(r"# prints (.*)$", code, re.MULTILINE)
        program = subprocess.Popen(
            [sys.executable, "-u", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if re.search(r"^run\(\)", code, re.MULTILINE):
            staying.append(program)
            assert program.stdout is not None
            assert [program.stdout.readline().rstrip("\n") for _ in expected] == expected
        else:
            said, complaints = program.communicate(timeout=60)
            assert program.returncode == 0, complaints
            assert said.splitlines() == expected
