"""The queues of one bus that live in this process: shared ones by name, standalone ones for as long as somebody holds
them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from .asked_queue import check_agrees, with_pattern
from .clock import Clock
from .errors import NotSupported
from .keeper import DEAD_SUFFIX, QueueOptions
from .local_queue import Dropped, LocalQueue
from .message import Message
from .queue_faults import QueueFaults
from .queue_patterns import meet
from .registry import Receiver, Registry


class LocalQueues:
    """Opens queues, and asks them for room before a message reaches anybody."""

    def __init__(self, registry: Registry, clock: Clock, dropped: Dropped) -> None:
        self._registry = registry
        self._clock = clock
        self._dropped = dropped
        self._shared: dict[str, LocalQueue] = {}
        self._lock = threading.Lock()
        # Of the queues that are made from now on.
        self.faults: QueueFaults | None = None

    def open(self, options: QueueOptions) -> LocalQueue:
        """The shared queue of that name, made if it is not there; or a new standalone one. Raises QueueExists,
        NotSupported, InvalidArgument."""
        with self._lock:
            known = None if options.standalone else self._find(options)
            if known is None:
                return self._make(with_pattern(options), linked=True)
            check_agrees(known.options, options)
            return known

    def open_for_work(self, options: QueueOptions, as_it_is: bool) -> LocalQueue:
        """As `open`; one that has to be made takes nothing from the link, whose gateway keeps a queue of that name by
        then."""
        with self._lock:
            known = self._shared.get(options.name)
            if known is None:
                return self._make(options, linked=False)
            if not (as_it_is and meet(known.options.patterns, options.patterns)):
                check_agrees(known.options, options)
            return known

    def retire(self, queue: LocalQueue) -> None:
        """It takes nothing more; what it holds can still be had."""
        self._forget(queue)

    def check_room(self, receivers: Iterable[Receiver], message: Message) -> None:
        """Raises QueueFull when one of the queues would refuse: the message reaches nobody then."""
        for receiver in receivers:
            if isinstance(receiver, LocalQueue) and receiver.refuses(message):
                raise receiver.full_error()

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def _find(self, options: QueueOptions) -> LocalQueue | None:
        """The dead letters of a queue that is there are there, too, for whoever says no pattern."""
        known = self._shared.get(options.name)
        if known is None and not options.patterns and options.name.endswith(DEAD_SUFFIX):
            living = self._shared.get(options.name[: -len(DEAD_SUFFIX)])
            return None if living is None else living.dead()
        return known

    def _make(self, options: QueueOptions, linked: bool) -> LocalQueue:
        if options.policy == "broadcast":
            raise NotSupported(
                f"the queue {options.name!r}: policy='broadcast' needs a gateway; connect() first, or leave it out"
            )
        made = LocalQueue(
            options,
            self._clock,
            forget=self._forget,
            abandon=self._registry.end_soon,
            dropped=self._dropped,
        )
        made.faults = self.faults
        self._registry.add(made, linked)
        if not options.standalone:
            self._shared[options.name] = made
        return made

    def _forget(self, queue: LocalQueue) -> None:
        self._registry.remove(queue)
        with self._lock:
            if self._shared.get(queue.options.name) is queue:
                del self._shared[queue.options.name]
