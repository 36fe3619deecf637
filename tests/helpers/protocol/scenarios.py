"""What the daemon's world is like as a transcript begins, by the name of its `scenario`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aircher_client import DaemonError
from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.daemon.real_daemon import simulator as open_simulator

WORK_KEY = "canary-work-0123456789abcdef"
SPARE_KEY = "canary-spare-0123456789abcdef"
LATER_KEY = "canary-later-0123456789abcdef"
"""A key that a transcript signs in with."""

CONFIG = """\
default_model = "chain"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.spare]
kind = "anthropic"
base_url = "{url}"
env = "SPARE_KEY"

[providers.later]
kind = "openai"
base_url = "{url}/v1"

# A developer's own Ollama would answer requests without a key.
[providers.ollama]
base_url = "http://127.0.0.1:1"

[models.chain]
routes = ["work/gpt-5.5", "spare/claude-sonnet-5"]

[models.sonnet]
routes = ["spare/claude-sonnet-5"]

[catalog."work/gpt-5.5"]
window = 400000
input_price = 1.25
output_price = 10

[catalog."spare/claude-sonnet-5"]
input_price = 3
output_price = 15

[catalog."later/gpt-5.5"]
input_price = 1.25
output_price = 10

[[limits]]
usd = 5
per = "day"
"""
PROJECT = """
[projects."/home/ann/site"]
model = "sonnet"
"""
NO_REQUESTS = """
[[limits]]
requests = 0
per = "month"
"""
INVALID = """
[tasks.draft]
temperature = "warm"
"""


class World:
    """A daemon with simulated providers: `work`, `spare`, and `later`, which has no key."""

    def __init__(self, home: Home, simulator: Simulator) -> None:
        self.home = home
        self.simulator = simulator

    @property
    def replaced(self) -> dict[str, str]:
        """Texts of this machine, and what stands for them in transcripts."""
        port = self.simulator.url.rpartition(":")[2]
        return {str(self.home.root): "/home/ann", f"127.0.0.1:{port}": "127.0.0.1:8080"}

    def start(self) -> None:
        """Start the daemon with the usual configuration."""
        self.write()
        self.home.start({"WORK_KEY": WORK_KEY, "SPARE_KEY": SPARE_KEY})

    def write(self, more: str = "") -> None:
        """Write the configuration."""
        self.home.write_config(CONFIG.format(url=self.simulator.url) + more)

    def set_up(self, scenario: str) -> None:
        """Make everything as new, and then as the scenario says."""
        self.simulator.faults.clear()
        self.simulator.behave(first_delay=BUT_SLOW.get(scenario, 0.0))
        self.write(MORE.get(scenario, ""))
        with self.home.client() as client:
            with suppress(DaemonError):  # as in `invalid-config`
                client.call("config.reload")
            client.call("cooldowns.clear")
            client.call("models.list", {"all": True})
        self.simulator.faults.add(*FAULTS.get(scenario, []))


MORE: dict[str, str] = {
    "project": PROJECT,
    "invalid-config": INVALID,
    "no-requests": NO_REQUESTS,
}
FAULTS: dict[str, list[Fault]] = {
    "rate-limited": [Fault("error", vendor="openai", error="rate_limit", retry_after=30)],
    "all-limited": [
        Fault("error", vendor=vendor, error="rate_limit", retry_after=30)
        for vendor in ("openai", "anthropic")
    ],
    "pauses-after-a-word": [Fault("stall", after=1, seconds=0.5)],
    "stops-after-a-word": [Fault("stall", after=1)],
    "breaks-off": [Fault("cut", after=2)],
}
BUT_SLOW = {"slow": 0.2}
"""Seconds until a provider answers."""
ALONE = frozenset({"first-day", "no-requests", "stopping"})
"""Scenarios that need a daemon of their own."""
SCENARIOS = frozenset({"signed-in", *MORE, *FAULTS, *BUT_SLOW, *ALONE})


@contextmanager
def open_world() -> Iterator[World]:
    """Give a running daemon, and remove everything at the end."""
    with open_simulator() as simulator, open_home() as home:
        simulator.keys.accept("openai", WORK_KEY)
        simulator.keys.accept("openai", LATER_KEY)
        simulator.keys.accept("anthropic", SPARE_KEY)
        world = World(home, simulator)
        world.start()
        yield world
