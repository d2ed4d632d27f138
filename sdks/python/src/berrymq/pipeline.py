"""Pipelines: talks over several identifiers. What a handler of one returns is published to the next."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from .bulk import check_publishable
from .errors import HandlerFailed, InvalidArgument, NoFollowers, Timeout
from .identifier import Identifier
from .message import Message, addressed
from .receipt import Receipt
from .route import ANSWERS, PIPELINE, Route, check_place, tell_nobody
from .stream import Stream
from .talk import DEFAULT_TIMEOUT, outcome_of

if TYPE_CHECKING:
    from .courier import Courier

MOST_IDENTIFIERS = 100
_ANSWERS, _ANSWER_BYTES = 1000, 16 * 1024 * 1024


class Pipeline:
    """Made by `Bus.pipeline`; may be used as often as one likes, from many threads."""

    identifiers: tuple[str, ...]
    """Its steps, in order."""

    def __init__(
        self,
        courier: Courier,
        identifiers: tuple[str, ...],
        errors: str | None,
        results: str | None,
        deadline: float | None,
    ) -> None:
        if not 2 <= len(identifiers) <= MOST_IDENTIFIERS:
            raise InvalidArgument(
                f"pipeline({', '.join(map(repr, identifiers[:3]))}): "
                f"2 to {MOST_IDENTIFIERS} identifiers, not {len(identifiers)}"
            )
        if deadline is not None and not deadline > 0:
            raise InvalidArgument(f"pipeline(deadline={deadline!r}): seconds for the whole, more than 0")
        for each in (*identifiers, *filter(None, (errors, results))):
            check_place(each)
            check_publishable(Identifier.parse(each))
        self._courier = courier
        self._errors = errors or ""
        self._results = results or ""
        self._deadline = deadline
        self.identifiers = identifiers

    def talk(self, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes to the first identifier. The result of the last but one comes to the last, which is told and not
        asked. With two identifiers and no options it is the bus's `talk`. Raises as `Bus.publish`."""
        first, second, *rest = self.identifiers
        if not (rest or self._errors or self._results or self._deadline):
            return self._courier.publish(addressed(Message(first, *args, **kwargs), second))
        message, route = self._begin(tuple(rest), self._errors, args, kwargs)
        return self._publish(message, route)

    def ask(self, /, *args: Any, **kwargs: Any) -> Any:
        """Asks the last identifier, too: its first answer. Raises what `errors` hears: NoFollowers at once,
        HandlerFailed; Timeout at the deadline, or after 30 s."""
        courier, seconds = self._courier, self._deadline or DEFAULT_TIMEOUT
        courier.check_open()
        end = courier.clock.now() + seconds
        address = f"{ANSWERS}{secrets.token_hex(8)}"
        places = tuple(filter(None, (address, self._errors)))
        with Stream(courier.registry, courier.clock, places, _ANSWERS, _ANSWER_BYTES, courier.tell_lag) as answers:
            if courier.link is not None:
                courier.link.flush(seconds)
            message, route = self._begin((*self.identifiers[2:], address), self._errors, args, kwargs)
            self._publish(message, route)
            while (answer := answers.next_until(end)) is not None:
                if answer._wire.attributes[PIPELINE] == route.pipeline:
                    return _value_of(answer)
        raise Timeout(f"no answer to {' → '.join(self.identifiers)} within {seconds:g} s")

    def _publish(self, message: Message, route: Route) -> Receipt:
        receipt = self._courier.publish(message)
        self._courier.receipts.when_nobody(receipt, partial(tell_nobody, self._courier, message, route))
        return receipt

    def _begin(self, rest: tuple[str, ...], errors: str, args: Any, kwargs: Any) -> tuple[Message, Route]:
        message = Message(self.identifiers[0], *args, **kwargs)
        if self._deadline is not None:
            message = message.with_(ttl=self._deadline)
        message = addressed(message, self.identifiers[1])
        route = Route(message.message_id, rest, 1, errors, self._results)
        return route.write(message), route


def _value_of(answer: Message) -> Any:
    """What the SDK of another hop found out is the same error here; languages write their classes differently:
    `BerryMQ::NoFollowers`."""
    outcome = outcome_of(answer)
    if isinstance(outcome.error, HandlerFailed):
        kind = outcome.error.class_name.rpartition("::")[2]
        if kind == "NoFollowers":
            raise NoFollowers(outcome.error.text)
        if kind == "Timeout":
            raise Timeout(outcome.error.text)
    return outcome.get()
