"""What the status screen is made of."""

import time

import pytest

from aircher_cli.commands.status.command import StatusView
from aircher_cli.commands.status.record import fetch_record
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_client import Client, DaemonError
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal, refuses

NOW = time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1))


def fetch(daemon: CliDaemon, *, keyring: bool = True) -> Map:
    with Client.connect(daemon.environ, autostart=False) as client:
        return fetch_record(client, NOW, keyring=keyring)


def test_spend_comes_from_one_report(daemon: CliDaemon) -> None:
    """Of this month by day: today's row, and the totals."""
    today: Map = {"day": "2026-11-05", "requests": 2, "cost": "1"}
    totals: Map = {"requests": 9, "cost": "7"}
    daemon.answers["status"] = {}
    daemon.answers["usage.report"] = {
        "rows": [{"day": "2026-11-04", "requests": 7}, today],
        "totals": totals,
    }
    assert fetch(daemon)["spend"] == {"today": today, "month": totals}
    since = time.mktime((2026, 11, 1, 0, 0, 0, 0, 0, -1))
    assert daemon.params_of("usage.report") == {"since": since, "by": ["day"]}


def test_what_was_spent_is_not_read_again_while_nothing_happens(daemon: CliDaemon) -> None:
    """A view is fetched every two seconds, and the sums of a large ledger take milliseconds."""
    daemon.answers["status"] = {}
    daemon.answers["usage.report"] = {"rows": [], "totals": {"cost": "7"}}
    view = StatusView(Context(Console(None, None, {}), daemon.environ, None))
    with Client.connect(daemon.environ, autostart=False) as client:
        first = view.fetch(client, NOW, None)
        second = view.fetch(client, NOW, first, is_news=False)
        assert daemon.methods.count("usage.report") == 1
        view.fetch(client, NOW, second, is_news=True)
    assert second["spend"] == first["spend"]
    assert daemon.methods.count("usage.report") == 2


def test_a_day_without_usage_is_zero(daemon: CliDaemon) -> None:
    """The report has no row for it."""
    daemon.answers["status"] = {}
    daemon.answers["usage.report"] = {"rows": [], "totals": {}}
    spend = fetch(daemon)["spend"]
    assert isinstance(spend, dict)
    assert spend["today"] == {"requests": 0, "failed": 0, "cost": "0"}


def test_only_what_is_unhealthy_is_cooling(daemon: CliDaemon) -> None:
    """As in `cooldowns list`."""
    ill: Map = {"provider": "work", "key": "a", "health": "cooling"}
    rows = [{"provider": "work", "health": "ok"}, ill]
    daemon.answers["status"] = {}
    daemon.answers["events.subscribe"] = {"snapshot": {"provider": rows}}
    assert fetch(daemon)["cooling"] == [ill]


def test_a_part_that_fails_is_named_with_its_reason(daemon: CliDaemon) -> None:
    """The rest is there."""
    daemon.answers["status"] = {"version": "1"}
    daemon.answers["limits.status"] = {"limits": []}
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    daemon.answers["usage.report"] = refuses("internal", "the ledger cannot be read")
    daemon.answers["route.explain"] = {"sign_in": {"providers": []}}
    record = fetch(daemon)
    assert record == {
        "version": "1",
        "limits": [],
        "cooling": [],
        "sign_in": {"providers": []},
        "unavailable": {"spend": "the ledger cannot be read"},
    }


@pytest.mark.parametrize(
    "status",
    [{"default": {"candidates": ["work/m"]}}, {"default": {"problem": "no model 'x'"}}],
)
def test_with_a_default_nothing_is_asked_about_keys(daemon: CliDaemon, status: Map) -> None:
    """Nor where the default model itself is the problem."""
    daemon.answers["status"] = status
    assert "sign_in" not in fetch(daemon)
    assert "route.explain" not in daemon.methods


def test_an_invalid_configuration_is_reported_once(daemon: CliDaemon) -> None:
    """The screen has its problems already."""
    daemon.answers["status"] = {}
    daemon.answers["limits.status"] = refuses("config_invalid", "line 3")
    unavailable = fetch(daemon)["unavailable"]
    assert isinstance(unavailable, dict)
    assert "limits" not in unavailable


def test_a_part_that_does_not_answer_is_named(
    daemon: CliDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs must not hide the rest."""
    monkeypatch.setattr("aircher_cli.commands.status.record.PART_TIMEOUT", 0.05)

    def hang(session: object, msgid: int, params: Map) -> object:
        daemon.sessions[-1].is_closed.wait(20)
        return None

    daemon.answers["status"] = {}
    daemon.answers["usage.report"] = hang
    unavailable = fetch(daemon)["unavailable"]
    assert isinstance(unavailable, dict)
    assert unavailable["spend"] == "no answer within 0.05 s"


def test_a_daemon_that_shuts_down_is_no_problem_of_a_part(daemon: CliDaemon) -> None:
    """The caller connects to the next one."""
    daemon.answers["status"] = {}
    daemon.answers["limits.status"] = refuses("shutting_down", "the daemon stops")
    with pytest.raises(DaemonError, match="the daemon stops"):
        fetch(daemon)


def test_without_the_keyring_it_is_not_asked_for(daemon: CliDaemon) -> None:
    """The parameter says so."""
    daemon.answers["status"] = {}
    fetch(daemon, keyring=False)
    assert daemon.params_of("status") == {"keyring": False}


def test_an_older_daemon_always_returns_the_keyring(daemon: CliDaemon) -> None:
    """It refuses the parameter that leaves it out."""

    def status(session: object, msgid: int, params: Map) -> Map:
        if params:
            raise Refusal("bad_request", "there is no field 'keyring'")
        return {"version": "0.0.1"}

    daemon.answers["status"] = status
    assert fetch(daemon, keyring=False)["version"] == "0.0.1"


def test_another_refusal_is_raised(daemon: CliDaemon) -> None:
    """It is not repeated without the parameter."""
    daemon.answers["status"] = refuses("internal", "no")
    with pytest.raises(DaemonError, match="no"):
        fetch(daemon, keyring=False)
    assert [name for name, _ in daemon.calls if name == "status"] == ["status"]
