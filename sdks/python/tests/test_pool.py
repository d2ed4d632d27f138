"""The threads of `set_multiplicity(n)`: who publishes faster than handlers end waits, and nothing is lost."""

from __future__ import annotations

import threading

from waiting import until

from berrymq.pool import _WAITING_PER_THREAD, Pool


def hand_over(pool: Pool, count: int, done: list[int]) -> threading.Thread:
    """A thread that hands so many tasks to the pool."""

    def run() -> None:
        for _ in range(count):
            pool.run(lambda: done.append(1))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_whoever_publishes_waits_while_it_is_full_and_nothing_is_lost_when_it_stops() -> None:
    pool, busy, gate, done = Pool(1), threading.Event(), threading.Event(), list[int]()
    pool.run(busy.set)
    pool.run(lambda: gate.wait(10))
    assert busy.wait(10)
    until(lambda: not pool._tasks.qsize(), "the thread is at work")
    publisher = hand_over(pool, 150, done)
    until(lambda: pool._pressing, "the publisher waits for room")
    assert pool._tasks.qsize() == _WAITING_PER_THREAD
    pool.stop()
    gate.set()
    publisher.join(10)
    pool.finish(10)
    assert len(done) == 150


def test_many_publishers_wait_for_room_and_all_get_it() -> None:
    pool, done = Pool(2), list[int]()
    for publisher in [hand_over(pool, 1000, done) for _ in range(4)]:
        publisher.join(20)
    pool.finish(10)
    assert len(done) == 4000
