"""Answers: what handlers return or raise, on its way to whoever asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .clock import Clock
from .errors import BerryMQError, HandlerFailed, HopLimit, MessageTooLarge, NoFollowers, NotEncodable, Timeout, text_of
from .hops import MOST_HOPS
from .message import Message, answering
from .payload import Call

if TYPE_CHECKING:
    from .bus import Bus

DEFAULT_TIMEOUT = 30.0

Send = Callable[[Message], object]


class PublishedAnswers:
    """Answers of a talk, or of an ask that came over a link: each is published to `reply_to`."""

    def __init__(self, question: Message, send: Send, declines: bool) -> None:
        self._question = question
        self._send = send
        self._declines = declines

    def begin(self, of: int) -> None:
        if of == 0 and self._declines:
            self._answer(0, 0, Call((), {}))

    def returned(self, number: int, of: int, value: object) -> None:
        try:
            self._answer(number, of, Call((value,), {}))
        except (NotEncodable, MessageTooLarge) as error:
            self._answer(number, of, error)
            raise

    def raised(self, number: int, of: int, error: Exception) -> None:
        try:
            self._answer(number, of, error)
        except MessageTooLarge as too_large:
            self._answer(number, of, too_large)
            raise

    def _answer(self, number: int, of: int, call: Call | BaseException) -> None:
        question = self._question
        if question.hops >= MOST_HOPS:
            raise HopLimit(
                f"{question.id!r} travelled {question.hops} hops, the answer to {question.reply_to!r} is not published"
            )
        self._send(answering(question, question.reply_to, number, of, call))


class Outcome(NamedTuple):
    """What one handler of this or another process came to: a value, or the error that tells its failure."""

    value: Any
    error: BerryMQError | None

    def get(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class CollectedAnswers:
    """Answers of this process's own handlers to its own ask."""

    waits = True
    """Somebody waits for them in the thread that published."""

    def __init__(self, clock: Clock, identifier: str) -> None:
        self.of = 0
        self._clock = clock
        self._identifier = identifier
        self._outcomes: deque[Outcome] = deque()
        # Made by whoever has to wait: mostly the handlers have answered by then.
        self._came: threading.Condition | None = None

    def begin(self, of: int) -> None:
        self.of = of

    def returned(self, number: int, of: int, value: object) -> None:
        self._put(Outcome(value, None))

    def raised(self, number: int, of: int, error: Exception) -> None:
        self._put(Outcome(None, HandlerFailed(class_name=type(error).__name__, text=text_of(error))))

    def take(self, deadline: float) -> Outcome:
        """The next one that is finished. Raises Timeout."""
        if not self._outcomes:
            self._wait(deadline)
        return self._outcomes.popleft()

    def _wait(self, deadline: float) -> None:
        self._came = self._came or threading.Condition(threading.Lock())
        with self._came:
            while not self._outcomes:
                left = deadline - self._clock.now()
                if left <= 0:
                    raise Timeout(f"no handler of this process answered {self._identifier!r} in the time allowed")
                self._clock.wait(self._came, left)

    def _put(self, outcome: Outcome) -> None:
        """The outcome is there before anybody looks for a waiting thread, and the other way round: none is missed."""
        self._outcomes.append(outcome)
        came = self._came
        if came is not None:
            with came:
                came.notify()


class Answers:
    """The values of `ask_many`, as they come. One that tells a failure raises HandlerFailed when it is reached; the
    iteration may go on behind it."""

    def __init__(self, outcomes: Iterator[Outcome]) -> None:
        self._outcomes = outcomes

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._outcomes).get()


class Within:
    """Asks with a time limit of its own."""

    def __init__(self, bus: Bus, seconds: float) -> None:
        self._bus = bus
        self._seconds = seconds

    def ask(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Any:
        """The value of the first answer. Raises HandlerFailed, NoFollowers at once, Timeout."""
        return self._bus._ask(identifier, args, kwargs, self._seconds)

    def ask_many(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Answers:
        """Everybody's values as they come. Raises NoFollowers at once, Timeout when none came; HandlerFailed in their
        midst."""
        return self._bus._ask_many(identifier, args, kwargs, self._seconds)


def outcome_of(answer: Message) -> Outcome:
    """What the message of an answer says."""
    failure = answer.failure
    if failure is not None:
        return Outcome(None, HandlerFailed(class_name=failure.class_name, text=failure.text))
    return Outcome(answer.args[0] if answer.args else None, None)


def merge(own: CollectedAnswers, others: Iterator[Outcome] | None, deadline: float) -> Iterator[Outcome]:
    """The outcomes of this process's handlers, then those of the others. After a first one the end of the time, or
    that there are no others, is no error."""
    came = 0
    try:
        while came < own.of:
            yield own.take(deadline)
            came += 1
        for outcome in others or ():
            yield outcome
            came += 1
    except (Timeout, NoFollowers):
        if not came:
            raise
