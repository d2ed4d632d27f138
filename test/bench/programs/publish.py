"""Publishes `bench:message` as fast as the follower takes it, or at a steady rate."""

import struct
import sys
import threading
import time

import berrymq

url, count, window, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
PIECE = 512
progress = 0
moved = threading.Condition()


def hear(message: berrymq.Message) -> None:
    global progress
    with moved:
        progress = message.args[0]
        moved.notify()


def flood() -> None:
    payload = bytes(128)
    for sent in range(0, count, PIECE):
        with moved:
            moved.wait_for(lambda: sent - progress < window, 60)
        berrymq.publish_many([("bench:message", payload)] * min(PIECE, count - sent))


def drip() -> None:
    padding = bytes(120)
    start = time.monotonic_ns()
    for index in range(count):
        due = start + index * 1_000_000_000 // rate
        while (wait := due - time.monotonic_ns()) > 0:
            time.sleep(wait / 1e9)
        berrymq.publish("bench:message", struct.pack("<q", time.monotonic_ns()) + padding)


berrymq.connect(url)
handle = berrymq.regist_function("bench:progress", hear)
berrymq.flush()
drip() if rate else flood()
berrymq.close()
