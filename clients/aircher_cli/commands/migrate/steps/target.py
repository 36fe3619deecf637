"""The configuration of the new program as it is now, and whether it may be replaced."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aircher_cli.commands.migrate.old_files.toml_text import parse_toml
from aircher_cli.commands.migrate.plan.added import InUse, read_in_use
from aircher_cli.commands.migrate.plan.config_text import MARKER, has_same_source, is_unchanged
from aircher_wire.config_forms import OLD_FORMS, form_of

TargetState = Literal["missing", "old", "own", "migrated", "other", "unreadable"]
"""`own` is what an earlier run wrote, unchanged; `migrated` was changed since."""

Action = Literal["write", "unchanged", "kept", "refused"]


@dataclass(frozen=True)
class Target:
    """`content` is None if there is no file, or none that can be read."""

    path: Path
    state: TargetState
    content: bytes | None = None


def read_target(path: Path) -> Target:
    """Read the file. A link is followed, as the daemon does."""
    try:
        if not path.is_file():
            is_there = path.is_symlink() or path.exists()
            return Target(path, "unreadable" if is_there else "missing")
        content = path.read_bytes()
    except OSError:
        return Target(path, "unreadable")
    return Target(path, _state_of(content), content)


def _state_of(content: bytes) -> TargetState:
    text = content.decode(errors="replace")
    if text.startswith(MARKER):
        return "own" if is_unchanged(text) else "migrated"
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
        is_whole = True
    except (ValueError, RecursionError):  # not UTF-8, or no TOML
        table, is_whole = parse_toml(content, "").table, False
    form = form_of(table)
    if form in OLD_FORMS:
        return "old"
    has_comment = b"#" in content
    return "old" if form == "empty" and is_whole and not has_comment else "other"


def in_use(target: Target) -> InUse:
    """Return what the configuration of this program has, nothing if it is not one."""
    if target.content is None or target.state not in ("own", "migrated", "other"):
        return InUse()
    try:
        return read_in_use(tomllib.loads(target.content.decode("utf-8-sig")))
    except (ValueError, RecursionError):  # not UTF-8, or no TOML
        return InUse()


def decide(
    target: Target, text: str, source: str, *, force: bool, resuming: bool
) -> tuple[Action, str]:
    """Return what to do with the file, and why if it is not written.

    `source` is the old configuration that `text` was made from; `resuming` if an interrupted run
    has replaced the file already.
    """
    if target.content == text.encode():
        return "unchanged", "it is carried over already"
    is_own_source = target.state == "old" and source == str(target.path)
    old = (target.content or b"").decode(errors="replace")
    is_empty = target.content is not None and not old.strip()
    is_own_work = target.state == "own" and has_same_source(old, text)
    if target.state == "missing" or is_own_work or is_own_source or is_empty:
        return "write", ""
    if resuming:
        return "kept", "it was changed after an interrupted run had written it"
    if force and target.content is not None:
        return "write", ""
    return _REFUSALS[target.state]


_REFUSALS: dict[TargetState, tuple[Action, str]] = {
    "own": ("kept", "it was made from another old configuration; --force replaces it"),
    "migrated": ("kept", "it was changed since; --force replaces it, and keeps a backup"),
    "unreadable": ("refused", "it cannot be read, or is not a regular file: move it away"),
    "old": (
        "refused",
        (
            "it is a configuration of the earlier aircher, too: run without --from, or with "
            "--force, which keeps a backup of it"
        ),
    ),
    "other": (
        "refused",
        (
            "it is newer than what would be carried over. --dry-run shows that; --force replaces "
            "it, and keeps a backup"
        ),
    ),
}
