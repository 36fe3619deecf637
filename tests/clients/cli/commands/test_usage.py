"""`aircher-cli usage`."""

import argparse
import csv
import io
import json
import signal
import time

import pytest

from aircher_cli.commands.usage import UsageView, ledger_note, read_bounds
from aircher_cli.console import Console
from aircher_cli.exit_codes import UsageError
from aircher_cli.render.usage import SUMS
from helpers.daemon.cli import run_cli, start_program
from helpers.daemon.cli_daemon import CliDaemon, Map, Refusal

GPT: Map = {
    "provider": "openai",
    "model": "gpt-5.5",
    "requests": 2,
    "failed": 1,
    "input_tokens": 1000,
    "output_tokens": 20,
    "cost": "0.0042",
    "unknown_cost": 0,
}
LLAMA: Map = {
    **GPT,
    "provider": "ollama",
    "model": "llama, the 3rd",
    "cost": "0",
    "unknown_cost": 1,
}
TOTALS: Map = {**GPT, "requests": 4, "unknown_cost": 1}
REPORT: Map = {"rows": [LLAMA, GPT], "totals": TOTALS, "ledger": {"state": "ok"}}


def month_start() -> float:
    year, month, *_ = time.localtime()
    return time.mktime((year, month, 1, 0, 0, 0, 0, 0, -1))


def test_this_month_by_provider_and_model(daemon: CliDaemon) -> None:
    """The table on standard output, what it leaves out on standard error."""
    daemon.answers["usage.report"] = REPORT
    outcome = run_cli(daemon.environ, "usage")
    assert daemon.params_of("usage.report") == {
        "since": month_start(),
        "by": ["provider", "model"],
    }
    lines = outcome.out.splitlines()
    assert lines[0] == time.strftime("since %Y-%m-01")
    assert [line.split()[0] for line in lines[1:]] == [
        "model",
        "openai/gpt-5.5",
        "ollama/llama,",
        "total",
    ]
    assert outcome.err.startswith("? the cost of 1 request is unknown")
    assert outcome.code == 0


def test_what_is_estimated_is_said(daemon: CliDaemon) -> None:
    """Marked in the table, with a sentence below it."""
    some = {"estimated": 1, "estimated_cost": "0.001"}
    daemon.answers["usage.report"] = {**REPORT, "rows": [{**GPT, **some}], "totals": GPT | some}
    outcome = run_cli(daemon.environ, "usage")
    assert outcome.out.splitlines()[-1].endswith("~$0.0042")
    assert outcome.err.startswith("~ 1 request ended before the provider reported all usage")


def test_a_ledger_that_cannot_be_read_is_an_error(daemon: CliDaemon) -> None:
    """It must not look like a month without use."""

    def refuse(*_: object) -> object:
        raise Refusal("internal", "the ledger is of a later version: move the file away")

    daemon.answers["usage.report"] = refuse
    outcome = run_cli(daemon.environ, "usage")
    assert (outcome.code, outcome.out) == (1, "")
    assert "move the file away" in outcome.err


def test_bounds_and_groups(daemon: CliDaemon) -> None:
    """Are the daemon's to apply: the last day is included, and a group counts once."""
    daemon.answers["usage.report"] = REPORT
    words = ("--by", "day, client,day", "--since", "2026-01-01", "--until", "2026-01-02")
    run_cli(daemon.environ, "usage", *words)
    days = [time.mktime((2026, 1, day, 0, 0, 0, 0, 0, -1)) for day in (1, 3)]
    assert daemon.params_of("usage.report") == {
        "since": days[0],
        "until": days[1],
        "by": ["day", "client"],
    }


def test_nothing_was_used(daemon: CliDaemon) -> None:
    """Is an answer, not an empty screen."""
    daemon.answers["usage.report"] = {"rows": [], "totals": {}, "ledger": {"state": "ok"}}
    outcome = run_cli(daemon.environ, "usage", "--since", "2026-01-01")
    assert (outcome.code, outcome.out) == (0, "no usage since 2026-01-01\n")


