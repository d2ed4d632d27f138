"""`show_network`: the diagram of one process."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import berrymq
from berrymq import Bus, InvalidArgument, Message, Queue, cond

HERE = r"(?:tests/)?test_network\.py:\d+"


def edges(bus: Bus, without_lines: bool = True) -> list[tuple[str, str, str]]:
    """(from, to, pattern) of the DOT text."""
    text = bus.show_network()
    labels = dict(re.findall(r'^  (n\d+) \[label="(.*?)", shape', text, re.MULTILINE))
    found = re.findall(r'^  (n\d+) -> (n\d+)(?: \[label="(.*)"\])?;$', text, re.MULTILINE)
    shown = [(labels[tail], labels[head], pattern) for tail, head, pattern in found]
    if not without_lines:
        return shown
    return [(re.sub(HERE, "HERE", tail), re.sub(HERE, "HERE", head), pattern) for tail, head, pattern in shown]


def test_places_lead_to_identifiers_and_those_to_followers_queues_and_streams(bus: Bus) -> None:
    @bus.following_function("order:*")
    def ship(message: Message) -> None: ...

    worker = bus.regist_function("order:new", ship, queue="network_orders")
    queue, stream = Queue("order:*", bus=bus), bus.follow("order:new")
    bus.publish("order:new")
    assert edges(bus) == [
        ("HERE", "order:new", ""),
        ("order:new", "queue network_orders", "order:new"),
        ("order:new", "queue order:*", "order:*"),
        ("order:new", "stream HERE", "order:new"),
        ("order:new", "ship HERE", "order:*"),
        ("queue network_orders", "ship HERE", ""),
    ]
    worker.unfollow()
    Queue("order:new", True, "network_orders", bus=bus).delete()
    for each in (queue, stream):
        each.close()
    bus.unfollow(ship)
    assert edges(bus) == [("HERE", "order:new", "")]


def test_what_nobody_has_published_to_stands_with_its_pattern(bus: Bus) -> None:
    kept = bus.regist_function("test", named)
    assert edges(bus) == [("test:*", "named HERE", "test:*")]
    bus.publish("*:x")
    assert ("*:x", "named HERE", "test:*") in edges(bus)
    assert "test:*" not in [tail for tail, _, _ in edges(bus)]
    kept.unfollow()


def named(*messages: Message) -> None:
    messages[-1].twitter("told:on")


def test_every_place_is_remembered_and_whatever_publishes(bus: Bus) -> None:
    for _ in range(3):
        bus.publish("a:b")
    bus.publish("a:b")
    bus.talk("a:c", "a:d")
    bus.publish_many([("a:e", 1), Message("a:f")])
    with pytest.raises(berrymq.NoFollowers):
        bus.ask("a:g")
    bus.auto_twitter("a:entry")(lambda: None)()
    places = [(tail, head) for tail, head, _ in edges(bus, without_lines=False)]
    assert [head for _, head in places] == ["a:b", "a:b", "a:c", "a:d", "a:e", "a:f", "a:g", "a:entry"]
    assert all(re.fullmatch(HERE, tail) for tail, _ in places)
    assert places[0] != places[1]


def test_what_handlers_publish_on_comes_from_their_place(bus: Bus) -> None:
    kept = bus.regist_function("a:b", named)
    bus.publish("a:b")
    line = named.__code__.co_firstlineno + 1
    assert any(head == "told:on" and tail.endswith(f"test_network.py:{line}") for tail, head, _ in edges(bus, False))
    kept.unfollow()


def test_where_the_place_is_not_known_the_ident_stands() -> None:
    from waiting import until

    from berrymq.adapters import IntervalTimer

    with Bus("clockwork") as bus, IntervalTimer("clock", 0.001, bus=bus):
        until(lambda: ("clockwork", "clock:tick", "") in edges(bus))


def test_conditions_stand_with_all_their_terms(bus: Bus) -> None:
    kept = bus.regist_function(cond("a:b") & cond("b:c"), named)
    assert edges(bus) == [("a:b", "named HERE", "a:b"), ("b:c", "named HERE", "b:c")]
    kept.unfollow()


def test_queues_at_the_gateway_belong_to_it(linked: Callable[[], Bus]) -> None:
    bus = linked()
    queue = Queue("network_far:*", True, "network_far", bus=bus)
    bus.publish_many(("network_far:x", number) for number in range(3)).wait(10)
    assert edges(bus) == [("HERE", "network_far:x", ""), ("network_far:x", "queue network_far", "network_far:*")]
    queue.delete()


def test_equal_programs_give_equal_text_in_both_formats() -> None:
    def program() -> tuple[str, str]:
        with Bus("equal") as bus:
            queues = [Queue(pattern, bus=bus) for pattern in ("a:*", "*:b")]
            kept = bus.regist_function("quoted:*", named)
            for identifier in ("a:b", 'quoted:"x" | <y> & `z`#\\'):
                bus.publish(identifier)
            texts = bus.show_network(), bus.show_network("mermaid")
            kept.unfollow()
            return texts if queues else ("", "")

    dot, mermaid = program()
    assert (dot, mermaid) == program()
    assert dot.startswith("digraph berrymq {\n  rankdir=LR;\n  n1 [label=")
    assert r'label="quoted:\"x\" | <y> & `z`#\\"' in dot
    assert mermaid.startswith('flowchart LR\n  n1["')
    assert r'"quoted:#34;x#34; #124; #60;y#62; #38; #96;z#96;#35;\"' in mermaid
    assert '-->|"a:*"|' in mermaid


def test_it_remembers_a_bounded_number(bus: Bus) -> None:
    for number in range(1200):
        bus.publish(f"many:{number}")
    assert len(edges(bus)) == 1000


def test_the_default_bus_has_one_and_another_format_is_refused() -> None:
    assert berrymq.show_network().endswith("}\n")
    wrong: Any = "svg"
    with pytest.raises(InvalidArgument, match="'dot' or 'mermaid'"):
        berrymq.show_network(wrong)


def test_what_the_end_of_a_program_publishes_needs_no_place() -> None:
    program = (
        "import atexit, berrymq\n"
        "atexit.register(lambda: print(berrymq.show_followers()))\n"
        "for call in (berrymq.publish, berrymq.ask, berrymq.follow): atexit.register(call, 'a:b')\n"
        "held = berrymq.regist_function('a:b', lambda message: print('heard'))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("heard\nheard\n['a:b']\n", "")
