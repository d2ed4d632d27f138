"""What a program waits in that only follows: until somebody tells it to end."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing

from .errors import InvalidArgument

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_told(close: Callable[[], None]) -> None:
    """Returns after SIGINT or SIGTERM, once it has closed. A second signal ends the program at once. Earlier handlers
    of both are put back. Raises InvalidArgument where that cannot be waited for."""
    check_main_thread()
    _check_no_event_loop()
    reader, writer = socket.socketpair()
    with closing(reader), closing(writer):
        writer.setblocking(False)
        # Python writes a signal's number there in whichever thread the system delivers it.
        noticing = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, _noticed) for number in SIGNALS}
        try:
            while reader.recv(1)[0] not in SIGNALS:
                """Another signal, whose own handler does what is to be done."""
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            close()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler or signal.SIG_DFL)
            signal.set_wakeup_fd(noticing)


def check_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise InvalidArgument(
            "run() waits for signals, of which only the main thread hears; call it there, not in the thread "
            f"{threading.current_thread().name!r}"
        )


def _check_no_event_loop() -> None:
    if "asyncio" not in sys.modules:
        return
    from .event_loop import running

    if running() is not None:
        raise InvalidArgument(
            "run() would hold up the event loop of this thread; berrymq.aio does not: await aio.Bus(of=bus).run()"
        )


def _noticed(number: int, frame: object) -> None:
    """Keeps the signal from doing what it does by itself."""
