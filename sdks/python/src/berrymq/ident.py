"""The name by which a program is known to the others."""

from __future__ import annotations

import os
import secrets

from .errors import InvalidArgument


def new_ident() -> str:
    """One that nobody else has."""
    return f"python-{os.getpid()}-{secrets.token_hex(4)}"


def check_ident(ident: str) -> str:
    """The same. Raises InvalidArgument."""
    if not isinstance(ident, str) or not ident or len(ident) > 255 or not (ident.isascii() and ident.isprintable()):
        raise InvalidArgument(f"ident={ident!r:.80}: 1 to 255 printable ASCII letters")
    return ident
