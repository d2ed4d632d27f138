"""Durable following: a handler that is fed from a queue, and whose end settles the delivery."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from .calling import Call
from .contained import contained
from .dispatch import Answers
from .errors import BerryMQError, Closed, TakenOver
from .follower import Guard, Handle
from .keeper import DEFAULT_LEASE, Consumer, Keeper, Taken, Verb
from .leases import Hold, Leases
from .link import Link
from .local_consumer import LocalConsumer
from .message import Message
from .verdicts import Reject, Release, Retry

if TYPE_CHECKING:
    from .courier import Courier

log = logging.getLogger("berrymq")

Open = Callable[[Link | None], Keeper | None]
"""Where the deliveries come from over that link, or without one; None = from nowhere yet."""


DECLINED = object()
"""Instead of a result: the guard passed the handler over."""


class _Verdict(NamedTuple):
    """What becomes of a delivery."""

    verb: Verb
    delay: float | None = None
    why: str | None = None
    failure: Exception | None = None
    """For whoever asked, in case there is no further attempt; None = nobody asked. Its traceback holds the frames that
    hold this: whoever is done with it deletes it, so that the handler is not kept alive."""


class Work:
    """One durable following. `target` answers with the handler, or None once it is gone: then it ends."""

    fed_from: tuple[str, str] | None = None
    """Name and pattern of its queue, where a user named them."""

    threads: int | None = None
    """That take deliveries; None = as many as handle them."""

    def __init__(
        self,
        courier: Courier,
        leases: Leases,
        open_keeper: Open,
        target: Callable[[], Handle | None],
        guard: Guard | None = None,
        concurrency: int = 1,
        linked: Callable[[], None] = lambda: None,
        call: Call | None = None,
    ) -> None:
        self._courier = courier
        self._leases = leases
        self._open = open_keeper
        self._target = target
        self._guard = guard
        self._concurrency = concurrency
        self._call = call
        # Called once it is fed over a link.
        self._linked = linked
        self._consumers: list[Consumer] = []
        self._ended = False
        self._at_work = courier.at_work

    def prepare(self, link: Link | None) -> Keeper | None:
        """Makes the queue. Raises what it is refused with."""
        return None if self._ended else self._open(link)

    def start(self, keeper: Keeper, linked: bool) -> None:
        """Works off what the keeper has, from now on, in threads of its own."""
        consumer = keeper.consume(self._concurrency, False, partial(self._leases.lose, keeper))
        self._consumers.append(consumer)
        for _ in range(self.threads or self._concurrency):
            arguments = (keeper, consumer, linked)
            self._courier.hire(keeper, partial(self._work, *arguments), partial(self._step, *arguments))
        if linked:
            self._linked()

    def stop(self) -> None:
        """Takes nothing more; what is handled now is given back. It may start again."""
        consumers, self._consumers = self._consumers, []
        for consumer in consumers:
            consumer.close()

    def stop_linked(self) -> bool:
        """Stops what comes over a link; whether something did."""
        linked = [consumer for consumer in self._consumers if not isinstance(consumer, LocalConsumer)]
        self._consumers = [consumer for consumer in self._consumers if consumer not in linked]
        for consumer in linked:
            consumer.close()
        return bool(linked)

    def end(self) -> None:
        """Stops for good. Once more is harmless."""
        self._ended = True
        self.stop()

    def after_fork(self) -> None:
        """In the child: the consumers are the parent's."""
        self._consumers = []

    def _work(self, keeper: Keeper, consumer: Consumer, linked: bool) -> None:
        try:
            for taken in consumer:
                if not self._at_work.begin():
                    return
                try:
                    if not self._work_off(keeper, consumer, taken, linked):
                        self.end()
                        return
                finally:
                    self._at_work.end()
        except Closed:
            return
        except TakenOver as error:
            log.warning("%s: %s", keeper.options.name, error)
        except BerryMQError as error:
            log.error("nothing more comes from the queue %r: %s", keeper.options.name, error)

    def _step(self, keeper: Keeper, consumer: Consumer, linked: bool) -> bool:
        """Works one delivery of a queue in this process off, if it is there; whether it was."""
        taken = consumer.next_nowait() if isinstance(consumer, LocalConsumer) else None
        if taken is not None and not self._work_off(keeper, consumer, taken, linked):
            self.end()
        return taken is not None

    def _work_off(self, keeper: Keeper, consumer: Consumer, taken: Taken, linked: bool) -> bool:
        """Whether there still is a handler; it is held no longer than this, as it is only weakly."""
        handler = self._target()
        if handler is None:
            return False
        self._handle(keeper, consumer, taken, handler, linked)
        return True

    def _handle(self, keeper: Keeper, consumer: Consumer, taken: Taken, handler: Handle, linked: bool) -> None:
        hold = self._hold(keeper, taken)
        try:
            verdict = self._judge(handler, taken.message, linked, partial(self._run, handler, taken.message))
        finally:
            self._leases.drop(hold)
        self._settle(keeper, consumer, taken, verdict, handler, linked)
        del verdict

    def _hold(self, keeper: Keeper, taken: Taken) -> Hold:
        taken.message._courier = self._courier
        lease = keeper.options.lease or DEFAULT_LEASE
        return self._leases.hold(keeper, taken.lease_id, lease, taken.message.lease_lost)

    def _settle(
        self, keeper: Keeper, consumer: Consumer, taken: Taken, verdict: _Verdict, handler: Handle, linked: bool
    ) -> None:
        message, not_settled = taken.message, partial(_not_settled, keeper.options.name)
        verb, delay, why, failure = verdict
        if message.lease_lost.is_set():
            consumer.give_up(taken.lease_id)
        elif failure is None:
            consumer.settle_soon(taken.lease_id, verb, delay, why, not_settled)
        else:
            try:
                if consumer.settle(taken.lease_id, verb, delay, why):
                    self._answer(message, partial(_tell_failure, failure), handler, linked)
            except BerryMQError as error:
                not_settled(error)

    def _run(self, handler: Handle, message: Message) -> object:
        """What the handler returned, or DECLINED."""
        if self._guard is not None and not self._guard(message):
            return DECLINED
        if self._courier.probe is not None:
            self._courier.probe.called(handler, message)
        return handler(message) if self._call is None else self._call(handler, message)

    def _judge(self, handler: Handle, message: Message, linked: bool, run: Callable[[], object]) -> _Verdict:
        """Runs the handler; returns how the delivery is settled."""
        try:
            value = run()
            if value is not DECLINED and not message.lease_lost.is_set():
                self._answer(message, lambda answers: answers.returned(1, 1, value), handler, linked)
            return _Verdict("ack")
        except Retry as verdict:
            return _Verdict("retry", delay=verdict.after, failure=verdict if message.reply_to else None)
        except Reject as verdict:
            if not message.lease_lost.is_set():
                self._answer(message, partial(_tell_failure, verdict), handler, linked)
            return _Verdict("reject", why=verdict.why)
        except Release:
            return _Verdict("release")
        except BaseException as raised:
            error = contained(raised)
            self._courier.dispatcher.report(error, message, handler)
            return _Verdict("retry", failure=error if message.reply_to else None)

    def _answer(self, message: Message, tell: Callable[[Answers], None], handler: Handle, linked: bool) -> None:
        """A talk's answer. What was returned or rejected is told before the delivery is settled, so that none is
        missing."""
        if not message.reply_to:
            return
        answers = self._courier.answers_to(message) if linked else None
        answers = answers or self._courier.published_answers(message)
        try:
            answers.begin(1)
            tell(answers)
        except Exception as error:
            self._courier.dispatcher.report(error, message, handler)


