"""What adapters that publish have in common: their bus, their end, and what happens to what the bus refuses."""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any, TypeVar

from ..bulk import check_publishable
from ..bus import Bus
from ..errors import BerryMQError, Closed, InvalidArgument
from ..identifier import Identifier
from ..message import Message

Self = TypeVar("Self", bound="Adapter")


class Adapter:
    """At work from its making on, until `stop()`, the end of its block, or the end of its bus."""

    def __init__(self, bus: Bus | None) -> None:
        self._bus = bus if bus is not None else _default_bus()
        self._bus._courier.check_open()

    def stop(self) -> None:
        """Once more is harmless."""
        raise NotImplementedError

    def _publish(self, identifier: str, *args: Any) -> None:
        """What the bus refuses goes to `on_error`."""
        message = Message(identifier, *args)
        try:
            self._bus.publish(message)
        except Closed:
            self.stop()
        except BerryMQError as error:
            self._bus._courier.dispatcher.report(error, message, self)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def identifiers(id_name: str, *actions: str) -> tuple[str, ...]:
    """`id_name` with each action. Raises InvalidIdentifier, ReservedIdentifier."""
    made = tuple(f"{id_name}:{action}" for action in actions)
    for each in made:
        check_publishable(Identifier.parse(each))
    return made


def check_interval(what: str, interval: float) -> float:
    """Raises InvalidArgument."""
    if not isinstance(interval, (int, float)) or not 0 < interval < math.inf:
        raise InvalidArgument(f"{what}(interval={interval!r}): seconds, more than 0")
    return interval


def _default_bus() -> Bus:
    from ..default_bus import bus

    return bus
