"""Calls the receivers of a message: handlers in order of registration, each shielded from the errors of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Protocol

from .callbacks import check_on_error
from .contained import contained
from .errors import Closed, InvalidArgument, text_of
from .handler_errors import HandlerErrors
from .log import log
from .message import Message
from .pending import Pending
from .pool import Pool, Tasks
from .registry import Receiver
from .source import described

if TYPE_CHECKING:
    from .coroutines import Coroutines

OnError = Callable[[BaseException, Message, object], object]
"""Called with what was raised, the message and the handler."""


Reached = tuple[int, int]
"""How many followers and how many queues."""


class Answers(Protocol):
    """Where the results of the handlers of one message go. Called in the handlers' threads."""

    def begin(self, of: int) -> None:
        """So many handlers will answer; they have not been called yet. 0 = there are handlers, and no guard agreed."""

    def returned(self, number: int, of: int, value: object) -> None:
        """What handler `number` of `of` returned."""

    def raised(self, number: int, of: int, error: Exception) -> None:
        """What handler `number` of `of` raised."""


class Dispatcher:
    """The handlers' side of a bus."""

    def __init__(self) -> None:
        self.make_pool: Callable[[int], Tasks] = Pool
        self._pool: Tasks | None = None
        self._multiplicity = 0
        self._coroutines: Coroutines | None = None
        self._lock = threading.Lock()
        self._on_error: OnError = _log_error
        self.errors = HandlerErrors()
        """What was reported lately."""

    @property
    def coroutines(self) -> Coroutines:
        """Where the handlers run that are coroutine functions; asyncio is imported with the first."""
        with self._lock:
            if self._coroutines is None:
                from .coroutines import Coroutines

                self._coroutines = Coroutines()
                self._coroutines.set_multiplicity(self._multiplicity)
            return self._coroutines

    @property
    def crowded(self) -> bool:
        """Whether whoever publishes may have to wait for a thread of the pool."""
        return self._pool is not None and self._pool.crowded

    def set_multiplicity(self, threads: int) -> None:
        """Handlers run in so many threads from now on; 0 = in the thread that publishes. Of coroutines so many run at
        once; 0 = all."""
        if threads < 0:
            raise InvalidArgument(f"set_multiplicity({threads}): 0 or more threads")
        before, self._multiplicity = self._pool, threads
        self._pool = self.make_pool(threads) if threads else None
        if before is not None:
            before.stop()
        if self._coroutines is not None:
            self._coroutines.set_multiplicity(threads)

    def close(self, seconds: float) -> None:
        """Waits for handlers in the pool, and for coroutines at work, and cancels those that do not end in time. What
        is dispatched afterwards is handled in the thread that publishes."""
        end = time.monotonic() + seconds
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.finish(seconds)
        if self._coroutines is not None:
            self._coroutines.close(max(0.0, end - time.monotonic()))

    def on_error(self, callback: OnError | None) -> None:
        """Who is told of what handlers raise; None = the log. Raises InvalidArgument."""
        if callback is not None:
            check_on_error(callback)
        self._on_error = callback or _log_error

    def report(self, error: BaseException, message: Message, handler: object) -> None:
        """Tells of an error; never raises, but what `contained` lets pass."""
        if isinstance(error, Closed) and self._coroutines is not None and self._coroutines.closing:
            # Of what comes while the bus is closed nobody expects anything; who asked is told.
            return
        try:
            self._on_error(error, message, handler)
        except BaseException as raised:
            failed = contained(raised)
            if self._on_error is not _log_error:
                _log_failed(self._on_error, failed)
            _log_error(error, message, handler)
        self.errors.add(error, message, handler)

    def dispatch(self, message: Message, receivers: Sequence[Receiver], answers: Answers | None = None) -> Reached:
        """Hands the message to everybody who agrees; returns how many followers and queues of this process it reached.
        Answers begin once all guards were asked, before the first handler runs."""
        if answers is not None:
            handlers = [receiver for receiver in receivers if receiver.answers]
            followers, queues = self.hand_over(message, [receiver for receiver in receivers if not receiver.answers])
            agreed = [handler for handler in handlers if self._agrees(handler, message)]
            if handlers:
                self._answer(message, agreed, answers)
            return followers + len(agreed), queues
        return self.hand_over(message, receivers)

    def hand_over(self, message: Message, receivers: Sequence[Receiver]) -> Reached:
        """As dispatch, for a message that nobody wants answers to."""
        followers, queues = 0, 0
        pool = self._pool
        for receiver in receivers:
            if receiver.guarded and not self._agrees(receiver, message):
                continue
            try:
                if pool is not None and receiver.answers and not receiver.awaited:
                    pool.run(partial(copy_context().run, self._call, receiver, message))
                else:
                    receiver.take(message)
            except BaseException as error:
                self.report(contained(error), message, receiver.handler)
                if receiver.keeps:
                    continue
            if receiver.keeps:
                queues += 1
            else:
                followers += 1
        return followers, queues

    def after_fork(self) -> None:
        """In the child: the pool's threads are gone."""
        self._lock = threading.Lock()
        self._pool = self.make_pool(self._multiplicity) if self._multiplicity else None
        if self._coroutines is not None:
            self._coroutines.after_fork()

    def _agrees(self, receiver: Receiver, message: Message) -> bool:
        try:
            return receiver.agrees(message)
        except BaseException as error:
            self.report(contained(error), message, receiver.handler)
            return False

    def _call(self, receiver: Receiver, message: Message) -> None:
        try:
            receiver.take(message)
        except BaseException as error:
            self.report(contained(error), message, receiver.handler)

    def _answer(self, message: Message, handlers: Sequence[Receiver], answers: Answers) -> None:
        of, pool = len(handlers), self._pool
        if pool is not None and getattr(answers, "waits", False) and pool.here:
            # A thread of the pool that waited for another one might wait for ever.
            pool = None
        self._shield(lambda: answers.begin(of), message, None)
        for number, handler in enumerate(handlers, 1):
            if pool is None or handler.awaited:
                self._call_answering(handler, message, number, of, answers)
            else:
                call = partial(self._call_answering, handler, message, number, of, answers)
                pool.run(partial(copy_context().run, call))

    def _call_answering(self, handler: Receiver, message: Message, number: int, of: int, answers: Answers) -> None:
        step: Callable[[], None]
        try:
            value = handler.take(message)
            if isinstance(value, Pending):
                _check_not_waiting_for_itself(value, answers, handler)
                self.coroutines.finish(value, partial(self._answer_later, handler, message, number, of, answers))
                return
            step = partial(answers.returned, number, of, value)
        except BaseException as raised:
            error = contained(raised)
            self.report(error, message, handler.handler)
            step = partial(answers.raised, number, of, error)
        self._shield(step, message, handler.handler)

    def _answer_later(
        self, handler: Receiver, message: Message, number: int, of: int, answers: Answers, ended: Pending
    ) -> None:
        """What a coroutine came to; its error was reported as it was raised."""
        step: Callable[[], None]
        try:
            step = partial(answers.returned, number, of, ended.result())
        except Exception as error:
            step = partial(answers.raised, number, of, error)
        self._shield(step, message, handler.handler)

    def _shield(self, step: Callable[[], None], message: Message, handler: object) -> None:
        try:
            step()
        except Exception as error:
            self.report(error, message, handler)


def _log_error(error: BaseException, message: Message, handler: object) -> None:
    raised = "" if handler is None else f"{described(handler)} raised on "
    log.error("%s%s: %s: %s", raised, message.id, type(error).__name__, text_of(error), exc_info=error)


def _log_failed(on_error: OnError, error: Exception) -> None:
    told = described(on_error), type(error).__name__, text_of(error)
    log.error("on_error: %s raised %s: %s", *told, exc_info=error)


def _check_not_waiting_for_itself(value: Pending, answers: Answers, handler: Receiver) -> None:
    if getattr(answers, "waits", False) and value.is_here():
        value.cancel_soon()
        raise InvalidArgument(
            f"an ask in the event loop on which {described(handler.handler)} runs would wait for itself; "
            "berrymq.aio does not: await mq.ask(…)"
        )
