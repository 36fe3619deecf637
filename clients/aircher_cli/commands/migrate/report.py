"""The report of a run, as text and as JSON. No text of it contains a key."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aircher_cli.commands.migrate.notes import Kind, Note
from aircher_cli.commands.migrate.old_files.sources import OldFile
from aircher_cli.commands.migrate.plan.plan import Plan
from aircher_cli.commands.migrate.steps.execute import KeyOutcome, Result
from aircher_cli.commands.migrate.steps.removal import Remaining
from aircher_cli.render.formatting import count, short_path
from aircher_cli.render.layout import Line, columns, paragraph

Map = dict[str, object]

_HEADINGS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("Needs your attention:", ("problem",)),
    ("Good to know:", ("hint",)),
    ("Not carried over:", ("no_counterpart", "default")),
    ("Left where it is:", ("left",)),
)
_OUTCOMES: dict[str, tuple[str, str, str]] = {
    "stored": ("✓", "good", "stored"),
    "already": ("✓", "good", "already stored"),
    "would_store": ("·", "", "would be stored"),
    "exists": ("!", "warn", "not stored"),
    "failed": ("✗", "bad", "not stored"),
}
"""Outcome -> (symbol, style, text)."""


@dataclass
class Report:
    """Everything that a run found and did."""

    home: str
    target: Path
    is_dry_run: bool
    files: Sequence[OldFile] = ()
    plan: Plan = field(default_factory=Plan)
    result: Result = field(default_factory=Result)
    notes: Sequence[Note] = ()
    removed: Sequence[Path] = ()
    remains: Sequence[Remaining] = ()
    removable: Sequence[OldFile] = ()
    is_checked: bool = True
    old_copy: Path | None = None
    """The copy of the old configuration, if that was replaced by the new one."""

    @property
    def is_good(self) -> bool:
        """Return whether everything that should be carried over is, or would be."""
        has_problem = any(note.kind == "problem" for note in self.notes)
        bad_keys = any(each.outcome in ("exists", "failed") for each in self.result.keys)
        return not has_problem and not bad_keys and self.result.action != "refused"


# ------------------------------------------------------------------ JSON


def json_value(report: Report) -> Map:
    """Return the report as a JSON value."""
    result = report.result
    return {
        "ok": report.is_good,
        "dry_run": report.is_dry_run,
        "files": [
            {"path": str(file.path), "role": file.role, "layout": file.layout}
            for file in report.files
        ],
        "config": {
            "file": str(report.target),
            "action": result.action,
            "reason": result.reason or None,
            "backup": str(result.backup) if result.backup else None,
            "text": report.plan.text,
        },
        "keys": [_key_record(each) for each in result.keys],
        "notes": [asdict(note) for note in report.notes],
        "removed": [str(path) for path in report.removed],
        "removable": [str(file.path) for file in report.removable],
        "remains": [{"path": str(each.path), "reason": each.reason} for each in report.remains],
    }


def _key_record(each: KeyOutcome) -> Map:
    return {
        "provider": each.key.provider,
        "old_provider": each.key.old_name,
        "file": each.key.file,
        "masked": each.key.masked,
        "outcome": each.outcome,
        "message": each.message or None,
    }


# ------------------------------------------------------------------ text


def report_lines(report: Report, width: int) -> list[Line]:
    """Return the report for a terminal of `width` columns."""
    lines: list[Line] = []
    if report.files:
        lines += _heading("Found from the earlier aircher:", first=True)
        lines += _file_lines(report, width)
    lines += _config_lines(report, width)
    lines += _key_lines(report, width)
    for heading, kinds in _HEADINGS:
        lines += _note_lines(heading, [n for n in report.notes if n.kind in kinds], report, width)
    lines += _removal_lines(report, width)
    return lines


def text_of_config(report: Report) -> list[Line]:
    """Return the new configuration, which a dry run shows."""
    if report.plan.text is None or report.result.action != "would_write":
        return []
    head = _heading(f"{_short(report.target, report)} would be:")
    return [*head, *([(f"  {line}" if line else "", "")] for line in report.plan.text.splitlines())]


def _heading(text: str, *, first: bool = False) -> list[Line]:
    return [*([] if first else [[("", "")]]), [(text, "bold")]]


def _file_lines(report: Report, width: int) -> list[Line]:
    rows: list[Line] = [
        [("·", "dim"), (file.role, "dim"), (_short(file.path, report), "")] for file in report.files
    ]
    return [line for row in columns(rows, width) for line in row]


def _config_lines(report: Report, width: int) -> list[Line]:
    result, file = report.result, _short(report.target, report)
    backup = f"; what it was before is in {_short(result.backup, report)}" if result.backup else ""
    symbol, style, text = {
        "write": ("✓", "good", f"wrote {file}{backup}"),
        "would_write": ("·", "", f"would write {file}"),
        "unchanged": ("✓", "good", f"{file}: {result.reason}"),
        "kept": ("·", "", f"{file} is left as it is: {result.reason}"),
        "refused": ("✗", "bad", f"{file} is not replaced: {result.reason}"),
        "none": ("", "", ""),
    }[result.action]
    if not text:
        return []
    lines = [[("", "")], *paragraph(f"{symbol} {text}", width, hang="  ", style=style)]
    if result.is_backup_emptied:
        message = "the backup is empty: the keys in it could not be separated from the rest"
        lines += paragraph(message, width, indent="  ", style="warn")
    if result.has_other_keys:
        message = "the backup has a key that is not stored, see below"
        lines += paragraph(message, width, indent="  ", style="warn")
    if not report.is_checked:
        message = "the daemon is not running, so the new configuration was not checked"
        lines += paragraph(message, width, indent="  ", hang="  ", style="dim")
    return lines


def _key_lines(report: Report, width: int) -> list[Line]:
    lines: list[Line] = []
    files = dict.fromkeys(each.key.file for each in report.result.keys)
    for file in files:
        own = [each for each in report.result.keys if each.key.file == file]
        lines += _heading(f"Keys from {_shown_file(file, report)}:")
        for each, row in zip(own, columns([_key_cells(each) for each in own], width), strict=True):
            lines += row
            lines += paragraph(_shorten(each.message, report), width, indent="    ", hang="  ")
    if any(each.outcome == "stored" for each in report.result.keys):
        lines += paragraph("→ check them, free of charge: aircher-cli auth test", width, hang="  ")
    return lines


def _key_cells(each: KeyOutcome) -> Line:
    symbol, style, text = _OUTCOMES[each.outcome]
    return [
        (symbol, style),
        (each.key.provider, "bold"),
        (each.key.masked, "dim"),
        (text, style),
    ]


def _note_lines(heading: str, notes: list[Note], report: Report, width: int) -> list[Line]:
    if not notes:
        return []
    lines = _heading(heading)
    for file in dict.fromkeys(note.file for note in notes):
        own = [note for note in notes if note.file == file]
        shown = _shown_file(file, report) if file else ""
        alone = [note for note in own if not note.subject]
        for note in alone:
            where = f"{shown}:{note.line}" if note.line else shown
            text = f"{where}: {_shorten(note.message, report)}"
            lines += paragraph(text, width, indent="  ", hang="    ")
        others = [note for note in own if note.subject]
        if others and shown:
            lines += paragraph(f"{shown}:", width, indent="  ", style="dim")
        indent = "    " if shown else "  "
        for note in others:
            text = f"{note.subject}: {_shorten(note.message, report)}"
            lines += paragraph(text, width, indent=indent, hang="  ")
    return lines


def _removal_lines(report: Report, width: int) -> list[Line]:
    lines: list[Line] = []
    if report.removed:
        names = ", ".join(_short(path, report) for path in report.removed)
        lines += [[("", "")], *paragraph(f"✓ removed {names}", width, hang="  ", style="good")]
        if report.remains:
            lines += _heading("Not removed:")
        for each in report.remains:
            text = f"{_short(each.path, report)}: {each.reason}"
            lines += paragraph(text, width, indent="  ", hang="  ")
    elif report.removable and not report.is_dry_run:
        what = count(len(report.removable), "old file")
        text = f"{what} can be removed now: aircher-cli migrate --remove-old"
        lines += [[("", "")], *paragraph(text, width, hang="  ")]
    return lines


def removal_question(files: Iterable[OldFile], home: str) -> str:
    """Return the question before old files are removed."""
    names = "\n".join(f"  {short_path(str(file.path), home)}" for file in files)
    return f"These files would be removed:\n{names}\nRemove them? [y/N] "


def _shown_file(file: str, report: Report) -> str:
    """Return an old file's path; of a configuration that was replaced, that of its copy."""
    if report.old_copy is not None and file == str(report.target):
        return _short(report.old_copy, report)
    return _short(Path(file), report)


def _shorten(message: str, report: Report) -> str:
    """Return a message with the home directory in its paths as `~`."""
    home = report.home.rstrip("/")
    return message.replace(f"{home}/", "~/") if home else message


def _short(path: Path, report: Report) -> str:
    return short_path(str(path), report.home)
