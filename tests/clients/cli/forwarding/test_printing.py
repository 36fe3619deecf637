"""Lines for `~/.ssh/config`."""

import os

import pytest

from aircher_cli.exit_codes import UsageError
from aircher_cli.forwarding.printing import ssh_lines

ENVIRON = {"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/1000"}


def test_the_sockets_of_both_machines() -> None:
    """With what to mind: what ssh and a daemon leave there, and the other user id may differ."""
    lines = ssh_lines(ENVIRON, "me@buildbox", None)

    there = f"/run/user/{os.getuid()}/aircher/aircher.sock"
    assert lines[-5:] == [
        "Host buildbox",
        f"    RemoteForward {there} /run/user/1000/aircher/extra.sock",
        "    ExitOnForwardFailure yes",
        "    ServerAliveInterval 5",
        "    ServerAliveCountMax 3",
    ]
    notes = "\n".join(lines[:-5])
    assert all(line.startswith("#") for line in lines[:-5])
    assert "StreamLocalBindUnlink yes" in notes
    assert f"rm -f {there}.lock" in notes  # it names the ended daemon, and clients believe it
    assert "id -u" in notes


def test_a_path_of_ones_own() -> None:
    """A `~` is not expanded there."""
    assert "write the path in full" in "\n".join(ssh_lines(ENVIRON, "box", "~/a.sock"))
    lines = ssh_lines(ENVIRON, "box", "/srv/me/a.sock")
    assert "    RemoteForward /srv/me/a.sock /run/user/1000/aircher/extra.sock" in lines
    assert "id -u" not in "\n".join(lines)


def test_a_name_is_for_the_daemon_there() -> None:
    """It looks for its provider of that name beside its own socket."""
    lines = ssh_lines(ENVIRON, "box", "laptop")
    there = f"/run/user/{os.getuid()}/aircher/laptop.sock"
    assert f"    RemoteForward {there} /run/user/1000/aircher/extra.sock" in lines
    assert "id -u" in "\n".join(lines)


@pytest.mark.parametrize(
    ("host", "wished"),
    [("box\n    ProxyCommand x", None), ("box other", None), ("box", "/a\n    ProxyCommand x")],
)
def test_a_word_adds_no_line(host: str, wished: str | None) -> None:
    """The lines are for a file whose other words start programs."""
    with pytest.raises(UsageError, match="cannot stand in a line"):
        ssh_lines(ENVIRON, host, wished)
