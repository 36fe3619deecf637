"""`aircher-cli uninstall`: removes the service, the keys and every file that aircher has written.

The order: keys, since only the daemon and the list of keys can find those in a keyring; the service
and the daemon, which would write files again; the files. What fails ends the command before the
next step, and it can be repeated.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aircher_cli.commands.daemon.lifecycle import add_timeout
from aircher_cli.commands.uninstall.own_files import Place, find_places, remove_place
from aircher_cli.commands.uninstall.program import removal_command
from aircher_cli.commands.uninstall.shell_files import find_completions, find_lines
from aircher_cli.commands.uninstall.stored_keys import (
    StoredKey,
    read_stored_keys,
    remove_stored_keys,
)
from aircher_cli.context import Context
from aircher_cli.exit_codes import FAILED, OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser
from aircher_cli.render.formatting import count, short_path
from aircher_cli.render.layout import paragraph
from aircher_client.autostart import check_directories
from aircher_client.lock_holder import find_draining_daemon, find_forward

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.service.steps import Steps

EXAMPLES = """
aircher-cli uninstall --dry-run
aircher-cli uninstall
aircher-cli uninstall --keep-keys --yes
"""

DESCRIPTION = """\
Show what aircher has on this machine, ask, and remove it: the stored keys, the service, the running
daemon, configuration, usage data, conversations, logs, cache and completion scripts. Files that
are not from aircher are kept and named. The program itself stays, and the command that removes it
is printed."""

CONVERSATIONS = "conversations"
CONVERSATION = ".jsonl"

STILL_INSTALLED = "the program is still installed; this removes it:"

YES = frozenset({"y", "yes"})


@dataclass(frozen=True)
class Findings:
    """What there is to remove, and what is kept, as (path, reason)."""

    keys: list[StoredKey]
    units: list[Path]
    pid: int | None
    places: list[Place]
    completions: list[Path]
    kept: list[tuple[str, str]]

    def __bool__(self) -> bool:
        """Whether there is anything to remove."""
        has_files = any(place.has_own for place in self.places)
        return bool(self.keys or self.units or self.pid or has_files or self.completions)


def build_parser() -> Parser:
    """Return the parser of `uninstall`."""
    parser = make_parser("uninstall", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("--dry-run", action="store_true", help="only show what would be removed")
    add("--yes", action="store_true", help="remove it without a question")
    add("--keep-keys", action="store_true", help="leave the stored keys, for a later installation")
    add_timeout(parser)
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Show what there is, and remove it; it is not an error if there is nothing.

    Raises:
        UsageError: there is no terminal to ask on, and no `--yes`.
        CommandFailed: a forward from another machine is in use; or a step failed, and what comes
            after it is still there.
        DaemonUnreachable: the home belongs to another user, or the daemon does not answer.
    """
    check_directories(context.environ)
    if (origin := find_forward(context.environ)) is not None:
        raise CommandFailed(
            f"the daemon of {origin} is used here: end 'aircher-cli forward' on {origin} first, "
            "and repeat this"
        )
    found = find(context.environ, keep_keys=options.keep_keys)
    is_asked = not (options.yes or options.dry_run)
    if found and is_asked and (options.json or context.has_input() or context.stdin is None):
        raise UsageError(
            "there is no terminal to ask on: see what would be removed with --dry-run, and add "
            "--yes to remove it",
            "aircher-cli uninstall --dry-run",
        )
    if not options.json:
        _show(context, found)
    if options.dry_run or not found or (is_asked and not _agrees(context)):
        return _finish(context, options, found, steps=[])
    return _remove(context, options, found)


def find(environ: Mapping[str, str], *, keep_keys: bool) -> Findings:
    """Return what there is, without changing or starting anything.

    Raises:
        CommandFailed: the list of stored keys cannot be read.
    """
    places = find_places(environ, keep_keys=keep_keys)
    keys = [] if keep_keys else read_stored_keys(environ)
    holder = find_draining_daemon(environ)
    home = environ.get("HOME", "")
    kept = [(str(path), reason) for place in places for path, reason in place.kept]
    for path, number in find_lines(environ):
        kept.append((str(path), f"remove line {number}, which names aircher-cli, yourself"))
    if keep_keys and any(reason == "your keys need it" for _, reason in kept):
        kept.append(("the keys in the keyring", "if there are any"))
    return Findings(
        keys=keys,
        units=_installed_units(environ),
        pid=None if holder is None else holder.pid,
        places=places,
        completions=find_completions(environ),
        kept=[(short_path(path, home), reason) for path, reason in kept],
    )


