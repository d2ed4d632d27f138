"""What a handler's parameters say: how many messages it is called with, and what is made of them."""

from __future__ import annotations

import dataclasses
import enum
import functools
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict

import pydantic
import pytest
from conftest import Gateway
from waiting import until

from berrymq import Bus, HandlerFailed, InvalidArgument, Message, NotEncodable, Queue, Reject
from berrymq.parameters import read

if TYPE_CHECKING:
    import berrymq.message as for_checkers


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Line:
    price: float
    colour: Colour = Colour.RED


@dataclasses.dataclass
class Order:
    id: int
    lines: list[Line] = dataclasses.field(default_factory=list)
    when: datetime | None = None
    kind: Literal["sale", "gift"] = "sale"


class Parcel(pydantic.BaseModel):
    weight: float
    labels: dict[str, int] = {}


class Say(Protocol):
    id: str


def two(first: Any, second: Any) -> None: ...


def none() -> None: ...


def named(message: Any, *, level: int) -> None: ...


def number(message: int) -> None: ...


class Fields(TypedDict):
    price: float


def fields(message: Fields) -> None: ...


def numbers(message: list[int]) -> None: ...


class Shop:
    def sell(self, message: Any) -> None: ...


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (two, r"two \(.*test_parameters.py:\d+\) is called with one message, and takes \(first.*give the others def"),
        (none, r"none \(.*takes \(\).*give it a parameter"),
        (named, r"named \(.*takes \(.*level.*give the others defaults"),
        (Shop.sell, r"Shop.sell \(.*takes \(self.*bound method"),
        (number, r"number \(.*parameter 'message' is annotated int: a handler is given a Message"),
        (fields, r"fields \(.*parameter 'message' is annotated Fields: a handler is given a Message"),
        (numbers, r"numbers \(.*parameter 'message' is annotated list\[int\]: a handler is given a Message"),
        (functools.partial(two, 1, 2), r"two \(.*takes \(\)"),
    ],
)
def test_what_cannot_be_called_is_refused_with_its_name_and_place(
    bus: Bus, handler: Callable[..., Any], text: str
) -> None:
    with pytest.raises(InvalidArgument, match=text):
        bus.regist_function("a:b", handler)
    with pytest.raises(InvalidArgument, match=text):
        bus.regist_function("a:b", handler, queue="q")
    assert bus.show_followers() == []


def test_what_can_be_called_with_one_message_follows(bus: Bus) -> None:
    heard: list[Any] = []

    def with_default(message: Message, often: int = 1) -> None:
        heard.append(message.id)

    def anything(*args: Any, **kwargs: Any) -> None:
        heard.append(args[0].id)

    def only_for_checkers(message: for_checkers.Message) -> None:
        heard.append(message.id)

    def protocol(message: Say) -> None:
        heard.append(message.id)

    def optional(message: Message | None) -> None:
        heard.append(message and message.id)

    class Called:
        def __call__(self, message: Message) -> None:
            heard.append(message.id)

    handlers: list[Callable[..., Any]] = [
        with_default,
        anything,
        only_for_checkers,
        protocol,
        optional,
        Called(),
        heard.append,
        functools.partial(with_default, often=2),
    ]
    kept = [bus.regist_function("a:b", handler) for handler in handlers]
    bus.publish("a:b")
    assert [getattr(each, "id", each) for each in heard] == ["a:b"] * 8
    assert len(kept) == 8


def test_a_condition_calls_with_as_many_messages_as_it_has_terms() -> None:
    parameters = read(lambda first, second: None, terms=2)
    assert parameters.plain
    with pytest.raises(InvalidArgument, match="called with 2 messages, one for each term of its condition"):
        read(lambda first: None, terms=2)

    def both(order: Order, told: Message) -> None: ...

    order, told = read(both, terms=2).arguments(Message("a:b", id=1), Message("c:d"))
    assert (order, told.id) == (Order(1), "c:d")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "message",
    [
        Message("a:b", id=7, lines=[{"price": 1.5}], when="2026-01-01T00:00:00Z"),
        Message("a:b", {"id": 7, "lines": [{"price": 1.5, "colour": "red"}], "when": "2026-01-01T00:00:00Z"}),
        Message("a:b", Order(7, [Line(1.5)], datetime(2026, 1, 1, tzinfo=timezone.utc))),
    ],
    ids=["kwargs", "a mapping", "the object itself"],
)
def test_a_dataclass_is_made_of_the_message(bus: Bus, message: Message) -> None:
    orders: list[Order] = []

    @bus.following_function("a:b")
    def ship(order: Order) -> None:
        orders.append(order)

    bus.publish(message)
    assert orders == [Order(7, [Line(1.5)], datetime(2026, 1, 1, tzinfo=timezone.utc))]


def test_a_model_is_made_of_the_message_and_the_message_comes_beside_it(bus: Bus) -> None:
    heard: list[tuple[Parcel | None, str]] = []

    @bus.following_function("a:b")
    def weigh(parcel: Parcel | None, message: Message) -> None:
        heard.append((parcel, message.id))

    @bus.following_function("a:b")
    def other_way_round(message: Message, parcel: Parcel) -> None:
        heard.append((parcel, message.id))

    bus.publish("a:b", weight="2", labels={"red": 1})
    assert heard == [(Parcel(weight=2, labels={"red": 1}), "a:b")] * 2


