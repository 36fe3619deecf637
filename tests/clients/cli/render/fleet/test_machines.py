"""Machines and what they used, in terminals of any width."""

from aircher_cli.render.fleet.machines import day_lines, day_rows, machine_lines, machine_name
from aircher_cli.values import Map

NOW = 1_796_000_000.0


def machine(label: str, **changes: object) -> Map:
    """Return a row of `fleet.report`."""
    day = {"day": "2026-11-30", "requests": 4, "tokens": 1200, "cost": "0.02"}
    fields: Map = {
        "machine": f"{label}0123456789",
        "label": label,
        "live": True,
        "seen_at": NOW,
        **{name: day[name] for name in ("requests", "tokens", "cost")},
        "days": [day],
    }
    return fields | changes


REPORT: Map = {
    "machines": [
        machine("laptop", this=True, requests=1234, tokens=5_000_000, cost="12.5"),
        machine("server"),
        machine("ci", live=False, seen_at=NOW - 7200),
    ],
    "totals": {"requests": 1242, "tokens": 5_002_400, "cost": "12.54"},
}


def shown(report: Map, width: int) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in machine_lines(report, width, NOW)]


def test_each_machine_has_a_line_and_all_have_a_sum() -> None:
    """Figures are aligned; one that is silent says since when."""
    assert shown(REPORT, 100) == [
        "● laptop (this one)  1,234 requests    5M tokens  $12.50",
        "● server                 4 requests  1.2k tokens   $0.02",
        "○ ci                     4 requests  1.2k tokens   $0.02  silent, last seen 2 h 0 min ago",
        "  total              1,242 requests    5M tokens  $12.54",
    ]


def test_a_narrow_terminal_has_two_lines_for_each() -> None:
    """None of them is wider than it."""
    lines = shown(REPORT, 40)
    assert all(len(line) <= 40 for line in lines)
    assert lines[:2] == ["● laptop (this one)", "    1,234 requests, 5M tokens, $12.50"]
    assert [line for line in lines if "silent" in line]


def test_one_machine_has_no_sum() -> None:
    """It would be the same."""
    alone = {**REPORT, "machines": [machine("laptop", this=True)]}
    assert len(shown(alone, 100)) == 1


def test_machines_of_one_name_are_known_by_their_ids() -> None:
    """A part of it is enough."""
    rows = [machine("ci", machine="aaaaaaaaa"), machine("ci", machine="bbbbbbbbb")]
    assert [machine_name(row, rows) for row in rows] == ["ci aaaaaa", "ci bbbbbb"]


def test_days_are_those_of_all_machines_together() -> None:
    """Exact, as money is."""
    assert day_rows(REPORT) == [
        {"day": "2026-11-30", "requests": 12, "tokens": 3600, "cost": "0.06"}
    ]
    (line,) = day_lines(REPORT, 80)
    assert "".join(piece for piece, _ in line) == "  2026-11-30  12 requests  3.6k tokens  $0.06"
