"""A home with a running daemon and simulated providers, which many cases of one editor share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home, home, simulator

WORK_KEY = "canary-work-0123456789abcdef"
SPARE_KEY = "canary-spare-fedcba9876543210"

CONFIG = """\
default_model = "work/gpt-5.5"

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
"""The providers `work` (OpenAI's API) and `spare` (Anthropic's), and an alias for both."""


class EditorHome(NamedTuple):
    """A user's home with a daemon, and the providers that it calls."""

    home: Home
    sim: Simulator


@contextmanager
def open_editor_home(*, config: str = CONFIG) -> Iterator[EditorHome]:
    """Start the daemon and the providers; `work` is signed in, and `spare` is not."""
    with simulator() as sim, home() as made:
        sim.keys.accept("openai", WORK_KEY)
        sim.keys.accept("anthropic", SPARE_KEY)
        made.write_config(config.format(url=sim.url))
        made.start()
        made.login("work", WORK_KEY)
        yield EditorHome(made, sim)
