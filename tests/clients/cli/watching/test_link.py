"""A subscription that outlives the daemon."""

import io

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.watching import link as module
from aircher_cli.watching.link import Link, is_loss
from aircher_client import ClientError, ConnectionLost, DaemonError, DaemonUnreachable, NoAnswer
from aircher_wire import methods
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, refuses


def context(daemon: CliDaemon, **environ: str) -> Context:
    return Context(Console(io.StringIO(), io.StringIO(), {}), {**daemon.environ, **environ}, None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionLost("x"), True),
        (DaemonUnreachable("x"), True),
        (DaemonError("shutting_down", "x", {}), True),
        (DaemonError("internal", "x", {}), False),
        (NoAnswer("x"), False),
    ],
)
def test_a_loss_is_what_the_next_daemon_ends(error: ClientError, expected: object) -> None:
    """A daemon that hangs, or refuses, is still there."""
    assert is_loss(error) is expected


def test_after_a_loss_it_is_subscribed_again(daemon: CliDaemon) -> None:
    """On a new connection, and without starting a daemon."""
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    link = Link(context(daemon), ["config"])
    first = link.open()
    link.drop()
    assert link.client is None
    link.wait_reopened()
    assert link.client is not first
    assert daemon.methods == ["events.subscribe"] * 2
    link.close()


def test_attempts_to_connect_become_rarer(daemon: CliDaemon) -> None:
    """A machine without a daemon must not be kept busy."""
    link = Link(context(daemon, AIRCHER_SOCKET=str(daemon.home / "run" / "none")), ["config"])
    link.drop()
    assert not link.reopen()
    first = link.seconds_to_retry()
    assert 0 < first <= module.FIRST_DELAY
    assert not link.reopen()  # too early: nothing is tried
    link._retry_at = 0.0
    assert not link.reopen()
    assert link._delay > module.FIRST_DELAY
    for _ in range(9):
        link._retry_at = 0.0
        link.reopen()
    assert link._delay == module.LAST_DELAY


def test_a_later_daemon_that_refuses_the_topics_is_an_error(daemon: CliDaemon) -> None:
    """It is of an earlier version, and waiting would not help."""
    daemon.answers["events.subscribe"] = refuses("bad_request", "no such topic")
    link = Link(context(daemon), ["config"])
    with pytest.raises(DaemonError, match="no such topic"):
        link.reopen()


def test_an_older_daemon_need_not_know_the_latest_topic(daemon: CliDaemon) -> None:
    """A view goes on without it, unless the user named it."""

    def older(session: object, msgid: int, params: Map) -> Map:
        if "models" in params["topics"]:
            raise Refusal("bad_request", "unknown topic 'models'")
        return {"snapshot": {}}

    daemon.answers["events.subscribe"] = older
    link = Link(context(daemon), methods.TOPICS)
    link.open()
    link.close()
    with pytest.raises(DaemonError, match="unknown topic"):
        Link(context(daemon), ["models"], optional=()).open()


def test_a_later_daemon_that_stops_is_waited_out(daemon: CliDaemon) -> None:
    """It may still finish its requests."""
    daemon.answers["events.subscribe"] = refuses("shutting_down", "it stops")
    assert not Link(context(daemon), ["config"]).reopen()


def test_a_socket_of_systemd_is_left_alone_while_its_service_stops(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting to it would start the daemon that the user has just stopped."""
    service_state = "aircher_cli.picker.live.service_state.may_connect"
    monkeypatch.setattr(service_state, lambda _: False)
    assert not Link(context(daemon), ["config"]).reopen()
    assert daemon.sessions == []


def test_only_a_quiet_link_prints_no_notices(daemon: CliDaemon) -> None:
    """They would be in the way of a screen."""
    hello = daemon.answers["hello"]
    assert isinstance(hello, dict)
    daemon.answers["hello"] = {**hello, "notices": [{"code": "x", "message": "take note"}]}
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    printed = []
    for quiet in (True, False):
        err = io.StringIO()
        shown = Context(Console(io.StringIO(), err, {}), daemon.environ, None)
        link = Link(shown, ["config"], quiet=quiet)
        assert link.reopen()
        link.close()
        printed.append("take note" in err.getvalue())
    assert printed == [False, True]
