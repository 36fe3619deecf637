"""`aircher-cli forward`: its arguments. What it does is tested with a real sshd in tests/e2e."""

import pytest

from aircher_cli.commands import forward
from aircher_cli.exit_codes import UsageError
from aircher_cli.forwarding.forwarder import Forwarder
from helpers.daemon.cli import run_cli

ENVIRON = {"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/1000", "AIRCHER_AUTOSTART": "0"}


def test_options_of_ssh_follow_two_dashes() -> None:
    """They stay as they are, whatever our own are called."""
    parse = forward.build_parser().parse
    options = parse(["--keep", "box", "--as", "/a", "--", "-p", "2222", "--keep", "-o", "X=y"])

    assert (options.host, options.keep, options.wished) == ("box", True, "/a")
    assert options.ssh_options == ["-p", "2222", "--keep", "-o", "X=y"]
    with pytest.raises(UsageError):
        parse(["box", "-p", "2222"])
    with pytest.raises(UsageError):
        parse(["box", "other"])


def test_a_host_is_needed() -> None:
    """One that is not an option of ssh."""
    assert "which host?" in run_cli(ENVIRON, "forward").err
    assert run_cli(ENVIRON, "forward", "--", "-p", "1").code == 2
    assert "is no host" in run_cli(ENVIRON, "forward", "").err


def test_lines_for_ssh_are_printed_without_a_daemon() -> None:
    """They can be appended to a file."""
    outcome = run_cli(ENVIRON, "forward", "--print", "box")

    assert outcome.code == 0
    assert "Host box\n    RemoteForward /run/user/" in outcome.out


def test_the_help_does_not_show_the_other_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started by ssh only."""
    monkeypatch.setattr(Forwarder, "run", lambda _: 7)
    assert run_cli(ENVIRON, "forward", "box").code == 7
    text = run_cli(ENVIRON, "forward", "--help").out
    assert ("--remote" in text, "-p 2222" in text) == (False, True)
