"""Nothing of the daemon's machine reaches a client on another one, whatever works or fails.

Each path, program, host, header, project and other client in the configuration is a canary; all
that such a client may call is called, and no frame and no HTTP response may have one.
"""

import http.client
import json
import re
import socket
from collections.abc import Iterator
from typing import Any, Self

import msgpack
import pytest

from aircher_client import DaemonError
from aircher_wire import address, frames
from aircherd.ipc.forwarded.methods import ALLOWED, TOPICS
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.ipc_requests import KEYS
from helpers.daemon.real_daemon import PATIENCE, Home, home, simulator
from helpers.forward.sshd import free_port

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
headers = {{ "x-note" = "headercanary" }}

[providers.vault]
kind = "openai"
base_url = "{url}/pathcanary/v1"
key_command = ["vaultcanary", "itemcanary"]

[providers.absent]
kind = "openai"
base_url = "{url}/v1"
key_command = ["/rootcanary/reader", "itemcanary"]

[providers.own]
kind = "openai"
base_url = "{url}/v1"
key_command = ["{root}/owncanary", "itemcanary"]

[providers.dark]
kind = "openai"
base_url = "http://hostcanary.localhost:1/pathcanary/v1"
auth = "none"

[providers.lost]
kind = "openai"
base_url = "https://lostcanary.invalid/v1"
env = "SPARE_KEY"

[providers.far]
kind = "socket"
path = "/rootcanary/far.sock"

