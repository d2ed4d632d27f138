"""What a handler was called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..message import Message
from .records import Records, weakly


class Mock:
    """Of one handler, since the test began. Every question waits until nobody is at work any more."""

    __test__ = False

    def __init__(self, records: Records, handler: Callable[..., Any]) -> None:
        self._records = records
        # A handler carries its mock, which must not keep it alive.
        self._handler = weakly(handler)
        self._name = getattr(handler, "__qualname__", repr(handler))

    @property
    def calls(self) -> list[Message]:
        """The messages that it was called with, in order."""
        return self._records.calls(self._handler())

    @property
    def called(self) -> bool:
        """Whether it was called at all."""
        return bool(self.calls)

    @property
    def call_count(self) -> int:
        """How often it was called."""
        return len(self.calls)

    def assert_called_once_with(self, /, *args: Any, **kwargs: Any) -> None:
        """One call, with exactly these arguments. Raises AssertionError."""
        __tracebackhide__ = True
        self._records.until(lambda: self._records.calls_so_far(self._handler()))
        calls = self.calls
        if len(calls) != 1 or calls[0].args != args or calls[0].kwargs != kwargs:
            raise AssertionError(
                f"{self._name} was to be called once with {_call(args, kwargs)}; it was called "
                + (f"{len(calls)} times: " if len(calls) > 1 else "")
                + (", ".join(_call(call.args, call.kwargs) for call in calls) or "never")
            )

    def assert_not_called(self) -> None:
        """Raises AssertionError."""
        __tracebackhide__ = True
        calls = self.calls
        if calls:
            told = ", ".join(f"{call.id}{_call(call.args, call.kwargs)}" for call in calls)
            raise AssertionError(f"{self._name} was not to be called; it was called with {told}")


def _call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    shown = [f"{value!r:.80}" for value in args] + [f"{name}={value!r:.80}" for name, value in kwargs.items()]
    return f"({', '.join(shown)})"
