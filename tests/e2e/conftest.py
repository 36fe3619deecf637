"""Fixtures with a home and simulated providers; no test leaves the machine."""

from collections.abc import AsyncIterator

import pytest

from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator
from helpers.providers.contract import Bench, open_bench
from helpers.providers.contract_apis import APIS

KEY = "canary-work-0123456789abcdef"

CONFIG = """\
[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "SPARE_KEY"

# A developer's own Ollama would answer requests without a key.
[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5", "spare/claude-sonnet-5"]
"""


@pytest.fixture
def sim():
    """Simulated providers that accept one key each."""
    with open_simulator() as running:
        running.keys.accept("openai", KEY)
        running.keys.accept("anthropic", "canary-spare-0123456789abcdef")
        yield running


@pytest.fixture
def home(sim):
    """A home with the simulated providers `work` (OpenAI's API) and `spare` (Anthropic's)."""
    with open_home() as made:
        made.write_config(CONFIG.format(url=sim.url))
        yield made


@pytest.fixture
def daemon(home):
    """The same home with a running daemon."""
    home.start()
    return home


@pytest.fixture(scope="module")
def shared_sim():
    """The same for all tests of a module; those that add faults clear them."""
    with open_simulator() as running:
        running.keys.accept("openai", KEY)
        running.keys.accept("anthropic", "canary-spare-0123456789abcdef")
        yield running


@pytest.fixture(scope="module")
def shared_daemon(shared_sim):
    """A running daemon for tests of a module that leave it as it was: a start is 0.4 s of CPU."""
    with open_home() as made:
        made.write_config(CONFIG.format(url=shared_sim.url))
        made.start()
        yield made


@pytest.fixture
def used_sim(shared_sim):
    """The shared providers, as if nothing had happened yet."""
    shared_sim.faults.clear()
    shared_sim.requests.clear()
    shared_sim.behave(delay=0)
    return shared_sim


@pytest.fixture
def used_daemon(shared_daemon, used_sim):
    """The shared daemon, without the cooldowns of the test before."""
    with shared_daemon.client() as client:
        client.call("cooldowns.clear", {})
    return shared_daemon


@pytest.fixture(params=APIS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Each of the seven simulated APIs, and the provider client that calls it."""
    async with open_bench(APIS[request.param]) as opened:
        yield opened
