"""A laptop with a daemon and a key, and another machine with neither, behind a real sshd."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aircher_client.errors import ClientError
from aircherd.testing.simulator import Simulator
from helpers.daemon.ipc_requests import KEYS
from helpers.daemon.real_daemon import Home, home, simulator, wait_until
from helpers.forward.sshd import Sshd, descendants_of, sshd

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"

[providers.ollama]
base_url = "http://127.0.0.1:1"
"""


def environment(there: Home) -> dict[str, str]:
    """Return what a session there has, with the programs of this installation."""
    return {**there.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


class Machines:
    """The laptop, the machine `there`, its sshd, and the forwards between them."""

    def __init__(self, laptop: Home, there: Home, server: Sshd) -> None:
        self.laptop = laptop
        self.there = there
        self.server = server
        self.environ = environment(there)

    def forward(self, *arguments: str, is_ready: bool = True) -> "subprocess.Popen[str]":
        """Start `aircher-cli forward buildbox` on the laptop; wait until clients can connect."""
        process = self.laptop.popen(
            "forward", *arguments, "buildbox", "--", "-F", str(self.server.client_config)
        )
        if is_ready:
            wait_until(lambda: process.poll() is not None or self.is_forwarded(), "it is ready")
            assert process.poll() is None, process.stderr and process.stderr.read()
        return process

    def is_forwarded(self) -> bool:
        """Tell whether the daemon of the laptop answers there."""
        if not self.there.socket.exists():
            return False
        try:
            with self.there.client() as client:
                client.call("ping")
        except ClientError:
            return False
        return True

    def remote_ends(self) -> list[int]:
        """Return the processes of the ends there."""
        found = []
        for pid in descendants_of(self.server.process.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"--remote" in words and b"-c" not in words:
                found.append(pid)
        return found

    def wait_clean(self) -> None:
        """Wait until nothing is left there: no process, and no socket."""
        wait_until(
            lambda: not (self.there.socket.exists() or descendants_of(self.server.process.pid)),
            f"nothing is left there: {descendants_of(self.server.process.pid)}",
        )

    def clients(self) -> list[str]:
        """Return the clients of the latest attempts, the newest last."""
        with self.laptop.client() as local:
            rows = local.call("attempts.list", {"limit": 100})["rows"]
        return [row["client"] for row in rows]


@pytest.fixture(scope="module")
def forward_sim() -> Iterator[Simulator]:
    """A simulated provider."""
    with simulator() as sim:
        sim.keys.accept("openai", KEYS["WORK_KEY"])
        yield sim


@pytest.fixture(scope="module")
def running(forward_sim: Simulator) -> Iterator[Machines]:
    """Both machines, for all tests of a module."""
    with home() as laptop, home() as there:
        laptop.write_config(CONFIG.format(url=forward_sim.url))
        laptop.start(KEYS)
        with sshd(environment(there), "StreamLocalBindUnlink yes") as server:
            yield Machines(laptop, there, server)


@pytest.fixture
def machines(running: Machines) -> Iterator[Machines]:
    """Both machines; a test's forwards have ended after it."""
    yield running
    for process in running.laptop.children:
        if process.poll() is None:
            process.kill()
        process.communicate()
    running.laptop.children.clear()
    running.wait_clean()
