"""Which process listens, and what the daemon itself finds."""

import os
import socket
from pathlib import Path

import pytest

from aircher_cli.commands.doctor.daemon import (
    RESTART,
    ask_daemon,
    fingerprints,
    not_running,
    notice_finding,
    socket_findings,
    unreachable,
)
from aircher_cli.commands.doctor.finding import OK
from aircher_client.errors import DaemonUnreachable
from aircher_wire.fingerprints import fingerprint
from aircher_wire.forward_record import Forward, write_record
from helpers.daemon.cli_daemon import CliDaemon, Refusal

FACTS = {"version": "1", "pid": 7, "started_by": "user"}


def test_daemon_that_answers(daemon: CliDaemon) -> None:
    """Its findings follow ours; its facts are for the other checks."""
    finding = {"check": "config", "status": "ok", "message": "is valid"}
    daemon.answers["diagnose"] = {"findings": [finding], "facts": FACTS}
    daemon.path.chmod(0o600)
    answer = ask_daemon(daemon.environ)
    assert [(each.check, each.status) for each in answer.findings] == [
        ("socket", "ok"),
        ("daemon", "ok"),
        ("config", "ok"),
    ]
    assert (answer.facts, answer.pid) == (FACTS, 7)


def test_only_fingerprints_of_variables_are_sent(daemon: CliDaemon) -> None:
    """With a new salt each time."""
    daemon.answers["diagnose"] = {"findings": [], "facts": FACTS}
    ask_daemon({**daemon.environ, "WORK_KEY": "canary"})
    sent = daemon.params_of("diagnose")
    assert "canary" not in str(sent)
    variables, salt = sent["variables"], str(sent["salt"])
    assert isinstance(variables, dict)
    assert variables["WORK_KEY"] == fingerprint(salt, "canary")
    assert fingerprints({})["salt"] != salt


def test_no_daemon_is_started(tmp_path: Path) -> None:
    """It is a warning, with how to start one."""
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "run" / "none.sock")}
    (found,) = ask_daemon(environ).findings
    assert (found.check, found.status) == ("daemon", "warning")
    assert "'aircher-cli daemon start'" in found.cure
    assert "AIRCHER_AUTOSTART is off" in not_running({"AIRCHER_AUTOSTART": "0"}).message


def test_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    """Nothing could listen there."""
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": f"/tmp/{'x' * 120}.sock"}
    found = ask_daemon(environ).findings
    assert [(each.check, each.status) for each in found] == [
        ("socket", "problem"),
        ("daemon", "warning"),
    ]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to another user")
@pytest.mark.parametrize("name", ["HOME", "XDG_DATA_HOME"])
def test_daemon_that_could_not_be_started(tmp_path: Path, name: str) -> None:
    """It is a problem, with the reason and what to set."""
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "none.sock")}
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    os.chown(foreign, 12345, 12345)
    found = not_running({**environ, name: str(foreign)})
    assert (found.check, found.status) == ("daemon", "problem")
    assert f"none can be started: {name}={foreign} belongs to user 12345" in found.message
    assert f"set {name} to a directory of your own" in found.cure


def test_runtime_directory_that_cannot_be_searched(tmp_path: Path) -> None:
    """The reason is a finding, not a crash of the check."""
    (tmp_path / "file").touch()
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(tmp_path / "file" / "run" / "a.sock")}
    first, second = ask_daemon(environ).findings
    assert (first.check, first.status, second.check) == ("socket", "problem", "daemon")
    assert "AIRCHER_SOCKET" in first.cure


def test_service_is_not_started_by_a_connection(daemon: CliDaemon) -> None:
    """The caller knows that systemd listens."""
    answer = ask_daemon(daemon.environ, may_connect=False)
    assert (answer.facts, daemon.calls) == ({}, [])
    assert "'aircher-cli status'" in answer.findings[-1].cure


