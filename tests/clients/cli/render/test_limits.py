"""Limits as text."""

import tomllib

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.render.limits import (
    EXAMPLE,
    incomplete_note,
    limit_lines,
    shared_notes,
    unknown_name_notes,
)

Map = dict[str, object]

NOW = 1_000_000.0
MONEY: Map = {
    "limit": "anthropic: 5.00 USD a day",
    "counted": "usd",
    "max": "5.00",
    "used": "3.4213",
    "reserved": "0.02",
    "share": 0.6843,
    "resets_at": NOW + 600,
}
TOKENS: Map = {
    "limit": "everything: 20,000 tokens a minute",
    "counted": "tokens",
    "max": 20_000,
    "used": 16_000,
    "reserved": 0,
    "share": 0.8,
    "resets_at": NOW + 42,
}
REQUESTS: Map = {
    "limit": "client nvim: 5 requests an hour",
    "counted": "requests",
    "max": 5,
    "used": 6,
    "reserved": 0,
    "share": 1.2,
}
RESETS = "resets in 10 min, $0.02 reserved"
LIMITS = [MONEY, TOKENS, REQUESTS]


def shown(width: int, *, draws: bool = True, has_unicode: bool = True) -> list[str]:
    return plain(limit_lines(LIMITS, width, NOW, draws=draws, has_unicode=has_unicode))


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_limits_at_80() -> None:
    """A limit has two lines if one is not enough."""
    assert shown(80) == [
        "✓ anthropic: 5.00 USD a day",
        "    ██████████░░░░░░  68%  $3.42 of $5.00  resets in 10 min, $0.02 reserved",
        "! everything: 20,000 tokens a minute",
        "    ████████████░░░░  80%  16,000 of 20,000  resets in 42 s",
        "✗ client nvim: 5 requests an hour",
        "    ████████████████ 120%  6 of 5",
    ]


def test_limits_at_30_in_ascii() -> None:
    """The gauge is smaller, and what does not fit next to it is below it."""
    assert shown(30, has_unicode=False)[:5] == [
        "✓ anthropic: 5.00 USD a day",
        "    #####...  68%  $3.42 of $5.00",
        "    resets in 10 min, $0.02",
        "    reserved",
        "! everything: 20,000 tokens a",
    ]


def test_a_wide_terminal_or_a_pipe_has_one_line_per_limit() -> None:
    """`grep` then finds whole limits; a pipe gets no gauges."""
    assert shown(10_000, draws=False) == [
        f"✓ anthropic: 5.00 USD a day            68%  $3.42 of $5.00    {RESETS}",
        "! everything: 20,000 tokens a minute   80%  16,000 of 20,000  resets in 42 s",
        "✗ client nvim: 5 requests an hour     120%  6 of 5",
    ]
    assert len(shown(130)) == 3


@pytest.mark.parametrize("width", range(40, 140, 9))
def test_limits_fit_the_terminal(width: int) -> None:
    """No line is as wide as the terminal."""
    assert [line for line in shown(width) if len(line) >= width] == []


def test_no_limits() -> None:
    """Without limits there are no lines."""
    assert limit_lines([], 80, NOW, draws=True, has_unicode=True) == []


def test_the_example_is_toml() -> None:
    """The example can be pasted into a configuration."""
    assert tomllib.loads(EXAMPLE) == {
        "limits": [{"provider": "anthropic", "usd": 5.0, "per": "day"}]
    }


def test_unknown_names_in_limits_are_reported() -> None:
    """The closest known name is suggested."""
    rows = [
        {"limit": 0, "what": "model", "name": "openai/gpt-5.55", "nearest": "openai/gpt-5.5"},
        {"limit": 2, "what": "key", "name": "wrok"},
    ]
    model, key = unknown_name_notes({"unknown": rows})
    assert "'openai/gpt-5.55', an unknown model" in model
    assert model.endswith("; did you mean 'openai/gpt-5.5'?")
    assert key == "! limits[2] is for 'wrok', an unknown key"
    assert unknown_name_notes({}) == []


def test_limits_that_refuse_say_why() -> None:
    """In an outage, and while or because earlier usage is missing."""
    limits = [{**REQUESTS, "share": 0.0, "refuses": True}]
    (line,) = plain(limit_lines(limits, 120, NOW, draws=False, has_unicode=True))
    assert line.startswith("✗ client nvim")
    outage = {"state": "degraded", "reason": "/l.db: the disk is full", "on_failure": "refuse"}
    note = incomplete_note({"limits": limits, "ledger": outage})
    assert "1 limit cannot be checked, so requests are refused: the ledger does not work" in note
    assert 'set [usage] on_failure = "serve"' in note
    missing = [{**limits[0], "incomplete": True}]
    note = incomplete_note({"limits": missing, "ledger": {"state": "ok", "on_failure": "refuse"}})
    assert "has not been read yet" in note
    assert "Requests are refused until then." in note
    # A limit of a fleet whose engine is away refuses too, whatever the ledger does.
    shared = {"limits": [{**limits[0], "shared": True}], "ledger": {**outage, "on_failure": None}}
    assert incomplete_note(shared) == ""


def test_a_shared_limit_has_a_line_for_each_machine() -> None:
    """Below its own; what others have leased is not left for this machine."""
    machines = [
        {"machine": "1", "label": "laptop", "this": True, "live": True, "used": "3", "held": "0"},
        {"machine": "2", "label": "ci", "live": True, "used": "0.42", "held": "0.1"},
    ]
    shared = {**MONEY, "shared": True, "held_elsewhere": "0.1", "machines": machines}
    lines = plain(limit_lines([shared, REQUESTS], 140, NOW, draws=False, has_unicode=True))
    assert lines[0].endswith("resets in 10 min, $0.02 reserved, $0.10 leased elsewhere")
    assert lines[1:3] == [
        "    ● laptop (this one)  $3.00 used",
        "    ● ci                 $0.42 used  $0.10 leased",
    ]
    assert len(lines) == 4
    assert "this machine alone" in lines[3]
    assert not any("alone" in line for line in lines[:3])


def test_a_rest_of_a_lease_that_is_less_than_any_request_is_not_shown() -> None:
    """The engine counts billionths of a USD."""
    machines = [{"machine": "2", "label": "ci", "live": True, "used": "1", "held": "0.000000004"}]
    shared = {**MONEY, "shared": True, "held_elsewhere": "0.000000004", "machines": machines}
    lines = plain(limit_lines([shared], 140, NOW, draws=False, has_unicode=True))
    assert not any("leased" in line for line in lines)


def test_shared_limits_say_when_the_engine_is_away() -> None:
    """And whether limits differ; a daemon that shares nothing says nothing."""
    assert shared_notes({}, NOW) == []
    state = {"state": "ok", "engine": "redis://db:1", "differing": ["ci"]}
    (note,) = shared_notes({"shared": state}, NOW)
    assert note.startswith("ci has other limits")
    away = {"state": "away", "engine": "redis://db:1", "reason": "no way", "problem": "no way"}
    first, second = shared_notes({"shared": away}, NOW)
    assert first.startswith("! the engine at redis://db:1 is away: no way")
    assert second == "! only this machine is shown"
