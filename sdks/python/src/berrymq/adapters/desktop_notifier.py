"""`DesktopNotifier`: messages as notifications on the desktop."""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading

from ..bus import Bus
from ..condition import Condition
from ..errors import InvalidArgument, LimitReached, NotSupported, Unavailable
from ..message import Message
from .adapter import Adapter

MOST_WAITING = 100
_LONGEST = 10.0
"""Seconds that one notification may take."""

# What comes from messages is an argument, never part of the script.
_SCRIPT = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")


class DesktopNotifier(Adapter):
    """Shows a notification of each message that the pattern reaches, by `notify-send` or, on macOS, `osascript`;
    override `format` to say it otherwise. It holds up no publisher: up to 100 wait to be shown; of what comes beyond
    `on_error` hears, as LimitReached. Raises NotSupported where neither program is there, InvalidIdentifier, Closed."""

    def __init__(self, pattern: str, *, bus: Bus | None = None) -> None:
        super().__init__(bus)
        if isinstance(pattern, Condition):
            raise InvalidArgument(f"DesktopNotifier({pattern}): it shows single messages; give it a pattern")
        self._command = _find_command()
        self._waiting: queue.Queue[tuple[Message, str, str] | None] = queue.Queue(MOST_WAITING)
        self._following = self._bus.regist_method(pattern, self._hear)
        self._thread = threading.Thread(target=self._show_all, name="berrymq-notifier", daemon=True)
        self._thread.start()

    def format(self, message: Message) -> tuple[str, str]:
        """Title and text: the identifier, and the arguments."""
        told = [str(value) for value in message.args]
        return message.id, ", ".join([*told, *(f"{name}={value}" for name, value in message.kwargs.items())])

    def stop(self) -> None:
        """Follows no more; what waits is still shown (5 s at most). Once more is harmless."""
        self._following.unfollow()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._waiting.put(None)
            self._thread.join(5.0)

    def _hear(self, message: Message) -> None:
        title, text = self.format(message)
        try:
            self._waiting.put_nowait((message, title, text))
        except queue.Full:
            raise LimitReached(f"{MOST_WAITING} notifications wait to be shown; {message.id!r} is not") from None

    def _show_all(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            message, title, text = waiting
            try:
                self._show(title, text)
            except (OSError, subprocess.SubprocessError) as error:
                failure = Unavailable(f"{self._command[0]} did not show the notification of {message.id!r}: {error}")
                self._bus._courier.dispatcher.report(failure, message, self._hear)

    def _show(self, title: str, text: str) -> None:
        subprocess.run([*self._command, title, text], check=True, timeout=_LONGEST, capture_output=True)


def _find_command() -> tuple[str, ...]:
    """What shows a notification, once title and text are added. Raises NotSupported."""
    if program := shutil.which("notify-send"):
        return (program, "--")
    if program := shutil.which("osascript"):
        return (program, *(part for line in _SCRIPT for part in ("-e", line)), "--")
    raise NotSupported(
        "notifications need notify-send (in packages such as libnotify-bin) or, on macOS, osascript; neither is here"
    )
