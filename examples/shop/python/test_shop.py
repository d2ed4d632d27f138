"""The shop, tested without a server, in milliseconds: pytest test_shop.py

The same at a gateway, in real time: pytest --berrymq-gateway localhost:7201 test_shop.py
"""

from collections.abc import Callable

import pytest
from berrymq import NotSupported, Queue, ask, on_error, publish
from berrymq.testing import TestBus
from shop import Shop

ORDER = {"item": "plum", "count": 2, "customer": "ann"}


class World:
    """What is outside of the shop."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.bank: Callable[..., object] = lambda customer, order: None
        self.closed = 0

    def post(self, customer: str, text: str) -> None:
        """A post office that is closed for so many letters."""
        if self.closed:
            self.closed -= 1
            raise ConnectionError("the post office is closed")
        self.letters.append(text)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def shop(berrymq: TestBus, world: World) -> Shop:
    on_error(lambda *_: None)  # what handlers raise here, they raise on purpose
    shop = Shop({"plum": 5}, lambda *order: world.bank(*order), world.post)
    berrymq.flush()
    return shop


def order(count: int) -> None:
    publish("order:new", item="plum", count=count, customer="ann")


def dead_mails() -> Queue:
    return Queue(name="mails", shared=True).dead


def test_an_order_is_confirmed(berrymq: TestBus) -> None:
    order(2)
    assert berrymq.assert_published("order:confirmed")[0].args == (ORDER,)
    berrymq.assert_not_published("order:failed")


def test_each_step_is_called_once(berrymq: TestBus, shop: Shop) -> None:
    order(2)
    berrymq.mock(shop.reserve).assert_called_once_with(ORDER)
    berrymq.mock(shop.charge).assert_called_once_with(ORDER)
    berrymq.mock(shop.give_up).assert_not_called()


def test_a_confirmed_order_is_mailed(berrymq: TestBus, world: World) -> None:
    order(2)
    berrymq.assert_published("mail:sent", to="ann")
    assert world.letters == ["your plum is on its way"]


def test_what_is_not_in_stock_fails(berrymq: TestBus) -> None:
    order(6)
    failed = berrymq.assert_published("order:failed")[0]
    assert failed.failure == ("ValueError", "only 5 of plum left")
    assert failed.attributes["berrymq-at"] == "stock:reserve"
    berrymq.assert_not_published("payment:charge")


def test_a_refused_card_gives_the_stock_back(berrymq: TestBus, world: World) -> None:
    def refuse(customer: str, order: object) -> None:
        raise PermissionError(f"no money, {customer}")

    world.bank = refuse
    order(5)
    berrymq.assert_published("order:failed")
    assert ask("shop:report") == {"confirmed": 0, "failed": 1, "stock": {"plum": 5}}


def test_who_fails_is_told_by_mail(berrymq: TestBus, world: World) -> None:
    order(6)
    berrymq.assert_published("mail:sent", to="ann")
    assert world.letters == ["no plum: only 5 of plum left"]


def test_a_mail_is_tried_again_after_a_second(berrymq: TestBus, world: World) -> None:
    world.closed = 1
    order(1)
    berrymq.assert_not_published("mail:sent")
    berrymq.advance(1)
    berrymq.assert_published("mail:sent")
    assert len(world.letters) == 1


def test_a_mail_that_never_goes_is_a_dead_letter(berrymq: TestBus, world: World) -> None:
    world.closed = 100
    order(1)
    letter = dead_mails().get(timeout=10)
    assert (letter.to, letter.attributes["berrymq-dead-attempts"]) == ("ann", "3")
    assert berrymq.now >= 3


def test_a_dead_letter_is_sent_after_all(berrymq: TestBus, world: World) -> None:
    world.closed = 3
    order(1)
    dead = dead_mails()
    dead.get(timeout=10, auto_ack=False).release()
    dead.redrive()
    berrymq.assert_published("mail:sent")
    assert len(world.letters) == 1


def test_the_report_counts_orders(berrymq: TestBus) -> None:
    for _ in range(3):
        order(2)
    berrymq.settle()
    assert ask("shop:report") == {"confirmed": 2, "failed": 1, "stock": {"plum": 1}}


def test_nobody_gets_a_mail_twice(berrymq: TestBus, shop: Shop, world: World) -> None:
    try:
        berrymq.faults(duplicate=1, reorder=0.5)
    except NotSupported as refused:
        pytest.skip(str(refused))
    for _ in range(3):
        order(1)
    berrymq.settle()
    assert len(world.letters) == 3
    assert berrymq.mock(shop.mail).call_count == 6
