"""Keeps the leases of running handlers: each is extended at every third of it, and told to be lost when it is."""

from __future__ import annotations

import threading

from .clock import Clock
from .errors import BerryMQError, Closed, LeaseLost, QueueNotFound
from .keeper import Keeper


class Hold:
    """One lease for as long as its handler runs. Times are those of `Clock.now`."""

    __slots__ = ("due", "keeper", "lease_id", "lost", "seconds", "until")

    def __init__(self, keeper: Keeper, lease_id: str, seconds: float, lost: threading.Event, now: float) -> None:
        self.keeper = keeper
        self.lease_id = lease_id
        self.seconds = seconds
        self.lost = lost
        self.renewed(now)

    def renewed(self, now: float) -> None:
        self.due, self.until = now + self.seconds / 3, now + self.seconds


class Leases:
    """Those of one bus, in one thread, `berrymq-leases`, which starts with the first and ends with the bus."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holds: set[Hold] = set()
        self._changed = threading.Condition()
        self._wakes_at: float | None = None
        self._running = False
        self._stopped = False

    def hold(self, keeper: Keeper, lease_id: str, seconds: float, lost: threading.Event) -> Hold:
        """Extends it from now on until it is dropped; sets `lost` when that fails."""
        made = Hold(keeper, lease_id, seconds, lost, self._clock.now())
        with self._changed:
            self._holds.add(made)
            self._stopped = False
            if self._clock.virtual:
                return made
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="berrymq-leases", daemon=True).start()
            elif self._wakes_at is None or made.due < self._wakes_at:
                self._changed.notify()
        return made

    def drop(self, hold: Hold) -> None:
        """Its handler has ended. Once more is harmless."""
        with self._changed:
            self._holds.discard(hold)
            if self._stopped:
                self._changed.notify()

    def lose(self, keeper: Keeper) -> None:
        """The keeper gave everything back that it had handed out."""
        with self._changed:
            lost = [hold for hold in self._holds if hold.keeper is keeper]
            self._holds.difference_update(lost)
        for hold in lost:
            hold.lost.set()

    def stop(self) -> None:
        """The bus is closed: the thread ends with the last handler. A bus that is opened again starts another."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def after_fork(self) -> None:
        """In the child: the handlers run in the parent."""
        self._holds = set()
        self._changed = threading.Condition()
        self._running = False

    def next_due(self) -> float | None:
        """When one is to be extended next, by `Clock.now`."""
        with self._changed:
            return min((hold.due for hold in self._holds), default=None)

    def extend_due(self) -> None:
        """Those whose time has come."""
        now = self._clock.now()
        with self._changed:
            due = [hold for hold in self._holds if hold.due <= now]
        for hold in due:
            self._extend(hold)

    def _work(self) -> None:
        while due := self._wait():
            for hold in due:
                self._extend(hold)

    def _wait(self) -> list[Hold]:
        """Those that are due, once there are some; none = the thread ends."""
        with self._changed:
            while self._holds or not self._stopped:
                now = self._clock.now()
                due = [hold for hold in self._holds if hold.due <= now]
                if due:
                    return due
                self._wakes_at = min((hold.due for hold in self._holds), default=None)
                self._clock.wait(self._changed, None if self._wakes_at is None else self._wakes_at - now)
            self._running = False
            return []

    def _extend(self, hold: Hold) -> None:
        try:
            hold.keeper.extend(hold.lease_id, hold.seconds)
            hold.renewed(self._clock.now())
            return
        except (LeaseLost, QueueNotFound, Closed):
            lost = True
        except BerryMQError:
            # Perhaps the next time; until then the lease may still hold.
            now = self._clock.now()
            lost, hold.due = now >= hold.until, min(now + hold.seconds / 3, hold.until)
        if lost:
            with self._changed:
                lost = hold in self._holds
                self._holds.discard(hold)
            if lost:
                hold.lost.set()
