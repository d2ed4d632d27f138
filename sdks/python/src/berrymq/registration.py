"""Registering handlers with a bus, and what wraps functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, overload

from . import condition, follower
from .auto_twitter import AutoTwitter
from .callbacks import check_decorator, check_guard, check_held
from .calling import calling
from .condition import Condition
from .courier import Courier
from .durable import Durable
from .follower import Following, Guard, Handle
from .twitter_exception import TwitterException
from .unfollowing import unfollow
from .work import Works

F = TypeVar("F", bound=Callable[..., Any])


class Registration:
    """This side of a bus."""

    _courier: Courier
    _works: Works

    def following_function(
        self,
        identifier: str | Condition,
        guard_condition: Guard | None = None,
        *,
        queue: str | None = None,
        queue_options: Mapping[str, Any] | None = None,
        concurrency: int = 1,
    ) -> Callable[[F], F]:
        """Decorator: the function is called with each message that the pattern reaches and the guard agrees to. With
        `queue` it is fed from that shared queue, `concurrency` messages at a time: returning acknowledges, raising
        retries, as do the verdicts Retry, Reject and Release."""
        check_decorator(identifier, "following_function")
        durable = Durable.of(queue, queue_options, concurrency)

        def follow(function: F) -> F:
            self._regist(identifier, function, guard_condition, durable)
            return function

        return follow

    def regist_function(
        self,
        identifier: str | Condition,
        function: Handle,
        guard_condition: Guard | None = None,
        *,
        queue: str | None = None,
        queue_options: Mapping[str, Any] | None = None,
        concurrency: int = 1,
    ) -> Following:
        """Lets a function follow, as `following_function` does. Keep what is returned: it holds a function that nobody
        else holds, and can `unfollow()`."""
        return self._regist(identifier, function, guard_condition, Durable.of(queue, queue_options, concurrency))

    def regist_method(
        self,
        identifier: str | Condition,
        method: Handle,
        guard_condition: Guard | None = None,
        *,
        queue: str | None = None,
        queue_options: Mapping[str, Any] | None = None,
        concurrency: int = 1,
    ) -> Following:
        """Lets a bound method follow for as long as its object lives."""
        return self._regist(identifier, method, guard_condition, Durable.of(queue, queue_options, concurrency))

    def unfollow(self, target: object) -> int:
        """A function, a bound method, or an object or class with all its methods follows no more; how many followings
        ended."""
        return unfollow(self._courier.registry, self._works, target)

    def auto_twitter(self, identifier: str, entry: bool = False, exit: bool = False) -> AutoTwitter:
        """Decorator of functions and methods: `name:entry` tells of a call and its arguments, `name:exit` of its
        result. Both, or neither, of the flags: both; an action `entry` or `exit` in the identifier: that one. One that
        raises tells no exit; a coroutine tells it at its end. Raises InvalidIdentifier, InvalidArgument."""
        check_decorator(identifier, "auto_twitter", "name")
        return AutoTwitter(self._courier, identifier, entry, exit)

    @overload
    def twitter_exception(
        self, identifier: str, reraise: Literal[True], with_traceback: bool = True
    ) -> TwitterException[Literal[True]]: ...

    @overload
    def twitter_exception(
        self, identifier: str, reraise: bool = False, with_traceback: bool = True
    ) -> TwitterException[bool]: ...

    def twitter_exception(self, identifier: str, reraise: bool = False, with_traceback: bool = True) -> Any:
        """Decorator of functions and methods: tells of what one raises, as a list of lines in `args[0]` and as texts
        in the kwargs `type`, `value` and `traceback`. Without `reraise` the function then returns None."""
        check_decorator(identifier, "twitter_exception")
        return TwitterException(self._courier, identifier, reraise, with_traceback)

    def _regist(
        self, pattern: str | Condition, target: Handle, guard: Guard | None, durable: Durable | None
    ) -> Following:
        self._courier.check_open()
        check_guard(guard, target)
        if callable(target):
            check_held(target)
        if isinstance(pattern, Condition):
            pattern.check_alone(guard, durable)
            call = calling(self._courier.dispatcher, target, pattern.size)
            return condition.regist(self._courier.registry, pattern, target, call)
        if durable is None:
            return follower.regist(
                self._courier.registry, pattern, target, guard, calling(self._courier.dispatcher, target)
            )
        return durable.regist(self._courier, self._works, pattern, target, guard)
