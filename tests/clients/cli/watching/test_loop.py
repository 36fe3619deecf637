"""A view that follows the daemon, against a fake one."""

import io
from collections.abc import Callable

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.render.layout import Line
from aircher_cli.values import Map
from aircher_cli.watching import loop
from aircher_cli.watching.loop import HANGS, Follower
from aircher_client import Client, DaemonError, DaemonUnreachable
from helpers.daemon.cli_daemon import CliDaemon, refuses
from helpers.daemon.real_daemon import wait_until


class View:
    """Fetches `status` only."""

    topics = ("config",)
    interval = 60.0

    def __init__(self) -> None:
        self.before: list[Map | None] = []
        self.news: list[bool] = []

    def fetch(self, client: Client, now: float, before: Map | None, *, is_news: bool = True) -> Map:
        self.before.append(before)
        self.news.append(is_news)
        record: Map = client.call("status", timeout=0.2)
        return record

    def lines(
        self, record: Map, now: float, width: int, *, draws: bool, rows: int | None = None
    ) -> list[Line]:
        return [[(str(record), "")]]

    def has_countdown(self, record: Map, now: float) -> bool:
        return False

    def essence(self, record: Map) -> object:
        return record


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def follower(daemon: CliDaemon, view: View, monkeypatch: pytest.MonkeyPatch) -> Follower:
    monkeypatch.setattr(loop, "MIN_INTERVAL", 0.0)
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    daemon.answers["status"] = {"version": "1"}
    context = Context(Console(io.StringIO(), io.StringIO(), {}), daemon.environ, None)
    made = Follower(context, view, quiet=True)
    made.open()
    return made


def advance_until(follower: Follower, is_so: Callable[[], bool]) -> None:
    def step() -> bool:
        follower.advance(has_events=True)
        return is_so()

    wait_until(step, "the view has followed")


def test_the_first_record_is_whole(follower: Follower, view: View) -> None:
    """Nothing can be kept from an earlier one."""
    assert follower.record == {"version": "1"}
    assert (view.before, follower.problem) == ([None], "")
    assert 50 < follower.seconds_to_next() <= loop.FULL_INTERVAL
    follower.close()


def test_an_event_fetches_again(daemon: CliDaemon, follower: Follower, view: View) -> None:
    """Without one, nothing is fetched before the minute is over."""
    follower.advance(has_events=False)
    assert len(view.before) == 1
    daemon.answers["status"] = {"version": "2"}
    daemon.sessions[0].event("config", ok=True)
    advance_until(follower, lambda: follower.record == {"version": "2"})
    assert view.before[1:] == [{"version": "1"}]
    follower._fetch_at = 0.0  # as after the view's interval
    follower.advance(has_events=False)
    assert view.news == [False, True, False]
    follower.close()


def test_an_event_that_comes_during_a_fetch_is_not_missed(
    daemon: CliDaemon, follower: Follower
) -> None:
    """The connection is not readable for it any more."""
    answers = iter(({"version": "2"}, {"version": "3"}))

    def answer(session: object, msgid: int, params: Map) -> object:
        result = next(answers)
        if result == {"version": "2"}:
            daemon.sessions[0].event("config", ok=True)
        return result

    daemon.answers["status"] = answer
    daemon.sessions[0].event("config", ok=True)
    advance_until(follower, lambda: follower.record == {"version": "2"})
    assert follower.seconds_to_next() == 0.0
    follower.advance(has_events=False)
    assert follower.record == {"version": "3"}
    follower.close()


def test_bursts_of_events_are_fetched_once(
    daemon: CliDaemon, view: View, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five times a second at most, and the last state is not missed."""
    monkeypatch.setattr(loop, "MIN_INTERVAL", 10.0)
    assert follower.fileno() is not None
    for _ in range(50):
        daemon.sessions[0].event("config", ok=True)
    advance_until(follower, lambda: follower.seconds_to_next() <= 10.0)
    assert len(view.before) == 1
    assert follower.fileno() is None  # the fetch is due: other events change nothing
    follower.close()


def test_after_a_loss_the_next_daemon_is_fetched_whole(
    daemon: CliDaemon, follower: Follower, view: View
) -> None:
    """Until then the problem is named, and the record stays."""
    daemon.sessions[0].sock.shutdown(2)
    advance_until(follower, lambda: follower.problem != "")
    assert follower.problem == "the daemon stopped; waiting for the next one"
    assert (follower.record, follower.fileno()) == ({"version": "1"}, None)
    daemon.answers["status"] = {"version": "2"}
    advance_until(follower, lambda: follower.problem == "")
    assert follower.record == {"version": "2"}
    assert view.before[-1] is None
    assert follower.fileno() is not None
    follower.close()


def test_a_daemon_that_hangs_is_asked_again(daemon: CliDaemon, follower: Follower) -> None:
    """The old record is marked as such."""
    daemon.answers["status"] = lambda session, _msgid, _params: session.is_closed.wait(20)
    daemon.sessions[0].event("config", ok=True)
    advance_until(follower, lambda: follower.problem != "")
    assert follower.problem == HANGS
    assert follower.seconds_to_next() > 1
    daemon.answers["status"] = {"version": "2"}
    follower._fetch_at = 0.0
    follower.advance(has_events=False)
    assert (follower.record, follower.problem) == ({"version": "2"}, "")
    follower.close()


def test_an_error_is_shown_and_tried_again(daemon: CliDaemon, follower: Follower) -> None:
    """A ledger that cannot be read may be readable in a moment."""
    daemon.answers["status"] = refuses("internal", "the ledger cannot be read")
    daemon.sessions[0].event("config", ok=True)
    advance_until(follower, lambda: follower.problem != "")
    assert follower.problem == "the ledger cannot be read"
    follower.close()


def test_the_first_error_is_raised(daemon: CliDaemon, view: View) -> None:
    """There is nothing to show yet."""
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    context = Context(Console(io.StringIO(), io.StringIO(), {}), daemon.environ, None)
    follower = Follower(context, view, quiet=True)
    with pytest.raises(DaemonError, match="no method status"):
        follower.open()
    follower.close()
    follower = Follower(
        Context(context.console, {**daemon.environ, "AIRCHER_SOCKET": "/nowhere/x"}, None),
        view,
        quiet=True,
    )
    with pytest.raises(DaemonUnreachable):
        follower.open()
