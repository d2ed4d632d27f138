"""The queues of one bus that live in this process: shared ones by name, standalone ones for as long as somebody holds
them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from .errors import QueueExists
from .keeper import QueueOptions
from .local_queue import LocalQueue
from .message import Message
from .registry import Receiver, Registry


class LocalQueues:
    """Opens queues, and asks them for room before a message reaches anybody."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._shared: dict[str, LocalQueue] = {}
        self._lock = threading.Lock()

    def open(self, options: QueueOptions) -> LocalQueue:
        """The shared queue of that name, made if it is not there; or a new standalone one. Raises QueueExists."""
        with self._lock:
            known = None if options.standalone else self._shared.get(options.name)
            if known is None:
                known = LocalQueue(options, forget=self._forget, abandon=self._registry.end_soon)
                self._registry.add(known)
                if not options.standalone:
                    self._shared[options.name] = known
            elif known.options != options:
                raise QueueExists(
                    f"the queue {options.name!r} exists with other options; choose another name, or the same options"
                )
            return known

    def check_room(self, receivers: Iterable[Receiver], message: Message) -> None:
        """Raises QueueFull when one of the queues would refuse: the message reaches nobody then."""
        for receiver in receivers:
            if isinstance(receiver, LocalQueue) and receiver.refuses(message):
                raise receiver.full_error()

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def _forget(self, queue: LocalQueue) -> None:
        self._registry.remove(queue)
        with self._lock:
            if self._shared.get(queue.options.name) is queue:
                del self._shared[queue.options.name]
