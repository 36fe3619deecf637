"""Carry out a plan as a client of the daemon.

    check the new text -> back up what it replaces -> config.write -> auth.login for each key
    -> replace the stored keys in the backup

The configuration comes first, because it says to which server a key belongs. Each step can be
repeated, so after a crash the same command finishes the rest. `auth.login` with `replace: false` is
exact: it says whether the same key is stored already, or another one.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aircher_cli.commands.migrate.plan.keys import PlannedKey
from aircher_cli.commands.migrate.plan.plan import Plan
from aircher_cli.commands.migrate.plan.urls import origin
from aircher_cli.commands.migrate.steps.backup import finish_backup, make_backup
from aircher_cli.commands.migrate.steps.target import Action, Target
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.config.problems import problem_lines
from aircher_cli.values import Map, as_map, records, text
from aircher_client import DaemonError
from aircher_client.proof import call_with_proof
from aircher_wire import codes, methods
from aircher_wire.fingerprints import content_hash

if TYPE_CHECKING:
    from aircher_client import Client

Outcome = Literal["stored", "already", "would_store", "exists", "failed"]


@dataclass
class KeyOutcome:
    """What became of one key; `message` says why it is not stored."""

    key: PlannedKey
    outcome: Outcome
    message: str = ""
    error: DaemonError | None = None


@dataclass
class Result:
    """What was done. `backup` is its directory."""

    action: Action | Literal["would_write", "none"] = "none"
    reason: str = ""
    backup: Path | None = None
    is_backup_emptied: bool = False
    has_other_keys: bool = False
    """Whether the backup has keys that are not stored."""
    keys: list[KeyOutcome] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Return whether the configuration and all keys are where they belong."""
        stored = all(each.outcome in ("stored", "already") for each in self.keys)
        return stored and self.action != "refused"


def check_text(client: "Client", plan_text: str, path: Path) -> None:
    """Let the daemon check the new configuration, before anything changes.

    Raises:
        CommandFailed: it is not valid, which is a mistake of this command.
    """
    found = client.call(methods.CONFIG_CHECK, {"text": plan_text, "file": str(path)})
    if not found.get("ok"):
        lines = "\n".join(f"  {line}" for line in problem_lines(records(found.get("problems"))))
        raise CommandFailed(
            "the new configuration would not be valid, so nothing was changed. Please report it, "
            f"with this:\n{lines}",
            code="config_invalid",
        )


def check_file(client: "Client", path: Path) -> None:
    """Check that the daemon uses the same configuration file.

    Raises:
        CommandFailed: it uses another one, so the two have different environments.
    """
    used = text(as_map(as_map(client.call(methods.STATUS)).get("config")).get("file"))
    if used and used != str(path):
        raise CommandFailed(
            f"the running daemon uses {used}, and this shell {path}: run this command with the "
            "same AIRCHER_HOME and HOME, or restart the daemon: aircher-cli daemon restart"
        )


def write_config(
    client: "Client", plan_text: str, target: Target, home: Path, resumed: Path | None
) -> Path | None:
    """Write the new configuration; return the backup of what it replaces.

    Raises:
        CommandFailed: the backup cannot be written; nothing changed.
        DaemonError: the file cannot be written; nothing changed.
    """
    backup = resumed
    is_worth_it = target.state != "own" and bool(target.content and target.content.strip())
    if target.content is not None and resumed is None and is_worth_it:
        try:
            backup = make_backup(home, time.strftime("%Y-%m-%d"), target.content)
        except OSError as error:
            raise CommandFailed(
                f"cannot write a backup of {target.path} in {home}: {error.strerror or error}. "
                "Nothing was changed; make room or fix the mode, and run again"
            ) from None
    params: Map = {"text": plan_text, "base": content_hash(target.content)}
    call_with_proof(client, methods.CONFIG_WRITE, params)
    return backup


def load_file(client: "Client") -> None:
    """Let the daemon read the configuration file that was written by an earlier run.

    If that run was killed right after it, the daemon may still use the file before.

    Raises:
        DaemonError: the file cannot be read; the daemon's notices tell that it is invalid.
    """
    try:
        client.call(methods.CONFIG_RELOAD)
    except DaemonError as error:
        if error.code != codes.CONFIG_INVALID:
            raise


def servers_in_use(client: "Client") -> dict[str, str]:
    """Return the base URL of each provider in the configuration that the daemon uses now."""
    rows = records(as_map(client.call(methods.STATUS)).get("providers"))
    return {text(row.get("provider")): text(row.get("base_url")) for row in rows}


def preview_keys(plan: Plan, servers: Mapping[str, str]) -> list[KeyOutcome]:
    """Return what `store_keys` would do with each key if the configuration in use is kept."""
    reasons = [(key, _other_server(key, plan, servers)) for key in plan.keys]
    return [KeyOutcome(key, "failed" if why else "would_store", why or "") for key, why in reasons]


def store_keys(
    client: "Client",
    plan: Plan,
    servers: Mapping[str, str],
    *,
    force: bool,
    progress: Callable[[str], None],
) -> list[KeyOutcome]:
    """Store the keys one by one; a failure does not stop the rest."""
    outcomes: list[KeyOutcome] = []
    for number, key in enumerate(plan.keys, 1):
        progress(f"storing the key of {key.provider} ({number} of {len(plan.keys)})…")
        outcomes.append(_store(client, key, plan, servers, force=force))
    return outcomes


def _store(
    client: "Client", key: PlannedKey, plan: Plan, servers: Mapping[str, str], *, force: bool
) -> KeyOutcome:
    if reason := _other_server(key, plan, servers):
        return KeyOutcome(key, "failed", reason)
    params = {"provider": key.provider, "key": key.value, "verify": False, "replace": force}
    try:
        row = as_map(client.call(methods.AUTH_LOGIN, params))
    except DaemonError as error:
        if error.data.get("reason") == "exists":
            message = "another key is stored already; --force replaces it"
            return KeyOutcome(key, "exists", message, error)
        return KeyOutcome(key, "failed", error.message, error)
    return KeyOutcome(key, "already" if row.get("kept") else "stored")


def _other_server(key: PlannedKey, plan: Plan, servers: Mapping[str, str]) -> str | None:
    """Return why the key does not belong to the provider in use, None if it does.

    The configuration in use may be another one than the plan's, if it was kept.
    """
    planned = plan.servers[key.provider]
    used = servers.get(key.provider)
    if used is None:
        return "this provider is not in the configuration that is in use"
    if not used:
        return "the entry of this provider in the configuration that is in use is invalid"
    if origin(used) != origin(planned):
        return (
            f"it belongs to {planned}, and in the configuration that is in use {key.provider} is "
            f"{used}"
        )
    return None


def finish(result: Result) -> None:
    """Take the stored keys out of the backup.

    Raises:
        CommandFailed: it cannot be written; the next run does it.
    """
    if result.backup is None:
        return
    stored = [each.key.value for each in result.keys if each.outcome in ("stored", "already")]
    try:
        result.is_backup_emptied = not finish_backup(result.backup, stored)
    except OSError as error:
        raise CommandFailed(
            f"everything is carried over, but {result.backup} still has keys, and cannot be "
            f"written: {error.strerror or error}. Run this command again when it can"
        ) from None
