"""The bus: publishes to the followers of this process, and over its link to everybody's."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from sys import _getframe
from types import TracebackType
from typing import Any

from . import lifetime
from .asking import Asker
from .bulk import Bulk, Item, check_publishable
from .classic import MIB as MIB
from .classic import ClassicStyles
from .courier import Courier, as_message
from .dispatch import OnError
from .errors import Closed, InvalidArgument, Timeout
from .gateway_queue import GatewayQueue
from .ident import check_ident, new_ident
from .identifier import Identifier
from .inbox import Inbox
from .inspection import Inspection
from .keeper import Keeper, QueueOptions
from .link import Link, LinkOptions, check_bounds
from .mailbox import Callback, Correspondence, Drop, Mailbox, Presence, Recv
from .message import Message, addressed, delivered_by, sign
from .pipeline import Pipeline
from .published import caller_of, place_of
from .queue import Queue
from .receipt import Receipt
from .refusals import Refusals
from .registration import Registration
from .registry import Registry
from .running import run_until_told
from .stream import Stream
from .talk import DEFAULT_TIMEOUT, Answers, Within
from .transports import load, parse_url
from .work import Works

_CLOSE_FLUSH = 5.0
_CLOSE_WAIT = 5.0


class Bus(Registration, Inspection, ClassicStyles):
    """A bus of its own. It needs no server; `connect` joins it to a gateway. `ident` is the name by which others know
    it."""

    def __init__(self, ident: str | None = None) -> None:
        self._named = ident is not None
        self._courier = Courier(check_ident(ident) if ident is not None else new_ident())
        self._registry = self._courier.registry
        self._dispatcher = self._courier.dispatcher
        self._asker = Asker(self._courier)
        self._works = Works(self._courier)
        self._correspondence = Correspondence(self._courier, self._works)
        # Those that were made on it, for its diagram.
        self._queues: weakref.WeakSet[Queue] = weakref.WeakSet()
        lifetime.look_after(self)

    @property
    def ident(self) -> str:
        """The sender of what it publishes."""
        return self._courier.ident

    @property
    def connected(self) -> bool:
        """True from `connect` to `close`, over reconnections, too."""
        return self._link is not None

    def publish(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes the arguments to an identifier, or a Message made before: calls the followers of this process, then
        hands it to the link. Returns at once, with the Receipt.

        Raises InvalidIdentifier, ReservedIdentifier, Closed, QueueFull of a queue in this process; when the message
        leaves the process NotEncodable, MessageTooLarge, and BacklogFull while the link is down."""
        message = (
            Message(identifier, *args, **kwargs) if type(identifier) is str else as_message(identifier, args, kwargs)
        )
        courier = self._courier
        receipt = courier.publish(message)
        courier.published.note_caller(message._id)
        return receipt

    twitter = publish

    def publish_many(self, messages: Iterable[Item]) -> Receipt:
        """Publishes each, a `Message` or a tuple `(identifier, *args)`; one receipt for all. Raises what `publish`
        raises; what came before stays published."""
        self._courier.check_open()
        return Bulk(self._courier, _getframe().f_back).publish(messages)

    def talk(self, identifier: str | Message, reply_to: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Publishes; what each handler returns, wherever it runs, is published to `reply_to`."""
        check_publishable(Identifier.parse(reply_to))
        message = addressed(as_message(identifier, args, kwargs), reply_to)
        receipt = self._courier.publish(message)
        for each in (message.id, reply_to):
            self._courier.published.note(each, _getframe().f_back)
        return receipt

    def pipeline(
        self, *identifiers: str, errors: str | None = None, results: str | None = None, deadline: float | None = None
    ) -> Pipeline:
        """Talks over 2 to 100 identifiers: what a handler of one returns is published to the next. What one raises
        goes to `errors` (absent: to the last); every result to `results`, too. `deadline`: seconds for the whole.
        Raises InvalidArgument, InvalidIdentifier, ReservedIdentifier."""
        return Pipeline(self._courier, identifiers, errors, results, deadline)

    def ask(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Any:
        """Publishes, and waits for what a handler, wherever it runs, returns: the value of the first answer. Raises
        HandlerFailed, NoFollowers at once, Timeout after 30 s."""
        return self._ask(identifier, args, kwargs, DEFAULT_TIMEOUT)

    def ask_many(self, identifier: str | Message, /, *args: Any, **kwargs: Any) -> Answers:
        """Everybody's values as they come, for 30 s. Raises NoFollowers at once; HandlerFailed in their midst."""
        return self._ask_many(identifier, args, kwargs, DEFAULT_TIMEOUT)

    def within(self, seconds: float) -> Within:
        """`within(5).ask(…)`: asks with another time limit, in seconds."""
        if not isinstance(seconds, (int, float)) or not seconds > 0:
            raise InvalidArgument(f"within({seconds!r}): seconds, more than 0")
        return Within(self, seconds)

    def follow(self, *patterns: str, max_messages: int = 10_000, max_bytes: int = 16 * MIB) -> Stream:
        """Messages to iterate over, from now on, in a buffer of their own, of up to `max_messages` and `max_bytes`;
        when it is full the oldest go (`berrymq:lag` tells). Raises InvalidIdentifier, Closed."""
        self._courier.check_open()
        stream = Stream(self._registry, self._courier.clock, patterns, max_messages, max_bytes, self._courier.tell_lag)
        stream._receiver.source = place_of(caller_of(_getframe().f_back))
        return stream

    def set_multiplicity(self, threads: int) -> None:
        """Handlers run in so many threads; 0, as at first, = in the thread that publishes, in order."""
        self._courier.check_open()
        self._dispatcher.set_multiplicity(threads)

    def on_error(self, callback: OnError | None) -> None:
        """`callback(error, message, handler)` hears what handlers raise; None = the log does."""
        self._dispatcher.on_error(callback)

    def send(self, ident: str, /, *args: Any, **kwargs: Any) -> Receipt:
        """Reaches the program of that ident now, or when it next connects, in order. Raises as `Mailbox.send`."""
        return self.mailbox(ident).send(*args, **kwargs)

    def mailbox(self, ident: str, ttl: float | None = None, persistent: bool = True) -> Mailbox:
        """To send to that ident otherwise: what is not taken within `ttl` seconds is dropped (`on_drop` tells); what is
        not persistent does not outlive the gateway."""
        return Mailbox(self._courier, ident, ttl, persistent)

    def on_recv(self, callback: Recv) -> Callback:
        """`callback(ident, message)` with what was sent to this bus's ident, and by whom. It is acknowledged when all
        callbacks have returned, and comes again when one raised."""
        return self._correspondence.on_recv(callback)

    def on_drop(self, callback: Drop) -> Callback:
        """`callback(ident, message_id)` when something that this bus sent there expired unread."""
        return self._correspondence.on_drop(callback)

    def on_connect(self, callback: Presence) -> Callback:
        """`callback(ident)` when a program joins the gateway."""
        return self._correspondence.on_presence("connect", callback)

    def on_disconnect(self, callback: Presence) -> Callback:
        """`callback(ident)` when a program left the gateway."""
        return self._correspondence.on_presence("disconnect", callback)

    def connect(
        self,
        url: str,
        ident: str | None = None,
        timeout: float = 10.0,
        max_held: int = 65536,
        max_held_bytes: int = 64 * MIB,
    ) -> Bus:
        """Joins this bus to the gateway at `host:port` (gRPC), `http://host:port` or `ws://host:port`, and returns it
        once the gateway follows for it.

        While the connection is lost, up to `max_held` publishes of `max_held_bytes` wait for it. Raises
        InvalidArgument, NotSupported, Unavailable after `timeout` seconds, Closed."""
        return self._join(url, ident, timeout, max_held, max_held_bytes, follows=True)

    interconnect = connect

    def _join(
        self, url: str, ident: str | None, timeout: float, max_held: int, max_held_bytes: int, follows: bool
    ) -> Bus:
        if self._courier.reopens:
            self._courier.closed = False
        self._courier.check_open()
        self._courier.clock.check_real()
        check_bounds(timeout, max_held, max_held_bytes)
        if self._link is not None:
            raise InvalidArgument(
                f"this bus is linked to {self._link.options.target} already; close_connection() first, or make another "
                "Bus"
            )
        if ident is not None:
            self._courier.ident, self._named = check_ident(ident), True
        link = self._new_link(LinkOptions(*parse_url(url), self.ident, max_held, max_held_bytes, follows))
        link.start()
        try:
            link.wait_connected(timeout)
            work = self._works.prepare(link)
        except BaseException:
            link.close()
            raise
        self._courier.link = link
        work()
        lifetime.renew_links_after_fork()
        return self

    def flush(self, timeout: float = 10.0) -> None:
        """Returns once every publish so far is answered and every pattern so far is followed. Raises Timeout,
        Closed."""
        self._courier.check_open()
        if self._link is not None:
            self._link.flush(timeout)

    def close(self) -> None:
        """Waits for handlers at work, and flushes, for 5 s at most each; ends link, streams and threads. Publishing
        raises Closed afterwards. Idempotent."""
        lifetime.let_finish(self._courier, self._works, _CLOSE_WAIT)
        self._courier.closed = True
        self._works.stop()
        self._unlink()
        for receiver in self._registry.receivers():
            receiver.close()
        self._dispatcher.set_multiplicity(0)

    def run(self) -> None:
        """What a program ends with that only follows: returns after SIGINT or SIGTERM, once the bus is closed. A second
        signal ends the program at once; earlier handlers of both are put back. Raises Closed, and InvalidArgument in
        another thread than the main one."""
        self._courier.check_open()
        run_until_told(self.close)

    def _leave(self) -> None:
        if self._link is not None:
            go_on = self._works.leave()
            self._unlink()
            go_on()

    def _unlink(self) -> None:
        link = self._link
        if link is not None:
            # What is left is refused by link.close, and its receipts tell.
            with suppress(Timeout, Closed):
                link.flush(_CLOSE_FLUSH)
            link.close()
            self._courier.link = None

    def __repr__(self) -> str:
        link = self._link
        state = "closed" if self._courier.closed else "not connected" if link is None else f"at {link.options.target}"
        return f"<Bus {self.ident!r} {state}>"

    def __enter__(self) -> Bus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _link(self) -> Link | None:
        return self._courier.link

    def _ask(self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float) -> Any:
        message = self._question(identifier, args, kwargs)
        link = None if message.identifier.local else self._link
        frame = self._courier.encode(message) if link is not None else b""
        self._courier.asked(message, link)
        return self._asker.ask(message, link, frame, seconds)

    def _ask_many(
        self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any], seconds: float
    ) -> Answers:
        message = self._question(identifier, args, kwargs)
        link = None if message.identifier.local else self._link
        self._courier.asked(message, link)
        return self._asker.ask_many(message, link, seconds)

    def _question(self, identifier: str | Message, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Message:
        self._courier.check_open()
        message = as_message(identifier, args, kwargs)
        check_publishable(message.identifier)
        self._courier.published.note(message.id, _getframe(2).f_back)
        sign(message, self._courier.ident)
        return delivered_by(self._courier, message)

    def _keeper(self, options: QueueOptions) -> Keeper:
        """Where a new queue is kept: at the gateway, if there is one and its pattern is not local."""
        self._courier.check_open()
        link = self._link
        if link is None or options.local:
            return self._courier.queues.open(options)
        keeper = GatewayQueue(link, options).create()
        if self._courier.probe is not None:
            self._courier.probe.opened(keeper)
        return keeper

    def _new_link(self, options: LinkOptions) -> Link:
        registry = self._registry if options.follows else Registry()
        refusals = Refusals(self._courier.clock, partial(self._dispatcher.report, handler=None))
        return Link(options, registry, Inbox(self._courier.deliver), refusals, load(options.scheme))

    def _after_fork(self) -> None:
        """In the child: locks and threads are the parent's."""
        self._courier.clock.real.after_fork()
        self._courier.receipts.after_fork()
        self._registry.after_fork()
        self._dispatcher.after_fork()
        self._courier.queues.after_fork()
        for receiver in self._registry.receivers():
            receiver.after_fork()
        self._works.after_fork()
        self._correspondence.after_fork()
        if not self._named:
            self._courier.ident = new_ident()
        if self._link is None:
            self._works.restart()

    def _relink(self) -> None:
        """In the child: the connection is the parent's, too; the child gets one, and a session, of its own."""
        if self._link is not None:
            self._link.orphan()
            self._courier.link = self._new_link(self._link.options._replace(ident=self.ident))
            self._link.start()
            self._works.restart()