def test_a_class_of_a_function_is_found_by_its_written_name(bus: Bus) -> None:
    @dataclasses.dataclass
    class Local:
        size: int

    @dataclasses.dataclass
    class Outer:
        local: Local

    heard: list[Outer] = []

    @bus.following_function("a:b")
    def hear(outer: Outer) -> None:
        heard.append(outer)

    bus.publish("a:b", local={"size": 3})
    assert heard == [Outer(Local(3))]

    def lost(local: Gone) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(InvalidArgument, match=r"lost \(.*'Gone' is not defined.*top of the module"):
        bus.regist_function("a:b", lost)


def test_what_does_not_fit_is_never_handed_over_and_told_with_handler_field_and_reason(bus: Bus) -> None:
    errors: list[BaseException] = []
    orders: list[Order] = []

    @bus.following_function("a:b")
    def ship(order: Order) -> None:
        orders.append(order)

    bus.on_error(lambda error, message, handler: errors.append(error))
    bus.publish("a:b", id="x", lines=[{"price": "much"}])
    bus.publish("a:b", 3)
    bus.publish("a:b", lines=[])
    assert orders == []
    assert all(isinstance(error, Reject) for error in errors)
    first, second, third = map(str, errors)
    assert first.startswith("ship (")
    assert "parameter 'order': id: Input should be a valid integer" in first
    assert "lines[0].price: Input should be a valid number" in first
    assert "not 'much'" in first
    assert "needs kwargs or one mapping, and 'a:b' brought (3,)" in second
    assert "id: Field required" in third


def test_who_asks_is_told_that_it_does_not_fit(bus: Bus) -> None:
    bus.on_error(lambda *_: None)

    @bus.following_function("a:b")
    def ship(order: Order) -> int:
        return order.id

    assert bus.ask("a:b", id=3) == 3
    with pytest.raises(HandlerFailed, match="id: Field required") as told:
        bus.ask("a:b")
    assert told.value.class_name == "Reject"


def test_a_durable_following_lays_it_with_the_dead_letters(gateway: Gateway) -> None:
    for url in ("", gateway.url):
        with Bus() as bus:
            name = "typed-linked" if url else "typed-here"
            if url:
                bus.connect(url)
            parcels: list[Parcel] = []

            @bus.following_function(f"{name}:*", queue=name)
            def weigh(parcel: Parcel, parcels: list[Parcel] = parcels) -> None:
                parcels.append(parcel)

            bus.publish(f"{name}:x", weight="heavy")
            bus.publish(f"{name}:x", weight=3)
            letter = Queue(f"{name}:*", shared=True, name=name, bus=bus).dead.get(timeout=10)
            assert (
                "parameter 'parcel': weight: Input should be a valid number" in letter.attributes["berrymq-dead-reason"]
            )
            until(functools.partial(parcels.__eq__, [Parcel(weight=3)]))


def test_the_same_class_is_published_and_received_over_the_link(linked: Callable[[], Bus]) -> None:
    here, there = linked(), linked()
    heard: list[object] = []

    @there.following_function("typed:order")
    def ship(order: Order) -> None:
        heard.append(order)

    @there.following_function("typed:parcel")
    def weigh(parcel: Parcel) -> None:
        heard.append(parcel)

    there.flush()
    order = Order(1, [Line(2.5)], datetime(2026, 1, 1, tzinfo=timezone.utc), "gift")
    here.publish("typed:order", order)
    here.publish("typed:parcel", Parcel(weight=1, labels={"red": 2}))
    until(lambda: len(heard) == 2)
    assert heard == [order, Parcel(weight=1, labels={"red": 2})]


@dataclasses.dataclass
class Thing:
    what: object


def test_what_json_cannot_hold_inside_an_object_is_named_by_its_path() -> None:
    for thing, path in [
        (Thing(object()), r"args\[0\].what is <object"),
        (Thing([Line(float("nan"))]), r"args\[0\].what\[0\].price is nan"),
    ]:
        with pytest.raises(NotEncodable, match=path):
            _ = Message("a:b", thing).payload


WITHOUT_PYDANTIC = """
import sys
sys.modules["pydantic"] = sys.modules["pydantic_core"] = None
import dataclasses
from berrymq import Bus, InvalidArgument, Message, NotEncodable

@dataclasses.dataclass
class Order:
    id: object

def ship(order: Order): ...

try:
    Bus().regist_function("a:b", ship)
except InvalidArgument as error:
    print(error)
print(Message("a:b", Order([Order(1)])).payload.decode())
try:
    Message("a:b", Order({1: 2})).payload
except NotEncodable as error:
    print(error)
"""


def test_without_pydantic_registering_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYDANTIC], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    refused, payload, odd = done.stdout.splitlines()
    assert 'pip install "berrymq[typed]"' in refused
    assert payload == '{"args":[{"id":[{"id":1}]}],"kwargs":{}}'
    assert "args[0].id has the key 1" in odd


def test_importing_berrymq_imports_no_pydantic() -> None:
    check = "import sys, berrymq; assert not {'pydantic', 'pydantic_core'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)
