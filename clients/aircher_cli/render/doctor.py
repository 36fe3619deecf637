"""Findings of `doctor` as text: a line for each, and what to do below it."""

import re
from collections.abc import Sequence

from aircher_cli.render.formatting import count
from aircher_cli.render.layout import Line, columns, paragraph

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.commands.doctor.finding import Finding

SYMBOLS = {"ok": ("✓", "good"), "warning": ("!", "warn"), "problem": ("✗", "bad")}

NARROW = 70
"""Below this width a message stands under the name of its check."""


def finding_lines(findings: "Sequence[Finding]", width: int, home: str) -> list[Line]:
    """Return the lines of all findings, with `~` for the user's home in what they say.

    What to do keeps its paths: a shell does not replace a `~` in quotes.
    """
    if width < NARROW:
        return [line for finding in findings for line in _stacked(finding, width, home)]
    rows = [_row(each, home) for each in findings]
    indent = " " * (2 + max((len(each.check) for each in findings), default=0) + 2)
    lines: list[Line] = []
    for finding, row in zip(findings, columns(rows, width), strict=True):
        lines += row
        lines += _cure(finding, width, indent)
    return lines


def _row(finding: "Finding", home: str) -> Line:
    symbol, style = SYMBOLS.get(finding.status, ("?", "warn"))
    return [(symbol, style), (finding.check, "bold"), (_message(finding, home), "")]


def _stacked(finding: "Finding", width: int, home: str) -> list[Line]:
    symbol, style = SYMBOLS.get(finding.status, ("?", "warn"))
    head: Line = [(f"{symbol} ", style), (finding.check, "bold")]
    message = paragraph(_message(finding, home), width, indent="  ")
    return [head, *message, *_cure(finding, width, "  ")]


def _message(finding: "Finding", home: str) -> str:
    said = finding.message
    if home.strip("/"):
        said = re.sub(rf"(?<![\w.~/-]){re.escape(home.rstrip('/'))}/", "~/", said)
    return said if finding.status == "ok" else f"{finding.status}: {said}"


def _cure(finding: "Finding", width: int, indent: str) -> list[Line]:
    return paragraph(f"→ {finding.cure}", width, indent=indent, hang="  ") if finding.cure else []


def summary_line(findings: "Sequence[Finding]", width: int) -> list[Line]:
    """Return the last line, after a blank one: how many problems and warnings there are."""
    numbers = {status: sum(each.status == status for each in findings) for status in SYMBOLS}
    parts = [count(numbers[status], status) for status in ("problem", "warning") if numbers[status]]
    text = f"{' and '.join(parts)} found." if parts else "No problem was found."
    style = "bad" if numbers["problem"] else "warn" if numbers["warning"] else "good"
    return [[("", "")], *paragraph(text, width, style=style)]
