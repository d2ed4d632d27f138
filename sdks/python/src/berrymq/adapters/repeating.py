"""Something that is done again and again, by the time of a bus."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..clock import Clock


class Repeating:
    """Calls every `interval` seconds; never twice at once: what takes longer leaves turns out. In virtual time the
    calls are those of `advance`; in real time each has a thread of its own, so that it holds up no other timer."""

    def __init__(self, clock: Clock, interval: float, call: Callable[[], object], name: str) -> None:
        self._clock = clock
        self._interval = interval
        self._call = call
        self._name = name
        self._stopped = False
        self._due = clock.now() + interval
        self._timer = clock.later(interval, self._take_turn)

    def stop(self) -> None:
        """At most the call under way is ended. Once more is harmless."""
        self._stopped = True
        self._timer.cancel()

    def _take_turn(self) -> None:
        if self._clock.virtual:
            self._turn()
        else:
            threading.Thread(target=self._turn, name=self._name, daemon=True).start()

    def _turn(self) -> None:
        if self._stopped:
            return
        try:
            self._call()
        finally:
            left = self._left()
            if not self._stopped:
                self._timer = self._clock.later(left, self._take_turn)

    def _left(self) -> float:
        """Seconds to the next turn of the rhythm; turns that were missed are left out."""
        now = self._clock.now()
        self._due += self._interval
        # The time may have become another one, with another beginning.
        if not now <= self._due <= now + self._interval:
            behind = (now - self._due) % self._interval
            self._due = now + self._interval - behind
        return self._due - now
