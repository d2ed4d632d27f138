"""Messages to one program by its ident, and word of who comes and goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from conftest import Gateway
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from berrymq import Bus, InvalidArgument, Message, Unavailable
from berrymq.identifier import Identifier
from berrymq.mailbox import _unescape, address

Make = Callable[..., Bus]
Letters = list[tuple[str, object]]
numbers = itertools.count()


@pytest.fixture
def ident() -> str:
    """One that nobody had before."""
    return f"mail-{next(numbers)}%:@*"


def collect(bus: Bus) -> Letters:
    letters: Letters = []
    bus.on_recv(lambda sender, message: letters.append((sender, message.args[0])))
    return letters


def test_it_reaches_who_is_there_and_who_comes_later_in_order(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    for number in range(50):
        assert bob.send(ident, number).wait(10).queues == 1
    with Bus(ident).connect(gateway.url) as niess:
        letters = collect(niess)
        for number in range(50, 100):
            bob.send(ident, number)
        until(lambda: len(letters) == 100)
        assert letters == [(bob.ident, number) for number in range(100)]


def test_transient_letters_come_too(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    bob.mailbox(ident, persistent=False).send("quick").wait(10)
    with Bus(ident).connect(gateway.url) as niess:
        letters = collect(niess)
        until(lambda: letters == [(bob.ident, "quick")])


def test_a_callback_that_raises_has_it_come_again(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    errors: list[BaseException] = []
    seen: list[int] = []

    def recv(_: str, message: Message) -> None:
        seen.append(message.attempt)
        if message.attempt == 1:
            raise ValueError("again")

    with Bus(ident).connect(gateway.url) as niess:
        niess.on_error(lambda error, *_: errors.append(error))
        niess.on_recv(recv)
        bob.send(ident, 1)
        until(lambda: seen == [1, 2])
        assert [str(error) for error in errors] == ["again"]


def test_a_callback_removed_hears_no_more_and_the_letters_wait(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    with Bus(ident).connect(gateway.url) as niess:
        first: Letters = []
        callback = niess.on_recv(lambda sender, message: first.append((sender, message.args[0])))
        bob.send(ident, 1)
        until(lambda: first)
        callback.remove()
        callback.remove()
        bob.send(ident, 2).wait(10)
        letters = collect(niess)
        until(lambda: letters == [(bob.ident, 2)])
        assert len(first) == 1


def test_letters_outlive_the_gateway_and_come_once_it_is_back(durable_gateway: Gateway, ident: str) -> None:
    with Bus("bob").connect(durable_gateway.url) as bob:
        bob.send(ident, "before").wait(10)
        durable_gateway.kill()
        held = bob.send(ident, "meanwhile")
        durable_gateway.start()
        held.wait(20)
        with Bus(ident).connect(durable_gateway.url) as niess:
            letters = collect(niess)
            until(lambda: letters == [("bob", "before"), ("bob", "meanwhile")])
            durable_gateway.kill()
            durable_gateway.start()
            bob.send(ident, "after").wait(20)
            # Whatever it had not yet confirmed when the gateway was killed comes once more.
            until(lambda: letters[-1] == ("bob", "after"), "the mailbox is consumed again")
            assert list(dict.fromkeys(letters)) == [("bob", "before"), ("bob", "meanwhile"), ("bob", "after")]


def test_what_expires_unread_is_told_to_its_sender_alone(linked: Make, ident: str) -> None:
    bob, other = linked(), linked()
    drops: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    bob.on_drop(lambda to, message_id: drops.append((to, message_id)))
    other.on_drop(lambda to, message_id: others.append((to, message_id)))
    bob.flush()
    other.flush()
    first = bob.mailbox(ident, ttl=0.1).send("soon gone").wait(10)
    until(lambda: drops == [(ident, first.message_id)])
    assert others == []


def test_who_comes_and_goes_is_told(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    came: list[str] = []
    went: list[str] = []
    callback = bob.on_connect(came.append)
    bob.on_disconnect(went.append)
    bob.flush()
    Bus(ident).connect(gateway.url).close()
    until(lambda: ident in came and ident in went)
    callback.remove()
    bob.flush()
    Bus(ident).connect(gateway.url).close()
    until(lambda: went.count(ident) == 2)
    assert came.count(ident) == 1


def test_a_mailbox_belongs_to_the_newest_program_of_its_ident(linked: Make, ident: str, gateway: Gateway) -> None:
    bob = linked()
    with Bus(ident).connect(gateway.url) as old:
        before = collect(old)
        bob.send(ident, 1)
        until(lambda: before)
        with Bus(ident).connect(gateway.url) as new:
            after = collect(new)
            until(lambda: bob.send(ident, "who is it?").wait(10) and after, "it is taken over")
            asked = len(before)
            for number in range(2, 20):
                bob.send(ident, number)
            until(lambda: after[-18:] == [(bob.ident, number) for number in range(2, 20)], "the new one hears all")
            assert len(before) == asked, "the old one does not take it back"


def test_sending_needs_a_gateway_and_an_ident(bus: Bus) -> None:
    with pytest.raises(Unavailable, match="connect"):
        bus.send("niess", 1)
    with pytest.raises(InvalidArgument, match="ident=''"):
        bus.send("")
    with pytest.raises(InvalidArgument, match="ttl=0"):
        bus.mailbox("niess", ttl=0)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_every_ident_has_an_address_of_its_own(ident: str) -> None:
    for persistent in (True, False):
        parsed = Identifier.parse(address(ident, persistent))
        assert (parsed.local, _unescape(parsed.action)) == (True, ident)
        assert parsed.action == "*" or "*" not in parsed.action
