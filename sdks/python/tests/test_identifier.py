"""The table of identifiers that all languages share, and what must hold for any text."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import yaml
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from berrymq import Bus, Identifier, InvalidArgument, InvalidIdentifier, Message, Queue, matches

TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (ROOT / "test/conformance/cases/identifiers.yaml").read_text(encoding="utf-8")
)

parts = st.text(st.sampled_from("abc _."), min_size=1, max_size=3) | st.just("*")
identifiers = st.builds(Identifier, parts, parts, st.sampled_from(["", "n", "m"]))


def text_of(row: dict[str, Any]) -> str:
    repeat = row.get("repeat")
    return str(row["text"]) if repeat is None else repeat["before"] + repeat["part"] * repeat["times"] + repeat["after"]


@pytest.mark.parametrize("row", TABLE["valid"], ids=text_of)
def test_a_valid_identifier_has_the_parts_of_the_table(row: dict[str, Any]) -> None:
    found = Identifier.parse(text_of(row))
    for part in ("name", "action"):
        if part in row:
            assert getattr(found, part) == row[part]
    assert found.namespace == row.get("namespace", "")
    assert (found.local, found.reserved) == (row.get("local", False), row.get("reserved", False))


@pytest.mark.parametrize("row", TABLE["invalid"], ids=lambda row: row["note"])
def test_an_invalid_identifier_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(InvalidIdentifier):
        Identifier.parse(text_of(row))


@pytest.mark.parametrize("row", TABLE["matching"], ids=lambda row: f"{row['to']} reaches {row['pattern']}")
def test_a_message_reaches_the_patterns_of_the_table(row: dict[str, Any]) -> None:
    assert matches(row["pattern"], row["to"]) is row["reaches"]


@pytest.mark.parametrize(("text", "part"), [("te*t:run", "'te*t'"), ("a@b@c:run", "'b@c'"), ("test:", "''")])
def test_the_error_quotes_the_offending_part(text: str, part: str) -> None:
    with pytest.raises(InvalidIdentifier, match="write 'name:action'") as raised:
        Identifier.parse(text)
    assert part in str(raised.value)


@pytest.mark.parametrize("text", [None, 5, b"a:b", "\ud800:x"])
def test_what_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidIdentifier):
        Identifier.parse(text)


@given(st.text())
def test_any_text_parses_into_what_reads_the_same_or_is_refused(text: str) -> None:
    try:
        found = Identifier.parse(text)
    except InvalidIdentifier:
        return
    assert Identifier.parse(str(found)) == found


@given(identifiers, identifiers)
def test_matching_is_symmetric(one: Identifier, other: Identifier) -> None:
    assert matches(one, other) == matches(other, one)


class Door(str, enum.Enum):
    OPEN = "door:open"
    QUEUE = "doors"


def test_members_of_an_enum_of_texts_are_the_texts(bus: Bus) -> None:
    shared = Queue(Door.OPEN, shared=True, bus=bus)
    named = Queue(Door.OPEN, shared=True, name=Door.QUEUE, bus=bus)
    seen: list[str] = []

    @bus.following_function(Door.OPEN)
    def hear(message: Message) -> None:
        seen.append(f"{message.id}")

    bus.following_function(Door.OPEN, queue=Door.QUEUE)(hear)
    bus.publish(Door.OPEN)
    assert (shared.name, shared.dead.name, named.name) == ("door:open", "door:open.dead", "doors")
    until(lambda: seen == ["door:open"] * 2)
    assert type(shared.get().id) is str


def test_the_name_of_a_queue_is_text(bus: Bus) -> None:
    number: Any = 5
    with pytest.raises(InvalidArgument, match="name=5: text"):
        Queue("a:b", name=number, bus=bus)
    with pytest.raises(InvalidArgument, match="queue=<Queue 'a:b' of a:b>: the name of a shared queue"):
        bus.following_function("a:b", queue=Queue("a:b", shared=True, bus=bus))  # type: ignore[arg-type]
