"""`aircher-cli migrate`: carries over configuration and keys of the earlier aircher.

find -> read -> plan -> let the daemon write and store -> remove, if asked to -> report
"""

import argparse
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from aircher_cli.commands.migrate.notes import Note
from aircher_cli.commands.migrate.old_files.collect import Found, collect
from aircher_cli.commands.migrate.old_files.sources import (
    NoHome,
    OldFile,
    distinct,
    files_in,
    find_files,
    project_places,
    user_home,
)
from aircher_cli.commands.migrate.plan.plan import Plan, make_plan
from aircher_cli.commands.migrate.report import (
    Report,
    json_value,
    removal_question,
    report_lines,
    text_of_config,
)
from aircher_cli.commands.migrate.steps.backup import CONFIG_NAME, close_home, find_backup
from aircher_cli.commands.migrate.steps.execute import (
    KeyOutcome,
    Result,
    check_file,
    check_text,
    finish,
    load_file,
    preview_keys,
    servers_in_use,
    store_keys,
    write_config,
)
from aircher_cli.commands.migrate.steps.one_run import one_run
from aircher_cli.commands.migrate.steps.removal import Remaining, removable, remove
from aircher_cli.commands.migrate.steps.target import Action, Target, decide, in_use, read_target
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed, UsageError, exit_code
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_client import Client, DaemonUnreachable
from aircher_wire.address import aircher_home

EXAMPLES = """
aircher-cli migrate --dry-run
aircher-cli migrate
aircher-cli migrate --remove-old
"""

DESCRIPTION = """\
Carry over what the earlier aircher, written in Rust, left behind: its configuration
becomes a new config.toml with comments, and its keys go into the keyring, or into the credentials
file where there is none. What has no counterpart is listed. It can be interrupted and repeated. The
old files stay unless --remove-old is given."""

QUIET_SECONDS = 1.0
"""Progress is shown only if it takes longer."""


