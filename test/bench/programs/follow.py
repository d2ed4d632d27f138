"""Follows `bench:message` and tells, as one line of JSON, how fast the messages came or how old they were."""

import json
import struct
import sys
import threading
import time

import berrymq

url, count, progress_every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
received = 0
first = 0.0
ages: list[int] = []
done = threading.Event()


def receive(message: berrymq.Message) -> None:
    global received, first
    if received == 0:
        first = time.perf_counter()
    received += 1
    (sent,) = struct.unpack_from("<q", message.payload)
    if sent:
        ages.append(time.monotonic_ns() - sent)
    if received % progress_every == 0:
        berrymq.publish("bench:progress", received)
    if received == count:
        done.set()


berrymq.connect(url)
berrymq.regist_function("bench:message", receive)
berrymq.flush()
print("ready", flush=True)
complete = done.wait(120)
seconds = time.perf_counter() - first
print(json.dumps({"received": received, "complete": complete, "seconds": seconds, "ages": ages}), flush=True)
berrymq.close()
