"""The logger `berrymq`, to which all of the package logs: errors of handlers as ERROR, a lost gateway as WARNING, links
that are made or found again as INFO."""

from __future__ import annotations

import logging
import sys

log = logging.getLogger("berrymq")


class LastWord(logging.Handler):
    """What a program says that has not set up logging: warnings and errors, one line for each and no traceback. Not
    nothing: what a handler raises would be lost in silence."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers and log.handlers == [self]:
            sys.stderr.write(f"berrymq: {record.getMessage()}{_cause(record)}\n")


def _cause(record: logging.LogRecord) -> str:
    """What was raised, where the message does not tell it."""
    error = record.exc_info[1] if record.exc_info else None
    told = "" if error is None else f"{type(error).__name__}: {error}"
    return "" if told in record.getMessage() else f": {told}"


log.addHandler(LastWord(logging.WARNING))
