"""Dispatches in this process, per second: `dispatching.py CONTESTANT FOLLOWERS [MESSAGES]` prints them."""

import importlib
import sys
import time
from collections.abc import Callable

MESSAGES = int(sys.argv[3]) if len(sys.argv) > 3 else 200_000
WARMING = MESSAGES // 10


def berrymq(followers: int, heard: Callable[[object], None]) -> Callable[[], object]:
    mq = importlib.import_module("berrymq")
    held = [mq.regist_function("order:*", lambda message: heard(message.args[0])) for _ in range(followers)]
    return lambda held=held: mq.publish("order:new", 1)


def blinker(followers: int, heard: Callable[[object], None]) -> Callable[[], object]:
    new = importlib.import_module("blinker").signal("order:new")
    for _ in range(followers):
        new.connect(lambda sender, number: heard(number), weak=False)
    return lambda: new.send(None, number=1)


def measure(contestant: str, followers: int) -> float:
    calls = 0

    def heard(_: object) -> None:
        nonlocal calls
        calls += 1

    send = {"berrymq": berrymq, "blinker": blinker}[contestant](followers, heard)
    for _ in range(WARMING):
        send()
    calls, begun = 0, time.perf_counter()
    for _ in range(MESSAGES):
        send()
    seconds = time.perf_counter() - begun
    if calls != MESSAGES * followers:
        raise SystemExit(f"{contestant}: {calls} calls instead of {MESSAGES * followers}")
    return MESSAGES / seconds


sys.stdout.write(f"{measure(sys.argv[1], int(sys.argv[2]))}\n")
