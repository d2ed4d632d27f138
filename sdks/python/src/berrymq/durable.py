"""What makes a following durable: the queue that feeds it, here or at the gateway."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .calling import Call, calling
from .errors import InvalidArgument
from .follower import Following, Guard, Handle
from .gateway_queue import GatewayQueue
from .identifier import Identifier, plain
from .keeper import Keeper, QueueOptions, check_options
from .link import Link
from .local_queue import LocalQueue
from .work import Work, Works

if TYPE_CHECKING:
    from .courier import Courier

_FIXED = ("name", "patterns", "standalone", "standalone_ttl")


class Durable(NamedTuple):
    """As `queue=…, queue_options=…, concurrency=…` say it."""

    queue: str
    options: Mapping[str, Any]
    concurrency: int

    @classmethod
    def of(cls, queue: str | None, options: Mapping[str, Any] | None, concurrency: int) -> Durable | None:
        """None = not durable. Raises InvalidArgument."""
        if queue is None:
            if options is not None or concurrency != 1:
                raise InvalidArgument("queue_options and concurrency speak of a queue: name it with queue='…'")
            return None
        if not isinstance(queue, str) or not queue:
            raise InvalidArgument(f"queue={queue!r:.80}: the name of a shared queue")
        if not isinstance(concurrency, int) or concurrency < 1:
            raise InvalidArgument(f"concurrency={concurrency!r}: 1 or more messages at a time")
        known = [name for name in QueueOptions._fields if name not in _FIXED]
        for name in options or {}:
            if name not in known:
                raise InvalidArgument(f"queue_options: {name!r} is none of {', '.join(known)}")
        return cls(plain(queue), options or {}, concurrency)

    def regist(self, courier: Courier, works: Works, pattern: str, target: Handle, guard: Guard | None) -> Following:
        """Lets `target` work from now on; a coroutine function as `calling` says. Raises InvalidIdentifier,
        InvalidArgument, and what the gateway refuses the queue with."""
        call = calling(courier.dispatcher, target, durable=True)
        courier.check_open()
        Identifier.parse(pattern)
        options = check_options(QueueOptions(self.queue, (plain(pattern),), False, **self.options))
        feed = _Feed(courier, options, as_it_is=not self.options)
        kind = _kind_of(call)
        work = kind(courier, works.leases, feed.open, _weakly(target), guard, self.concurrency, feed.retire, call)
        work.fed_from = (self.queue, pattern)
        works.add(work)
        return Following(work.end, None if inspect.ismethod(target) else target)


class _Feed:
    """From the process's own queue until the bus is connected for the first time."""

    def __init__(self, courier: Courier, options: QueueOptions, as_it_is: bool) -> None:
        self._courier = courier
        self._options = options
        # Whether a queue that is there may have any options and patterns.
        self._as_it_is = as_it_is
        self._own: LocalQueue | None = None

    def open(self, link: Link | None) -> Keeper | None:
        queues = self._courier.queues
        if link is not None and not self._options.local:
            return GatewayQueue(link, self._options).create_for_work(self._as_it_is)
        if self._own is not None:
            # A forked child.
            self._own.disown()
        self._own = queues.open_for_work(self._options, self._as_it_is)
        return self._own

    def retire(self) -> None:
        """The gateway's queue feeds it now; what the own one holds is still worked off."""
        if self._own is not None and not self._options.local:
            self._courier.queues.retire(self._own)
            self._own = None


def _kind_of(call: Call | None) -> type[Work]:
    if call is None or not call.awaited:
        return Work
    from .async_work import AsyncWork

    return AsyncWork


def _weakly(target: Handle) -> Callable[[], Handle | None]:
    return weakref.WeakMethod(target) if inspect.ismethod(target) else weakref.ref(target)
