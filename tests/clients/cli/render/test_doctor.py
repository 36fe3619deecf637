"""Findings as text."""

from aircher_cli.commands.doctor.finding import Finding
from aircher_cli.render.doctor import finding_lines, summary_line

HOME = "/home/you"
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
    assert text(finding_lines(FOUND, 80, HOME)) == [
        "✓ disk           5 GB are free for ~/.local/share/aircher",
        "✗ provider work  problem: does not answer: connection refused by the server at",
        "                 this address",
        "                 → aircher-cli auth login work",
    ]


def test_a_message_has_no_other_directory_shortened() -> None:
    """And what to do keeps its path: a shell does not replace a `~` in quotes."""
    found = [
        Finding("files", "problem", "/srv/home/you/x, /home/your/y", "chmod 600 '/home/you/a b'")
    ]
    said = [
        "✗ files  problem: /srv/home/you/x, /home/your/y",
        "         → chmod 600 '/home/you/a b'",
    ]
    assert text(finding_lines(found, 80, HOME)) == said
    assert text(finding_lines(found, 80, ""))[0] == said[0]


def test_narrow_findings_are_stacked() -> None:
    """So that 40 columns are enough."""
    lines = text(finding_lines(FOUND, 40, HOME))
    assert lines[:3] == ["✓ disk", "  5 GB are free for", "  ~/.local/share/aircher"]
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
