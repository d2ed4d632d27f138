# The Python end of the bench: `peer.py publish|follow URL COUNT`; says one line of JSON when it is done.
import json
import sys
import threading
import time

from berrymq import Message, connect, flush, publish_many, regist_function

PAYLOAD = bytes(128)
WINDOW = 20_000


def publish(count: int) -> None:
    sys.stdin.readline()
    started = time.perf_counter()
    for _ in range(count // WINDOW):
        publish_many([Message("bench:run", PAYLOAD) for _ in range(WINDOW)]).wait(60)
    publish_many([("bench:end",)]).wait(60)
    print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


def follow(count: int) -> None:
    ended = threading.Event()
    heard = 0
    first = 0.0

    def hear(message: Message) -> None:
        nonlocal heard, first
        if message.action == "end":
            ended.set()
        else:
            first = first or time.perf_counter()
            heard += 1

    following = regist_function("bench:*", hear)
    flush()
    print("ready", flush=True)
    ended.wait(120)
    following.unfollow()
    print(json.dumps({"seconds": time.perf_counter() - first, "messages": heard}), flush=True)


with connect(sys.argv[2]):
    (publish if sys.argv[1] == "publish" else follow)(int(sys.argv[3]))
