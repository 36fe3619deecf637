"""`systemctl --user`, and what to do where it cannot work."""

import os

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.systemctl import (
    Systemctl,
    failure,
    is_socket_displaced,
    needs_reload,
)
from helpers.systemd.fake_systemctl import FakeSystemctl


def test_check_returns_the_output(systemctl: FakeSystemctl) -> None:
    """A command that fails is an error with systemd's own words."""
    systemctl.answer({"enable": (1, "Unit is masked."), "cat": (0, "text")})
    real = Systemctl(systemctl.environ)
    assert real.check("cat", "a.service") == "text"
    with pytest.raises(CommandFailed, match=r"'systemctl --user enable a' failed: Unit is masked."):
        real.check("enable", "a")
    assert systemctl.calls == ["cat a.service", "enable a"]


def test_show(systemctl: FakeSystemctl) -> None:
    """A value may have an equals sign."""
    systemctl.answer({"show a.service": (0, "MainPID=7\nStatusText=a=b")})
    found = Systemctl(systemctl.environ).show("a.service", "MainPID", "StatusText")
    assert found == {"MainPID": "7", "StatusText": "a=b"}
    assert systemctl.calls == ["show a.service --property=MainPID --property=StatusText"]


def test_variables(systemctl: FakeSystemctl) -> None:
    """Values in quotes are read as a shell would."""
    systemctl.answer({"show-environment": (0, "HOME=/h\nA=$'x y\\'s'\nB=a=b")})
    found = Systemctl(systemctl.environ).variables()
    assert found == {"HOME": "/h", "A": "x y's", "B": "a=b"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Failed to connect to bus"),
        ({"XDG_RUNTIME_DIR": ""}, "there is no XDG_RUNTIME_DIR"),
    ],
)
def test_no_systemd_of_this_user(
    systemctl: FakeSystemctl,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    expected: str,
) -> None:
    """It says why, how to get one, also on a server, and that none is needed."""
    monkeypatch.setattr("aircher_cli.service.systemctl.runtime_directory", _runtime)
    systemctl.answer({"show-environment": (1, "Failed to connect to bus: No medium found\nmore")})
    environ = {**systemctl.environ, "USER": "ann", **changes}
    with pytest.raises(CommandFailed) as error:
        Systemctl(environ).variables()
    assert expected in error.value.message
    assert "sudo loginctl enable-linger ann" in error.value.message
    assert "starts with the first command" in error.value.message


def _runtime(environ: dict[str, str]) -> str | None:
    return environ.get("XDG_RUNTIME_DIR") or None


def test_no_systemctl(systemctl: FakeSystemctl) -> None:
    """A system without systemd needs no service."""
    environ = {**systemctl.environ, "PATH": str(systemctl.folder / "home")}
    with pytest.raises(CommandFailed, match=r"no systemctl on this system. The daemon needs no"):
        Systemctl(environ).variables()


def test_one_that_hangs(systemctl: FakeSystemctl) -> None:
    """It is not waited for without end."""
    (systemctl.folder / "systemctl").write_text("#!/bin/sh\nexec sleep 30\n")
    with pytest.raises(CommandFailed, match=r"has not ended after 0.1 s"):
        Systemctl(systemctl.environ).run("stop", "a", timeout=0.1)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Result=exit-code\nExecMainStatus=203", "result exit-code, exit code 203"),
        ("Result=timeout\nExecMainStatus=0", "result timeout)"),
        ("Result=timeout\nStatusText=Serving; 0 requests under way", "result timeout)"),
    ],
)
def test_failure(systemctl: FakeSystemctl, shown: str, expected: str) -> None:
    """Why a service does not start, and where to read more."""
    systemctl.answer({"show aircherd.service": (0, shown)})
    message = failure(Systemctl(systemctl.environ))
    assert expected in message
    assert "journalctl --user -n 20 -u aircherd.service" in message


def test_the_daemons_own_reason(systemctl: FakeSystemctl) -> None:
    """A daemon that knows why it cannot start has reported it to systemd."""
    shown = "Result=exit-code\nExecMainStatus=1\nStatusText=Could not start: /x is full. Empty it"
    systemctl.answer({"show aircherd.service": (0, shown)})
    message = failure(Systemctl(systemctl.environ))
    assert message == "aircherd.service does not start: /x is full. Empty it"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ((0, "NeedDaemonReload=no"), False),
        ((0, "NeedDaemonReload=yes"), True),
    ],
)
def test_whether_files_have_changed(
    systemctl: FakeSystemctl, shown: tuple[int, str], expected: bool
) -> None:
    """A change of the socket unit counts, too."""
    systemctl.answer({"show aircherd.socket": shown})
    assert needs_reload(Systemctl(systemctl.environ)) is expected


STARTED = "Mon 2026-11-30 00:40:45.500000 UTC"
STARTED_AT = 1_795_999_245.5


@pytest.mark.parametrize(
    ("answer", "written_at", "expected"),
    [
        ((0, STARTED), STARTED_AT - 0.1, False),
        ((0, STARTED), STARTED_AT + 0.1, True),
        ((0, ""), STARTED_AT, False),
        ((1, "unrecognized option"), STARTED_AT, False),
    ],
)
def test_a_socket_is_displaced_if_its_file_is_newer_than_the_unit(
    systemctl: FakeSystemctl, answer: tuple[int, str], written_at: float, expected: bool
) -> None:
    """An old systemd does not tell; then the file is believed to be its own."""
    systemctl.answer({"show aircherd.socket": answer})
    path = systemctl.make_socket()
    os.utime(path, (written_at, written_at))
    assert is_socket_displaced(Systemctl(systemctl.environ), str(path)) is expected


def test_a_socket_without_its_file_is_displaced(systemctl: FakeSystemctl) -> None:
    """So is one that is an ordinary file by now."""
    ctl = Systemctl(systemctl.environ)
    path = systemctl.make_socket()
    path.unlink()
    assert is_socket_displaced(ctl, str(path))
    path.touch()
    assert is_socket_displaced(ctl, str(path))
