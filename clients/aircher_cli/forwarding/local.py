"""The end here: `aircher-cli forward HOST`. It runs ssh, and connects what comes to the daemon.

A connection of the daemon's extra socket is opened for each client of HOST, and begins with HOST's
name. If no daemon runs, one is started as for any client here, while others are carried on.
"""

import codecs
import os
import secrets
import selectors
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from aircher_cli.console import strip_controls
from aircher_cli.forwarding.carrier import SILENCE_SECONDS, Carrier, End, Link, Why
from aircher_cli.forwarding.mux import MAX_CHANNELS, MAX_REASON
from aircher_cli.forwarding.remote import PROTOCOL, one_line
from aircher_client.errors import ClientError
from aircher_client.peer_check import is_daemon
from aircher_wire import address, frames, methods
from aircher_wire.version import __version__

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from typing import IO

    from aircher_cli.context import Context

ERRORS_SECONDS = 0.5
"""For the last errors of ssh to be shown."""
QUIT_SECONDS = 2.0
"""For ssh to end by itself, and again after SIGTERM."""


class Daemon:
    """The daemon of this machine, through its extra socket.

    `start` connects to the main socket, which starts a daemon if there is none.
    """

    def __init__(self, main: str, start: Callable[[], object]) -> None:
        self.path = address.extra_socket(main)
        self._main = main
        self.start = start

    def connect(self) -> socket.socket | None:
        """Return a connection; None if no daemon listens.

        Raises:
            DaemonUnreachable: another program answers there.
            AddressError: the directory is not safe.
        """
        try:
            address.check_directory(os.path.dirname(self.path), os.getuid())  # noqa: PTH120 -- a text
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError:
            return None
        try:
            sock.setblocking(False)
            sock.connect(self.path)
            is_ours = is_daemon(sock, self._main)
        except OSError:
            sock.close()
            return None
        except BaseException:
            sock.close()
            raise
        if not is_ours:
            sock.close()
            return None
        return sock

    def __repr__(self) -> str:
        return f"<Daemon at {self.path}>"


