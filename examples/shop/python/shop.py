"""A small shop: orders, stock, payment, mails. Its parts know messages, and not each other; test_shop.py tests it
without a server."""

from collections.abc import Callable
from typing import Any

from berrymq import Follower, Message, following, pipeline, publish

Order = dict[str, Any]

CHECKOUT = pipeline("stock:reserve", "payment:charge", "order:confirmed", errors="order:failed")
# Tried again after 1 s and 2 s, then a dead letter.
MAILS: dict[str, Any] = {"backoff": (1, 60), "max_attempts": 3}


class Shop(Follower):
    """`stock` is how many of each item there are; `bank` and `post` are what really charges (customer, order) and sends
    (customer, text), and raise when they cannot."""

    def __init__(
        self, stock: dict[str, int], bank: Callable[[str, Order], object], post: Callable[[str, str], object]
    ) -> None:
        self.stock = stock
        self.bank = bank
        self.post = post
        self.orders: dict[str, Order] = {}
        self.counts = {"confirmed": 0, "failed": 0}
        self.sent: set[str] = set()

    @following("order:new")
    def take(self, message: Message) -> None:
        """An order: kwargs `item`, `count`, `customer`."""
        CHECKOUT.talk(message.kwargs)

    @following("stock:reserve")
    def reserve(self, message: Message) -> Order:
        order: Order = message.args[0]
        self.orders[message.attributes["berrymq-pipeline"]] = order
        left = self.stock.get(order["item"], 0)
        if left < order["count"]:
            raise ValueError(f"only {left} of {order['item']} left")
        self.stock[order["item"]] -= order["count"]
        return order

    @following("payment:charge")
    def charge(self, message: Message) -> Order:
        order: Order = message.args[0]
        self.bank(order["customer"], order)
        return order

    @following("order:confirmed")
    def confirm(self, message: Message) -> None:
        order = self.orders.pop(message.attributes["berrymq-pipeline"])
        self.counts["confirmed"] += 1
        publish("mail:send", f"your {order['item']} is on its way", to=order["customer"])

    @following("order:failed")
    def give_up(self, message: Message) -> None:
        """What was reserved goes back, when it was the payment that failed."""
        order = self.orders.pop(message.attributes["berrymq-pipeline"])
        self.counts["failed"] += 1
        if message.attributes["berrymq-at"] == "payment:charge":
            self.stock[order["item"]] += order["count"]
        why = message.failure.text if message.failure else ""
        publish("mail:send", f"no {order['item']}: {why}", to=order["customer"])

    @following("mail:send", queue="mails", queue_options=MAILS)
    def mail(self, message: Message) -> None:
        """A queue hands out at least once: what was sent is not sent again."""
        if message.message_id not in self.sent:
            self.post(message.to, message.args[0])
            self.sent.add(message.message_id)
            publish("mail:sent", to=message.to)

    @following("shop:report")
    def report(self, message: Message) -> dict[str, Any]:
        return {**self.counts, "stock": self.stock}
