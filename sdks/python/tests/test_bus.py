"""Publishing inside one process: what is refused, what stays, many at once, streams."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from waiting import Heard

from berrymq import Bus, Closed, InvalidArgument, InvalidIdentifier, Message, Queue, ReservedIdentifier


def test_nobody_publishes_to_the_reserved_name(bus: Bus) -> None:
    for publish in (
        lambda: bus.publish("berrymq:connect"),
        lambda: bus.publish_many([("berrymq", 1)]),
        lambda: bus.talk("a:b", "berrymq:x"),
        lambda: bus.ask("berrymq:x"),
    ):
        with pytest.raises(ReservedIdentifier, match="berrymq"):
            publish()


def test_an_invalid_identifier_is_refused(bus: Bus) -> None:
    with pytest.raises(InvalidIdentifier, match="te\\*t"):
        bus.publish("te*t:x")


def test_a_message_made_beforehand_brings_its_own_arguments(bus: Bus) -> None:
    with bus.follow("a:b") as stream:
        receipt = bus.publish(Message("a:b", 1).with_(message_id="mine"))
        assert (receipt.message_id, next(stream).args) == ("mine", (1,))
    with pytest.raises(InvalidArgument):
        bus.publish(Message("a:b"), 2)


def test_the_sender_is_the_ident() -> None:
    with Bus("me") as bus, bus.follow("a:b") as stream:
        bus.publish("a:b")
        assert next(stream).sender == "me"
    with pytest.raises(InvalidArgument, match="ident"):
        Bus("übel")


def test_publish_many_takes_messages_and_tuples(bus: Bus) -> None:
    with bus.follow("a:*") as stream:
        receipt = bus.publish_many([("a:b", 1), Message("a:c", x=2), ("a:d",), ("other:x", 3)])
        assert (receipt.wait(0).followers, receipt.message_id) == (3, "")
        assert [(m.id, m.args, m.kwargs) for m in (next(stream), next(stream), next(stream))] == [
            ("a:b", (1,), {}),
            ("a:c", (), {"x": 2}),
            ("a:d", (), {}),
        ]


@pytest.mark.parametrize("item", ["a:b", (), (1,), ["a:b"], None])
def test_publish_many_refuses_other_things(bus: Bus, item: Any) -> None:
    with pytest.raises(InvalidArgument, match="publish_many"):
        bus.publish_many([item])


def test_an_expired_message_is_still_ones_own_to_publish(bus: Bus) -> None:
    with bus.follow("a:b") as stream:
        bus.publish(Message("a:b").with_(ttl=60))
        assert next(stream).expires_at is not None


def test_a_stream_of_many_patterns_hears_each_message_once(bus: Bus) -> None:
    with bus.follow("a:b", "a", "*") as stream:
        bus.publish("a:b", 1)
        bus.publish("c:d", 2)
        assert [next(stream).args for _ in range(2)] == [(1,), (2,)]


def test_a_full_stream_loses_the_oldest_and_tells(bus: Bus) -> None:
    lag = bus.follow("berrymq:lag")
    with bus.follow("a:b", max_messages=3) as stream:
        for number in range(5):
            bus.publish("a:b", number)
        assert [next(stream).args[0] for _ in range(3)] == [2, 3, 4]
    assert next(lag).kwargs == {"dropped": 2, "pattern": "a:b"}


def test_a_stream_is_bounded_in_bytes(bus: Bus) -> None:
    with bus.follow("a:b", max_bytes=1000) as stream:
        for number in range(10):
            bus.publish("a:b", bytes([number]) * 300)
        assert [next(stream).args[0][0] for _ in range(2)] == [8, 9]


def test_a_closed_stream_hands_out_what_it_holds_and_ends(bus: Bus) -> None:
    stream = bus.follow("a:b")
    bus.publish("a:b", 1)
    stream.close()
    stream.close()
    bus.publish("a:b", 2)
    assert [message.args for message in stream] == [(1,)]


def test_a_stream_that_nobody_holds_follows_no_more(bus: Bus) -> None:
    stream = bus.follow("a:b")
    assert bus.publish("a:b").followers == 1
    del stream
    gc.collect()
    assert bus.publish("a:b").followers == 0


def test_a_waiting_stream_wakes_for_a_message_and_for_the_end() -> None:
    bus = Bus()
    heard = Heard(bus.follow("a:b"))
    bus.publish("a:b", 1)
    assert heard.wait(1)[0].args == (1,)
    waiting = threading.Thread(target=list, args=(bus.follow("a:b"),))
    waiting.start()
    bus.close()
    waiting.join(10)
    assert not waiting.is_alive()


def test_after_close_publishing_and_following_raise() -> None:
    bus = Bus()
    bus.close()
    bus.close()
    for call in (lambda: bus.publish("a:b"), lambda: bus.follow("a:b"), lambda: bus.publish_many([]),
                 lambda: bus.ask("a:b"), lambda: bus.connect("localhost:1")):  # fmt: skip
        with pytest.raises(Closed):
            call()


@pytest.mark.parametrize("url", ["localhost", "ftp://localhost:1", "localhost:x", ":1", "localhost:70000", "", None])
def test_a_url_that_is_none_is_refused(bus: Bus, url: Any) -> None:
    with pytest.raises(InvalidArgument, match="localhost:7201"):
        bus.connect(url)


def test_many_threads_publish_and_follow_at_once(bus: Bus) -> None:
    stream = bus.follow("a:*", max_messages=100_000)

    def publish(number: int) -> Iterator[None]:
        for count in range(500):
            bus.publish(f"a:{number}", count)
            following = bus.regist_function("b:*", print)
            following.unfollow()
        return iter(())

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream.close()
    heard = list(stream)
    assert len(heard) == 2000
    for number in range(4):
        assert [m.args[0] for m in heard if m.action == str(number)] == list(range(500))


def test_buses_and_queues_show_what_they_are(linked: Callable[[], Bus]) -> None:
    assert repr(Bus("shop")) == "<Bus 'shop' not connected>"
    here = linked()
    assert repr(here).startswith(f"<Bus {here.ident!r} at 127.0.0.1:")
    here.close()
    assert repr(here) == f"<Bus {here.ident!r} closed>"
    with Bus() as bus:
        assert repr(Queue(["a:b", "b:*"], name="jobs", bus=bus)) == "<Queue 'jobs' of a:b, b:*>"