def build_parser() -> Parser:
    """Return the parser of `migrate`."""
    parser = make_parser("migrate", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("--dry-run", action="store_true", help="show what would be done, and change nothing")
    add(
        "--from",
        dest="place",
        type=non_empty_name,
        metavar="PATH",
        help="a folder of the earlier aircher, or its config.toml, instead of the usual places",
    )
    add(
        "--force",
        action="store_true",
        help="replace a newer config.toml (a backup is kept) and keys that are stored already",
    )
    add("--remove-old", action="store_true", help="remove the old files that were carried over")
    add("--yes", action="store_true", help="do not ask before removing them")
    add_json(parser)
    return parser


@dataclass
class _Work:
    """What was found, and what is planned.

    `resumed` is the backup of an interrupted run; `old_copy` the file in a backup that the target
    was made from by an earlier run.
    """

    home: Path
    folder: Path
    target: Target
    found: Found
    plan: Plan
    notes: list[Note]
    resumed: Path | None
    old_copy: Path | None = None

    @property
    def source(self) -> str:
        return self.found.config.file if self.found.config else ""


def run(context: Context, options: argparse.Namespace) -> int:
    """Carry everything over, print the report, and return the exit code.

    Raises:
        CommandFailed: nothing could be done; what was there is unchanged.
        DaemonUnreachable, DaemonError: likewise, if the daemon could not do its part.
    """
    if options.remove_old and not options.yes and not options.dry_run and context.has_input():
        raise UsageError(
            "--remove-old asks before it removes files, and there is no terminal: add --yes",
            "aircher-cli migrate --help",
        )
    try:
        home = user_home(context.environ)
    except NoHome as error:
        raise CommandFailed(str(error)) from None
    if options.dry_run:
        return _migrate(context, options, home)
    with one_run(home):
        return _migrate(context, options, home)


def _migrate(context: Context, options: argparse.Namespace, home: Path) -> int:
    work = _prepare(context, options, home)
    if not work.found.files and not work.notes:
        return _nothing(context, as_json=options.json)
    report = Report(
        str(home),
        work.target.path,
        options.dry_run,
        files=work.found.files,
        plan=work.plan,
        notes=work.notes,
        old_copy=work.old_copy,
    )
    if options.dry_run:
        _preview(context, options, work, report)
    else:
        _carry_out(context, options, work, report)
        if report.result.backup is not None and work.source == str(work.target.path):
            report.old_copy = report.result.backup / CONFIG_NAME
        _remove_old(context, options, work, report)
    return _show(context, report, as_json=options.json)


def _prepare(context: Context, options: argparse.Namespace, home: Path) -> _Work:
    folder = aircher_home(context.environ)
    target = read_target(folder / "config.toml")
    files = distinct(_files(context, options), target.path)
    # An earlier run has replaced the file, so what it was made from is in the backup now.
    is_asked_for = options.place is None or any(file.path == target.path for file in files)
    is_replaced = target.state in ("own", "migrated") and is_asked_for
    backup = find_backup(folder) if is_replaced else None
    contents = {target.path: backup.content} if backup else {}
    resumed = backup.directory if backup and backup.is_unfinished else None
    found = collect(files, os.getuid(), contents)
    now = replace(in_use(target), lost_keys=found.lost)
    plan = make_plan(found.config, found.keys, context.environ, str(home), now)
    notes = [*found.notes, *plan.notes, *_project_notes(options, home)]
    old_copy = backup.directory / CONFIG_NAME if backup else None
    return _Work(home, folder, target, found, plan, list(dict.fromkeys(notes)), resumed, old_copy)


def _files(context: Context, options: argparse.Namespace) -> list[OldFile]:
    if options.place is None:
        return find_files(context.environ)
    place = Path(options.place).expanduser().absolute()
    if not place.exists():
        raise CommandFailed(f"{place} does not exist: check --from")
    return files_in(place)


def _project_notes(options: argparse.Namespace, home: Path) -> list[Note]:
    """List the project's own settings, which this program does not have."""
    if options.place is not None:
        return []
    message = (
        "settings of a project: this program has none. To use them as your own: aircher-cli "
        "migrate --from {}"
    )
    places = project_places(Path.cwd(), home)
    return [Note("left", "", message.format(place), str(place)) for place in places]


def _preview(context: Context, options: argparse.Namespace, work: _Work, report: Report) -> None:
    """Fill the report of a dry run; the daemon is asked only if it is running."""
    result = report.result
    if work.plan.text is not None:
        action, result.reason = _decide(options, work)
        result.action = "would_write" if action == "write" else action
    result.keys = [KeyOutcome(key, "would_store") for key in work.plan.keys]
    report.is_checked = work.plan.text is None
    try:
        with context.connect(autostart=False) as client:
            if work.plan.text is not None:
                check_text(client, work.plan.text, work.target.path)
                report.is_checked = True
                if result.action != "would_write":
                    result.keys = preview_keys(work.plan, servers_in_use(client))
    except DaemonUnreachable:
        return


def _decide(options: argparse.Namespace, work: _Work) -> tuple[Action, str]:
    assert work.plan.text is not None
    return decide(
        work.target,
        work.plan.text,
        work.source,
        force=options.force,
        resuming=work.resumed is not None,
    )


def _carry_out(context: Context, options: argparse.Namespace, work: _Work, report: Report) -> None:
    if work.plan.text is None and not work.plan.keys and work.resumed is None:
        return
    result = report.result
    with context.connect() as client:
        check_file(client, work.target.path)
        if work.plan.text is not None:
            _write(client, options, work, result)
        result.backup = result.backup or work.resumed
        result.keys = store_keys(
            client,
            work.plan,
            servers_in_use(client),
            force=options.force,
            progress=_Progress(context),
        )
    if result.is_complete:
        finish(result)
    if note := close_home(work.folder, work.home):
        work.notes.append(note)
    in_backup = {str(work.target.path)} & {key.file for key in work.plan.not_stored}
    result.has_other_keys = result.backup is not None and bool(in_backup)


def _write(client: Client, options: argparse.Namespace, work: _Work, result: Result) -> None:
    assert work.plan.text is not None
    action, result.reason = _decide(options, work)
    result.action = action
    if action == "write":
        check_text(client, work.plan.text, work.target.path)
        result.backup = write_config(client, work.plan.text, work.target, work.folder, work.resumed)
    elif action == "unchanged":
        load_file(client)


class _Progress:
    """Notes what is being done, on a terminal, once it takes longer."""

    def __init__(self, context: Context) -> None:
        self._console = context.console
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        if self._console.err_is_terminal and time.monotonic() - self._start > QUIET_SECONDS:
            self._console.note(text)


def _remove_old(context: Context, options: argparse.Namespace, work: _Work, report: Report) -> None:
    result = report.result
    lost = {key.file for key in work.plan.not_stored}
    lost |= {e.key.file for e in result.keys if e.outcome not in ("stored", "already")}
    work.found.kept |= {note.file for note in work.notes if note.kind == "problem"}
    chosen, stay = removable(work.found, work.home, work.target.path, lost)
    if result.action == "refused":
        reason = "the configuration is not carried over"
        stay += [Remaining(file.path, reason) for file in chosen if file.role == "config"]
        chosen = [file for file in chosen if file.role != "config"]
    report.removable, report.remains = chosen, stay
    if not options.remove_old or not chosen:
        return
    if not options.yes and not _agrees(context, removal_question(chosen, report.home)):
        return
    report.removed, failed = remove(chosen)
    report.remains = [*stay, *failed]


def _agrees(context: Context, question: str) -> bool:
    context.console.note(question.rstrip())
    answer = context.stdin.readline() if context.stdin is not None else ""
    return answer.strip().lower() in ("y", "yes")


def _nothing(context: Context, *, as_json: bool) -> int:
    if as_json:
        context.console.json({"ok": True, "files": [], "keys": [], "notes": []})
    else:
        context.console.line("there is nothing left by the earlier aircher to carry over")
    return OK


def _show(context: Context, report: Report, *, as_json: bool) -> int:
    if as_json:
        context.console.json(json_value(report))
    else:
        width = context.console.width
        for line in (*report_lines(report, width), *text_of_config(report)):
            context.console.styled(line)
    if report.is_good:
        return OK
    errors = [each.error for each in report.result.keys if each.outcome == "failed" and each.error]
    return exit_code(errors[0]) if errors else FAILED
