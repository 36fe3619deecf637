"""Files that really change, and the callbacks that follow."""

import errno
import os
import threading
from contextlib import asynccontextmanager

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.config.watcher import file_watcher as module
from aircherd.config.watcher import watch_thread
from aircherd.config.watcher.file_watcher import FileWatcher, WatchState

PATIENCE = 20


class Calls:
    """Counts calls, and lets a test wait for the next one."""

    def __init__(self):
        self.count = 0
        self._event = trio.Event()

    async def __call__(self):
        self.count += 1
        self._event.set()
        self._event = trio.Event()

    async def wait(self, count):
        with trio.fail_after(PATIENCE):
            while self.count < count:
                await self._event.wait()


@asynccontextmanager
async def watching(*paths):
    """Watch the paths; yield the watcher and the calls of each after the first."""
    watcher, calls = FileWatcher(), [Calls() for _ in paths]
    for path, each in zip(paths, calls, strict=True):
        watcher.add(path, each)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        for each in calls:
            await each.wait(1)
        yield watcher, calls
        nursery.cancel_scope.cancel()


async def test_each_file_has_its_own_callback(tmp_path):
    """The other one is not called."""
    one, two = tmp_path / "one", tmp_path / "two"
    async with watching(one, two) as (watcher, (first, second)):
        one.write_text("x")
        await first.wait(2)
        two.write_text("y")
        await second.wait(2)
        assert (first.count, second.count) == (2, 2)
        assert watcher.state() == WatchState(has_events=True)
        assert repr(watcher) == "<FileWatcher of 2 files>"


async def test_a_change_during_the_callback_is_called_back_again(tmp_path):
    """Nothing is lost, and the callback never runs twice at a time."""
    file, calls = tmp_path / "f", Calls()
    watcher, running, most = FileWatcher(), 0, 0

    async def on_change():
        nonlocal running, most
        running += 1
        most = max(most, running)
        if calls.count == 0:
            watcher._note_changed(file)
        await trio.lowlevel.checkpoint()
        running -= 1
        await calls()

    watcher.add(file, on_change)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        await calls.wait(2)
        nursery.cancel_scope.cancel()
    assert most == 1


async def test_a_file_that_was_read_before_it_was_changed_back_is_read_again(tmp_path):
    """Else its owner would keep what is no longer there."""
    file, calls = tmp_path / "f", Calls()
    file.write_text("one")
    watcher = FileWatcher()

    async def read_late():
        if calls.count == 0:
            file.write_text("two")  # after the report of "one", before it is read
        await calls()

    watcher.add(file, read_late)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        await calls.wait(1)
        file.write_text("one")
        await calls.wait(2)
        nursery.cancel_scope.cancel()


async def test_catching_up_waits_for_the_callback(tmp_path):
    """A request after a quiet time sees what changed in the meantime."""
    file, seen = tmp_path / "f", []
    first = Calls()

    async def on_change():
        seen.append(file.read_text() if file.exists() else None)
        await first()

    watcher = FileWatcher()
    watcher.add(file, on_change)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        await first.wait(1)
        thread = watcher._thread
        thread._last_active -= 1000
        watcher.is_attentive = False
        with trio.fail_after(PATIENCE):
            while not thread.is_dozing:
                await trio.sleep(0.01)
                watcher.is_attentive = False
        file.write_text("new")
        await watcher.catch_up()
        assert seen[-1] == "new"
        nursery.cancel_scope.cancel()


async def test_catching_up_is_free_while_there_are_events(tmp_path):
    """It only says that there was a request."""
    watcher = FileWatcher()
    watcher.is_attentive = False
    await watcher.catch_up()
    assert watcher.is_attentive


async def test_a_hanging_disk_delays_neither_requests_nor_the_end(monkeypatch, autojump_clock):
    """The thread is left behind."""
    hanging = threading.Event()

    class Hanging:
        is_dozing = True
        problem = None

        def __init__(self, *_paths, **_options):
            pass

        def run(self):
            hanging.wait(PATIENCE)

        def wake(self):
            pass

        stop = wake

    monkeypatch.setattr(watch_thread, "WatchThread", Hanging)
    watcher = FileWatcher()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        await trio.sleep(1)
        await watcher.catch_up()
        nursery.cancel_scope.cancel()
    hanging.set()
    assert trio.current_time() < PATIENCE


@pytest.mark.parametrize("problem", ["too many open files", None])
async def test_the_state_says_why_there_are_no_events(problem):
    """`status` shows it."""
    watcher = FileWatcher()
    watcher._thread = type("Thread", (), {"problem": problem})()
    assert watcher.state() == WatchState(has_events=problem is None, problem=problem)


async def test_checks_run_with_every_scan(tmp_path):
    """An idle daemon wakes up once for all of them."""
    watcher, due = FileWatcher(), trio.Event()
    is_due = False
    watcher.add_check(lambda: is_due, due.set)
    watcher.add(tmp_path / "f", Calls())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watcher.run)
        await trio.sleep(2 * module.START_DELAY)
        assert not due.is_set()
        is_due = True
        with trio.fail_after(PATIENCE):
            await due.wait()
        nursery.cancel_scope.cancel()


async def test_a_start_without_free_descriptors_is_repeated(tmp_path, monkeypatch, autojump_clock):
    """The import fails then, which must not end the daemon."""
    outcomes = [OSError(errno.EMFILE, "Too many open files")] * 3

    def import_module(name):
        if outcomes:
            raise outcomes.pop()

    monkeypatch.setattr(module.importlib, "import_module", import_module)
    with trio.fail_after(module.IMPORT_RETRY * 4):
        await module._wait_importable()
    assert outcomes == []


async def test_a_callback_that_cannot_import_does_not_end_the_watcher(tmp_path):
    """The daemon's installation may be removed while it runs; later changes are tried again."""
    file, calls = tmp_path / "file", Calls()

    async def fail():
        await calls()
        raise ModuleNotFoundError("No module named 'x'")

    watcher = FileWatcher()
    watcher.add(file, fail)
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watcher.run)
            await calls.wait(1)
            file.write_text("x")
            await calls.wait(2)
            nursery.cancel_scope.cancel()
    assert "change_not_loaded" in [entry["event"] for entry in logs]


async def test_a_thread_that_cannot_be_imported_does_not_end_the_daemon(
    monkeypatch, autojump_clock
):
    """Nothing is watched then, and the log says so."""

    def fail(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(module.importlib, "import_module", fail)
    with capture_logs() as logs, trio.move_on_after(60):
        await FileWatcher().run()
    assert [entry["event"] for entry in logs] == ["config_not_watched"]


async def test_a_crash_of_the_thread_is_logged_and_it_starts_again(monkeypatch, capsys, tmp_path):
    """Changes are noticed again afterwards."""
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.01)
    run, crashes = watch_thread.WatchThread.run, []

    def crash_once(self):
        if not crashes:
            crashes.append(self)
            raise ValueError("unexpected")
        run(self)

    monkeypatch.setattr(watch_thread.WatchThread, "run", crash_once)
    async with watching(tmp_path / "f"):
        assert len(crashes) == 1
    assert "file_watcher_crashed" in capsys.readouterr().out


async def test_a_directory_whose_name_is_not_utf8_is_watched(tmp_path):
    """By rescans: watchfiles takes no such name."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    async with watching(folder / "f") as (watcher, (calls,)):
        (folder / "f").write_text("x")
        await calls.wait(2)
        problem = watcher.state().problem
    assert problem is not None
    problem.encode()
