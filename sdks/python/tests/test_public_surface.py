"""The names of the package, pinned: changing one is a decision, and a line in the changelog."""

from __future__ import annotations

import inspect

import pytest

import berrymq
import berrymq.aio
from berrymq import errors
from berrymq.gen.berrymq.v1 import error_pb2

CLASSES = [
    "Answer",
    "Bus",
    "Callback",
    "Condition",
    "Delivery",
    "Failure",
    "Follower",
    "Following",
    "HandlerError",
    "Identifier",
    "Mailbox",
    "Message",
    "Pipeline",
    "Queue",
    "QueueStatus",
    "Receipt",
    "Reject",
    "Release",
    "Retry",
    "Stream",
]
ERRORS = [
    "BacklogFull",
    "BatchTooLarge",
    "BerryMQError",
    "Closed",
    "Draining",
    "Empty",
    "HandlerFailed",
    "HopLimit",
    "Internal",
    "InvalidArgument",
    "InvalidIdentifier",
    "LeaseLost",
    "LimitReached",
    "MalformedMessage",
    "MessageTooLarge",
    "NoFollowers",
    "NotEncodable",
    "NotSupported",
    "QueueExists",
    "QueueFull",
    "QueueNotFound",
    "ReservedIdentifier",
    "StorageFailed",
    "TakenOver",
    "Timeout",
    "Unavailable",
]
FUNCTIONS = [
    "ask",
    "ask_many",
    "auto_twitter",
    "close",
    "close_connection",
    "cond",
    "connect",
    "connect_oneway",
    "connect_via_queue",
    "debug_messages",
    "flush",
    "follow",
    "following",
    "following_function",
    "get",
    "get_nowait",
    "interconnect",
    "mailbox",
    "matches",
    "on_connect",
    "on_disconnect",
    "on_drop",
    "on_error",
    "on_recv",
    "pipeline",
    "publish",
    "publish_many",
    "regist_function",
    "regist_method",
    "run",
    "send",
    "send_message",
    "set_multiplicity",
    "show_followers",
    "show_network",
    "take_errors",
    "talk",
    "twitter",
    "twitter_exception",
    "unfollow",
    "within",
]


def test_the_public_names_are_these() -> None:
    assert sorted(berrymq.__all__) == sorted([*CLASSES, *ERRORS, *FUNCTIONS, "__version__"])
    assert all(hasattr(berrymq, name) for name in berrymq.__all__)


def test_the_functions_of_the_package_are_those_of_the_default_bus() -> None:
    for name in set(FUNCTIONS) - {"cond", "following", "matches"}:
        assert getattr(berrymq, name).__func__ is getattr(berrymq.Bus, name)


def test_the_names_of_asyncio_are_these() -> None:
    assert sorted(berrymq.aio.__all__) == [
        "Answers",
        "Bus",
        "Callback",
        "Deliveries",
        "Delivery",
        "Following",
        "Mailbox",
        "Pipeline",
        "Queue",
        "Receipt",
        "Within",
        "connect",
    ]


def test_every_reason_of_the_protocol_has_one_class() -> None:
    reasons = {name.removeprefix("REASON_") for name in error_pb2.Reason.DESCRIPTOR.values_by_name} - {"UNSPECIFIED"}
    classes = {kind.reason: kind for kind in vars(errors).values() if _is_refusal(kind)}
    assert set(classes) == reasons
    for reason, kind in classes.items():
        assert isinstance(errors.from_reason(reason, "why"), kind)
        assert kind.__name__.upper() == reason.replace("_", "")


def _is_refusal(kind: object) -> bool:
    return inspect.isclass(kind) and issubclass(kind, errors.BerryMQError) and kind is not errors.BerryMQError


def test_an_unknown_reason_is_internal_and_keeps_its_name() -> None:
    assert "NEWER: why" in str(errors.from_reason("NEWER", "why"))
    assert errors.from_wire(error_pb2.Error(reason=999, message="why")).reason == "INTERNAL"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (berrymq.InvalidIdentifier, ValueError),
        (berrymq.NotEncodable, TypeError),
        (berrymq.Timeout, TimeoutError),
        (berrymq.Unavailable, ConnectionError),
    ],
)
def test_errors_are_what_python_calls_them(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)
