"""The seed of a test's faults: told when it fails, so that it can fail again."""

from __future__ import annotations

import os
import secrets

from ..errors import InvalidArgument

SEED = "BERRYMQ_TEST_SEED"
"""The environment variable with which a test fails again."""


def choose(seed: int | None) -> int:
    """The seed, or what BERRYMQ_TEST_SEED says, or a random one. Raises InvalidArgument."""
    if seed is None:
        told = os.environ.get(SEED)
        if not told:
            return secrets.randbelow(2**32)
        seed = int(told) if told.isdigit() else told  # type: ignore[assignment]
    if not isinstance(seed, int):
        raise InvalidArgument(f"seed={seed!r}: a whole number, as a failing test told it")
    return seed


def told(seed: int) -> str:
    """What a failing test says."""
    return f"berryMQ seed: {seed} (the same again: {SEED}={seed})"
