"""Which identifiers a bus published, and from which places in the program, for its diagram."""

from __future__ import annotations

from sys import _getframe
from types import CodeType, FrameType

from .source import shown_path

MOST_IDENTIFIERS = 1000
MOST_PLACES = 100
"""For one identifier."""


class Published:
    """What was published before costs a look from then on."""

    def __init__(self) -> None:
        self.places: dict[str, dict[str, None]] = {}
        """By identifier, in the order of the first publish; "" stands for a place that is not known."""
        # By identifier: the code and the instruction that published it last, and all that ever did.
        self._last: dict[str, tuple[CodeType, int]] = {}
        self._seen: dict[str, set[tuple[CodeType, int]]] = {}

    def note_caller(self, identifier: str) -> None:
        """`note`, of who called the caller of this."""
        try:
            # The frame between need not become an object.
            frame = _getframe(2)
        except ValueError:
            self._look(identifier, None)
            return
        last = self._last.get(identifier)
        if last is None or last[0] is not frame.f_code or last[1] != frame.f_lasti:
            self._look(identifier, frame)

    def note(self, identifier: str, frame: FrameType | None) -> None:
        """That something was published there; frames of this package stand for their callers. None: it was not called
        by Python, such as at the end of the program."""
        last = self._last.get(identifier)
        if last is None or frame is None or last[0] is not frame.f_code or last[1] != frame.f_lasti:
            self._look(identifier, frame)

    def _look(self, identifier: str, frame: FrameType | None) -> None:
        places = self.places.get(identifier)
        if places is None:
            if len(self.places) >= MOST_IDENTIFIERS:
                return
            places = self.places.setdefault(identifier, {})
        caller = caller_of(frame)
        if caller is not None:
            key = (caller.f_code, caller.f_lasti)
            if caller is frame:
                self._last[identifier] = key
            seen = self._seen.setdefault(identifier, set())
            if key in seen:
                return
            if len(seen) < MOST_PLACES:
                seen.add(key)
        if len(places) < MOST_PLACES:
            places[place_of(caller)] = None


def caller_of(frame: FrameType | None) -> FrameType | None:
    """The first frame that is not this package's; None = there is none, as in its threads."""
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame = frame.f_back
    return frame


def place_of(frame: FrameType | None) -> str:
    """`file:line`, as seen from the working directory; "" = not known."""
    # Threads begin in the standard library.
    if frame is None or frame.f_globals.get("__name__") == "threading":
        return ""
    return f"{shown_path(frame.f_code.co_filename)}:{frame.f_lineno}"
