"""Joins a bus to a gateway: connects, reconnects, follows what the bus follows, sends what its outbox holds.

Threads: `berrymq-link` connects and reads the follow stream, `berrymq-answers` reads what became of publishes,
`berrymq-dispatch` calls the receivers. Two more, which write, belong to the transport.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .errors import BacklogFull, BerryMQError, Closed, InvalidArgument, Timeout, Unavailable
from .inbox import Inbox
from .outbox import Outbox
from .progress import Progress
from .receipt import Receipt
from .refusals import Refusals
from .registry import Registry
from .session import Session
from .transports.transport import Address, Transport

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("berrymq")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0

Connect = Callable[[Address], Transport]


class LinkOptions(NamedTuple):
    """By which door, where to, as whom, and how much may wait."""

    scheme: str
    target: str
    ident: str
    max_held: int
    max_held_bytes: int
    # Whether it hears what others publish.
    follows: bool = True


def check_bounds(timeout: float, max_held: int, max_held_bytes: int) -> None:
    """What `connect` is given. Raises InvalidArgument."""
    if not isinstance(timeout, (int, float)) or not timeout > 0:
        raise InvalidArgument(f"connect(timeout={timeout!r}): seconds, more than 0")
    for name, bound in (("max_held", max_held), ("max_held_bytes", max_held_bytes)):
        if not isinstance(bound, int) or bound < 1:
            raise InvalidArgument(f"connect({name}={bound!r}): a whole number, 1 or more")


class Link:
    """One lasting connection. All of its state is guarded by one lock; `progress` is notified whenever something
    changed that somebody may wait for: receipts, room, state, revisions."""

    def __init__(
        self, options: LinkOptions, registry: Registry, inbox: Inbox, refusals: Refusals, connect: Connect
    ) -> None:
        self.options = options
        self.lock = threading.Lock()
        self.progress = Progress(self.lock)
        self.work = threading.Condition(self.lock)
        self.outbox = Outbox(options.max_held, options.max_held_bytes)
        self.registry = registry
        self.inbox = inbox
        self._refusals = refusals
        self.revision = 1
        self.applied = 0
        self._address = Address(options.target, secrets.token_hex(16), options.ident)
        self._connect = connect
        self._session: Session | None = None
        self._connected = False
        self.connections = 0
        """How often the gateway was joined so far."""
        self._closed = False
        self._failure: BerryMQError | None = None
        self._supervisor = threading.Thread(target=self._supervise, name="berrymq-link", daemon=True)

    def start(self) -> None:
        self.registry.changed = self._changed
        self.inbox.start()
        self._supervisor.start()

    def wait_connected(self, timeout: float) -> None:
        """Returns once the gateway follows all patterns. Raises Unavailable after `timeout` seconds, or what it
        refused with."""
        with self.lock:
            self.progress.wait_for(lambda: self._connected or self._closed or self._refused(), timeout)
            if self._connected:
                return
            why = self._failure
        if why is not None and not why.retryable:
            raise why
        raise Unavailable(
            f"no gateway answers at {self.options.target} within {timeout} s ({why or 'silence'}); is it running there?"
        )

    def send(self, frames: Sequence[bytes], size: int, receipt: Receipt) -> None:
        """Takes encoded messages in, in order. Waits for room while connected; raises BacklogFull while not, Closed
        afterwards."""
        with self.lock:
            while frames:
                if self._closed:
                    raise Closed(f"the link to {self.options.target} was closed")
                room = self.outbox.room(frames, size)
                if room:
                    taken, frames = frames[:room], frames[room:]
                    taken_size = size if not frames else sum(map(len, taken))
                    size -= taken_size
                    self.outbox.add(taken, taken_size, receipt, self.progress)
                    self.work.notify()
                elif not self._connected:
                    raise self._backlog_full()
                else:
                    self.progress.wait()

    def crowded(self) -> asyncio.Future[None] | None:
        """For coroutines, which must not wait in `send`: None = nobody has to, else what is done when it is worth
        asking again."""
        if not self.outbox.crowded:
            return None
        with self.lock:
            full = self._connected and not self._closed and self.outbox.crowded
            return self.progress.wakeups.next() if full else None

    def flush(self, timeout: float) -> None:
        """Returns once every publish so far is answered and every pattern so far is followed. Raises Timeout,
        Closed."""
        with self.lock:
            last, self.revision = self.outbox.last, self.revision + 1
            revision = self.revision
            if self._session is not None:
                self._session.wake_follow()
            done = self.progress.wait_for(lambda: self._flushed(last, revision) or self._closed, timeout)
            if not done:
                raise Timeout(f"not everything was answered within {timeout} s")
            if not self._flushed(last, revision):
                raise Closed(f"the link to {self.options.target} was closed")

    def acknowledge(self, message_id: str) -> None:
        """Tells the gateway that a message with `require_ack` was handled; while there is no connection nobody is told,
        and the message comes again."""
        session = self._session
        if session is not None:
            session.acknowledge(message_id)

    def transport(self, timeout: float = 0.0) -> Transport:
        """The connection of this moment, for calls beside the streams. Raises Unavailable after `timeout` seconds,
        Closed."""
        with self.lock:
            self.progress.wait_for(lambda: self._connected or self._closed, timeout)
            if self._closed:
                raise Closed(f"the link to {self.options.target} was closed")
            if not self._connected or self._session is None:
                raise Unavailable(
                    f"the gateway at {self.options.target} cannot be reached now; the link goes on trying"
                )
            return self._session.transport

    def wait_change(self, seconds: float) -> None:
        """Returns when something changed, or after so many seconds."""
        with self.lock:
            if not self._closed:
                self.progress.wait(seconds)

    def take_refused(self) -> None:
        """Has somebody told of what the gateway refused, outside the lock."""
        if self.outbox.refused:
            with self.lock:
                refused, self.outbox.refused = self.outbox.refused, []
            self._refusals.add(refused)

    def orphan(self) -> None:
        """In a forked child: the parent sends and hears; what it published before is not for the child to wait for."""
        self.lock = threading.Lock()
        self.progress = Progress(self.lock)
        self.work = threading.Condition(self.lock)
        self._closed = True
        self.outbox.abandon(Closed("published before the fork: the parent process sends it and hears the answer"))

    def close(self) -> None:
        """Ends streams and threads; what is still unanswered is refused with Closed. Idempotent."""
        with self.lock:
            self._closed = True
            self.registry.changed = _nothing
            session = self._session
            self.progress.notify_all()
        if session is not None:
            session.stop()
        if threading.current_thread() is not self._supervisor:
            self._supervisor.join(5.0)
        self.inbox.stop()
        with self.lock:
            lost = self.outbox.held
            self.outbox.abandon(Closed("the bus was closed before the gateway answered"))
            self.progress.notify_all()
        self.take_refused()
        self._refusals.tell()
        self._refusals.tell_lost(lost, self.options.target)

    def _supervise(self) -> None:
        attempt = 0
        while not self._closed:
            session = Session(self, self._connect(self._address))
            with self.lock:
                self._session = session
            try:
                session.run(self._joined)
                failure: BerryMQError = Unavailable("the gateway ended the stream")
            except BerryMQError as error:
                failure = error
            except Exception as error:
                log.exception("the link failed")
                failure = Unavailable(str(error))
            attempt = 0 if session.joined else attempt + 1
            self._lost(session, failure)
            self._pause(_pause(attempt))

    def _joined(self) -> None:
        """The gateway follows everything: the session is open for publishes and calls."""
        with self.lock:
            self._connected = True
            self.connections += 1
            self._failure = None
            self.progress.notify_all()
        log.info("linked to %s%s", self.options.target, " again" if self.connections > 1 else "")

    def _lost(self, session: Session, failure: BerryMQError) -> None:
        with self.lock:
            was_connected, self._connected = self._connected, False
            self._session = None
            self._failure = failure
            self.outbox.lost()
            self.progress.notify_all()
        if was_connected and not self._closed:
            log.warning("lost the gateway at %s (%s); connecting again", self.options.target, failure)
        if session.moved_to:
            self._address = self._address._replace(target=session.moved_to)

    def _pause(self, seconds: float) -> None:
        with self.lock:
            self.progress.wait_for(lambda: self._closed, seconds)

    def _changed(self) -> None:
        """A pattern came or went; called from anywhere, garbage collection included, so it takes no lock."""
        session = self._session
        if session is not None:
            session.wake_follow()

    def _flushed(self, last: int, revision: int) -> bool:
        return self.outbox.settled_through >= last and self.applied >= revision

    def _refused(self) -> bool:
        return self._failure is not None and not self._failure.retryable

    def _backlog_full(self) -> BacklogFull:
        return BacklogFull(
            f"not connected to {self.options.target}, and {self.outbox.held} publishes are held, which is the bound; "
            f"publish later, or raise max_held={self.options.max_held}"
        )


def _pause(attempt: int) -> float:
    """Doubling, with full jitter, so that many programs do not return in step."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))


def _nothing() -> None:
    """A closed link tells nobody of patterns."""
