"""Sections and limits for clients at a host, and the user's word: over the real extra socket."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from aircher_client import Client, DaemonError
from aircher_client.connection import Connection
from aircher_wire import address, frames
from helpers.daemon.ipc_requests import KEYS, ask
from helpers.daemon.real_daemon import Home, home, simulator, wait_until
from helpers.desktop.confirm_terminal import read_until, terminal

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5"]
"""

Configure = Callable[[str], None]


@pytest.fixture(scope="module")
def daemon() -> Iterator[Home]:
    """A daemon that has a key."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", KEYS["WORK_KEY"])
        made.write_config(CONFIG.format(url=sim.url))
        made.start(KEYS)
        yield made


@pytest.fixture
def configure(daemon: Home) -> Iterator[Configure]:
    """Add to the configuration until the end of the test."""
    before = daemon.config_file.read_text()

    def use(more: str) -> None:
        daemon.write_config(before + more)
        with daemon.client() as local:
            local.call("config.reload")

    yield use
    use("")


def at(daemon: Home, host: str, name: str = "vim") -> Client:
    """Return a client at a host, as through a forwarder."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(address.extra_socket(str(daemon.socket)))
    sock.sendall(frames.encode_notification("via", {"host": host}))
    return Client(lambda: Connection(sock), name=name, retries=False)


def refused(client: Client) -> DaemonError:
    """Return the error of a chat."""
    with pytest.raises(DaemonError) as caught:
        ask(client)
    return caught.value


def test_the_most_exact_section_decides(daemon: Home, configure: Configure) -> None:
    """A name at a host, a host, any host, all others."""
    configure(
        '[clients."vim@buildbox"]\nallow = ["all"]\n'
        '[clients."*@buildbox"]\nallow = ["read"]\n'
        '[clients."*@*"]\nallow = ["none"]\n'
    )
    with (
        at(daemon, "buildbox") as named,
        at(daemon, "buildbox", "emacs") as other,
        at(daemon, "ci") as elsewhere,
        daemon.client() as local,
    ):
        assert ask(named)["provider"] == "work"
        assert ask(local)["provider"] == "work"
        error = refused(other)
        assert "client 'emacs@buildbox' may not call chat" in error.message
        assert error.data["section"] == "clients.*@buildbox"
        assert other.call("limits.status")["limits"] == []
        assert refused(elsewhere).data["section"] == "clients.*@*"


def test_a_limit_for_a_host_counts_all_its_clients(daemon: Home, configure: Configure) -> None:
    """And none at another host, nor here; also what the ledger has from before it was set."""
    with at(daemon, "limited", "first") as client:
        ask(client)
    configure('[[limits]]\nclient = "*@limited"\nrequests = 3\nper = "day"\n')
    with (
        at(daemon, "limited") as vim,
        at(daemon, "limited", "emacs") as emacs,
        at(daemon, "free") as free,
        daemon.client() as local,
    ):
        ask(vim)
        ask(emacs)
        error = refused(vim)
        assert (error.code, "client *@limited" in error.message) == ("limit_reached", True)
        ask(free)
        ask(local)
        (row,) = local.call("limits.status")["limits"]
        assert (row["client"], row["used"]) == ("*@limited", 3)


def ask_there(daemon: Home) -> "subprocess.Popen[str]":
    """Start the command line where no forwarder names the host: it says where it is."""
    there = {"AIRCHER_SOCKET": address.extra_socket(str(daemon.socket))}
    return daemon.popen("ask", "-m", "chain", "one two", environ=there)


def test_the_user_is_asked_at_the_first_use_of_a_client_at_a_host(
    daemon: Home, configure: Configure
) -> None:
    """The question names the host; after a yes the next command of that name is not asked."""
    configure('[clients."*@*"]\nconfirm = true\n')
    host = os.uname().nodename.lower()
    with at(daemon, "buildbox") as client:
        alone = refused(client)
        assert alone.code == "forbidden"
        assert "may use aircher from the machine buildbox only if you confirm it" in alone.message
    with terminal(daemon) as master:
        read_until(master, "waiting for questions")
        first = ask_there(daemon)
        shown = read_until(master, f"wants to use aircher from the machine {host}")
        assert f"aircher-cli@{host}" in shown
        os.write(master, b"y\n")
        assert first.wait(20) == 0
        again = ask_there(daemon)
        assert again.wait(20) == 0
        with at(daemon, "elsewhere", "aircher-cli") as other:
            started = other.call(
                "chat.start", {"model": "chain", "messages": [{"role": "user", "content": "hi"}]}
            )
            read_until(master, "from the machine elsewhere")
            os.write(master, b"\n")
            ends: list[dict[str, object]] = []

            def has_ended() -> bool:
                other.call("ping", on_notification=lambda _, params: ends.append(params))
                return any(each.get("stream") == started["stream"] for each in ends)

            wait_until(has_ended, "the chat is refused")
            (end,) = [each for each in ends if each.get("stream") == started["stream"]]
            assert "you did not let" in str(end["error"])


def test_another_right_asks_again(daemon: Home, configure: Configure) -> None:
    """The yes was for what the client might do then."""
    host = os.uname().nodename.lower()
    configure('[clients."*@*"]\nconfirm = true\nallow = ["chat"]\n')
    asked = ask_there(daemon)
    assert asked.wait(20) != 0
    assert asked.stderr is not None
    assert f"from the machine {host} only if you confirm it" in asked.stderr.read()
