"""Durable following with a coroutine function: one thread takes deliveries, the handlers run on an event loop, and what
they come to is settled in another thread, so that no loop waits for a queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

from .contained import contained
from .errors import Closed
from .follower import Handle
from .keeper import Consumer, Keeper, Taken
from .pending import Pending
from .verdicts import Release
from .work import DECLINED, Work


class AsyncWork(Work):
    """`concurrency` coroutines at once. One whose lease is lost is cancelled; one that is cancelled otherwise gives its
    message back, uncounted."""

    threads = 1

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # A place is taken behind each start, so that nothing is taken from the queue for which there is none.
        self._places = threading.Semaphore(self._concurrency - 1)
        # Under test one thread does everything: it asks for the place before the next delivery, and does not wait.
        self._stepping = self._owing = False

    def _step(self, keeper: Keeper, consumer: Consumer, linked: bool) -> bool:
        if self._owing and not self._places.acquire(blocking=False):
            return False
        self._stepping, self._owing = True, False
        try:
            return super()._step(keeper, consumer, linked)
        finally:
            self._stepping = False

    def _handle(self, keeper: Keeper, consumer: Consumer, taken: Taken, handler: Handle, linked: bool) -> None:
        message = taken.message
        lost = message._lease_lost = _Lost()
        hold = self._hold(keeper, taken)

        def end(run: Callable[[], object]) -> None:
            try:
                verdict = self._judge(handler, message, linked, run)
            finally:
                self._leases.drop(hold)
                self._places.release()
            self._settle(keeper, consumer, taken, verdict, handler, linked)
            del verdict

        value = self._begin(handler, taken, consumer, end)
        if value is not None:
            lost.call(value.cancel_soon)
            self._courier.dispatcher.coroutines.finish(value, lambda ended: end(partial(_result, ended, lost)))
        if self._stepping:
            self._owing = True
        else:
            self._places.acquire()

    def _begin(
        self, handler: Handle, taken: Taken, consumer: Consumer, end: Callable[[Callable[[], object]], None]
    ) -> Pending | None:
        """None = it has ended already. Raises Closed once the message is given back: no more can be handled."""
        try:
            value = self._run(handler, taken.message)
        except Closed as error:
            end(partial(_raise, Release()))
            if not self._courier.dispatcher.coroutines.closing:
                # Its loop was closed: it handles nothing any more.
                self._courier.dispatcher.report(error, taken.message, handler)
                self.end()
            raise
        except BaseException as error:
            end(partial(_raise, contained(error)))
            return None
        if isinstance(value, Pending):
            return value
        end(lambda: value)
        return None


class _Lost(threading.Event):
    """Set when the lease is lost: then it calls, too."""

    def __init__(self) -> None:
        super().__init__()
        self._call: Callable[[], object] | None = None

    def call(self, call: Callable[[], object]) -> None:
        """At once if it is set."""
        self._call = call
        if self.is_set():
            call()

    def set(self) -> None:
        super().set()
        if self._call is not None:
            self._call()


def _result(ended: Pending, lost: threading.Event) -> object:
    """What the handler returned or raised."""
    try:
        return ended.result()
    except CancelledError:
        if lost.is_set():
            return DECLINED
        raise Release from None


def _raise(error: Exception) -> object:
    raise error
