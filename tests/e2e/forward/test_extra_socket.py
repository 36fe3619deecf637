"""The extra socket of a real daemon: ask and look, as `client@host`, and nothing else."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_client import Client, DaemonError
from aircher_client.connection import Connection
from aircher_wire import address, frames
from helpers.daemon.ipc_requests import KEYS, ask
from helpers.daemon.real_daemon import Home, home, simulator

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5"]
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Home]:
    """A daemon that has a key."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", KEYS["WORK_KEY"])
        made.write_config(CONFIG.format(url=sim.url))
        made.start(KEYS)
        yield made


def extra_socket(daemon: Home) -> Path:
    """Return the path of the extra socket."""
    return Path(address.extra_socket(str(daemon.socket)))


def forwarded(daemon: Home, via: str | None = None, name: str = "vim") -> Client:
    """Return a client that is connected as through a forwarder that names the host `via`."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(extra_socket(daemon)))
    if via is not None:
        sock.sendall(frames.encode_notification("via", {"host": via}))
    return Client(lambda: Connection(sock), name=name, retries=False)


def test_a_chat_is_counted_for_the_client_at_its_host(daemon: Home) -> None:
    """The ledger and `status` of this machine name it."""
    with forwarded(daemon, via="BuildBox") as client:
        assert ask(client)["provider"] == "work"
        rows = forwarded_rows(daemon)

    assert [(row["name"], row["host"]) for row in rows] == [("vim@buildbox", "buildbox")]
    with daemon.client() as local:
        attempts = local.call("attempts.list", {"limit": 1})["rows"]
    assert attempts[0]["client"] == "vim@buildbox"


def forwarded_rows(daemon: Home) -> list[dict[str, str]]:
    """Return the rows in `status` of clients on other machines."""
    with daemon.client() as local:
        status = local.call("status", {"keyring": False, "clients": True})
    assert status["forwarding"]["socket"] == str(extra_socket(daemon))
    return [row for row in status["connected"] if "host" in row]


def test_the_command_line_over_it(daemon: Home) -> None:
    """It asks and looks as usual, and names the machine itself; what changes things is refused."""
    there = {"AIRCHER_SOCKET": str(extra_socket(daemon))}

    asked = daemon.cli("ask", "one two", environ=there)
    assert (asked.returncode, asked.stdout) == (0, "one two\n")
    for command in (("status",), ("models", "list"), ("auth", "status"), ("limits",)):
        done = daemon.cli(*command, environ=there)
        assert (done.returncode, str(daemon.root) in done.stdout) == (0, False), done.stderr
    refused = daemon.cli("auth", "logout", "work", environ=there)
    assert refused.returncode != 0
    assert "run this where the daemon runs" in refused.stderr

    with daemon.client() as local:
        attempts = local.call("attempts.list", {"limit": 1})["rows"]
    assert attempts[0]["client"] == f"aircher-cli@{os.uname().nodename.lower()}"


def test_an_error_has_no_path_of_this_machine(daemon: Home) -> None:
    """Nor has a chat that streams."""
    before = daemon.config_file.read_text()
    daemon.write_config("providers = 1\n")
    try:
        with forwarded(daemon, via="buildbox") as client, daemon.client() as local:
            with pytest.raises(DaemonError):
                local.call("config.reload")
            said = [client.call("status"), client.call("events.subscribe", {"topics": ["config"]})]
            with pytest.raises(DaemonError) as caught:
                ask(client, model="no/such")
            said += [caught.value.message, caught.value.data]
    finally:
        daemon.write_config(before)
        with daemon.client() as local:
            local.call("config.reload")

    assert str(daemon.root) not in str(said)


def test_the_file_is_removed_with_the_daemon(daemon: Home) -> None:
    """And made again by the next one."""
    daemon.stop()
    assert not extra_socket(daemon).exists()
    daemon.start(KEYS)

    with forwarded(daemon, via="buildbox") as client:
        assert client.call("ping") == {}
