"""What the JSON doors refuse with, as berryMQ's errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ... import errors

# The specification's own codes (https://www.jsonrpc.org/specification#error_object).
_CODES: dict[int, type[errors.BerryMQError]] = {
    -32700: errors.InvalidArgument,
    -32600: errors.InvalidArgument,
    -32602: errors.InvalidArgument,
    -32601: errors.NotSupported,
}

# Statuses that come without a reason, from proxies for instance; any other is Unavailable.
_STATUSES: dict[int, type[errors.BerryMQError]] = {
    404: errors.NotSupported,
    408: errors.Timeout,
    413: errors.BatchTooLarge,
    429: errors.LimitReached,
}


def told(refusal: Mapping[str, Any]) -> errors.BerryMQError:
    """A JSON-RPC error object, or the `error` of an event `ended`."""
    data = refusal.get("data") if isinstance(refusal.get("data"), Mapping) else refusal
    message = str(refusal.get("message", ""))
    if isinstance(data, Mapping) and "reason" in data:
        return errors.from_reason(str(data["reason"]), message, bool(data.get("retryable")))
    detail = f": {data['detail']}" if isinstance(data, Mapping) and "detail" in data else ""
    return _CODES.get(refusal.get("code", 0), errors.Internal)(f"{message}{detail}")


def of_status(status: int, body: bytes, target: str) -> errors.BerryMQError:
    """An answer that is no JSON-RPC: a problem (RFC 9457), or whatever else stands at that address."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    if "reason" in problem:
        return errors.from_reason(
            str(problem["reason"]), str(problem.get("detail", "")), bool(problem.get("retryable"))
        )
    why = f" ({problem['detail']})" if "detail" in problem else ""
    kind = _STATUSES.get(status, errors.Unavailable)
    return kind(f"{target} answered HTTP {status}{why}; is it a berryMQ gateway?")
