"""`aircher-cli usage --fleet`."""

import argparse
import json
import time

import pytest

from aircher_cli.commands.fleet.usage import FleetUsageView
from aircher_cli.console import Console
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

DAY: Map = {"day": "2026-11-30", "requests": 4, "tokens": 1200, "cost": "0.02"}
REPORT: Map = {
    "shared": {"state": "ok", "engine": "redis://db:6379", "time_zone": "UTC"},
    "since": "2026-11-01",
    "until": "2026-11-30",
    "machines": [
        {"machine": str(number), "label": label, "live": True, "seen_at": 1.0, "days": [DAY], **DAY}
        for number, label in enumerate(("laptop", "server"))
    ],
    "totals": {"requests": 8, "tokens": 2400, "cost": "0.04"},
    "age_s": 0,
}


@pytest.fixture
def fleet(daemon: CliDaemon) -> CliDaemon:
    """A daemon in a fleet of two."""
    daemon.answers["fleet.report"] = REPORT
    return daemon


def test_each_machine_and_the_sum(fleet: CliDaemon) -> None:
    """Of the fleet's month, unless days are named."""
    outcome = run_cli(fleet.environ, "usage", "--fleet")
    assert outcome.out.splitlines() == [
        "from 2026-11-01 to 2026-11-30, days in UTC",
        "● laptop  4 requests  1.2k tokens  $0.02",
        "● server  4 requests  1.2k tokens  $0.02",
        "  total   8 requests  2.4k tokens  $0.04",
    ]
    assert (outcome.code, outcome.err) == (0, "")
    assert fleet.params_of("fleet.report") == {}
    span = ("--since", "2026-11-02", "--until", "2026-11-05")
    run_cli(fleet.environ, "usage", "--fleet", *span)
    assert fleet.params_of("fleet.report") == {"since": "2026-11-02", "until": "2026-11-05"}
    run_cli(fleet.environ, "usage", "--fleet", "--since", "today")
    assert fleet.params_of("fleet.report") == {"since": time.strftime("%Y-%m-%d")}


def test_by_day(fleet: CliDaemon) -> None:
    """Of all machines together."""
    outcome = run_cli(fleet.environ, "usage", "--fleet", "--by", "day")
    assert outcome.out.splitlines()[1:] == ["  2026-11-30  8 requests  2.4k tokens  $0.04"]
    fleet.answers["fleet.report"] = {**REPORT, "machines": []}
    outcome = run_cli(fleet.environ, "usage", "--fleet", "--by", "day")
    assert outcome.out.splitlines()[1:] == ["nothing was used"]


def test_for_programs(fleet: CliDaemon) -> None:
    """JSON is what the daemon says; CSV has a row for each machine or day."""
    assert json.loads(run_cli(fleet.environ, "usage", "--fleet", "--json").out) == REPORT
    lines = run_cli(fleet.environ, "usage", "--fleet", "--csv").out.splitlines()
    assert lines == [
        "label,machine,requests,tokens,cost",
        "laptop,0,4,1200,0.02",
        "server,1,4,1200,0.02",
    ]
    lines = run_cli(fleet.environ, "usage", "--fleet", "--csv", "--by", "day").out.splitlines()
    assert lines == ["day,requests,tokens,cost", "2026-11-30,8,2400,0.04"]


def test_without_the_engine_a_note_says_what_is_missing(fleet: CliDaemon) -> None:
    """On standard error, so that tables stay tables."""
    shared = {"state": "away", "engine": "redis://db:6379", "time_zone": "UTC", "reason": "no way"}
    alone = {**REPORT, "shared": shared, "problem": "no way"}
    del alone["age_s"]
    fleet.answers["fleet.report"] = alone
    outcome = run_cli(fleet.environ, "usage", "--fleet")
    assert "the engine at redis://db:6379 is away: no way" in " ".join(outcome.err.split())
    assert "! only this machine is shown\n" in outcome.err
    assert outcome.code == 0


def test_where_rows_are_few_the_sum_stays() -> None:
    """`--watch` cuts the machines, by day the earliest; a machine may be called total."""
    machines = [{**DAY, "machine": str(at), "label": "total", "days": [DAY]} for at in range(20)]
    many = {**REPORT, "machines": machines}

    def shown(*by: str) -> list[str]:
        console = Console(None, None, {})
        options = argparse.Namespace(by=list(by), since="month", until=None)
        lines = FleetUsageView(console, options).lines(many, 1.0, 80, draws=True, rows=6)
        return ["".join(text for text, _ in line) for line in lines]

    assert len(shown("machine")) == 6
    assert shown("machine")[4:] == ["… 17 more lines", "  total     8 requests  2.4k tokens  $0.04"]
    assert shown("day")[1:] == ["  2026-11-30  80 requests  24k tokens  $0.40"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--fleet", "--by", "model"), "with --fleet it is one of machine and day"),
        (("--by", "machine"), "--by machine: needs --fleet"),
        (("--fleet", "--watch", "--csv"), "prints no CSV"),
    ],
)
def test_what_cannot_be_shown(fleet: CliDaemon, words: tuple[str, ...], expected: str) -> None:
    """Is refused before the daemon is asked."""
    outcome = run_cli(fleet.environ, "usage", *words)
    assert outcome.code == 2
    assert expected in outcome.err