def _installed_units(environ: Mapping[str, str]) -> list[Path]:
    if sys.platform == "darwin":
        from aircher_cli.service import launchd, unit_file  # noqa: PLC0415 -- one of two

        path = launchd.plist_path(environ)
        state = unit_file.state(path, launchd.OWNERSHIP)
        return [path] if state in (unit_file.State.OURS, unit_file.State.CHANGED) else []
    from aircher_cli.service.systemd_uninstall import installed_files  # noqa: PLC0415 -- likewise

    return installed_files(environ)


def _remove(context: Context, options: argparse.Namespace, found: Findings) -> int:
    from aircher_cli.commands.daemon.lifecycle import stop  # noqa: PLC0415 -- not for `--dry-run`
    from aircher_cli.service import manager  # noqa: PLC0415 -- likewise
    from aircher_cli.service.steps import Steps  # noqa: PLC0415 -- likewise

    steps = Steps(context.console, is_silent=options.json)
    if found.keys:
        for note in remove_stored_keys(context, found.keys):
            steps.note(note)
        steps.did(f"removed {count(len(found.keys), 'stored key')}")
    manager.uninstall(context, steps, timeout=options.timeout)
    if (pid := stop(context, options.timeout)) is not None:
        steps.did(f"stopped aircherd (process {pid})")
    failed = _remove_files(context, options, found, steps)
    for path, reason in failed:
        steps.note(f"{path} was kept: {reason}")
    code = _finish(context, options, found, steps.changes)
    return FAILED if failed else code


def _remove_files(
    context: Context, options: argparse.Namespace, found: Findings, steps: "Steps"
) -> list[tuple[str, str]]:
    """Remove the files, also those that the daemon has written since; return what could not be."""
    home = context.environ.get("HOME", "")
    places = find_places(context.environ, keep_keys=options.keep_keys)
    places.append(Place(Path(), files=found.completions))
    failed: list[tuple[str, str]] = []
    for place in places:
        if not place.has_own:
            continue
        already = len(place.kept)
        remove_place(place)
        for path in place.files if place.directory == Path() else [place.directory]:
            steps.did(f"removed {_files_in(place, path, home)}")
        failed += [(short_path(str(path), home), why) for path, why in place.kept[already:]]
    return failed


def _files_in(place: Place, path: Path, home: str) -> str:
    shown = short_path(str(path), home)
    if place.directory != path or path in place.files:
        return shown
    if not place.files:
        return f"the empty directory {shown}"
    return f"{count(len(place.files), 'file')} in {shown}"


def _show(context: Context, found: Findings) -> None:
    """Print what is removed and what is kept."""
    home = context.environ.get("HOME", "")
    rows = [
        *(f"key {key}" for key in found.keys),
        *(f"service {short_path(str(path), home)}" for path in found.units),
        *([f"daemon, process {found.pid}"] if found.pid else []),
        *(
            f"{_files_in(place, place.directory, home)}{_size(place)}{_conversations(place)}"
            for place in found.places
            if place.has_own
        ),
        *(short_path(str(path), home) for path in found.completions),
    ]
    if not rows:
        context.console.line("nothing to remove: aircher has no files, keys or service here")
    for title, lines in (
        ("to remove:", rows),
        ("kept:", [f"{path}: {reason}" for path, reason in found.kept]),
    ):
        if lines:
            context.console.line(title, "bold")
        for line in lines:
            for pieces in paragraph(line, context.console.width, indent="  ", hang="  "):
                context.console.styled(pieces)


def _size(place: Place) -> str:
    size = place.size / 1_000_000
    return f", {size:.1f} MB" if size >= 0.1 else ""


def _conversations(place: Place) -> str:
    """Name what the user wrote, and cannot get again."""
    files = [path for path in place.files if path.parent == place.directory / CONVERSATIONS]
    number = sum(path.suffix == CONVERSATION for path in files)
    what = count(number, "conversation")
    return f", with {what} ('aircher-cli chats export NAME' saves one)" if number else ""


def _agrees(context: Context) -> bool:
    context.console.prompt("Remove all of this? It cannot be undone. [y/N] ")
    answer = context.stdin.readline() if context.stdin is not None else ""
    return answer.strip().lower() in YES


def _finish(
    context: Context, options: argparse.Namespace, found: Findings, steps: list[str]
) -> int:
    """Print how the program is removed, or the whole record."""
    command = removal_command(context.environ)
    if options.json:
        context.console.json(
            {
                "removed": bool(steps),
                "steps": steps,
                "keys": [key._asdict() for key in found.keys],
                "service": [str(path) for path in found.units],
                "pid": found.pid,
                "files": [str(path) for place in found.places for path in place.files],
                "completions": [str(path) for path in found.completions],
                "kept": [{"path": path, "reason": reason} for path, reason in found.kept],
                "program": command,
            }
        )
    elif steps or not found:
        for pieces in paragraph(STILL_INSTALLED, context.console.width):
            context.console.styled(pieces)
        context.console.line(f"  {command or 'the tool that installed it'}")
    return OK
