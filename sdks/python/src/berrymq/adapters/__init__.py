"""Adapters: what turns files and time into messages, and messages into notifications. A module of its own.

    from berrymq.adapters import IntervalTimer

    with IntervalTimer("clock", 60):  # publishes clock:tick
        ...

Each has `stop()`, and ends with its block, or with its bus.
"""

from .desktop_notifier import DesktopNotifier
from .file_observer import FileObserver
from .interval_timer import IntervalTimer

__all__ = ["DesktopNotifier", "FileObserver", "IntervalTimer"]
