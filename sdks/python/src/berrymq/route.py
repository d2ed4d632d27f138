"""The way of a pipeline, as it travels with each of its messages; and what whoever ran a handler of it publishes
next."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .clock import stamp
from .errors import BerryMQError, Closed, HopLimit, InvalidArgument, MalformedMessage, NoFollowers, Timeout
from .hops import MOST_HOPS
from .identifier import Identifier
from .message import Message, answering
from .payload import Call
from .receipt import Receipt

if TYPE_CHECKING:
    from .courier import Courier
    from .registry import Receiver

log = logging.getLogger("berrymq")

PIPELINE = "berrymq-pipeline"
ANSWERS = "answer@pipeline:"
"""How the identifiers begin to which the answers of asks come: nobody's `*` hears of them."""

_ROUTE, _HOP, _ERRORS, _RESULTS, _AT = (f"berrymq-{name}" for name in ("route", "hop", "errors", "results", "at"))


class Route(NamedTuple):
    """Where one message of a pipeline is on its way."""

    pipeline: str
    """Message id of the first message."""
    rest: tuple[str, ...]
    """The identifiers after `reply_to`."""
    hop: int
    """Number of the hop that handles this message, from 1."""
    errors: str
    """Who hears of failures; "" = the last identifier."""
    results: str
    """Who hears every hop's result; "" = nobody."""

    @classmethod
    def of(cls, message: Message) -> Route:
        """Raises MalformedMessage, and what is wrong with an identifier."""
        told = message._wire.attributes
        errors, results = told.get(_ERRORS, ""), told.get(_RESULTS, "")
        try:
            rest = json.loads(told.get(_ROUTE, "[]"))
            hop = int(told.get(_HOP, "1"))
        except ValueError:
            rest, hop = None, 0
        if not isinstance(rest, list) or not all(isinstance(each, str) for each in rest) or hop < 1:
            raise MalformedMessage(
                f"{message.id!r}: a pipeline's {_ROUTE} is a JSON list of identifiers and its {_HOP} a number from 1, "
                f"not {told.get(_ROUTE)!r:.80} and {told.get(_HOP)!r:.20}"
            )
        for each in (*rest, *filter(None, (errors, results))):
            check_place(each)
        return cls(told[PIPELINE], tuple(rest), hop, errors, results)

    def write(self, message: Message) -> Message:
        """The message, which nobody has seen yet, with its route."""
        told = message._wire.attributes
        told[PIPELINE], told[_HOP] = self.pipeline, str(self.hop)
        told[_ROUTE] = json.dumps(self.rest, ensure_ascii=False, separators=(",", ":"))
        if self.errors:
            told[_ERRORS] = self.errors
        if self.results:
            told[_RESULTS] = self.results
        return message


class HopAnswers:
    """The results of this process's handlers of one message of a pipeline."""

    def __init__(self, message: Message, courier: Courier) -> None:
        self._message = message
        self._courier = courier

    @cached_property
    def _route(self) -> Route:
        """Read where its errors are shielded: by the first that needs it."""
        return Route.of(self._message)

    def begin(self, of: int) -> None:
        """Who has nobody to answer is told of by the receipt."""

    def returned(self, number: int, of: int, value: object) -> None:
        try:
            self._tell_result(value)
            self._check_goes_on()
            self._publish_next(number, of, value)
        except Timeout as error:
            self._fail(number, of, error)
        except BerryMQError as error:
            self._fail(number, of, error)
            raise

    def raised(self, number: int, of: int, error: Exception) -> None:
        self._fail(number, of, error)

    def _check_goes_on(self) -> None:
        message = self._message
        if _is_over(message):
            raise Timeout(f"the deadline of the pipeline had passed when a handler of {message.id!r} returned")
        if message.hops >= MOST_HOPS:
            raise HopLimit(f"{message.id!r} travelled {message.hops} hops, the pipeline goes no further")

    def _publish_next(self, number: int, of: int, value: object) -> None:
        message, route = self._message, self._route
        moved = route._replace(rest=route.rest[1:], hop=route.hop + 1)
        following = answering(message, message.reply_to, number, of, Call((value,), {}))
        following._wire.reply_to = route.rest[0] if route.rest else ""
        following._wire.expires_at = message._wire.expires_at
        receipt = self._courier.publish(moved.write(following))
        self._courier.receipts.when_nobody(receipt, partial(tell_nobody, self._courier, following, moved))

    def _tell_result(self, value: object) -> None:
        route = self._route
        if route.results:
            of = route.hop + len(route.rest)
            told = {"pipeline": route.pipeline, "hop": route.hop, "of": of, "at": self._message.id}
            self._courier.publish(Message(route.results, value, **told))

    def _fail(self, number: int, of: int, error: BaseException) -> None:
        fail(self._courier, self._message, self._route, number, of, error)


