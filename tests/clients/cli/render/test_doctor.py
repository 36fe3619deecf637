"""Findings as text."""

from aircher_cli.commands.doctor.finding import Finding
from aircher_cli.render.doctor import finding_lines, summary_line

FOUND = [
    Finding("disk", "ok", "5 GB are free for /home/you/.local/share/aircher"),
    Finding(
        "provider work",
        "problem",
        "does not answer: connection refused by the server at this address",
        "aircher-cli auth login work",
    ),
]


def text(lines: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_wide_findings_have_columns() -> None:
    """The message wraps in its column, and the cure is below it."""
    assert text(finding_lines(FOUND, 80)) == [
        "✓ disk           5 GB are free for /home/you/.local/share/aircher",
        "✗ provider work  problem: does not answer: connection refused by the server at",
        "                 this address",
        "                 → aircher-cli auth login work",
    ]


def test_narrow_findings_are_stacked() -> None:
    """So that 40 columns are enough."""
    lines = text(finding_lines(FOUND, 40))
    assert lines[:3] == ["✓ disk", "  5 GB are free for", "  /home/you/.local/share/aircher"]
    assert lines[-1] == "  → aircher-cli auth login work"
    assert max(map(len, lines)) < 40


def test_summary_counts_what_is_wrong() -> None:
    """In words."""
    warning = Finding("x", "warning", "is odd")
    assert text(summary_line(FOUND, 80)) == ["", "1 problem found."]
    assert (
        text(summary_line([*FOUND, warning, warning], 80))[1] == "1 problem and 2 warnings found."
    )
    assert text(summary_line(FOUND[:1], 80))[1] == "No problem was found."
