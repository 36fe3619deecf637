"""The thread that waits: events, rescans, and dozing. Its waits are replaced; nothing sleeps."""

import threading
import time
from types import SimpleNamespace

import pytest
import watchfiles

from aircherd.config.watcher import watch_thread as module
from aircherd.config.watcher.watch_thread import WatchThread


class Watching:
    """A thread object whose watchfiles is a list of steps, each called in place of an event."""

    def __init__(self, monkeypatch, folder):
        self.file = folder / "f"
        self.file.write_text("one")
        self.reported = []
        self.scans = 0
        self.waits = []
        self.steps = []
        self.watched = []
        self.hints = set()
        self.attention = SimpleNamespace(is_attentive=True, is_observed=lambda: False)
        self.now = 100.0
        self.thread = WatchThread(
            [self.file],
            report=self.reported.append,
            on_scanned=self._note_scan,
            attention=self.attention,
        )
        monkeypatch.setattr(watchfiles, "watch", self._watch)
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(module.time, "sleep", self._pass)
        monkeypatch.setattr(self.thread, "_wait", self._wait)
        self.thread._last_active = self.now

    def _note_scan(self):
        self.scans += 1

    def _pass(self, seconds):
        self.now += seconds

    def _wait(self, seconds):
        self.waits.append(seconds)
        self._pass(seconds)
        self._step()

    def _watch(self, *directories, stop_event, **_options):
        self.watched.append(directories)
        while True:
            self._step()
            if stop_event.is_set():
                return
            hints, self.hints = self.hints, set()
            yield hints

    def _step(self):
        if self.steps:
            self.steps.pop(0)()
        else:
            self.thread.stop()

    def run(self, *steps):
        self.steps = list(steps)
        self.thread.run()


@pytest.fixture
def watching(monkeypatch, tmp_path):
    """A thread that is driven by steps."""
    return Watching(monkeypatch, tmp_path)


def test_a_change_is_reported_after_an_event(watching):
    """Once, and after it settled; the first content is reported, too."""
    watching.run(lambda: None, lambda: watching.file.write_text("two"), lambda: None)
    assert watching.reported == [watching.file] * 2


def test_a_change_while_watching_begins_is_not_missed(watching):
    """Before inotify is armed there is no event."""
    watching.run(lambda: watching.file.write_text("two"), lambda: None)
    assert watching.reported == [watching.file] * 2
    assert len(watching.watched) == 2


def test_replaced_directories_are_watched_again(watching, tmp_path):
    """The old watch is deaf."""
    other = tmp_path / "other"

    def replace():
        other.mkdir()
        (other / "g").write_text("two")
        watching.file.unlink()
        watching.file.symlink_to(other / "g")

    watching.run(lambda: None, replace, lambda: None)
    assert [str(other) in directories for directories in watching.watched] == [False, True]
    assert watching.reported == [watching.file] * 2


def test_a_directory_with_an_event_is_watched_again(watching):
    """It may have been removed and made again with the same number."""

    def hint():
        watching.hints = {(watchfiles.Change.added, str(watching.file.parent))}

    watching.run(lambda: None, hint, lambda: None, lambda: None)
    assert len(watching.watched) == 2


def test_without_events_it_rescans_often_and_tries_again(watching, monkeypatch):
    """Inotify is exhausted: changes still take effect within a second."""
    works = watching._watch

    def fails(*_directories, **_options):
        monkeypatch.setattr(watchfiles, "watch", works)
        raise OSError(24, "OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", fails)
    problems = []

    def look():
        problems.append(watching.thread.problem)

    steps = [lambda: watching.file.write_text("two"), *[look] * 400]
    watching.attention.is_observed = lambda: True
    watching.run(*steps)
    assert watching.waits[0] == module.RESCAN_ALONE_SECONDS
    assert watching.reported == [watching.file] * 2
    assert "limit reached" in problems[0]
    assert problems[-1] is None


@pytest.mark.parametrize("error", [OSError(24, "x"), RuntimeError("x"), ImportError("x")])
def test_every_failure_of_watchfiles_has_the_same_fallback(watching, monkeypatch, error):
    """It raises several kinds; a removed installation cannot even be imported."""

    def fails(*_directories, **_options):
        raise error

    monkeypatch.setattr(watchfiles, "watch", fails)
    watching.run()
    assert watching.thread.problem == str(error)


def test_a_directory_that_vanished_is_no_failure(watching, monkeypatch):
    """It was replaced between the scan and the watch."""
    works = watching._watch

    def fails(*_directories, **_options):
        monkeypatch.setattr(watchfiles, "watch", works)
        raise FileNotFoundError

    monkeypatch.setattr(watchfiles, "watch", fails)
    watching.run(lambda: None, lambda: None)
    assert watching.thread.problem is None
    assert len(watching.watched) == 1


def test_it_dozes_while_there_are_no_requests(watching):
    """Watchfiles wakes up ten times a second; a dozing thread only rescans."""
    dozing = []

    def pass_a_minute():
        watching.now += module.DOZE_AFTER_SECONDS

    def look():
        dozing.append(watching.thread.is_dozing)

    def wake():
        look()
        watching.attention.is_attentive = True

    watching.run(lambda: None, pass_a_minute, look, look, wake, look)
    assert dozing == [True, True, True, False]
    assert watching.waits == [module.RESCAN_SECONDS] * 3


def test_it_does_not_doze_while_a_client_is_subscribed(watching):
    """The client learns of a change without sending a request."""
    watching.attention.is_observed = lambda: True

    def pass_a_minute():
        watching.now += module.DOZE_AFTER_SECONDS

    watching.run(lambda: None, pass_a_minute, lambda: None)
    assert watching.waits == []


def test_wake_and_stop_end_a_real_wait(tmp_path):
    """A dozing thread does not delay a request or the end of the daemon."""
    attention = SimpleNamespace(is_attentive=False, is_observed=lambda: False)
    scans = threading.Semaphore(0)
    thread = WatchThread(
        [tmp_path / "f"], report=lambda _: None, on_scanned=scans.release, attention=attention
    )
    thread._last_active = time.monotonic() - 2 * module.DOZE_AFTER_SECONDS
    runner = threading.Thread(target=lambda: thread._rescan(time.monotonic() + 3600), daemon=True)
    runner.start()
    thread.wake()
    assert scans.acquire(timeout=20)
    thread.stop()
    runner.join(20)
    assert not runner.is_alive()
