"""A daemon with one provider whose price is known, and requests over its HTTP side."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator

KEY = "canary-work-0123456789abcdef"
CONFIG = """\
default_model = "chain"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

# A developer's own Ollama would answer requests without a key.
[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5"]

# A word is a token, so the shortest question and answer cost 2 USD.
[catalog."work/gpt-5.5"]
input_price = 1000000
output_price = 1000000
max_output = 1
"""

Map = dict[str, object]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


class World(Home):
    """A home whose daemon has a provider; `sim` is its server."""

    sim: Simulator

    def restart(self) -> None:
        self.stop()
        self.start({"WORK_KEY": KEY})

    def create(self, *words: str) -> str:
        """Create a token and return it."""
        done = self.cli("token", "create", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextmanager
    def open_chat(self, token: str, **fields: object) -> Iterator[http.client.HTTPResponse]:
        """Send a chat and give the response as soon as it has begun."""
        asked = [{"role": "user", "content": "hi"}]
        body = {"model": "chain", "messages": asked, "max_tokens": 1, **fields}
        with self.post("/v1/chat/completions", token, body) as response:
            yield response

    @contextmanager
    def post(self, path: str, token: str, body: Map) -> Iterator[http.client.HTTPResponse]:
        """Send a request to the private socket, and give the response as soon as it has begun."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = UnixConnection(self.socket.with_name("http.sock"))
        with closing(connection):
            connection.request("POST", path, json.dumps(body), headers)
            with connection.getresponse() as response:
                yield response

    def chat(self, token: str, **fields: object) -> tuple[int, Map]:
        """Send a chat and return status and body."""
        with self.open_chat(token, **fields) as response:
            return response.status, json.loads(response.read())

    def usage(self) -> dict[str, int]:
        """Return how many requests each client has sent."""
        with self.client() as client:
            rows = client.call("usage.report", {"by": ["client"]})["rows"]
        return {row["client"]: row["requests"] for row in rows}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with open_simulator() as sim, open_home() as made:
        sim.keys.accept("openai", KEY)
        made.__class__ = World
        assert isinstance(made, World)
        made.sim = sim
        made.write_config(CONFIG.format(url=sim.url))
        made.start({"WORK_KEY": KEY})
        yield made
