"""The seed of a test's faults: told when it fails, so that it can fail again."""

from __future__ import annotations

import secrets

from ..errors import InvalidArgument


def choose(seed: int | None) -> int:
    """The seed, or a random one. Raises InvalidArgument."""
    if seed is None:
        return secrets.randbelow(2**32)
    if not isinstance(seed, int):
        raise InvalidArgument(f"seed={seed!r}: a whole number, as a failing test told it")
    return seed


def told(seed: int) -> str:
    """What a failing test says."""
    return f"berryMQ seed: {seed}"
