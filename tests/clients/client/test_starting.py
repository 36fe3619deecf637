"""The client: calls, chats, events, and what it does when the daemon goes away."""

import threading
from pathlib import Path

import pytest

from aircher_client import (
    Client,
    DaemonUnreachable,
)
from aircher_client.systemd_socket import MARKER
from aircher_wire.forward_record import Forward, write_record
from helpers.daemon.fake_daemon import FakeDaemon


def test_no_daemon_listens(tmp_path: Path) -> None:
    """The error names the socket and how to start the daemon."""
    environ = {"AIRCHER_SOCKET": str(tmp_path / "none" / "a.sock"), "AIRCHER_AUTOSTART": "0"}
    with pytest.raises(DaemonUnreachable, match=r"none/a\.sock\. Start it: aircher-cli daemon"):
        Client.connect(environ, autostart=False)
    with pytest.raises(DaemonUnreachable, match="AIRCHER_AUTOSTART is off"):
        Client.connect(environ)


def test_a_socket_that_is_being_replaced_is_tried_again(daemon: FakeDaemon) -> None:
    """A client without autostart waits a moment: systemd makes a file of its own there."""
    path = Path(daemon.environ["AIRCHER_SOCKET"])
    away = path.rename(path.with_name("away"))
    back = threading.Timer(0.05, away.rename, [path])
    back.start()
    with Client.connect({**daemon.environ, "AIRCHER_AUTOSTART": "0"}) as client:
        back.join()
        assert client.call("ping") == {}


def test_an_installed_service_is_started_instead_of_a_daemon(
    daemon: FakeDaemon, tmp_path: Path
) -> None:
    """Systemd listens again; a daemon of the client's own would be in its way."""
    folder = tmp_path / ".config" / "systemd" / "user"
    folder.mkdir(parents=True)
    socket = folder / "aircherd.socket"
    socket.write_text(f"{MARKER}\n[Socket]\nListenStream={daemon.path}\n")
    hidden = daemon.path.with_name("hidden.sock")
    daemon.path.rename(hidden)
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\nmv "{hidden}" "{daemon.path}"\n')
    program.chmod(0o755)
    environ = {
        **daemon.environ,
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "AIRCHER_AUTOSTART": "1",
    }
    with Client.connect(environ) as client:
        assert client.call("ping") is not None


@pytest.mark.parametrize("autostart", ["0", "1"])
def test_a_client_says_that_a_forward_has_ended(tmp_path: Path, autostart: str) -> None:
    """It starts no daemon, which would have no key."""
    path = tmp_path / "run" / "a.sock"
    environ = {
        "HOME": str(tmp_path),
        "AIRCHER_SOCKET": str(path),
        "AIRCHER_AUTOSTART": autostart,
    }
    write_record(environ, str(path), Forward("laptop", "buildbox"))

    with pytest.raises(DaemonUnreachable, match="the forward from laptop has ended") as caught:
        Client.connect(environ, command=["/no/such/aircherd"])
    assert "aircher-cli forward buildbox" in caught.value.message
