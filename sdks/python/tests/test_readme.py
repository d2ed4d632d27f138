"""Every block of the README runs, one after the other, as one program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, Gateway

BLOCKS = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_readme_runs(gateway: Gateway, tmp_path: Path) -> None:
    text = (ROOT / "sdks/python/README.md").read_text(encoding="utf-8")
    program = tmp_path / "readme.py"
    program.write_text("\n".join(BLOCKS.findall(text)).replace("localhost:7201", gateway.url), encoding="utf-8")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"# prints (.*)$", text, re.MULTILINE)
