"""A new user's machine: a home, a systemd of its own, and a simulated provider."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aircherd.testing.simulator import Simulator
from helpers.built_wheel import built_wheel
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.systemd.manager import UserManager, user_manager

KEY = "canary-work-0123456789abcdef"

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

# A developer's own Ollama would answer requests without a key.
[providers.ollama]
base_url = "http://127.0.0.1:1"
"""


@pytest.fixture
def machine(sim: Simulator) -> Iterator[tuple[Home, UserManager]]:
    """A home with the provider `work`, whose key is in ~/.aircher/environment, and its systemd."""
    with open_home() as home, user_manager(home.environ) as manager:
        write_config(home, sim)
        yield home, manager


def write_config(home: Home, sim: Simulator, more: str = "") -> None:
    """Write the config and the environment file of a user with one provider."""
    home.write_config(CONFIG.format(url=sim.url) + more)
    (home.config_file.parent / "environment").write_text(f"WORK_KEY={KEY}\n")
    (home.config_file.parent / "environment").chmod(0o600)


@pytest.fixture
def config(sim: Simulator) -> Callable[..., None]:
    """Write the files of a user with one provider, and further entries, into a home."""
    return lambda home, more="": write_config(home, sim, more)


@pytest.fixture(scope="session")
def wheel() -> Path:
    """A wheel of this checkout."""
    return built_wheel()


@pytest.fixture
def install(machine: tuple[Home, UserManager]) -> Callable[..., str]:
    """Run `daemon install`, which must succeed, and return what it printed."""
    home, manager = machine

    def run(*options: str) -> str:
        done = home.cli("daemon", "install", *options)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{manager.all_logs()}"
        return done.stdout

    return run
