"""The connection styles of berryMQ 0.3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Gateway
from waiting import Heard, until

from berrymq import Bus, Empty, InvalidArgument, InvalidIdentifier, Message, Queue, ReservedIdentifier, Unavailable


@pytest.fixture
def other(gateway: Gateway) -> Iterator[Bus]:
    with Bus("other").connect(gateway.url) as made:
        yield made


def test_interconnect_is_connect(bus: Bus, other: Bus, gateway: Gateway) -> None:
    heard = Heard(bus.interconnect(gateway.url).follow("classic_mutual:x"))
    bus.flush()
    other.publish("classic_mutual:x", 1)
    assert heard.wait(1)[0].args == (1,)


def test_who_is_connected_one_way_is_heard_and_hears_only_itself(bus: Bus, other: Bus, gateway: Gateway) -> None:
    assert bus.connect_oneway(gateway.url) is bus
    own, heard = Heard(bus.follow("classic_oneway:*")), Heard(other.follow("classic_oneway:*"))
    other.flush()
    bus.flush()
    assert other.publish("classic_oneway:a").wait(10).followers == 1
    assert bus.publish("classic_oneway:b").wait(10).followers == 2
    assert [message.id for message in heard.wait(2)] == ["classic_oneway:a", "classic_oneway:b"]
    assert [message.id for message in own.wait(1)] == ["classic_oneway:b"]


def test_it_stays_one_way_when_the_gateway_comes_back(fresh_gateway: Gateway) -> None:
    with Bus().connect_oneway(fresh_gateway.url) as bus, Bus() as third:
        own = Heard(bus.follow("classic_back:*"))
        fresh_gateway.kill()
        fresh_gateway.start()
        third.connect(fresh_gateway.url)
        heard = Heard(third.follow("classic_back:*"))
        third.flush()
        until(lambda: bus.publish("classic_back:b").wait(10).followers == 2)
        assert third.publish("classic_back:a").wait(10).followers == 1
        heard.wait(2)
    assert {message.id for message in own.messages} == {"classic_back:b"}


def test_who_is_connected_via_a_queue_pulls(bus: Bus, other: Bus, gateway: Gateway) -> None:
    with pytest.raises(InvalidArgument, match=r"connect_via_queue\(pattern, url\) first"):
        bus.get()
    queue = bus.connect_via_queue("classic_queue:*", gateway.url)
    assert isinstance(queue, Queue)
    other.publish("classic_queue:x", 1).wait(10)
    bus.publish("classic_queue:y", 2).wait(10)
    assert [bus.get(timeout=10).args, bus.get_nowait().args] == [(1,), (2,)]
    for empty in (bus.get_nowait, lambda: bus.get(False), lambda: bus.get(timeout=0.01)):
        with pytest.raises(Empty):
            empty()
    bus.close_connection()
    with pytest.raises(InvalidArgument):
        bus.get_nowait()


def test_what_is_sent_over_the_connection_reaches_the_others_only(bus: Bus, other: Bus, gateway: Gateway) -> None:
    with pytest.raises(Unavailable, match=r"connect\(\) first"):
        bus.send_message("classic_send:x", [1])
    bus.connect(gateway.url)
    own, heard = Heard(bus.follow("classic_send:*")), Heard(other.follow("classic_send:*"))
    for each in (bus, other):
        each.flush()
    receipt = bus.send_message("classic_send:x", [1], {"level": 2}).wait(10)
    message = heard.wait(1)[0]
    assert (receipt.followers, message.message_id, message.args, message.level) == (1, receipt.message_id, (1,), 2)
    bus.publish("classic_send:end")
    assert [each.id for each in own.wait(1)] == ["classic_send:end"]


def test_a_closed_connection_leaves_the_bus_at_work_and_may_be_made_again(
    bus: Bus, other: Bus, gateway: Gateway
) -> None:
    own = Heard(bus.connect(gateway.url).follow("classic_close:*"))
    sent = Heard(other.follow("classic_close:*"))
    for each in (bus, other):
        each.flush()
    receipts = [bus.publish("classic_close:before", number) for number in range(50)]
    bus.close_connection()
    bus.close_connection()
    assert not bus.connected
    assert [receipt.wait(0).followers for receipt in receipts] == [2] * 50
    assert bus.publish("classic_close:alone").wait(0).followers == 1
    until(lambda: other.publish("classic_close:there").wait(10).followers == 1)
    bus.connect(gateway.url)
    other.publish("classic_close:again").wait(10)
    assert [message.id.partition(":")[2] for message in own.wait(52)[50:]] == ["alone", "again"]
    assert "classic_close:alone" not in [message.id for message in sent.wait(52)]


def test_durable_handlers_go_on_here_and_there(bus: Bus, other: Bus, gateway: Gateway) -> None:
    done: list[int] = []
    work = bus.regist_function("classic_work:x", lambda message: done.append(message.args[0]), queue="classic_work")
    for number in range(3):
        bus.connect(gateway.url)
        bus.publish("classic_work:x", 2 * number).wait(10)
        until(lambda: 2 * number in done)  # noqa: B023
        bus.close_connection()
        assert bus.publish("classic_work:x", 2 * number + 1).queues == 1
        until(lambda: 2 * number + 1 in done)  # noqa: B023
    # One whose acknowledgement was on its way as the connection ended came twice.
    assert sorted(set(done)) == list(range(6))
    work.unfollow()
    Queue("classic_work:x", True, "classic_work", bus=other).delete()


def test_wrong_use_says_what_to_do(bus: Bus, gateway: Gateway) -> None:
    with pytest.raises(InvalidArgument, match="local names never reach a gateway; use Queue"):
        bus.connect_via_queue("_local:*", gateway.url)
    with pytest.raises(InvalidIdentifier):
        bus.connect_via_queue("te*t:x", gateway.url)
    assert not bus.connected
    bus.connect_oneway(gateway.url)
    with pytest.raises(InvalidArgument, match=r"close_connection\(\) first"):
        bus.interconnect(gateway.url)
    with pytest.raises(InvalidArgument, match="local names never leave the process"):
        bus.send_message("_local:x")
    with pytest.raises(ReservedIdentifier):
        bus.send_message("berrymq:x")
    with pytest.raises(InvalidArgument, match="brings its own arguments"):
        bus.send_message(Message("a:b"), [1])
