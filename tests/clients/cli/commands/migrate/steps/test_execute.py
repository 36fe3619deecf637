"""Carrying out a plan with a daemon."""

import errno
import hashlib

import pytest

from aircher_cli.commands.migrate.plan.keys import PlannedKey
from aircher_cli.commands.migrate.plan.plan import Plan
from aircher_cli.commands.migrate.steps import execute
from aircher_cli.commands.migrate.steps.execute import (
    KeyOutcome,
    Result,
    check_file,
    check_text,
    finish,
    preview_keys,
    servers_in_use,
    store_keys,
    write_config,
)
from aircher_cli.commands.migrate.steps.target import read_target
from aircher_cli.exit_codes import CommandFailed
from aircher_client import Client, DaemonError
from helpers.daemon.cli_daemon import refuses
from helpers.old_aircher.samples import FORM_B, PLAIN_CLAUDE

KEY = PlannedKey("openai", "openai", "sk-canary-0123456789", "/h/auth.json")
PLAN = Plan(keys=[KEY], servers={"openai": "https://api.openai.com/v1"})
SERVERS = {"openai": "https://api.openai.com/v1"}


@pytest.fixture
def client(daemon):
    with Client.connect(daemon.environ) as client:
        yield client


def store(client, *, plan=PLAN, servers=SERVERS, force=False):
    said = []
    outcomes = store_keys(client, plan, servers, force=force, progress=said.append)
    return [(each.outcome, each.message) for each in outcomes], said


@pytest.mark.parametrize(
    ("answer", "outcome", "message"),
    [
        ({"provider": "openai"}, "stored", ""),
        ({"provider": "openai", "kept": True}, "already", ""),
        (refuses("bad_request", "x", reason="exists"), "exists", "another key is stored already"),
        (refuses("keyring_locked", "the keyring is locked"), "failed", "the keyring is locked"),
    ],
)
def test_outcomes_of_keys(daemon, client, answer, outcome, message):
    """The daemon decides; a failure is an outcome, not the end."""
    daemon.answers["auth.login"] = answer
    ((found, said),), progress = store(client)
    assert found == outcome
    assert message in said
    assert progress == ["storing the key of openai (1 of 1)…"]


def test_a_preview_names_the_keys_of_other_servers():
    """As the real run does with a configuration that is kept."""
    (same,) = preview_keys(PLAN, SERVERS)
    (other,) = preview_keys(PLAN, {"openai": "https://llm.example/v1"})
    assert (same.outcome, other.outcome) == ("would_store", "failed")
    assert "in use openai is https://llm.example/v1" in other.message


@pytest.mark.parametrize("force", [True, False])
def test_keys_are_stored_without_a_check(daemon, client, force):
    """No provider is called, and another stored key is replaced only with --force."""
    daemon.answers["auth.login"] = {}
    store(client, force=force)
    (params,) = [params for name, params in daemon.calls if name == "auth.login"]
    assert params == {
        "provider": "openai",
        "key": KEY.value,
        "verify": False,
        "replace": force,
    }


@pytest.mark.parametrize("servers", [{}, {"openai": ""}, {"openai": "https://other.example/v1"}])
def test_a_key_is_not_stored_for_another_server(daemon, client, servers):
    """The configuration in use may be another one than the plan's."""
    ((outcome, message),), _ = store(client, servers=servers)
    assert outcome == "failed"
    assert "configuration that is in use" in message
    assert "auth.login" not in daemon.methods


def test_servers_in_use(daemon, client):
    """The daemon says where each provider is."""
    daemon.answers["status"] = {"providers": [{"provider": "a", "base_url": "https://a"}]}
    assert servers_in_use(client) == {"a": "https://a"}


def test_the_new_text_is_checked_first(daemon, client, tmp_path):
    """An invalid one is a mistake of ours, and changes nothing."""
    daemon.answers["config.check"] = {
        "ok": False,
        "problems": [{"file": "c", "line": 3, "path": "x", "message": "is wrong"}],
    }
    with pytest.raises(CommandFailed, match="c:3: x: is wrong"):
        check_text(client, "x = 1", tmp_path / "config.toml")
    daemon.answers["config.check"] = {"ok": True}
    check_text(client, "x = 1", tmp_path / "config.toml")


def test_another_configuration_file_is_refused(daemon, client, tmp_path):
    """A daemon of another environment would write another file."""
    daemon.answers["status"] = {"config": {"file": "/other/config.toml"}}
    with pytest.raises(CommandFailed, match=r"/other/config\.toml, and this shell"):
        check_file(client, tmp_path / "config.toml")


def test_writing_makes_a_backup_first(daemon, client, tmp_path):
    """The daemon replaces exactly the file that is in the backup."""
    path = tmp_path / "config.toml"
    path.write_text(FORM_B)
    daemon.answers["config.write"] = {}
    backup = write_config(client, "new", read_target(path), tmp_path, None)
    assert (backup / "config.toml").read_text() == FORM_B
    assert daemon.calls[-1] == (
        "config.write",
        {"text": "new", "base": hashlib.sha256(FORM_B.encode()).hexdigest()},
    )


def test_writing_where_there_was_no_file(daemon, client, tmp_path):
    """Nothing to back up; a file that appears meanwhile is not replaced."""
    daemon.answers["config.write"] = {}
    target = read_target(tmp_path / "config.toml")
    assert write_config(client, "new", target, tmp_path, None) is None
    assert daemon.calls[-1][1]["base"] == ""


def test_a_backup_that_cannot_be_written(daemon, client, tmp_path, monkeypatch):
    """With a full disk nothing is changed, and the message says so."""
    path = tmp_path / "config.toml"
    path.write_text(FORM_B)

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(execute, "make_backup", full)
    with pytest.raises(CommandFailed, match=r"No space left on device\. Nothing was changed"):
        write_config(client, "new", read_target(path), tmp_path, None)
    assert "config.write" not in daemon.methods


def test_a_refused_write_keeps_the_old_file(daemon, client, tmp_path):
    """The daemon's error is reported as it is."""
    daemon.answers["config.write"] = refuses("internal", "the disk is full")
    with pytest.raises(DaemonError, match="the disk is full"):
        write_config(client, "new", read_target(tmp_path / "config.toml"), tmp_path, None)


@pytest.mark.parametrize(
    ("outcomes", "action", "complete"),
    [
        (["stored", "already"], "write", True),
        (["stored", "exists"], "write", False),
        (["failed"], "write", False),
        (["stored"], "refused", False),
        ([], "none", True),
    ],
)
def test_a_run_is_complete_when_everything_is_in_place(outcomes, action, complete):
    """Only then the backup's keys are replaced, and old files may go."""
    keys = [KeyOutcome(KEY, outcome) for outcome in outcomes]
    assert Result(action=action, keys=keys).is_complete is complete


def test_finishing_takes_the_stored_keys_out_of_the_backup(tmp_path):
    """Each stored key, and no other one."""
    backup = execute.make_backup(tmp_path, "2026-11-29", FORM_B.encode())
    key = PlannedKey("anthropic", "claude", PLAIN_CLAUDE, "f")
    finish(Result(backup=backup, keys=[KeyOutcome(key, "stored")]))
    assert PLAIN_CLAUDE not in (backup / "config.toml").read_text()
    assert not (backup / "unfinished").exists()


def test_finishing_on_a_full_disk(tmp_path, monkeypatch):
    """The message says that the backup still has keys, and what to do."""

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(execute, "finish_backup", full)
    with pytest.raises(CommandFailed, match="still has keys"):
        finish(Result(backup=tmp_path))
