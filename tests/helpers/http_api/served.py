"""A real daemon that serves HTTP, over a simulated provider of each API."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx

from aircherd.testing.simulator import Received, Simulator
from helpers.daemon.real_daemon import Home, home, simulator

KEY = "canary-http-0123456789abcdef"
KEYS = {"HTTP_KEY": KEY, "WRONG_KEY": "canary-wrong-0123456789abcdef"}
MODELS = {
    "chat": "gpt-5.5",
    "responses": "gpt-5.5",
    "claude": "claude-opus-4-8",
    "google": "gemini-3.8-flash",
    "local": "llama3.2:latest",
}
"""Provider -> its model."""
CONFIG = """\
[http]
port = {port}
{more}
[providers.chat]
kind = "openai"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.responses]
kind = "openai"
api = "responses"
base_url = "{url}/openai/v1"
env = "HTTP_KEY"

[providers.claude]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "HTTP_KEY"

[providers.google]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = "HTTP_KEY"

[providers.local]
kind = "ollama"
base_url = "{url}/ollama"

[providers.refused]
kind = "openai"
base_url = "{url}/openai/v1"
env = "WRONG_KEY"

[models.chain]
routes = ["chat/gpt-5.5", "claude/claude-opus-4-8"]
"""


class Served(NamedTuple):
    """The daemon, its upstream, and its doors: a port with a token for it, and a socket."""

    home: Home
    sim: Simulator
    port: int
    token: str

    @property
    def url(self) -> str:
        """The URL of the port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket(self) -> str:
        """The path of the private socket."""
        return str(self.home.socket.with_name("http.sock"))

    @property
    def asked(self) -> Sequence[Received]:
        """The chats that providers received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"]

    def post(
        self, body: object, path: str = "/v1/chat/completions", **headers: str
    ) -> httpx.Response:
        """Send one request to the port, without an SDK."""
        given = {"authorization": f"Bearer {self.token}", **headers}
        return httpx.post(self.url + path, json=body, headers=given, trust_env=False)

    def send(self, path: str, body: bytes, *, method: str = "POST") -> httpx.Response:
        """Send any bytes to the port."""
        given = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        url = self.url + path
        return httpx.request(method, url, content=body, headers=given, trust_env=False)

    def calm(self) -> None:
        """Forget what went wrong before."""
        self.sim.faults.clear()
        with self.home.client() as client:
            client.call("cooldowns.clear")


def create_token(made: Home, name: str, *options: str) -> str:
    """Return a new token."""
    done = made.cli("token", "create", name, *options)
    assert done.returncode == 0, done.stderr
    return next(word for word in done.stdout.split() if word.startswith("ak-air-"))


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_served(more: str = "", *, config: str = "") -> Iterator[Served]:
    """Run everything; `more` goes into `[http]`, `config` after the providers."""
    with simulator() as sim, home(KEYS) as made:
        for vendor in ("openai", "anthropic", "gemini"):
            sim.keys.accept(vendor, KEY)
        port = free_port()
        made.write_config(CONFIG.format(port=port, url=sim.url, more=more) + config)
        made.start(log_level="info")
        served = Served(made, sim, port, "")
        yield served._replace(token=create_token(made, "tests"))
