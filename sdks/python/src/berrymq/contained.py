"""What a handler raises that would end more than the handler."""

from __future__ import annotations

import threading


def contained(error: BaseException) -> Exception:
    """What is told of it. In a thread of berryMQ's own nothing may end that thread, and others' messages with it: not
    SystemExit either. Elsewhere what is no Exception, such as KeyboardInterrupt, is raised on, to whoever published."""
    if isinstance(error, Exception):
        return error
    if not threading.current_thread().name.startswith("berrymq-"):
        raise error
    told = RuntimeError(f"the handler raised {error!r}")
    told.__cause__ = error
    return told