class _InTime:
    """A handler that no message reaches whose deadline has passed while it waited for its turn; otherwise itself."""

    __slots__ = ("_receiver",)

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def take(self, message: Message) -> object:
        if _is_over(message):
            raise Timeout(f"the deadline of the pipeline had passed before {message.id!r} was handled")
        return self._receiver.take(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._receiver, name)


def in_time(message: Message, receivers: Sequence[Receiver]) -> Sequence[Receiver]:
    """The same; handlers of a pipeline with a deadline only until then."""
    if not message._wire.expires_at or PIPELINE not in message._wire.attributes:
        return receivers
    return [cast("Receiver", _InTime(receiver)) if receiver.answers else receiver for receiver in receivers]


def _is_over(message: Message) -> bool:
    expires = message._wire.expires_at
    return bool(expires) and expires <= stamp()


class Receipts:
    """Has a look at the receipts of hops once the gateway has answered: in one thread, `berrymq-receipts`, which lives
    while there are some. They are answered in the order in which they were published."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Receipt, Callable[[], None]]] = deque()
        self._lock = threading.Lock()
        self._running = False

    def when_nobody(self, receipt: Receipt, call: Callable[[], None]) -> None:
        """Calls if the message reached neither a follower nor a queue."""
        if not receipt._outstanding:
            _judge(receipt, call)
            return
        with self._lock:
            self._waiting.append((receipt, call))
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._work, name="berrymq-receipts", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether some were not looked at yet."""
        return self._running

    def after_fork(self) -> None:
        """In the child: the parent looks at them."""
        self._waiting = deque()
        self._lock = threading.Lock()
        self._running = False

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                receipt, call = self._waiting.popleft()
            _judge(receipt, call)


def _judge(receipt: Receipt, call: Callable[[], None]) -> None:
    try:
        receipt.wait()
        if not receipt.followers + receipt.queues:
            call()
    except Closed:
        return
    except BerryMQError as error:
        log.error("a message of a pipeline was refused: %s", error)


def tell_nobody(courier: Courier, message: Message, route: Route) -> None:
    """That nobody was there for `message`, unless that is the answer of an ask which is over."""
    if not message.id.startswith(ANSWERS):
        fail(courier, message, route, 0, 0, NoFollowers(f"nobody follows {message.id!r}"))


def fail(courier: Courier, message: Message, route: Route, number: int, of: int, error: BaseException) -> None:
    """Tells of what went wrong where `message` was, as a talk's failure, which has all the time it needs. What was
    found out here and nobody hears of comes to `on_error`."""
    target = route.errors or (route.rest[-1] if route.rest else message.reply_to or message.id)
    failure = answering(message, target, number, of, error)
    failure._wire.hops = min(failure._wire.hops, MOST_HOPS)
    told = failure._wire.attributes
    told[PIPELINE], told[_HOP], told[_AT] = route.pipeline, str(route.hop), message.id
    receipt = courier.publish(failure)
    if isinstance(error, (NoFollowers, Timeout)) and not target.startswith(ANSWERS):
        courier.receipts.when_nobody(receipt, partial(courier.dispatcher.report, error, message, None))


def check_place(text: str) -> None:
    """Raises InvalidIdentifier; InvalidArgument when it is local: a hop may run in any process."""
    if Identifier.parse(text).local:
        raise InvalidArgument(f"{text!r} is local: what a pipeline names may be in any process; drop the leading _")
