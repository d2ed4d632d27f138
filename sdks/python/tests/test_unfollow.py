"""`unfollow`: functions, methods and objects that follow no more."""

from __future__ import annotations

from typing import Any

import pytest

import berrymq
from berrymq import Bus, Follower, InvalidArgument, Message, Queue, cond, following, twitter


class Ears:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def left(self, *messages: Message) -> None:
        self.heard.append("left")

    def right(self, *messages: Message) -> None:
        self.heard.append("right")


def test_a_function_ends_with_all_that_it_follows(bus: Bus) -> None:
    heard: list[str] = []

    @bus.following_function("a:b")
    @bus.following_function("a:c")
    def hear(message: Message) -> None:
        heard.append(message.id)

    kept = bus.regist_function("a:*", hear, queue="unfollow_function")
    assert bus.unfollow(hear) == 3
    assert bus.unfollow(hear) == 0
    bus.publish("a:b")
    assert (heard, bus.show_followers()) == ([], ["a:*"])
    assert Queue("a:*", True, "unfollow_function", bus=bus).get(timeout=5).id == "a:b"
    del kept


def test_a_bound_method_ends_alone_and_an_object_with_all_its_methods(bus: Bus) -> None:
    ears, others = Ears(), Ears()
    for each in (ears, others):
        bus.regist_method("a:b", each.left)
        bus.regist_method("a:b", each.right)
        bus.regist_method(cond("a:b") & cond("b:c"), each.right)
    assert bus.unfollow(ears.left) == 1
    bus.publish("a:b")
    assert (ears.heard, others.heard) == (["right"], ["left", "right"])
    assert bus.unfollow(ears) == 2
    bus.publish("b:c")
    assert (ears.heard, others.heard) == (["right"], ["left", "right", "right"])


def test_a_class_ends_with_its_class_and_static_methods() -> None:
    heard: list[str] = []

    class Desk(Follower):
        @classmethod
        @following("unfollow_desk:x")
        def of_class(cls, message: Message) -> None:
            heard.append("class")

        @following("unfollow_desk:x")
        @staticmethod
        def static(message: Message) -> None:
            heard.append("static")

        @following("unfollow_desk:x")
        def of_object(self, message: Message) -> None:
            heard.append("object")

    desk = Desk()
    assert berrymq.unfollow(Desk) == 2
    twitter("unfollow_desk:x")
    assert heard == ["object"]
    assert berrymq.unfollow(desk) == 1


def test_nothing_ends_nothing(bus: Bus) -> None:
    following = bus.regist_function("a:b", lambda message: None)
    assert bus.unfollow(None) == 0
    assert bus.publish("a:b").followers == 1
    following.unfollow()


def test_streams_and_queues_are_left_alone(bus: Bus) -> None:
    stream, queue = bus.follow("a:b"), Queue("a:b", bus=bus)
    for each in (stream, queue, object()):
        assert bus.unfollow(each) == 0
    assert bus.publish("a:b").followers == 1


def test_a_pattern_is_refused_with_the_way_out(bus: Bus) -> None:
    target: Any = "a:b"
    with pytest.raises(InvalidArgument, match="takes the function, method or object"):
        bus.unfollow(target)
