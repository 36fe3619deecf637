"""A real sshd on loopback, with keys, a port and a configuration of its own, as any user.

What it runs gets the environment of another home, as on another machine: `Remote.environ`.
"""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from helpers.required import missing

PATIENCE = 20.0
PRIVILEGE_SEPARATION = Path("/run/sshd")
"""A directory that sshd wants to exist if root runs it."""


class Sshd:
    """A running sshd. `client_config` is for `ssh -F`; HOST in it is called `buildbox`."""

    def __init__(self, root: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.root = root
        self.port = port
        self.process = process
        self.client_config = root / "client_config"
        self.log_file = root / "log"

    def sessions(self) -> list[int]:
        """Return the processes of its connections."""
        return children_of(self.process.pid)

    def log(self) -> str:
        """Return what it has logged."""
        return self.log_file.read_text(errors="replace")


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that have not ended."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in found.split()]


def descendants_of(pid: int) -> list[int]:
    """Return the processes below a process."""
    found = children_of(pid)
    return [*found, *(each for child in found for each in descendants_of(child))]


@contextmanager
def sshd(environ: Mapping[str, str], *options: str, passphrase: str = "") -> Iterator[Sshd]:
    """Run an sshd whose sessions have `environ`; more `options` are lines of its configuration.

    The user's key has the `passphrase`.
    """
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("ssh") is None:
        missing("openssh-server and openssh-client")
    assert program is not None
    if os.getuid() == 0:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="airsshd"))
    try:
        _make_key(root / "host_key", "")
        _make_key(root / "user_key", passphrase)
        (root / "authorized_keys").write_text((root / "user_key.pub").read_text())
        with _running(program, root, environ, options) as running:
            yield running
    finally:
        shutil.rmtree(root)


@contextmanager
def _running(
    program: str, root: Path, environ: Mapping[str, str], options: tuple[str, ...]
) -> Iterator[Sshd]:
    port = free_port()
    _write_configs(root, port, environ, options)
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(root / "sshd_config")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    running = Sshd(root, port, process)
    try:
        _wait_ready(running)
        yield running
    finally:
        for pid in descendants_of(process.pid):
            os.kill(pid, 9)
        process.kill()
        process.wait()


def _make_key(path: Path, passphrase: str) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True
    )


def _write_configs(
    root: Path, port: int, environ: Mapping[str, str], options: tuple[str, ...]
) -> None:
    variables = " ".join(f'"{name}={value}"' for name, value in environ.items())
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {root}/host_key",
        f"AuthorizedKeysFile {root}/authorized_keys",
        f"PidFile {root}/pid",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UsePAM no",
        "StrictModes no",
        f"SetEnv {variables}",
        *options,
    ]
    (root / "sshd_config").write_text("\n".join(lines) + "\n")
    client = [
        "Host buildbox",
        "HostName 127.0.0.1",
        f"Port {port}",
        f"User {getpass.getuser()}",
        f"IdentityFile {root}/user_key",
        "IdentitiesOnly yes",
        "IdentityAgent none",
        f"UserKnownHostsFile {root}/known_hosts",
        "GlobalKnownHostsFile /dev/null",
        "StrictHostKeyChecking accept-new",
        "LogLevel ERROR",
    ]
    (root / "client_config").write_text("\n".join(client) + "\n")


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_ready(running: Sshd) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert running.process.poll() is None, f"sshd ended:\n{running.log()}"
        try:
            socket.create_connection(("127.0.0.1", running.port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, f"sshd does not listen:\n{running.log()}"
            time.sleep(0.01)
        else:
            return
