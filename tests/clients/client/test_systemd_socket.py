"""The socket unit of an installed service."""

import fcntl
import os
import socket
from pathlib import Path

import pytest

from aircher_client import systemd_socket
from aircher_client.systemd_socket import (
    MARKER,
    find_socket_unit,
    listens_on,
    read_unit,
    restart_socket,
    runtime_directory,
    start_socket,
    systemctl_environment,
    unit_directories,
)

UNIT = f"{MARKER} of aircher 1 (x).\n[Socket]\nListenStream=%t/aircher/aircher.sock\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user's environment."""
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "PATH": "/none"}


def _write(environ: dict[str, str], text: str, base: str = ".config") -> str:
    folder = Path(environ["HOME"]) / base / "systemd" / "user"
    folder.mkdir(parents=True)
    (folder / "aircherd.socket").write_text(text)
    return str(folder / "aircherd.socket")


def test_ours_is_found(environ: dict[str, str]) -> None:
    """Also in `~/.config` if XDG_CONFIG_HOME names another directory."""
    assert find_socket_unit(environ) is None
    path = _write(environ, UNIT)
    assert find_socket_unit(environ) == path
    other = {**environ, "XDG_CONFIG_HOME": f"{environ['HOME']}/other"}
    assert find_socket_unit(other) == path
    assert _write(environ, UNIT, "other") == find_socket_unit(other)


@pytest.mark.parametrize(
    "text",
    [
        UNIT.removeprefix("#"),
        UNIT.replace("%t", "/elsewhere"),
        UNIT.replace("ListenStream", "ListenDatagram"),
        "",
    ],
)
def test_others_are_not(environ: dict[str, str], text: str) -> None:
    """A unit that is not ours, or that serves another home, does not concern this client."""
    _write(environ, text)
    assert find_socket_unit(environ) is None


def test_the_service_of_another_home(environ: dict[str, str]) -> None:
    """With another AIRCHER_HOME or AIRCHER_SOCKET the client looks for that socket."""
    path = _write(environ, UNIT.replace("%t/aircher/aircher.sock", "/s/100%%.sock"))
    assert find_socket_unit(environ) is None
    assert find_socket_unit({**environ, "AIRCHER_SOCKET": "/s/100%.sock"}) == path


def test_directories_of_units() -> None:
    """A relative XDG_CONFIG_HOME is ignored."""
    assert unit_directories({"HOME": "/h/"}) == ["/h/.config/systemd/user"]
    assert unit_directories({"HOME": "/h", "XDG_CONFIG_HOME": "x"}) == ["/h/.config/systemd/user"]
    assert unit_directories({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == [
        "/c/systemd/user",
        "/h/.config/systemd/user",
    ]


def test_a_shell_without_a_runtime_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one in /run/user is used if it is there: then `systemctl` finds systemd, too."""
    monkeypatch.setattr(systemd_socket.address, "is_private_directory", lambda path, uid: True)
    there = f"/run/user/{os.getuid()}"
    assert runtime_directory({}) == there
    assert systemctl_environment({"HOME": "/h"})["XDG_RUNTIME_DIR"] == there
    monkeypatch.setattr(systemd_socket.address, "is_private_directory", lambda path, uid: False)
    assert runtime_directory({"XDG_RUNTIME_DIR": "relative"}) is None
    assert "XDG_RUNTIME_DIR" not in systemctl_environment({"HOME": "/h"})
    assert listens_on(UNIT, {}) == "%t/aircher/aircher.sock"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A directory in its place is no unit."""
    assert read_unit(str(tmp_path)) is None
    assert read_unit(str(tmp_path / "none")) is None


@pytest.mark.parametrize(
    ("script", "expected"), [("exit 0", True), ("exit 1", False), ("exec sleep 30", False)]
)
def test_start_socket(environ: dict[str, str], script: str, expected: bool) -> None:
    """It says whether systemd listens; one that hangs is not waited for without end."""
    program = Path(environ["HOME"]) / "systemctl"
    program.write_text(
        f'#!/bin/sh\n[ "$*" = "--user --no-ask-password start aircherd.socket" ] ||'
        f" exit 9\n{script}\n"
    )
    program.chmod(0o755)
    path = {**environ, "PATH": f"{environ['HOME']}:/usr/bin:/bin"}
    assert expected is start_socket(path, timeout=5 if expected else 0.5)


def test_no_systemctl(environ: dict[str, str]) -> None:
    """Where there is no systemd, it does not listen."""
    assert not start_socket(environ)


def _fake(environ: dict[str, str], script: str) -> tuple[dict[str, str], Path]:
    """Return an environment whose `systemctl` logs its calls and runs `script`, and the log."""
    home = Path(environ["HOME"])
    program = home / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$3 $4" >>{home}/calls\n{script}\n')
    program.chmod(0o755)
    return {**environ, "PATH": f"{home}:/usr/bin:/bin"}, home / "calls"


def test_restart_socket_ends_the_service_first(environ: dict[str, str]) -> None:
    """The service has the old socket; systemd refuses to open another while it runs."""
    unit = _write(environ, UNIT)
    found, calls = _fake(environ, "exit 0")
    with socket.socket() as made:
        attempts = [None, made]
        assert restart_socket(found, unit, lambda: attempts.pop(0)) is made
    assert calls.read_text() == "stop aircherd.service\nrestart aircherd.socket\n"


def test_restart_socket_once(environ: dict[str, str]) -> None:
    """A client that finds it open by then restarts nothing."""
    unit = _write(environ, UNIT)
    found, calls = _fake(environ, "exit 0")
    with socket.socket() as made:
        assert restart_socket(found, unit, lambda: made) is made
    assert not calls.exists()


@pytest.mark.parametrize("script", ["exit 1", "exec sleep 30"])
def test_restart_socket_fails(environ: dict[str, str], script: str) -> None:
    """Then there is no connection."""
    unit = _write(environ, UNIT)
    found, _ = _fake(environ, script)
    assert restart_socket(found, unit, lambda: None, timeout=0.3) is None
    assert restart_socket(found, f"{unit}.gone", lambda: None, timeout=0.3) is None


def test_restart_socket_waits_its_turn(environ: dict[str, str]) -> None:
    """While another client does it, it does nothing; not without end."""
    unit = _write(environ, UNIT)
    found, calls = _fake(environ, "exit 0")
    with Path(unit).open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert restart_socket(found, unit, lambda: None, timeout=0.2) is None
    assert not calls.exists()


def test_restart_socket_says_what_it_waits_for(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service may have requests to finish."""
    monkeypatch.setattr(systemd_socket, "NOTICE_SECONDS", 0.01)
    unit = _write(environ, UNIT)
    found, _ = _fake(environ, "sleep 0.5")
    lines: list[str] = []
    restart_socket(found, unit, lambda: None, on_wait=lines.append)
    assert lines == ["waiting for aircherd.service to finish its requests"]
