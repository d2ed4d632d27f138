"""`twitter_exception`: functions and methods whose exceptions are told."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, overload

from .bulk import check_publishable
from .errors import text_of
from .identifier import Identifier
from .message import Message
from .wrapping import around, tell

if TYPE_CHECKING:
    from .courier import Courier

P = ParamSpec("P")
R = TypeVar("R")
Reraise_co = TypeVar("Reraise_co", bound=bool, covariant=True)


class TwitterException(Generic[Reraise_co]):
    """What tells of the exceptions of one function, and raises them again or not. What is no `Exception`, such as
    KeyboardInterrupt, passes untold."""

    def __init__(self, courier: Courier, identifier: str, reraise: bool, with_traceback: bool) -> None:
        check_publishable(Identifier.parse(identifier))
        self._courier = courier
        self._identifier = identifier
        self._reraise = reraise
        self._with_traceback = with_traceback

    # A flag that is decided later gets the more careful type.
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self: TwitterException[Literal[True]], target: Callable[P, R]
    ) -> Callable[P, R]: ...

    @overload
    def __call__(
        self: TwitterException[bool], target: Callable[P, Coroutine[Any, Any, R]]
    ) -> Callable[P, Coroutine[Any, Any, R | None]]: ...

    @overload
    def __call__(self: TwitterException[bool], target: Callable[P, R]) -> Callable[P, R | None]: ...

    def __call__(self, target: Any) -> Any:
        return around(target, self._wrap, "twitter_exception")

    def _wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def watched_later(*args: Any, **kwargs: Any) -> Any:
                return await self._await(function(*args, **kwargs), watched_later)

            return watched_later

        @wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                self._tell(error, watched)
                if self._reraise:
                    raise
                return None
            return self._await(result, watched) if inspect.iscoroutine(result) else result

        return watched

    async def _await(self, result: Coroutine[Any, Any, Any], wrapper: object) -> Any:
        try:
            return await result
        except Exception as error:
            self._tell(error, wrapper)
            if self._reraise:
                raise

    def _tell(self, error: Exception, wrapper: object) -> None:
        # Its first entry is the wrapper's own.
        trace = error.__traceback__ and error.__traceback__.tb_next if self._with_traceback else None
        told = {
            "type": type(error).__name__,
            "value": text_of(error),
            "traceback": "".join(traceback.format_tb(trace)),
        }
        lines = self._lines(error, trace)
        tell(self._courier, Message(self._identifier, lines, **told), wrapper)

    def _lines(self, error: Exception, trace: Any) -> list[str]:
        if self._with_traceback:
            return traceback.format_exception(type(error), error, trace)
        return traceback.format_exception_only(type(error), error)
