"""Args and kwargs to bytes and back."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berrymq import MalformedMessage, NotEncodable
from berrymq.payload import BYTES, CALL, FAILURE, Failure, decode, decode_failure, encode, encode_failure

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(st.lists(values), st.dictionaries(texts, values))
def test_what_json_can_hold_comes_back(args: list[Any], kwargs: dict[str, Any]) -> None:
    content_type, payload = encode(args, kwargs)
    assert content_type == CALL
    assert decode(content_type, payload) == (tuple(args), kwargs)


@given(st.binary())
def test_one_bytes_argument_travels_untouched(content: bytes) -> None:
    assert encode([content], {}) == (BYTES, content)
    assert decode(BYTES, content) == ((content,), {})


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**64 - 1, 2**53 + 1, 2**53 - 1, 0, -1])
def test_64_bit_integers_are_exact(number: int) -> None:
    ((back,), _) = decode(*encode([number], {}))
    assert back == number
    assert isinstance(back, int)


def test_a_hundred_levels_of_nesting_come_back() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert decode(*encode([deep], {})).args == (deep,)


@pytest.mark.parametrize(
    ("args", "kwargs", "path"),
    [
        ([{"when": datetime.date(2026, 1, 1)}], {}, "args[0].when"),
        ([1, [0, {"x": {1, 2}}]], {}, "args[1][1].x"),
        ([], {"level": object()}, "kwargs.level"),
        ([b"bytes", 2], {}, "args[0]"),
        ([float("nan")], {}, "args[0]"),
        ([{"odd": {1: "one"}}], {}, "args[0].odd"),
        (["half \ud800"], {}, "args[0]"),
        ([10**5000], {}, "args[0]"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_path(args: list[Any], kwargs: dict[str, Any], path: str) -> None:
    with pytest.raises(NotEncodable) as raised:
        encode(args, kwargs)
    assert str(raised.value).startswith(path + " ")


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotEncodable, match=r"^args(\[0\]){18,20}.{0,3}… is nested too deeply, or holds itself;"):
        encode([endless], {})


@pytest.mark.parametrize(
    ("content_type", "payload", "args"),
    [
        ("application/json", b'{"a":1}', ({"a": 1},)),
        ("application/problem+json; charset=utf-8", b"[1]", ([1],)),
        ("text/plain", "grüß".encode(), ("grüß",)),
        ("image/png", b"\x89PNG", (b"\x89PNG",)),
        ("", b"", ()),
    ],
)
def test_the_content_type_alone_decides(content_type: str, payload: bytes, args: tuple[Any, ...]) -> None:
    assert decode(content_type, payload).args == args


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [("", b"{"), ("", b"[1]"), ("", b'{"args":5}'), ("application/json", b"\xff"), ("text/plain", b"\xff")],
)
def test_bytes_that_are_not_what_they_say_are_malformed(content_type: str, payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode(content_type, payload)


def test_a_failure_tells_class_and_text_and_no_more() -> None:
    payload = encode_failure(ValueError("too hot"))
    assert payload == b'{"class":"ValueError","text":"too hot"}'
    assert decode_failure(payload) == Failure("ValueError", "too hot")
    assert decode(FAILURE, payload).args == ({"class": "ValueError", "text": "too hot"},)
