"""The queues in the process of a bus under test: what is due in them, and how they are set aside for the test."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator

from ..local_queue import LocalQueue
from ..local_queues import LocalQueues
from ..registry import Registry
from ..shelf import Shelf
from ..taken_ids import TakenIds

_HELD = ("_shelf", "_settled", "_ids", "_dead", "_paused", "_gone", "faults")


def local_queues(registry: Registry) -> Iterator[LocalQueue]:
    """Those that take messages, and their dead letters."""
    for receiver in registry.receivers():
        if isinstance(receiver, LocalQueue):
            yield receiver
            if receiver._dead is not None:
                yield receiver._dead


def next_change(queue: LocalQueue) -> float | None:
    """When something of it ends next, in seconds since the Unix epoch."""
    with queue._changed:
        return None if queue._gone is not None else queue._shelf.next_change()


def tend(queue: LocalQueue) -> None:
    """Does what is due in it, and wakes whoever waits for that."""
    with queue._locked():
        if queue._gone is None:
            queue._look_after()
            queue._changed.notify_all()


def set_aside(queues: LocalQueues, registry: Registry) -> Callable[[], None]:
    """Those of now begin anew, empty; what it returns brings back what they held, and their names."""
    before = dict(queues._shared)
    ends = [_set_aside(queue) for queue in list(local_queues(registry))]

    def bring_back() -> None:
        queues._shared = before
        for end in ends:
            end()

    return bring_back


def _set_aside(queue: LocalQueue) -> Callable[[], None]:
    with queue._changed:
        before = {name: getattr(queue, name) for name in _HELD}
        queue._shelf, queue._settled, queue._ids = Shelf(), OrderedDict(), TakenIds(queue._ids.window)
        queue._dead, queue._paused, queue._wakes_at = None, False, math.inf

    def bring_back() -> None:
        with queue._changed:
            vars(queue).update(before)
            queue._wakes_at = math.inf
            queue._watch()
            queue._changed.notify_all()

    return bring_back
