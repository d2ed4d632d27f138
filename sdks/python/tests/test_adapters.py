"""Adapters: ticks, files and notifications."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import Heard, until

from berrymq import Bus, InvalidArgument, InvalidIdentifier, Message, NotSupported
from berrymq.adapters import DesktopNotifier, FileObserver, IntervalTimer, watching
from berrymq.testing import TestBus


def test_a_timer_counts_its_ticks_from_one_in_its_rhythm() -> None:
    with TestBus() as bus:
        heard: list[tuple[float, int]] = []
        kept = bus.regist_function("clock:tick", lambda message: heard.append((round(bus.now), message.args[0])))
        with IntervalTimer("clock", 60, bus=bus) as timer:
            bus.advance(3 * 60 + 1)
            assert heard == [(60, 1), (120, 2), (180, 3)]
            timer.stop()
            bus.advance(600)
        assert len(heard) == 3
        kept.unfollow()


def test_a_timer_ticks_in_real_time_until_its_block_or_its_bus_ends(bus: Bus) -> None:
    heard = Heard(bus.follow("clock:tick"))
    with IntervalTimer("clock", 0.001, bus=bus):
        assert [message.args[0] for message in heard.wait(3)[:3]] == [1, 2, 3]
    other = Bus()
    timer = IntervalTimer("clock", 0.001, bus=other)
    other.close()
    until(lambda: timer._repeating._stopped)


def test_a_tick_whose_turn_comes_while_another_is_handled_is_left_out(bus: Bus) -> None:
    heard: list[int] = []
    go_on = threading.Event()

    @bus.following_function("clock:tick")
    def slow(message: Message) -> None:
        heard.append(message.args[0])
        go_on.wait(10)

    with IntervalTimer("clock", 0.001, bus=bus):
        until(lambda: heard)
        go_on.set()
        until(lambda: len(heard) > 2)
    assert heard == list(range(1, len(heard) + 1))


class Folder:
    """Files, and what an observer told of them."""

    def __init__(self, bus: Bus, path: Path) -> None:
        self._heard = Heard(bus.follow("files:*"))
        self.path = path

    def told(self, count: int) -> list[tuple[str, str]]:
        messages = self._heard.wait(count)
        return sorted((message.action, os.path.relpath(message.args[0], self.path)) for message in messages)

    def write(self, name: str, text: str) -> None:
        """At once: an observer sees no half of it."""
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / "half").write_text(text, encoding="utf-8")
        (self.path / "half").replace(self.path / name)


@pytest.fixture
def folder(bus: Bus, tmp_path: Path) -> Folder:
    made = Folder(bus, tmp_path)
    made.write("old.txt", "there already")
    return made


def test_files_are_told_of_as_the_system_tells_of_them(bus: Bus, folder: Folder) -> None:
    with FileObserver(f"{folder.path}/**/*.txt", "files", interval=3600, bus=bus) as observer:
        assert not observer.polls
        folder.write("new.txt", "1")
        folder.write("deep/new.txt", "1")
        folder.write("other.log", "1")
        assert folder.told(2) == [("created", "deep/new.txt"), ("created", "new.txt")]
        folder.write("old.txt", "longer than before")
        assert folder.told(3)[2] == ("modified", "old.txt")
        (folder.path / "new.txt").unlink()
        assert folder.told(4)[3] == ("removed", "new.txt")


def test_without_watchdog_files_are_looked_at_in_intervals(
    bus: Bus, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchdog.observers", None)
    with FileObserver(f"{folder.path}/*.txt", "files", interval=0.01, bus=bus) as observer:
        assert observer.polls
        folder.write("new.txt", "1")
        assert folder.told(1) == [("created", "new.txt")]
        (folder.path / "new.txt").unlink()
        (folder.path / "old.txt").rename(folder.path / "renamed.txt")
        assert folder.told(4)[1:] == [("created", "renamed.txt"), ("removed", "new.txt"), ("removed", "old.txt")]


def test_a_folder_that_is_not_there_or_goes_is_looked_for_in_intervals(bus: Bus, folder: Folder) -> None:
    with FileObserver(f"{folder.path}/later/*.txt", "files", interval=0.01, bus=bus) as observer:
        assert observer.polls
        folder.write("later/a.txt", "1")
        assert folder.told(1) == [("created", "later/a.txt")]
    with FileObserver(f"{folder.path}/later/*.txt", "files", interval=0.01, bus=bus) as observer:
        assert not observer.polls
        (folder.path / "later/a.txt").unlink()
        (folder.path / "later").rmdir()
        until(lambda: observer.polls)
        folder.write("later/b.txt", "1")
        assert folder.told(3) == [("created", "later/a.txt"), ("created", "later/b.txt"), ("removed", "later/a.txt")]


def test_a_folder_that_cannot_be_watched_is_looked_at(
    bus: Bus, folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from watchdog.observers import Observer

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(Observer, "schedule", full)
    with FileObserver(f"{folder.path}/*.txt", "files", bus=bus) as observer:
        assert observer.polls
    assert "inotify watch limit reached" in caplog.text


def test_in_virtual_time_files_are_looked_at_as_time_goes(tmp_path: Path) -> None:
    with TestBus() as bus:
        heard = bus.follow("files:*")
        with FileObserver(f"{tmp_path}/*", "files", bus=bus):
            (tmp_path / "a").write_text("1", encoding="utf-8")
            bus.advance(4.9)
            bus.assert_not_published("files:*")
            bus.advance(0.2)
        assert next(heard).args == (f"{tmp_path}/a",)


@pytest.fixture
def notify_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, which writes down what it was called with; it fails on `fail`."""
    shown = tmp_path / "shown"
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >> {shown}\n[ "$3" != fail ]\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return shown


