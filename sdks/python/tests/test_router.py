"""The router finds whom `matches` names, fast."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from berrymq import Identifier, matches
from berrymq.router import Router

parts = st.sampled_from(["*", "a", "b", "berrymq", "_c"])
identifiers = st.builds(Identifier, parts, parts, st.sampled_from(["", "n"]))


@dataclass(frozen=True)
class Follower:
    serial: int
    pattern: Identifier


@given(st.lists(identifiers), st.lists(st.integers(0, 30)), identifiers)
def test_a_route_is_everybody_whose_pattern_matches_in_order(
    patterns: list[Identifier], removed: list[int], identifier: Identifier
) -> None:
    router: Router[Follower] = Router()
    followers = [Follower(serial, pattern) for serial, pattern in enumerate(patterns)]
    for follower in followers:
        router.add(follower.pattern, follower)
        router.route(str(identifier))
    for follower in (followers[number] for number in removed if number < len(followers)):
        router.remove(follower.pattern, follower)
    expected = [one for one in followers if matches(one.pattern, identifier) and one.serial not in removed]
    assert list(router.route(str(identifier))) == expected


def test_one_follower_of_many_patterns_is_reached_once() -> None:
    router: Router[Follower] = Router()
    follower = Follower(1, Identifier("a", "b"))
    for pattern in ("a:b", "a", "*:b", "*"):
        router.add(Identifier.parse(pattern), follower)
    assert router.route("a:b") == (follower,)


def test_a_route_costs_the_same_among_many_patterns() -> None:
    few, crowd = _time_of_routes(10), _time_of_routes(100_000)
    assert crowd < few * 20 + 0.01


def _time_of_routes(count: int) -> float:
    router: Router[Follower] = Router()
    for serial in range(count):
        pattern = Identifier(f"name{serial}", "act")
        router.add(pattern, Follower(serial, pattern))
    begin = time.perf_counter()
    for number in itertools.islice(itertools.count(), 1000):
        router.route(f"new{number}:act")
    return time.perf_counter() - begin
