"""No key is in the environment or on the command line of the daemon or of a program it starts."""

import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from helpers.secret_service import secret_service

KEY = "canary-work-0123456789abcdef"
CANARY = "canary-"

CONFIG = """
[providers.work]
kind = "openai"
base_url = "{url}/v1"

[providers.tool]
kind = "openai"
base_url = "{url}/v1"
key_command = ["sh", "-c", "env > {seen}; sleep 0.1; echo $TOKEN_OF_MY_VAULT"]

[providers.other]
kind = "openai"
base_url = "{url}/v1"
env = "OTHER_NAME"
"""

KEYS = {
    "OPENAI_API_KEY": f"{CANARY}openai-0123456789",
    "OTHER_NAME": f"{CANARY}other-0123456789",
    "MISTRAL_API_KEY": f"{CANARY}mistral-0123456789",
    "UNKNOWN": f"sk-{CANARY}0123456789abcdef",
}


@contextmanager
def watched(daemon_pid):
    """Collect what the system shows of the daemon and of its children, as root would see it."""
    seen, stop = {}, threading.Event()

    def read(path):
        with suppress(OSError):
            seen.setdefault(path.name, set()).add(path.read_bytes().decode(errors="replace"))

    def watch():
        while not stop.is_set():
            for stat in Path("/proc").glob("[0-9]*/stat"):
                with suppress(OSError):
                    pid, parent = stat.parent.name, stat.read_text().rpartition(")")[2].split()[1]
                    if str(daemon_pid) in (pid, parent):
                        read(stat.parent / "environ")
                        read(stat.parent / "cmdline")
                        seen.setdefault("pids", set()).add(pid)
            stop.wait(0.002)

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    stop.set()
    thread.join()


@pytest.mark.secret_service
def test_children_get_no_key_and_a_key_command_what_it_needs(home, sim, tmp_path):
    """Whatever the daemon was started with."""
    env_file = tmp_path / "env"
    home.write_config(CONFIG.format(url=sim.url, seen=env_file))
    with secret_service() as keyring:
        token = {"TOKEN_OF_MY_VAULT": KEY.replace(CANARY, "printed-"), "SSH_AUTH_SOCK": "/agent"}
        home.start({**keyring.environ, **KEYS, **token})
        with watched(home.process.pid) as seen:
            done = home.cli("auth", "login", "work", "--no-verify", stdin=KEY)
            assert done.returncode == 0, done.stderr
            rows = home.cli("auth", "test", "--json").stdout
            assert "environment variable OTHER_NAME" in rows  # it is the daemon's all the same
            home.cli("status")
    assert len(seen["pids"]) > 2
    assert "SSH_AUTH_SOCK=/agent" in env_file.read_text()
    assert "TOKEN_OF_MY_VAULT" in env_file.read_text()
    assert CANARY not in env_file.read_text()
    everything = "\n".join(seen["environ"] | seen["cmdline"])
    assert "XDG_RUNTIME_DIR" in everything
    assert CANARY not in everything