def _tell_failure(error: Exception, answers: Answers) -> None:
    answers.raised(1, 1, error)


def _not_settled(queue: str, error: BerryMQError) -> None:
    """Somebody will have the message again, which is what every queue promises."""
    log.info("a delivery of %s could not be settled: %s", queue, error)


class Works:
    """All durable followings of one bus."""

    def __init__(self, courier: Courier) -> None:
        self.leases = Leases(courier.clock)
        self._courier = courier
        self._works: list[Work] = []

    def add(self, work: Work) -> None:
        """Starts it where the bus is now."""
        keeper = work.prepare(self._courier.link)
        self._works = [*(each for each in self._works if not each._ended), work]
        if keeper is not None:
            work.start(keeper, self._courier.link is not None)

    def prepare(self, link: Link) -> Callable[[], None]:
        """Makes the queues at the gateway; what it returns starts the work there."""
        prepared = [(work, work.prepare(link)) for work in self._works]

        def start() -> None:
            for work, keeper in prepared:
                if keeper is not None:
                    work.start(keeper, True)

        return start

    def leave(self) -> Callable[[], None]:
        """Ends what is fed over the link; what it returns goes on with it here."""
        left = [work for work in self._works if work.stop_linked()]

        def start() -> None:
            for work in left:
                keeper = work.prepare(None)
                if keeper is not None:
                    work.start(keeper, False)

        return start

    def handlers(self) -> Iterator[tuple[Work, Handle]]:
        """Those that are still there."""
        for work in self._works:
            target = None if work._ended else work._target()
            if target is not None:
                yield work, target

    def rest(self, seconds: float) -> None:
        """Until `stop` no handler begins; waits for those at work, so many seconds at most."""
        self._courier.at_work.rest(seconds)

    def stop(self) -> None:
        for work in self._works:
            work.stop()
        self.leases.stop()
        self._courier.at_work.resume()

    def after_fork(self) -> None:
        """In the child: threads are the parent's."""
        self.leases.after_fork()
        self._courier.at_work.after_fork()
        for work in self._works:
            work.after_fork()

    def restart(self) -> None:
        """In the child, over a link of its own or without one."""
        for work in self._works:
            keeper = work.prepare(self._courier.link)
            if keeper is not None:
                work.start(keeper, self._courier.link is not None)
