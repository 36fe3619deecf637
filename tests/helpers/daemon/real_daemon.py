"""A real daemon in a temporary home, and the command line, for end-to-end tests.

They are isolated from the user's machine: home, XDG directories, keyring and environment are
created for each test and removed.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import trio

from aircher_client import Client, DaemonUnreachable
from aircherd.testing.simulator import Simulator, open_simulator
from helpers.systemd.pass_socket import passing

PATIENCE = 20.0
"""Seconds until a test fails that waits for something that should happen at once."""


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return as soon as `is_so()` is true; fail with `what` after a timeout."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"timed out waiting until {what}"
        time.sleep(0.01)


class Home:
    """A new user's home: directories, environment, and a daemon on request."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str] | None = None,
        *,
        python: str = sys.executable,
    ) -> None:
        self.root = root
        self.python = python
        self.config_file = root / ".aircher" / "config.toml"
        self.data = root / "data" / "aircher"
        self.socket = root / "run" / "aircher" / "aircher.sock"
        (root / "run").mkdir(mode=0o700)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "XDG_DATA_HOME": str(root / "data"),
            "XDG_STATE_HOME": str(root / "state"),
            "XDG_CONFIG_HOME": str(root / "config"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # not the user's own keyring
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "AIRCHER_AUTOSTART": "0",
            **(environ or {}),
        }
        self.process: subprocess.Popen[str] | None = None
        self.children: list[subprocess.Popen[str]] = []
        self.log_file = root / "daemon.log"
        self.preexec: Callable[[], None] | None = None
        self.at_end: Callable[[], object] = lambda: None

    def write_config(self, text: str) -> None:
        """Write the configuration file; the daemon sees it on its next start or reload."""
        self.config_file.parent.mkdir(mode=0o700, exist_ok=True)
        self.config_file.write_text(text)

    # ---------------------------------------------------------- the daemon

    def start(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        log_level: str = "debug",
        program: Sequence[str] = ("-m", "aircherd"),
        passed: Mapping[str, socket.socket] | None = None,
    ) -> None:
        """Start `aircherd` and wait until it answers; `program` is what Python runs.

        It gets the sockets `passed` as from a service manager. It calls the
        home's `preexec` first.
        """
        command = [self.python, *program, "--log-level", log_level]
        with self.log_file.open("a") as log:
            self.process = subprocess.Popen(
                passing(passed, command) if passed else command,
                env={**self.environ, **(environ or {})},
                pass_fds=[sock.fileno() for sock in (passed or {}).values()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                preexec_fn=self.preexec,  # noqa: PLW1509 -- one system call
            )
        process = self.process

        def is_up() -> bool:
            assert process.poll() is None, f"aircherd ended:\n{self.log()}"
            return self.socket.exists() and self._answers()

        wait_until(is_up, f"aircherd answers:\n{self.log()}")

    def run_daemon(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        passed: Mapping[str, socket.socket] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a second `aircherd`, or one that cannot start, until it exits."""
        command = [self.python, "-m", "aircherd"]
        return subprocess.run(
            passing(passed, command) if passed else command,
            env={**self.environ, **(environ or {})},
            pass_fds=[sock.fileno() for sock in (passed or {}).values()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE + 20,
            check=False,
        )

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                client.call("ping")
        except DaemonUnreachable:
            return False
        return True

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE + 20)
        self.process = None
        return code

    def log(self) -> str:
        """Return the daemon's log so far."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    def client(self) -> Client:
        """Return a connected client."""
        return Client.connect(self.environ, autostart=False)

    # ---------------------------------------------------------- the command line

    def popen(
        self, *arguments: str, environ: Mapping[str, str] | None = None, **options: object
    ) -> "subprocess.Popen[str]":
        """Start `aircher-cli` with its output in pipes and nothing on its standard input."""
        process = subprocess.Popen(  # type: ignore[call-overload]
            [self.python, "-m", "aircher_cli", *arguments],
            env={**self.environ, **(environ or {})},
            text=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **options,
            },
        )
        self.children.append(process)
        return process  # type: ignore[no-any-return]

    def cli(
        self,
        *arguments: str,
        stdin: str | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run `aircher-cli` until it exits; without `stdin` its standard input is /dev/null."""
        source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [self.python, "-m", "aircher_cli", *arguments],
            env={**self.environ, **(environ or {})},
            cwd=cwd,
            text=True,
            capture_output=True,
            timeout=PATIENCE + 20,
            check=False,
            **source,
        )

    def login(self, provider: str, key: str, *more: str) -> None:
        """Store a key with `auth login`, and check that it worked."""
        done = self.cli("auth", "login", provider, "--with-token", *more, stdin=key)
        assert done.returncode == 0, done.stderr

    def everything_written(self) -> str:
        """Return the content of all files below the home, to search for leaked keys."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return "\n".join(path.read_bytes().decode(errors="replace") for path in files)


@contextmanager
def home(
    environ: Mapping[str, str] | None = None, *, python: str = sys.executable
) -> Iterator[Home]:
    """Give a new home; kill its daemon and remove it at the end. `python` runs the programs.

    It is directly in the temporary directory, because a socket's path has at most 107 bytes.
    """
    root = Path(tempfile.mkdtemp(prefix="air"))
    made = Home(root, environ, python=python)
    try:
        yield made
    finally:
        for process in filter(None, (made.process, *made.children)):
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()
        made.at_end()
        shutil.rmtree(root)


@contextmanager
def simulator(port: int = 0) -> Iterator[Simulator]:
    """Run the simulator in its own thread, for tests that block. Port 0 is any free port."""
    started: list[Simulator] = []
    ready = threading.Event()
    token: list[trio.lowlevel.TrioToken] = []
    stop: list[trio.Event] = []

    async def run() -> None:
        stop.append(trio.Event())
        token.append(trio.lowlevel.current_trio_token())
        async with open_simulator(port=port) as sim:
            started.append(sim)
            ready.set()
            await stop[0].wait()

    thread = threading.Thread(target=trio.run, args=(run,), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE), "the simulator did not start"
    try:
        yield started[0]
    finally:
        token[0].run_sync_soon(stop[0].set)
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the simulator did not stop"
