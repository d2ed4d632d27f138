"""What handlers raised, kept until somebody asks for it."""

from __future__ import annotations

import inspect
import traceback
import weakref
from collections import deque
from collections.abc import Callable

from .message import Message

MOST = 100


class HandlerError:
    """What was raised (`error`), by which handler (None once it is gone), on which message."""

    __slots__ = ("_handler", "error", "message")

    error: BaseException
    """What was raised."""
    message: Message
    """On which message."""

    def __init__(self, error: BaseException, message: Message, handler: object) -> None:
        self.error = error
        self.message = message
        # Weakly, as followers are held: an object that raised once does not follow for ever.
        self._handler = _weakly(handler)

    @property
    def handler(self) -> object:
        """The function or bound method; None once it is gone."""
        return self._handler()

    def __repr__(self) -> str:
        return f"<HandlerError {self.error!r} on {self.message.id!r}>"


class HandlerErrors:
    """The newest 100."""

    def __init__(self) -> None:
        self._errors: deque[HandlerError] = deque(maxlen=MOST)

    def add(self, error: BaseException, message: Message, handler: object) -> None:
        """Lets go of the variables of the frames that it went through; where it was raised stays readable."""
        self._errors.append(HandlerError(error, message, handler))
        _let_go(error)

    def take(self) -> list[HandlerError]:
        """All, the oldest first; they are forgotten here."""
        taken = []
        while self._errors:
            taken.append(self._errors.popleft())
        return taken


def _weakly(handler: object) -> Callable[[], object]:
    try:
        return weakref.WeakMethod(handler) if inspect.ismethod(handler) else weakref.ref(handler)
    except TypeError:
        return _nothing


def _nothing() -> None:
    """Stands for what was never there."""


def _let_go(error: BaseException) -> None:
    """Also of what it came from. Frames still at work keep theirs."""
    seen: set[int] = set()
    causes: list[BaseException | None] = [error]
    while causes:
        cause = causes.pop()
        if cause is not None and id(cause) not in seen:
            seen.add(id(cause))
            traceback.clear_frames(cause.__traceback__)
            causes += [cause.__cause__, cause.__context__]