def test_messages_are_shown_as_notifications(bus: Bus, notify_send: Path) -> None:
    with DesktopNotifier("door:*", bus=bus):
        bus.publish("door:opened", 1, "-x; rm", by="ann")
    assert notify_send.read_text(encoding="utf-8") == "--|door:opened|1, -x; rm, by=ann|"


def test_format_is_there_to_be_overridden_and_failures_go_to_on_error(bus: Bus, notify_send: Path) -> None:
    class Short(DesktopNotifier):
        def format(self, message: Message) -> tuple[str, str]:
            return "Door", message.args[0]

    errors: list[BaseException] = []
    bus.on_error(lambda error, message, handler: errors.append(error))
    with Short("door:*", bus=bus):
        for text in ("open", "fail"):
            bus.publish("door:opened", text)
        bus.publish("door:opened")
    assert notify_send.read_text(encoding="utf-8") == "--|Door|open|--|Door|fail|"
    assert sorted(type(error).__name__ for error in errors) == ["IndexError", "Unavailable"]
    assert bus.publish("door:opened", "late").followers == 0


def test_without_a_program_for_it_the_notifier_says_what_to_install(
    bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotSupported, match="libnotify-bin"):
        DesktopNotifier("door:*", bus=bus)


def test_on_a_mac_osascript_shows_them_and_texts_are_no_script(bus: Bus, notify_send: Path) -> None:
    notify_send.with_name("notify-send").rename(notify_send.with_name("osascript"))
    with DesktopNotifier("door:*", bus=bus):
        bus.publish("door:opened", '" & evil')
    arguments = notify_send.read_text(encoding="utf-8").split("|")
    assert arguments[0::2][:3] == ["-e", "-e", "-e"]
    assert arguments[-3:] == ["door:opened", '" & evil', ""]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda bus: IntervalTimer("clock", 0, bus=bus), InvalidArgument),
        (lambda bus: IntervalTimer("clock", float("inf"), bus=bus), InvalidArgument),
        (lambda bus: IntervalTimer("", 1, bus=bus), InvalidIdentifier),
        (lambda bus: FileObserver("*", "files", interval=-1, bus=bus), InvalidArgument),
    ],
)
def test_wrong_use_is_refused(bus: Bus, make: Callable[[Bus], object], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        make(bus)


def test_importing_berrymq_or_its_adapters_imports_no_watchdog() -> None:
    program = "import sys, berrymq.adapters; sys.exit('watchdog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
    assert watching.SETTLING < 1