[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["vault/m", "absent/m", "own/m", "dark/m", "lost/m", "far/m", "work/gpt-5.5"]

[models.broken]
routes = ["vault/m", "absent/m", "own/m", "dark/m", "lost/m", "far/m"]

[projects."~/projectcanary"]
model = "work/gpt-5.5"

[[limits]]
usd = 5
per = "hour"
project = "~/projectcanary"

[[limits]]
usd = 5
per = "hour"
client = "clientcanary"

[http]
port = {port}
"""
CLIENTS = """
[clients.clientcanary]
allow = ["chat"]
"""
REFUSED = """
[providers.refused]
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
fieldcanary = 1
"""
MESSAGES = [{"role": "user", "content": "say nothing of home"}]
CHATS = ("broken", "chain", "vault/m", "absent/m", "own/m", "dark/m", "lost/m", "far/m", "no/such")


class Listener:
    """A client elsewhere, which keeps all that it receives."""

    def __init__(self, daemon: Home) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(PATIENCE)
        self._sock.connect(address.extra_socket(str(daemon.socket)))
        self._sock.sendall(frames.encode_notification("via", {"host": "buildbox"}))
        self._unpacker = msgpack.Unpacker()
        self._msgid = 0
        self.heard = b""
        self.call("hello", client={"name": "vim"})
        self.call("events.subscribe", topics=sorted(TOPICS))

    def call(self, method: str, **params: Any) -> list[Any]:
        """Return the response of a method, and that of a stream once it has ended."""
        self._msgid += 1
        self._sock.sendall(msgpack.packb([0, self._msgid, method, [params]]))
        response = self._wait_for(lambda frame: frame[:2] == [1, self._msgid])
        if method == "chat.start" and response[2] is None:
            self._wait_for(lambda frame: frame[:2] == [2, "chat.done"])
        return response

    def _wait_for(self, is_it: Any) -> list[Any]:
        while True:
            for frame in self._unpacker:
                if is_it(frame):
                    return list(frame)
            data = self._sock.recv(65_536)
            assert data, "the daemon closed the connection"
            self.heard += data
            self._unpacker.feed(data)

    def call_everything(self) -> None:
        """Call all that a client elsewhere may call."""
        called = {"hello", "events.subscribe", "events.unsubscribe", "chat", "chat.start"}
        for model in CHATS:
            self.call("chat", messages=MESSAGES, model=model)
            self.call("chat.start", messages=MESSAGES, model=model)
            self.call("route.explain", messages=MESSAGES, model=model)
        for method in sorted(ALLOWED - called - {"http.open"}):
            self.call(method, **({"messages": MESSAGES} if method == "route.explain" else {}))
        self.call("models.list", all=True)
        self.call("models.list", model="vault/m")
        self.call("status", clients=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()


def over_http(port: int, token: str, model: str) -> bytes:
    """Return the head and the body of an answer over HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    body = json.dumps({"model": model, "messages": MESSAGES})
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", body, head)
    answer = connection.getresponse()
    found = str(answer.getheaders()).encode() + answer.read()
    connection.close()
    return found


def leaks(daemon: Home, heard: bytes) -> list[bytes]:
    """Return what is of home in bytes, each with what stands before it."""
    return re.findall(rb".{0,60}(?:\w*canary|%b).{0,20}" % daemon.root.name.encode(), heard)


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A provider."""
    with simulator() as started:
        for key in KEYS.values():
            started.keys.accept("openai", key)
        yield started


@pytest.fixture
def daemon(sim: Simulator) -> Iterator[Home]:
    """A home, with programs that print no key."""
    with home() as made:
        programs = made.root / "bin"
        programs.mkdir()
        made.environ["PATH"] = f"{programs}:{made.environ['PATH']}"
        for path, text in (
            (programs / "vaultcanary", "echo outputcanary >&2; exit 3"),
            (made.root / "owncanary", "echo not a key: outputcanary"),
        ):
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o700)
        yield made


def start(daemon: Home, sim: Simulator, more: str) -> int:
    """Start the daemon; return its port."""
    port = free_port()
    text = CONFIG.format(url=sim.url, root=daemon.root, port=port)
    daemon.write_config(text + more)
    daemon.start({**KEYS, "SPARE_KEY": KEYS["WORK_KEY"]})
    return port


def test_nothing_of_home_while_it_works_and_fails(daemon: Home, sim: Simulator) -> None:
    """Also after a change that makes the configuration invalid, and for tools over HTTP."""
    port = start(daemon, sim, CLIENTS)
    with Listener(daemon) as client:
        client.call_everything()
        opened = client.call("http.open", name="claude")
        said = b"".join(over_http(port, opened[3]["token"], model) for model in CHATS)

        daemon.write_config("providers = 'valuecanary'\n")
        with daemon.client() as local, pytest.raises(DaemonError, match="providers"):
            local.call("config.reload")
        client.call_everything()

    assert b"key_command failed with exit status 3" in client.heard, "what happened is said"
    assert b"cannot connect to <address>" in client.heard
    assert b"key_command" in said, "what happened is said over HTTP"
    assert leaks(daemon, client.heard + said) == []
    with daemon.client() as local:
        status = str(local.call("status", {"keyring": False}))
        assert "hostcanary.localhost" in status, "here, it is named"


def test_a_reply_stays_as_it_is(daemon: Home, sim: Simulator) -> None:
    """Whole or broken off: what a model says of paths and hosts is not about this machine."""
    start(daemon, sim, "")
    said = "/etc/hosts and /root/x and http://hostcanary.localhost:1"
    request = {"messages": [{"role": "user", "content": said}], "model": "work/gpt-5.5"}
    with Listener(daemon) as client:
        whole = client.call("chat", **request)[3]
        assert whole["message"]["content"] == [{"type": "text", "text": said}]
        sim.faults.add(Fault("cut", after=3, vendor="openai", times=2))
        error = client.call("chat", **request)[2]
        assert (error["code"], error["data"]["text"]) == ("truncated", "/etc/hosts and /root/x")
        client.heard = b""
        client.call("chat.start", **request)
    assert b"/etc/hosts and /root/x" in client.heard, "in chat.done"


@pytest.mark.parametrize("clients", ["", CLIENTS])
def test_nothing_of_a_configuration_that_was_invalid_at_start(
    daemon: Home, sim: Simulator, clients: str
) -> None:
    """A provider is refused, and with `[clients]` most methods are, since rights are unknown."""
    start(daemon, sim, REFUSED + clients)
    with Listener(daemon) as client:
        client.call_everything()
        client.call("chat", messages=MESSAGES, model="refused/m")
        client.call("route.explain", messages=MESSAGES, model="refused/m")

    assert b"the configuration is invalid, on the daemon's machine" in client.heard
    assert leaks(daemon, client.heard) == []