def test_bars_are_for_terminals(daemon: CliDaemon) -> None:
    """In blocks, or in ASCII where there are none."""
    daemon.answers["usage.report"] = REPORT
    environ = {**daemon.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    assert "█" in run_cli(environ, "usage", terminal=True).out
    assert "█" not in run_cli(environ, "usage").out
    plain = run_cli(environ, "usage", terminal=True, encoding="ascii").out
    assert "##" in plain


def test_csv(daemon: CliDaemon) -> None:
    """A header that is always the same, and a row for each group; no totals to be summed twice."""
    daemon.answers["usage.report"] = REPORT
    outcome = run_cli(daemon.environ, "usage", "--csv")
    header, *rows = csv.reader(io.StringIO(outcome.out))
    assert header == ["provider", "model", *SUMS]
    assert [row[:4] for row in rows] == [
        ["ollama", "llama, the 3rd", "2", "1"],
        ["openai", "gpt-5.5", "2", "1"],
    ]
    assert (outcome.code, outcome.err) == (0, "")


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says, and nothing else."""
    ill = {**REPORT, "ledger": {"state": "degraded", "reason": "full"}}
    daemon.answers["usage.report"] = ill
    outcome = run_cli(daemon.environ, "usage", "--json")
    assert (json.loads(outcome.out), outcome.err) == (ill, "")


@pytest.mark.parametrize("words", [(), ("--csv",)])
def test_a_degraded_ledger_is_reported(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """On standard error, and what there is is shown."""
    ill = {"state": "degraded", "reason": "no space left"}
    daemon.answers["usage.report"] = {**REPORT, "totals": {}, "ledger": ill}
    outcome = run_cli(daemon.environ, "usage", *words)
    assert "gpt-5.5" in outcome.out
    assert outcome.err == "aircher-cli: these totals may lack recent usage: no space left\n"


def test_ledger_note() -> None:
    """Silence as long as all is well, and a reason even where none is given."""
    assert [ledger_note({}), ledger_note({"state": "ok"})] == ["", ""]
    lost = {"state": "ok", "reason": "3 attempts were lost"}
    assert ledger_note(lost).endswith("these totals are incomplete: 3 attempts were lost")
    assert ledger_note({"state": "degraded"}).endswith(": it cannot be written")


@pytest.mark.parametrize(
    "words",
    [
        ("--by", "modell"),
        ("--by", ""),
        ("--by", "day,"),
        ("--since", "7"),
        ("--until", "soon"),
        ("--since", "2026-02-01", "--until", "2026-01-31"),
        ("openai",),
    ],
)
def test_usage_errors(daemon: CliDaemon, words: tuple[str, ...]) -> None:
    """A wrong command line is exit code 2, before anything is sent."""
    outcome = run_cli(daemon.environ, "usage", *words)
    assert (outcome.code, outcome.out, daemon.calls) == (2, "", [])


def test_one_form_at_a_time(daemon: CliDaemon) -> None:
    """Where JSON is asked for, the complaint is JSON too."""
    outcome = run_cli(daemon.environ, "usage", "--json", "--csv")
    assert (outcome.code, json.loads(outcome.out)["error"]["code"]) == (2, "usage")


def test_a_wrong_group_is_put_right(daemon: CliDaemon) -> None:
    """With what there is, and the nearest of it."""
    said = run_cli(daemon.environ, "usage", "--by", "day,modell").err
    assert "must be one or more of day, provider, model" in said
    assert "(did you mean model?)" in said


def test_an_end_that_has_not_come_is_now() -> None:
    """Today is not over, and a report until midnight would be one until now."""
    now = time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1))
    assert read_bounds("24h", "today", now) == (now - 86_400, None)
    with pytest.raises(UsageError, match="--until 48h is not after --since 24h"):
        read_bounds("24h", "48h", now)


def test_watch_prints_a_table_for_each_change(daemon: CliDaemon) -> None:
    """With its notes; an event that changes nothing prints nothing."""
    daemon.answers["usage.report"] = REPORT
    daemon.answers["events.subscribe"] = {"snapshot": {}}
    with start_program(daemon.environ, "usage", "--watch", "--since", "today") as program:
        assert program.stdout is not None
        lines = [program.stdout.readline().decode()]
        while "is unknown and not in the total" not in lines[-1]:
            lines.append(program.stdout.readline().decode())
        daemon.answers["usage.report"] = {"rows": [], "totals": {}, "ledger": {"state": "ok"}}
        daemon.sessions[-1].event("attempt", outcome="ok")
        while "no usage" not in lines[-1]:
            lines.append(program.stdout.readline().decode())
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=20)
    assert [line for line in lines if line.startswith("total")] != []
    assert (program.returncode, errors) == (130, b"")
    assert daemon.params_of("events.subscribe") == {"topics": ["attempt", "config"]}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("model", ["model", "m0", "m1", "…", "total", "?"]),
        ("day", ["day", "…", "m8", "m9", "total", "?"]),
    ],
)
def test_where_rows_are_few_the_sum_stays(by: str, expected: list[str]) -> None:
    """The first rows cost most; of days, the last one is today. The sum and its note stay."""
    named = {name: value for name, value in GPT.items() if name not in {"provider", "model"}}
    rows = [{**named, by: f"m{at}", "cost": str(10 - at)} for at in range(10)]
    options = argparse.Namespace(by=[by], since="month", until=None)
    view = UsageView(Console(None, None, {}), options)
    record: Map = {"since": 1.0, "rows": rows, "totals": TOTALS}
    lines = view.lines(record, 1.0, 200, draws=False, rows=7)
    assert [line[0][0].split()[0] for line in lines[1:]] == expected
    assert len(view.lines(record, 1.0, 200, draws=False)) == 14


def test_watch_prints_no_csv(daemon: CliDaemon) -> None:
    """There would be several headers."""
    outcome = run_cli(daemon.environ, "usage", "--watch", "--csv")
    assert (outcome.code, daemon.calls) == (2, [])
    assert "--watch" in outcome.err
