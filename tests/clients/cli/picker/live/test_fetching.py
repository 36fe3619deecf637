"""Each part of the view is fetched with the right call."""

import time

import pytest

from aircher_cli.picker.live.fetching import Fetcher
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_client import Client, DaemonError
from helpers.daemon.cli_daemon import Refusal


@pytest.fixture
def fetcher(daemon):
    with Client.connect(daemon.environ, autostart=False) as client:
        yield Fetcher(client, 1)


A = {"provider": "a"}


@pytest.mark.parametrize(
    ("kind", "method", "result", "expected"),
    [
        ("auth", "auth.status", {"rows": [A]}, DaemonView(keys=(A,))),
        ("rates", "auth.status", {"rows": [A]}, DaemonView(keys=(A,))),
        ("status", "status", {"providers": [A]}, DaemonView(providers=(A,))),
        ("limits", "limits.status", {"limits": [A]}, DaemonView(limits=(A,))),
        ("models", "models.list", {"models": [A]}, DaemonView(models=(A,), has_models=True)),
        ("models:a", "models.list", {"models": [A]}, DaemonView(models=(A,))),
        ("auth", "auth.status", ["no map"], DaemonView()),
    ],
)
def test_a_kind_is_fetched(daemon, kind, method, result, expected):
    """The change is applied to whatever the view is by then."""
    daemon.answers[method] = result
    with Client.connect(daemon.environ, autostart=False) as client:
        change = Fetcher(client, 1).fetch(kind, 0.0)
    assert change(DaemonView()) == expected
    assert change(DaemonView(environment=("X",), spend_today={"a": A})).spend_today == {"a": A}


def test_lists_are_not_waited_for(daemon, fetcher):
    """The response comes at once, and an event says when a list was fetched."""
    daemon.answers["models.list"] = {}
    fetcher.fetch("models", 0.0)
    assert daemon.params_of("models.list") == {"all": True, "wait": False}
    fetcher.fetch("models:a", 0.0)
    assert daemon.params_of("models.list") == {"provider": "a", "wait": False}


def test_status_does_not_probe_the_keyring(daemon, fetcher):
    """The daemon would start a program for it, with every status."""
    daemon.answers["status"] = {}
    fetcher.fetch("status", 0.0)
    assert daemon.params_of("status") == {"keyring": False}


@pytest.mark.parametrize(
    ("kind", "method", "later"),
    [("models", "models.list", "wait"), ("status", "status", "keyring")],
)
def test_an_older_daemon_is_asked_without_the_new_parameter(daemon, fetcher, kind, method, later):
    """It is asked with it only once."""

    def answer(session, msgid, params):
        if later in params:
            raise Refusal("bad_request", f"there is no field '{later}'")
        return {"models": [], "providers": [A]}

    daemon.answers[method] = answer
    views = [fetcher.fetch(kind, 0.0)(DaemonView()) for _ in range(2)]
    assert all(view.has_models or view.providers for view in views)
    asked = [later in params for name, params in daemon.calls if name == method]
    assert asked == [True, False, False]


def test_an_error_of_the_daemon_is_raised(daemon, fetcher):
    """The feed decides what it means."""
    with pytest.raises(DaemonError):
        fetcher.fetch("models", 0.0)


def test_spend_begins_with_the_day_and_the_month(daemon, fetcher):
    """Both are those of local time."""
    daemon.answers["usage.report"] = {"rows": [{"provider": "a", "cost": "1"}]}
    now = time.mktime((2026, 3, 14, 15, 9, 26, 0, 0, -1))
    view = fetcher.fetch("spend", now)(DaemonView())
    assert view.spend_today == view.spend_month == {"a": {"provider": "a", "cost": "1"}}
    reports = [params for name, params in daemon.calls if name == "usage.report"]
    assert [time.localtime(params["since"])[:6] for params in reports] == [
        (2026, 3, 14, 0, 0, 0),
        (2026, 3, 1, 0, 0, 0),
    ]
    assert [params["by"] for params in reports] == [["provider"]] * 2
