"""`show_network`: who sends what to whom in this process, as a diagram."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from . import mailbox
from .errors import InvalidArgument
from .identifier import Identifier, matches
from .local_queue import LocalQueue
from .queue import Queue
from .registry import Receiver
from .source import function_of, name_of, source_of
from .stream import Buffer

if TYPE_CHECKING:
    from .courier import Courier
    from .work import Works

_UNNAMED = re.compile("#[0-9a-f]{16}$")


class Node(NamedTuple):
    """`kind`: place, identifier, pattern (that nobody has published to), follower, queue or stream."""

    kind: str
    label: str


class Edge(NamedTuple):
    """Its label is a pattern, or "" for what needs none."""

    tail: Node
    head: Node
    label: str = ""


def show(format: str, courier: Courier, works: Works, queues: Iterable[Queue]) -> str:
    """The diagram as text, sorted. Raises InvalidArgument for a format that is none."""
    draw = _FORMATS.get(format)
    if draw is None:
        raise InvalidArgument(f"show_network(format={format!r}): {' or '.join(map(repr, _FORMATS))}")
    edges = set(_sent(courier))
    identifiers = [edge.head.label for edge in edges]
    for receiver in courier.registry.receivers():
        node = _node_of(receiver)
        if node is not None:
            edges |= _received(identifiers, node, receiver.patterns)
    for queue in queues:
        if queue._closed:
            continue
        edges |= _received(identifiers, _queue(queue.name), map(Identifier.parse, queue.patterns))
    for work, target in works.handlers():
        if work.fed_from is not None:
            name, pattern = work.fed_from
            edges |= _received(identifiers, _queue(name), [Identifier.parse(pattern)])
            edges.add(Edge(_queue(name), _follower(target)))
    nodes = {node for edge in edges for node in edge[:2]}
    return draw(sorted(nodes, key=_place_of), sorted(edges, key=lambda edge: (*map(_place_of, edge[:2]), edge.label)))


def _sent(courier: Courier) -> Iterable[Edge]:
    for identifier, places in list(courier.published.places.items()):
        node = Node("identifier", str(Identifier.parse(identifier)))
        for place in list(places):
            yield Edge(Node("place", place or courier.ident), node)


def _received(identifiers: Iterable[str], node: Node, patterns: Iterable[Identifier]) -> set[Edge]:
    edges = set()
    for pattern in patterns:
        tails = [Node("identifier", each) for each in identifiers if matches(pattern, each)]
        edges |= {Edge(tail, node, str(pattern)) for tail in tails or [Node("pattern", str(pattern))]}
    return edges


def _node_of(receiver: Receiver) -> Node | None:
    """None for what shows under another name, is gone, or belongs to this package."""
    target = receiver.handler
    if isinstance(target, LocalQueue):
        return _queue(target.options.name)
    if isinstance(target, Buffer):
        return Node("stream", f"stream {receiver.source}".rstrip())
    if not receiver.answers or target is None or function_of(target).__module__ == mailbox.__name__:
        return None
    return _follower(target)


def _follower(target: object) -> Node:
    return Node("follower", f"{name_of(target)} {source_of(target)}".rstrip())


def _queue(name: str) -> Node:
    """One that has no name is called by its pattern."""
    return Node("queue", f"queue {_UNNAMED.sub('', name)}")


def _place_of(node: Node) -> tuple[int, str]:
    """In the order of a message's way."""
    return _KINDS.index(node.kind), node.label


def _dot(nodes: list[Node], edges: list[Edge]) -> str:
    ids = _ids(nodes)
    lines = ["digraph berrymq {", "  rankdir=LR;"]
    lines += [f"  {ids[node]} [label={_quoted(node.label)}, {_DOT_SHAPES[node.kind]}];" for node in nodes]
    for edge in edges:
        label = f" [label={_quoted(edge.label)}]" if edge.label else ""
        lines.append(f"  {ids[edge.tail]} -> {ids[edge.head]}{label};")
    return "\n".join([*lines, "}", ""])


def _mermaid(nodes: list[Node], edges: list[Edge]) -> str:
    ids = _ids(nodes)
    lines = ["flowchart LR"]
    if any(node.kind == "pattern" for node in nodes):
        lines.append("  classDef pattern stroke-dasharray: 4")
    lines += ["  " + ids[node] + _MERMAID_SHAPES[node.kind].format(_escaped(node.label)) for node in nodes]
    for edge in edges:
        label = f"|{_escaped(edge.label)}|" if edge.label else ""
        lines.append(f"  {ids[edge.tail]} -->{label} {ids[edge.head]}")
    return "\n".join([*lines, ""])


def _ids(nodes: list[Node]) -> dict[Node, str]:
    """Names that no text collides with."""
    return {node: f"n{number}" for number, node in enumerate(nodes, 1)}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    """Mermaid writes what is special in its labels by number."""
    special = re.sub(r"[#&<>\"`|]", lambda match: f"#{ord(match[0])};", text)
    return f'"{special}"'


_KINDS = ("place", "identifier", "pattern", "queue", "stream", "follower")

_FORMATS: dict[str, Callable[[list[Node], list[Edge]], str]] = {"dot": _dot, "mermaid": _mermaid}

_DOT_SHAPES = {
    "place": "shape=box",
    "identifier": "shape=ellipse",
    "pattern": "shape=ellipse, style=dashed",
    "follower": 'shape=box, style="rounded"',
    "queue": "shape=cylinder",
    "stream": "shape=cds",
}

_MERMAID_SHAPES = {
    "place": "[{}]",
    "identifier": "([{}])",
    "pattern": "([{}]):::pattern",
    "follower": "({})",
    "queue": "[({})]",
    "stream": ">{}]",
}
