"""Whose directories they are, and who may see them: checked before anything is written."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aircher_cli.registry import COMMANDS
from helpers.daemon.real_daemon import home as open_home

OTHER = 12345


@pytest.fixture
def empty():
    """A home in which no program has run yet."""
    with open_home() as made:
        yield made


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def run_daemon(home, **environ):
    """Run aircherd in the foreground; it must refuse to start."""
    return subprocess.run(
        [sys.executable, "-m", "aircherd"],
        env={**home.environ, **environ},
        text=True,
        capture_output=True,
        timeout=40,
        check=False,
    )


needs_root = pytest.mark.skipif(
    os.getuid() != 0, reason="only root can give a home to another user"
)


@needs_root
@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "hi"),
        ("status",),
        ("daemon", "start"),
        ("daemon", "restart"),
        ("daemon", "install"),
        ("daemon", "uninstall"),
        ("config", "edit"),
    ],
)
def test_sudo_with_the_home_of_another_user_writes_nothing(empty, arguments):
    """`sudo -E`: the message says whose home it is and how to run the command instead."""
    os.chown(empty.root, OTHER, OTHER)
    before = files(empty.root)
    own = dict.fromkeys(("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), "")
    done = empty.cli(*arguments, environ={**own, "AIRCHER_AUTOSTART": "1"}, cwd=Path("/"))
    assert files(empty.root) == before
    assert done.returncode == 3
    assert f"HOME={empty.root} belongs to user {OTHER}, and you are user 0" in done.stderr
    assert "sudo -H" in done.stderr


ARGUMENTS = {
    "ask": ["hi"],
    "auth login": ["openai", "--with-token"],
    "auth logout": ["openai"],
    "models show": ["a/b"],
    "models use": ["a/b"],
    "providers add": ["x", "--kind", "openai", "--base-url", "http://127.0.0.1:1/v1"],
    "providers remove": ["x"],
    "config set": ["default_model", "a/b"],
    "config unset": ["default_model"],
    "completion": ["bash"],
    "uninstall": ["--yes"],
}


@needs_root
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"demo", "chat"}))
def test_no_command_changes_the_home_of_another_user(empty, name):
    """Nothing is created, and nothing of that user is removed."""
    units = empty.root / ".config" / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "aircherd.service").write_text("# Installed by 'aircher-cli daemon install'\n")
    for path in (empty.root, *empty.root.rglob("*")):
        os.chown(path, OTHER, OTHER)
    before = files(empty.root)
    own = dict.fromkeys(("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), "")
    environ = {**own, "AIRCHER_AUTOSTART": "1", "EDITOR": "true"}
    done = empty.cli(*name.split(), *ARGUMENTS.get(name, []), environ=environ, cwd=Path("/"))
    assert files(empty.root) == before
    assert "Traceback" not in done.stderr


@needs_root
def test_the_daemon_refuses_the_home_of_another_user(empty):
    """It does not rely on the client's check."""
    os.chown(empty.root, OTHER, OTHER)
    before = files(empty.root)
    done = run_daemon(empty)
    assert done.returncode == 1
    assert done.stderr.startswith(f"aircherd: HOME={empty.root} belongs to user {OTHER}")
    assert files(empty.root) == before


# Another user may not be able to read this Python: what is needed is imported before.
AS_USER = f"""
import os, sys
import grp, hashlib, pwd, subprocess
import aircher_cli.commands.status, aircher_cli.failures, aircher_client.autostart, aircher_client
import aircher_cli.__main__, aircherd.__main__, aircher_wire.directories
import aircher_client.systemd_socket, aircher_cli.service.control, importlib.resources
os.setgroups([])
os.setgid({OTHER})
os.setuid({OTHER})
if sys.argv[1] == "aircherd":
    del sys.argv[1]
    sys.exit(aircherd.__main__.main())
sys.exit(aircher_cli.__main__.main(sys.argv[2:]))
"""


def as_user(home, *arguments):
    """Run a program as a user that is in no database."""
    return subprocess.run(
        [sys.executable, "-c", AS_USER, *arguments],
        env=home.environ,
        cwd="/",
        text=True,
        capture_output=True,
        timeout=40,
        check=False,
    )


@needs_root
@pytest.mark.parametrize("program", [("aircherd",), ("aircher-cli", "status")])
def test_without_any_home_the_cure_is_said(empty, program):
    """A container's user has no entry in the user database, and often no HOME."""
    empty.root.chmod(0o755)
    empty.environ = {"PATH": os.environ["PATH"]}
    done = as_user(empty, *program)
    assert done.returncode in (1, 3)
    assert "no home directory can be found" in done.stderr
    assert "Set HOME" in done.stderr
    assert "Traceback" not in done.stderr


@needs_root
def test_a_home_of_root_is_explained_to_another_user(empty):
    """`su` without `-`: nothing can be written there, and the message says why."""
    empty.environ["AIRCHER_AUTOSTART"] = "1"
    for name in ("XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        del empty.environ[name]
    empty.root.chmod(0o755)
    for program in (("aircherd",), ("aircher-cli", "status")):
        done = as_user(empty, *program)
        assert done.returncode in (1, 3)
        assert f"{empty.root} belongs to user 0, and you are user {OTHER}" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("status",), ("daemon", "start")])
def test_a_missing_runtime_directory_is_explained(empty, command):
    """The system creates it: the message says which variable to unset."""
    missing = empty.root / "missing"
    environ = {"XDG_RUNTIME_DIR": str(missing), "AIRCHER_AUTOSTART": "1"}
    done = empty.cli(*command, environ=environ)
    assert done.returncode == 3
    assert f"XDG_RUNTIME_DIR={missing} does not exist: unset it" in done.stderr
    assert not missing.exists()
    assert f"XDG_RUNTIME_DIR={missing} does not exist" in run_daemon(empty, **environ).stderr


def test_all_directories_are_private(daemon):
    """With any umask; those above them that are missing, too."""
    daemon.login("work", "canary-work-0123456789abcdef")
    daemon.cli("models")
    for directory in (
        daemon.root / "run" / "aircher",
        daemon.root / "data",
        daemon.root / "data" / "aircher",
    ):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_data_directory_that_others_may_write_is_refused(empty):
    """The message has the command that closes it, and after it the daemon starts."""
    empty.data.mkdir(parents=True)
    empty.data.chmod(0o777)
    done = run_daemon(empty)
    assert done.returncode == 1
    assert f"chmod 700 {empty.data}" in done.stderr
    subprocess.run(["chmod", "700", str(empty.data)], check=True)
    empty.start()


def test_a_secret_with_a_wrong_mode_is_refused_with_the_command(daemon):
    """Until the command has run, the provider is not signed in; then it is, without a restart."""
    key = "canary-work-0123456789abcdef"
    daemon.login("work", key)
    file = daemon.data / "credentials.json"
    assert key in file.read_text()
    file.chmod(0o644)
    daemon.cli("config", "reload")
    assert f"chmod 600 {file}" in daemon.cli("auth", "status").stdout
    file.chmod(0o600)
    daemon.cli("config", "reload")
    assert daemon.cli("ask", "-m", "work/m", "hello").stdout == "hello\n"
