"""The token and the port of a tool, for as long as a connection to the daemon lives.

When the daemon is restarted, the same token is opened again at the same port, so the tool goes on.
One that was stopped is not started again because of a tool: the user may want it so.

While no daemon runs, a program of another user can listen at the port, and is sent what the tool
sends. If it still does when the daemon is back, the token is never opened again.
"""

import hashlib
import socket
import time

from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.values import Map, text, texts
from aircher_client.client import Client
from aircher_client.errors import ClientError, DaemonError
from aircher_wire import codes, methods

RETRY_SECONDS = 0.5
CONNECT_SECONDS = 0.5
"""Time for a program of this machine to accept a connection."""
PATIENT_SECONDS = 10.0
"""So long a restart may take until a note says so."""


class OpenDoor:
    """An open token.

    `url` and `token` are for the tool. `key_variables` may have keys of providers.
    """

    def __init__(self, context: Context, params: Map) -> None:
        """Open a token; the daemon is started if none runs.

        Raises:
            DaemonUnreachable: there is no daemon.
            DaemonError: it does not let us, or cannot open a port.
            CommandFailed: it is on another machine, and its port is not forwarded.
        """
        self._context = context
        self._params = params
        self._client: Client | None = context.connect()
        opened = self._open(params)
        self.url = text(opened.get("url"))
        self.token = text(opened.get("token"))
        self.key_variables = texts(opened.get("variables"))
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        port = opened.get("port")
        self._port = port if isinstance(port, int) else 0
        self._check_forwarded()
        self._again: Map = {**params, "digest": digest, "port": port}
        self._is_given_up = False
        self._lost_at = 0.0
        self._was_stopped = False
        self._is_reported = False

    @property
    def client(self) -> Client:
        """The connection that the token lives as long as."""
        assert self._client is not None
        return self._client

    def _open(self, params: Map) -> Map:
        opened: Map = self.client.call(methods.HTTP_OPEN, params)
        # Nothing is subscribed to: it lets the client report the end of the connection.
        self.client.events([])
        return opened

    def _check_forwarded(self) -> None:
        """Check that the port of a daemon on another machine can be reached at this one.

        Raises:
            CommandFailed: it cannot.
        """
        if self.client.server.get("host") and not is_listened_at(self._port):
            self.close()
            port = self._port
            raise CommandFailed(
                f"the daemon is on another machine, whose port {port} is not forwarded to this "
                f"one. Run this there: aircher-cli forward HOST -- -R {port}:127.0.0.1:{port}"
            )

    def fileno(self) -> int | None:
        """Return the descriptor that is readable when the daemon has something to say."""
        return None if self._client is None else self._client.fileno()

    @property
    def retry_seconds(self) -> float | None:
        """In how many seconds to call `tend` again, None if not at all."""
        return RETRY_SECONDS if self._client is None and not self._is_given_up else None

    def tend(self) -> None:
        """Notice that the daemon is gone, or open the token again if it is back."""
        if self._client is None:
            self._reopen()
            return
        try:
            self._client.take_events()
        except ClientError as error:
            self._was_stopped = isinstance(error, DaemonError) and error.code == codes.SHUTTING_DOWN
            self._lost_at = time.monotonic()
            self.close()

    def _reopen(self) -> None:
        if self._is_given_up:
            return
        try:
            self._client = self._context.connect(
                autostart=not self._was_stopped, on_notices=lambda _: None
            )
            self._open(self._again)
        except ClientError as error:
            self.close()
            if isinstance(error, DaemonError) and is_listened_at(self._port):
                self._give_up()
            elif time.monotonic() - self._lost_at >= PATIENT_SECONDS and not self._is_reported:
                self._is_reported = True
                self._context.console.note(
                    f"aircher-cli: the tool cannot reach aircher: {error.message}. It can go on "
                    "as soon as the daemon runs: aircher-cli daemon start"
                )
        else:
            self._is_reported = False

    def _give_up(self) -> None:
        """Leave the token closed: who listens in the daemon's place may know it by now."""
        self._is_given_up = True
        self._context.console.note(
            f"aircher-cli: another program listens at port {self._port}, where the tool sends its "
            "requests, and may have its token. So the token stays closed: end the tool and start "
            "it again"
        )

    def close(self) -> None:
        """End the token. Idempotent."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __repr__(self) -> str:
        return f"<OpenDoor {self.url}, {'open' if self._client else 'closed'}>"


def is_listened_at(port: int) -> bool:
    """Return whether a program listens at a port of this machine."""
    for host in ("127.0.0.1", "::1"):
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
        except OSError:
            continue
        return True
    return False
