"""Queues of several patterns, in this process."""

from __future__ import annotations

from typing import Any

import pytest

from berrymq import Bus, InvalidArgument, InvalidIdentifier, Queue, QueueExists

SEVERAL = ["task:*", "job:*"]


def test_a_queue_of_several_patterns_keeps_what_one_of_them_matches_once(bus: Bus) -> None:
    work = Queue(["task:*", "job:*", "*:urgent"], name="work", dedupe=0, bus=bus)
    for number, identifier in enumerate(("task:a", "job:urgent", "other:a", "*:urgent", "other:urgent")):
        assert bus.publish(identifier, number).queues == (identifier != "other:a")
    assert [message.args[0] for message in work.get_many(9)] == [0, 1, 3, 4]
    assert work.patterns == ("*:urgent", "job:*", "task:*")


def test_whoever_names_the_same_patterns_opens_the_same_queue(bus: Bus) -> None:
    first = Queue(SEVERAL, shared=True, name="work", bus=bus)
    Queue(("job", "task:*", "job:*"), shared=True, name="work", bus=bus)
    with pytest.raises(QueueExists):
        Queue("task:*", shared=True, name="work", bus=bus)
    assert first.dead.patterns == ()


@pytest.mark.parametrize(
    ("patterns", "name", "says"),
    [
        (SEVERAL, None, "needs a name"),
        ([], "work", "0 of them"),
        ([f"t{number}:*" for number in range(101)], "work", "101 of them"),
        (["task:*", "a:b*"], "work", r"'b\*'"),
        (["task:*", 5], "work", "5"),
        (["task:*", "_own:*"], "work", "_own"),
        ({"task:*": 1}, "work", "task"),
        (None, "work", "shared=True"),
        ([None], "work", "None"),
    ],
)
def test_patterns_that_make_no_queue_are_refused(bus: Bus, patterns: Any, name: str | None, says: str) -> None:
    with pytest.raises((InvalidArgument, InvalidIdentifier), match=says):
        Queue(patterns, name=name, bus=bus)
    assert bus.show_followers() == []


def test_doubles_collapse_to_one_pattern_that_needs_no_name(bus: Bus) -> None:
    tasks = Queue(["task:*", "task"], shared=True, bus=bus)
    assert (tasks.name, tasks.patterns) == ("task:*", ("task:*",))
    Queue([f"t{number}:*" for number in range(100)], name="many", bus=bus)
