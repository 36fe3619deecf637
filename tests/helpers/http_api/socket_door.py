"""A real daemon with its private HTTP socket, over simulated providers of three APIs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx
from google import genai
from google.genai import types
from ollama import Client as OllamaClient

from aircherd.testing.simulator import Received, Simulator
from helpers.daemon.real_daemon import Home, home, simulator

KEY = "canary-door-0123456789abcdef"
WRONG = "canary-wrong-0123456789abcdef"
GOOGLE = "google/gemini-3.8-flash"
CLAUDE = "claude/claude-opus-4-8"
GPT = "chat/gpt-5.5"
REFUSED = "refused/claude-opus-4-8"
LOCAL = "local/qwen3:8b"
CONFIG = """\
[providers.google]
kind = "gemini"
base_url = "{url}/gemini/v1beta"
env = "DOOR_KEY"

[providers.claude]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "DOOR_KEY"

[providers.refused]
kind = "anthropic"
base_url = "{url}/anthropic"
env = "WRONG_KEY"

[providers.chat]
kind = "openai"
base_url = "{url}/openai/v1"
env = "DOOR_KEY"

[providers.local]
kind = "ollama"
base_url = "{url}/ollama"

[models.mixed]
routes = ["claude/claude-opus-4-8", "google/gemini-3.8-flash"]

[catalog."claude/claude-opus-4-8"]
sampling = false

[http.models]
"gemini-*" = "claude/claude-opus-4-8"
"""


class Door(NamedTuple):
    """The daemon and its upstream."""

    home: Home
    sim: Simulator

    @property
    def transport(self) -> httpx.HTTPTransport:
        """What reaches the private socket, where no token is needed."""
        return httpx.HTTPTransport(uds=str(self.home.socket.with_name("http.sock")))

    @property
    def asked(self) -> Sequence[Received]:
        """The chats that providers received."""
        return [each for each in self.sim.requests if each.endpoint == "chat"]

    def calm(self) -> None:
        """Forget what went wrong before."""
        self.sim.faults.clear()
        with self.home.client() as client:
            client.call("cooldowns.clear")

    def google(self) -> genai.Client:
        """Return Google's client."""
        options = types.HttpOptions(
            base_url="http://localhost",
            api_version="v1beta",
            client_args={"transport": self.transport},
        )
        return genai.Client(api_key="dummy", vertexai=False, http_options=options)

    def ollama(self) -> OllamaClient:
        """Return Ollama's client."""
        return OllamaClient(host="http://localhost", transport=self.transport)

    def http(self) -> httpx.Client:
        """Return a client without an API."""
        return httpx.Client(transport=self.transport, base_url="http://localhost")


@contextmanager
def open_door() -> Iterator[Door]:
    """Run everything."""
    with simulator() as sim, home({"DOOR_KEY": KEY, "WRONG_KEY": WRONG}) as made:
        for vendor in ("openai", "anthropic", "gemini"):
            sim.keys.accept(vendor, KEY)
        made.write_config(CONFIG.format(url=sim.url))
        made.start(log_level="info")
        yield Door(made, sim)
