"""`run()`: a worker that ends when it is told to, with what it was at finished."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from conftest import Gateway
from waiting import until

from berrymq import Bus, InvalidArgument, Message, Queue

Start = Callable[..., "subprocess.Popen[str]"]

WORKER = """
import signal, sys
from berrymq import connect, following_function, publish, run

def earlier(*_): print("the earlier handler", flush=True)
signal.signal(signal.SIGTERM, earlier)

@following_function("run:work", **({"queue": sys.argv[2]} if sys.argv[2] else {}))
def work(message):
    print("at work", flush=True)
    sys.stdin.readline()
    publish("run:done", message.args[0])
    print("worked", flush=True)

connect(sys.argv[1]).flush()
print("ready", flush=True)
run()
restored = signal.getsignal(signal.SIGINT) is signal.default_int_handler
print("ended", signal.getsignal(signal.SIGTERM) is earlier, restored)
"""

COROUTINE = """
import asyncio, sys
from berrymq import aio

async def main():
    async with await aio.connect(sys.argv[1]) as mq:
        async def work(message):
            print("at work", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await mq.publish("run:done", message.args[0])
            print("worked", flush=True)
        following = await mq.regist_function("run:work", work)
        await mq.flush()
        print("ready", flush=True)
        await mq.run()
        print("ended", mq.connected)

asyncio.run(main())
"""


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts such a program, which ends with the test at the latest."""
    programs: list[subprocess.Popen[str]] = []

    def started(program: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", program, *arguments]
        programs.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert line(programs[-1]) == "ready"
        return programs[-1]

    yield started
    for each in programs:
        each.kill()
        each.communicate()


def line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def go_on(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()


@pytest.mark.parametrize(("number", "queue"), [(signal.SIGTERM, "run-work"), (signal.SIGINT, "")])
def test_a_handler_at_work_finishes_and_publishes_after_the_signal(
    gateway: Gateway, bus: Bus, start: Start, number: signal.Signals, queue: str
) -> None:
    bus.connect(gateway.url)
    done = Queue("run:done", bus=bus)
    worker = start(WORKER, gateway.url, queue)
    bus.publish(Message("run:work", "first")).wait(10)
    assert line(worker) == "at work"
    worker.send_signal(number)
    go_on(worker)
    assert line(worker) == "worked"
    assert line(worker) == "ended True True"
    assert worker.wait(10) == 0
    assert done.get(timeout=10).args == ("first",)
    if queue:
        assert Queue("run:work", shared=True, name=queue, bus=bus).status().leased == 0


def test_a_second_signal_ends_the_program_at_once(gateway: Gateway, bus: Bus, start: Start) -> None:
    worker = start(WORKER, gateway.url, "")
    bus.connect(gateway.url).publish("run:work", 1).wait(10)
    assert line(worker) == "at work"
    worker.send_signal(signal.SIGINT)

    def ended() -> bool:
        worker.send_signal(signal.SIGTERM)
        return worker.poll() is not None

    until(ended, "its end")
    assert worker.returncode == -signal.SIGTERM


def test_a_program_of_coroutines_waits_without_holding_up_its_loop(gateway: Gateway, bus: Bus, start: Start) -> None:
    bus.connect(gateway.url)
    done = Queue("run:done", bus=bus)
    worker = start(COROUTINE, gateway.url)
    bus.publish("run:work", "first").wait(10)
    assert line(worker) == "at work"
    worker.send_signal(signal.SIGTERM)
    go_on(worker)
    assert line(worker) == "worked"
    assert line(worker) == "ended False"
    assert worker.wait(10) == 0
    assert done.get(timeout=10).args == ("first",)


def test_only_the_main_thread_can_wait_for_signals(bus: Bus) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            bus.run()
        except InvalidArgument as error:
            raised.append(error)

    thread = threading.Thread(target=run, name="mine")
    thread.start()
    thread.join(10)
    assert "main thread" in str(raised[0])
    assert "'mine'" in str(raised[0])


def test_a_loop_is_not_held_up_by_mistake(bus: Bus) -> None:
    async def main() -> None:
        bus.run()

    with pytest.raises(InvalidArgument, match=r"await aio\.Bus"):
        asyncio.run(main())