def test_socket_left_behind_by_a_killed_daemon(tmp_path: Path) -> None:
    """Nothing listens: the next start replaces it."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "a.sock"))
    environ = {"HOME": str(tmp_path), "AIRCHER_SOCKET": str(folder / "a.sock")}
    found = ask_daemon(environ).findings
    assert [(each.check, each.status) for each in found][-1] == ("daemon", "warning")


def test_daemon_that_is_too_old(daemon: CliDaemon) -> None:
    """The other checks go on."""
    (found,) = [each for each in ask_daemon(daemon.environ).findings if each.check == "daemon"]
    assert (found.status, found.cure) == ("warning", RESTART)
    assert " is too old to look for problems itself" in found.message


@pytest.mark.parametrize(("code", "cure"), [("internal", RESTART), ("forbidden", "")])
def test_daemon_that_fails(daemon: CliDaemon, code: str, cure: str) -> None:
    """Its error is shown; no restart lets this client do more."""

    def fail(*_: object) -> object:
        raise Refusal(code, "internal error: see the log")

    daemon.answers["diagnose"] = fail
    found = ask_daemon(daemon.environ).findings[-1]
    assert (found.status, found.cure) == ("problem", cure)
    assert "internal error" in found.message


def test_notice_has_the_command_that_it_names_as_its_cure() -> None:
    """The problem of the configuration has findings of its own."""
    assert notice_finding({"code": "config_invalid", "message": "is invalid"}) is None
    for message, cure in (
        ("run 'aircher-cli migrate', or not", "aircher-cli migrate"),
        ("there are old files; carry them over: aircher-cli migrate", "aircher-cli migrate"),
        ("beware", ""),
    ):
        found = notice_finding({"code": "x", "message": message})
        assert found is not None
        assert (found.status, found.message, found.cure) == ("warning", message, cure)


@pytest.mark.parametrize(
    ("spoil", "status", "cure"),
    [
        (lambda path: path.chmod(0o600), "ok", ""),
        (lambda path: path.chmod(0o666), "warning", "chmod 600 {path}"),
        (lambda path: path.parent.chmod(0o755), "problem", "set AIRCHER_SOCKET elsewhere"),
    ],
)
def test_socket_file(tmp_path: Path, spoil: object, status: str, cure: str) -> None:
    """Its mode, and that of its directory."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    path = folder / "a.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
    path.chmod(0o600)
    assert callable(spoil)
    spoil(path)
    (found,) = socket_findings(str(path), {}, 0)
    assert found.status == status
    assert cure.format(path=path) in found.cure


def test_file_in_the_place_of_the_socket(tmp_path: Path) -> None:
    """And nothing there at all."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    assert socket_findings(str(folder / "a.sock"), {}, 0) == []
    (folder / "a.sock").touch()
    (found,) = socket_findings(str(folder / "a.sock"), {}, 0)
    assert (found.status, found.cure) == (
        "problem",
        f"mv {folder / 'a.sock'} {folder / 'a.sock'}.old",
    )


def test_daemon_of_another_machine(daemon: CliDaemon) -> None:
    """It is well, and what it does not say here is looked for where it runs."""

    def refuse(*_: object) -> object:
        raise Refusal("forbidden", "looking for problems does not work from another machine")

    daemon.answers["diagnose"] = refuse
    daemon.answers["status"] = {"socket": ""}
    answer = ask_daemon(daemon.environ)
    (found,) = answer.findings
    assert (answer.is_elsewhere, found.status) == (True, OK)
    assert "runs on another machine: 'aircher-cli doctor' there" in found.message


def test_forward_that_has_ended(tmp_path: Path) -> None:
    """No command starts a daemon here then; one that ends just now needs no restart, either."""
    environ = {"AIRCHER_SOCKET": str(tmp_path / "a.sock"), "HOME": str(tmp_path)}
    write_record(environ, environ["AIRCHER_SOCKET"], Forward("laptop", "box"))
    found = not_running(environ)
    assert "the forward from laptop has ended" in found.message
    assert "run 'aircher-cli forward box' on laptop again" in found.cure
    assert "daemon start --here" in found.cure
    silent = unreachable(DaemonUnreachable("the forward from laptop has ended: silence"), environ)
    assert silent.cure == ""
