"""`aircher-cli fleet list`."""

import json
import time

from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map, refuses

MACHINE: Map = {
    "machine": "0123",
    "label": "laptop",
    "this": True,
    "live": True,
    "seen_at": 1.0,
    "requests": 4,
    "tokens": 1200,
    "cost": "0.02",
    "days": [],
}
SHARED: Map = {
    "state": "ok",
    "engine": "redis://db:6379",
    "namespace": "team",
    "time_zone": "UTC",
    "on_outage": "local",
    "label": "laptop",
    "machines": 1,
}
REPORT: Map = {
    "shared": SHARED,
    "since": "2026-11-01",
    "until": "2026-11-30",
    "machines": [MACHINE],
    "totals": {"requests": 4, "tokens": 1200, "cost": "0.02"},
    "age_s": 0,
}


def test_the_machines_are_listed(daemon: CliDaemon) -> None:
    """The engine first, which is what they have in common. `fleet` alone does the same."""
    daemon.answers["fleet.report"] = REPORT
    for words in (("fleet", "list"), ("fleet",)):
        outcome = run_cli(daemon.environ, *words)
        assert outcome.out.splitlines() == [
            "team on redis://db:6379, 1 machine now",
            "● laptop (this one)  4 requests  1.2k tokens  $0.02",
        ]
        assert (outcome.code, outcome.err) == (0, "")


def test_an_engine_that_is_away(daemon: CliDaemon) -> None:
    """Why comes first, and how old the figures are at the end."""
    away = {**SHARED, "state": "away", "reason": "refused", "since": time.time()}
    daemon.answers["fleet.report"] = {**REPORT, "shared": away, "problem": "refused"}
    outcome = run_cli(daemon.environ, "fleet")
    assert outcome.out.startswith("the engine at redis://db:6379 is away: refused (since")
    assert outcome.err == "! other machines as they were 0 s ago\n"
    assert outcome.code == 0


def test_json_and_no_fleet(daemon: CliDaemon) -> None:
    """What the daemon says."""
    daemon.answers["fleet.report"] = REPORT
    assert json.loads(run_cli(daemon.environ, "fleet", "list", "--json").out) == REPORT
    daemon.answers["fleet.report"] = refuses("bad_request", "there is no [shared]")
    outcome = run_cli(daemon.environ, "fleet")
    assert (outcome.code, outcome.err) == (1, "aircher-cli: there is no [shared]\n")