class LocalEnd(Carrier):
    """Connects what comes from HOST, which clients' names end with, to the daemon.

    `on_ready` gets what the other end says once clients there can connect.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        daemon: Daemon,
        host: str,
        on_ready: Callable[[dict[str, object]], object],
    ) -> None:
        super().__init__(source, sink, opens=False)
        self._daemon = daemon
        self._via = frames.encode_notification(methods.VIA, {"host": host})
        self._on_ready = on_ready
        self.is_ready = False
        self._starting: threading.Thread | None = None
        self._start_failure = ""

    def hello(self, host: str, wanted: str | None, token: str) -> None:
        """Say first what the other end is to do.

        `host` is what the user calls its machine, and `wanted` the path of its socket.
        """
        self.mux.announce(
            hello=PROTOCOL,
            version=__version__,
            token=token,
            to=host,
            **{"from": os.uname().nodename, **({"as": wanted} if wanted else {})},
        )

    def on_message(self, message: dict[str, object]) -> None:
        """Note that the other end is ready, or ends."""
        if "refused" in message:
            self.stop(Why.REFUSED, one_line(message["refused"])[:MAX_REASON])
        elif "bye" in message:
            self.stop(Why.LEFT, one_line(message["bye"])[:MAX_REASON])
        elif "ready" in message and not self.is_ready:
            self.is_ready = True
            self._on_ready(message)

    def on_end(self, end: End) -> None:
        """Say that the user has ended it: the other end need not wait for ssh to notice."""
        if end.why is Why.SIGNAL:
            self.mux.announce(bye=f"it was ended on {os.uname().nodename}")

    def on_opened(self, number: int) -> None:
        """Connect a client of HOST to the daemon."""
        # Those that have ended there may not have ended here: they count, too.
        if len(self.links) >= MAX_CHANNELS:
            self.mux.close(number, f"{MAX_CHANNELS} clients are connected already")
            return
        link = self.add(number, None)
        if not self._connect(link):
            self._start_daemon()

    def _connect(self, link: Link) -> bool:
        """Connect a client; return False if no daemon listens."""
        try:
            sock = self._daemon.connect()
        except (ClientError, address.AddressError) as error:
            self.close(link, str(error))
            return True
        if sock is None:
            return False
        # Before anything that the client has sent, and never counted as its own.
        try:
            sock.send(self._via)
        except OSError:
            sock.close()
            return False
        self.attach(link, sock)
        return True

    def _start_daemon(self) -> None:
        """Start the daemon in a thread: the other connections are carried on meanwhile."""
        if self._starting is not None:
            return
        ours, theirs = socket.socketpair()

        def start() -> None:
            try:
                self._daemon.start()
                self._start_failure = ""
            except (ClientError, address.AddressError) as error:
                self._start_failure = str(error)
            finally:
                theirs.close()

        def note(_mask: int) -> None:
            self.selector.unregister(ours)
            ours.close()
            self._starting = None
            self._connect_waiting()

        self._starting = threading.Thread(target=start, daemon=True)
        self.selector.register(ours, selectors.EVENT_READ, note)
        self._starting.start()

    def _connect_waiting(self) -> None:
        for link in [each for each in self.links.values() if each.sock is None]:
            if not self._connect(link):
                reason = self._start_failure or f"no daemon listens at {self._daemon.path}"
                self.close(link, f"on {os.uname().nodename}: {reason}")


class Attempt:
    """One run of ssh, with our end on its pipes."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start ssh. Its questions go to the user's terminal, its errors through `show_errors`.

        Raises:
            OSError: it cannot be run.
        """
        pipe = subprocess.PIPE
        self._process = process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0
        )
        assert process.stderr is not None
        # It ends with the last process that has the pipe, which may be a master that ssh has left.
        self._errors = threading.Thread(target=show_errors, args=(process.stderr,), daemon=True)
        self._errors.start()

    @property
    def pipes(self) -> tuple[int, int]:
        """The descriptors to read from and to write to."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        return process.stdout.fileno(), process.stdin.fileno()

    def close(self) -> int | None:
        """End ssh, and return its exit code if it ended by itself.

        The other end notices that its input is closed; so ssh ends without a signal.
        """
        code = self._close()
        self._errors.join(ERRORS_SECONDS)
        return code

    def _close(self) -> int | None:
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not written is lost anyway
                    pipe.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                return process.wait(QUIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(number)
        process.wait()
        return None

    def __repr__(self) -> str:
        return f"<Attempt, ssh is process {self._process.pid}>"


def show_errors(pipe: "IO[bytes]") -> None:
    """Pass on what ssh says until it ends, and what HOST says: that must not control a terminal."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with pipe, suppress(OSError):
        while data := os.read(pipe.fileno(), 4096):
            os.write(2, strip_controls(decoder.decode(data)).encode())


def new_token() -> str:
    """Return what the two ends of one forward know each other by, over all its attempts."""
    return secrets.token_hex(16)


def start_daemon(context: "Context") -> None:
    """Connect to the daemon of this machine; start one if there is none.

    Raises:
        DaemonUnreachable: none could be started.
    """
    with context.connect(on_notices=lambda _: None, on_wait=lambda _: None) as client:
        client.call(methods.PING)


def describe_end(host: str, end: End) -> str:
    """Return how a forward has ended that had begun."""
    if end.why is Why.SILENT:
        if end.text:
            return (
                f"nothing came from {host} for {end.text} s: try 'ssh {host}', which may hang, too"
            )
        return f"nothing came from {host} for {SILENCE_SECONDS:g} s"
    if end.why is Why.CLOSED:
        return f"the connection to {host} was closed"
    return f"{host} says: {end.text}" if end.text else f"the forward on {host} has ended"
