"""The patterns of one queue: each checked, each once, in an order that says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .errors import InvalidArgument, InvalidIdentifier
from .identifier import Identifier, matches, plain

MOST_PATTERNS = 100
"""As the contract bounds them."""


def check_named(name: str | None, shared: bool) -> None:
    """Of a queue without a pattern. Raises InvalidArgument unless it says which one is meant."""
    if not name or not shared:
        raise InvalidArgument(
            "a queue without a pattern is one to open: name it, with Queue(name='jobs', shared=True); "
            "a queue to make takes a pattern, as in Queue('task:*')"
        )


def read_patterns(given: str | Sequence[str], name: str | None) -> tuple[str, ...]:
    """What a queue of that name keeps: one pattern as it was written; several in full and sorted, so that whoever names
    the same ones means the same queue. Raises InvalidIdentifier and InvalidArgument, quoting what is wrong."""
    texts = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    for text in texts:
        if not isinstance(text, str):
            raise InvalidIdentifier(
                f"a pattern is text such as 'name:action', not {text!r:.80}; several stand in a list"
            )
    patterns = dict.fromkeys(map(Identifier.parse, texts))
    if not 1 <= len(patterns) <= MOST_PATTERNS:
        raise InvalidArgument(f"patterns: {len(patterns)} of them; a queue takes 1 to {MOST_PATTERNS}")
    if len(patterns) == 1:
        return (plain(texts[0]),)
    _check_together(patterns, name)
    return tuple(sorted(map(str, patterns)))


def meet(kept: Iterable[str], asked: Iterable[str]) -> bool:
    """Whether a queue that keeps the ones (none = whatever is laid there) may hold what the others match."""
    kept = tuple(kept)
    return not kept or any(matches(one, other) for one in kept for other in asked)


def _check_together(patterns: dict[Identifier, None], name: str | None) -> None:
    shown = ", ".join(repr(str(pattern)) for pattern in list(patterns)[:2])
    if not name:
        raise InvalidArgument(
            f"patterns [{shown}{', …' if len(patterns) > 2 else ''}]: a queue of several patterns needs a name=…"
        )
    local = next((pattern for pattern in patterns if pattern.local), None)
    other = next((pattern for pattern in patterns if not pattern.local), None)
    if local is not None and other is not None:
        raise InvalidArgument(
            f"patterns: '{local}' never leaves the process and '{other}' does; make a queue of each kind"
        )
