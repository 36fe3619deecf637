"""What the daemon reports: its states in order, and its status text when it changes."""

import time

import pytest
import trio

from aircherd.systemd.notify import Notifier
from aircherd.systemd.reporter import MAX_STATUS, MIN_INTERVAL, STATUS_INTERVAL, Reporter


class Text:
    """A status text that changes, and how often it was asked for."""

    def __init__(self):
        self.value = "Serving"
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.value


@pytest.fixture
def text():
    return Text()


@pytest.fixture
def reporter(received):
    notifier = Notifier(received.address)
    yield Reporter(notifier)
    notifier.close()


def test_ready_is_sent_with_the_status(received, reporter, text):
    """One message has both."""
    reporter.ready(text)
    assert received.receive() == [{"READY": "1", "STATUS": "Serving"}]


def test_a_reload_begins_with_the_monotonic_time(received, reporter, text):
    """It ends with READY, and with the text that it has changed."""
    reporter.ready(text)
    before = time.monotonic_ns() // 1000
    with reporter.reloading():
        text.value = "Serving; configuration invalid"
    _, begun, ended = received.receive()
    assert begun["RELOADING"] == "1"
    assert before <= int(begun["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert ended == {"READY": "1", "STATUS": "Serving; configuration invalid"}


def test_a_refused_reload_ends_too(received, reporter, text):
    """The error passes through."""
    reporter.ready(text)
    with pytest.raises(ValueError, match="refused"), reporter.reloading():
        raise ValueError("refused")
    assert received.states() == ["READY", "RELOADING", "READY"]


def test_overlapping_reloads_are_one(received, reporter, text):
    """READY comes when the last has ended."""
    reporter.ready(text)
    with reporter.reloading():
        with reporter.reloading():
            pass
        assert received.states() == ["READY", "RELOADING"]
    assert received.states() == ["READY", "RELOADING", "READY"]


def test_a_reload_before_the_daemon_is_ready_is_not_reported(received, reporter, text):
    """Its end would claim that clients are served."""
    with reporter.reloading():
        pass
    assert received.states() == []


def test_nothing_follows_stopping(received, reporter, text):
    """The end of a reload does not take it back."""
    reporter.ready(text)
    with reporter.reloading():
        text.value = "Draining 2 requests"
        reporter.stopping()
    assert received.states() == ["READY", "RELOADING", "STOPPING"]
    assert received.statuses()[-1] == "Draining 2 requests"


async def test_the_status_is_sent_when_it_changes(received, reporter, text, autojump_clock):
    """It is looked at every few seconds, not with each request."""
    reporter.ready(text)
    with trio.move_on_after(STATUS_INTERVAL * 2.5):
        await reporter.run(None)
    assert (received.receive(), text.count) == ([{"READY": "1", "STATUS": "Serving"}], 4)
    text.value = "Serving; 1 request under way"
    with trio.move_on_after(STATUS_INTERVAL * 2.5):
        await reporter.run(None)
    assert received.statuses() == ["Serving", "Serving; 1 request under way"]


async def test_the_watchdog_gets_three_messages_in_its_time(received, reporter, autojump_clock):
    """The first comes at once."""
    with trio.move_on_after(59):
        await reporter.run(60.0)
    assert received.receive() == [{"WATCHDOG": "1"}] * 3


async def test_the_watchdog_and_the_status_share_a_message(received, reporter, text):
    """An idle daemon wakes up once for both."""
    reporter.ready(text)
    text.value = "Serving; 1 request under way"
    reporter.update("WATCHDOG=1")
    assert received.receive()[1] == {"WATCHDOG": "1", "STATUS": "Serving; 1 request under way"}


async def test_a_tiny_timeout_does_not_occupy_the_loop(received, reporter, autojump_clock):
    """There is a shortest interval."""
    with trio.move_on_after(MIN_INTERVAL * 2.5):
        await reporter.run(1e-6)
    assert len(received.receive()) == 3


def test_the_status_while_draining_is_still_updated(received, reporter, text):
    """`systemctl status` shows how many requests are left."""
    reporter.ready(text)
    text.value = "Draining 2 requests"
    reporter.stopping()
    text.value = "Draining 1 request"
    reporter.update()
    assert received.statuses()[-1] == "Draining 1 request"


def test_a_long_status_is_cut(received, reporter, text):
    """A configuration may have a long list of problems."""
    text.value = "x" * 10_000
    reporter.ready(text)
    assert received.statuses() == ["x" * MAX_STATUS]


def test_what_a_start_waits_for_and_why_it_failed_are_reported(received, reporter):
    """Before the daemon is ready there is no other text."""
    reporter.waiting("another daemon is running")
    reporter.failed("another daemon is running")
    assert received.statuses() == [
        "Waiting: another daemon is running",
        "Could not start: another daemon is running",
    ]


def test_without_a_notifier_nothing_is_sent(text):
    """A socket may be passed by a manager that wants no messages."""
    reporter = Reporter(None)
    reporter.waiting("x")
    reporter.ready(text)
    with reporter.reloading():
        reporter.update()
    reporter.stopping()
    assert "Reporter" in repr(reporter)
