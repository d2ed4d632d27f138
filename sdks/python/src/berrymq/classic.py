"""The connection styles of berryMQ 0.3, by their old names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sys import _getframe
from typing import TYPE_CHECKING, Any

from .bulk import stays
from .courier import Courier, as_message
from .errors import InvalidArgument
from .identifier import Identifier
from .message import Message
from .queue import Queue
from .receipt import Receipt

if TYPE_CHECKING:
    from .bus import Bus

MIB = 1024 * 1024


class ClassicStyles:
    """What a bus has of them."""

    _courier: Courier
    # The queue of `connect_via_queue`.
    _pulled: Queue | None = None

    def connect_oneway(
        self,
        url: str,
        ident: str | None = None,
        timeout: float = 10.0,
        max_held: int = 65536,
        max_held_bytes: int = 64 * MIB,
    ) -> Bus:
        """As `connect`, for who only sends: live followers and streams of this process hear nothing of others'."""
        return self._join(url, ident, timeout, max_held, max_held_bytes, follows=False)

    def connect_via_queue(
        self,
        pattern: str,
        url: str,
        ident: str | None = None,
        timeout: float = 10.0,
        max_held: int = 65536,
        max_held_bytes: int = 64 * MIB,
    ) -> Queue:
        """As `connect_oneway`, with a queue at the gateway that keeps what the pattern matches, for this program alone:
        `get` and `get_nowait` pull from it. Raises as `connect`, InvalidIdentifier, InvalidArgument for a local
        pattern."""
        if Identifier.parse(pattern).local:
            raise InvalidArgument(f"connect_via_queue({pattern!r}): local names never reach a gateway; use Queue")
        bus = self._join(url, ident, timeout, max_held, max_held_bytes, follows=False)
        try:
            self._pulled = Queue(pattern, bus=bus)
        except BaseException:
            self.close_connection()
            raise
        return self._pulled

    def get(self, block: bool = True, timeout: float | None = None) -> Message:
        """The oldest message in the queue of `connect_via_queue`. Raises Empty, InvalidArgument without such a
        queue."""
        return self._queue_to_pull().get(block, timeout)

    def get_nowait(self) -> Message:
        """As `get`, without waiting."""
        return self._queue_to_pull().get_nowait()

    def send_message(
        self, identifier: str | Message, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Receipt:
        """Publishes over the link only: followers of this process do not hear it. Raises Unavailable before the first
        connection, InvalidArgument for a local name, and what `publish` raises."""
        message = as_message(identifier, args, kwargs or {})
        if stays(message.id):
            raise InvalidArgument(f"send_message({message.id!r}): local names never leave the process; use publish")
        receipt = self._courier.send(message)
        self._courier.published.note(message.id, _getframe().f_back)
        return receipt

    def close_connection(self) -> None:
        """Ends the link, after what was published has left (5 s at most). The bus goes on in its process and may
        connect again. Without a link nothing happens."""
        self._pulled = None
        self._leave()

    def _queue_to_pull(self) -> Queue:
        self._courier.check_open()
        if self._pulled is None:
            raise InvalidArgument("get pulls from the queue of a connection: connect_via_queue(pattern, url) first")
        return self._pulled

    if TYPE_CHECKING:

        def _join(
            self, url: str, ident: str | None, timeout: float, max_held: int, max_held_bytes: int, follows: bool
        ) -> Bus: ...

        def _leave(self) -> None: ...
