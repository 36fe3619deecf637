"""A blocking client of the daemon: one call, chat or subscription at a time.

Not thread-safe, and a callback must not use the client that called it: create another one.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence

from aircher_client.connection import POLL_SECONDS, Connection, connect
from aircher_client.conversation import HELLO_TIMEOUT, Conversation, find_session_bus
from aircher_client.errors import (
    START_HINT,
    ConnectionLost,
    DaemonError,
    DaemonUnreachable,
    NoAnswer,
)
from aircher_client.project import find_folder, find_project
from aircher_wire import address, codes, methods
from aircher_wire.frames import Notification

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

    from aircher_client.conversation import OnNotices

START_TIMEOUT = 5.0
"""Seconds to find a daemon, including starting one."""
MIN_READ_SECONDS = 0.001
"""A read without any time would not even look."""


class Client:
    """A client of the daemon. Create it with `connect` and use it as a context manager.

    `open_connection` returns a new connection. Requests are attributed to `project`. They come from
    `folder`, if that is another one: the configuration may have an entry of `[projects]` for it.
    The daemon looks for the keyring on the `session_bus`, too. With `retries`, a call that was
    refused because the daemon is shutting down is sent again over a new connection; a call that may
    have started is never sent twice. `on_notices` receives the daemon's notices, if there are any,
    before the first result; again after the client has reconnected. `on_reconnect` is called then;
    set it at any time.
    """

    def __init__(
        self,
        open_connection: Callable[[], Connection],
        *,
        name: str = "aircher-cli",
        project: str | None = None,
        folder: str | None = None,
        session_bus: str | None = None,
        retries: bool = True,
        hello_timeout: float = HELLO_TIMEOUT,
        on_notices: OnNotices | None = None,
    ) -> None:
        self._open_connection = open_connection
        self._name = name
        self._project = project
        self._folder = folder
        self._session_bus = session_bus
        self._retries = retries
        self._hello_timeout = hello_timeout
        self._on_notices = on_notices
        self.on_reconnect: Callable[[], object] | None = None
        self._is_aborted = False
        self._conversation = self._open()

    @classmethod
    def connect(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        autostart: bool = True,
        name: str = "aircher-cli",
        timeout: float = START_TIMEOUT,
        command: Sequence[str] | None = None,
        on_notices: OnNotices | None = None,
        on_wait: Callable[[str], object] | None = None,
    ) -> Self:
        """Connect to the user's daemon; start one if none answers.

        `timeout` is in seconds and covers starting it; `command` replaces `aircherd`. Requests are
        attributed to the repository around the working directory (see `find_project`). While an
        old daemon finishes its requests, this waits longer, and passes `on_wait` a sentence.

        Raises:
            DaemonUnreachable: no daemon answers, and none could be started.
        """

        def open_connection() -> Connection:
            return _open_connection(
                environ, autostart=autostart, timeout=timeout, command=command, on_wait=on_wait
            )

        project = find_project(environ)
        return cls(
            open_connection,
            name=name,
            project=project,
            folder=find_folder(environ, project),
            session_bus=find_session_bus(environ),
            retries=autostart,
            on_notices=on_notices,
        )

    @property
    def server(self) -> dict[str, Any]:
        """The daemon's answer to `hello`; empty until the first call has returned."""
        return self._conversation.server

    @property
    def notices(self) -> list[dict[str, Any]]:
        """What the daemon's user should know, `{code, message}` each; empty as `server` is."""
        return self._conversation.notices

    @property
    def daemon_pid(self) -> int | None:
        """The process id of the daemon, from the kernel; None if the system does not tell.

        For a socket of systemd the kernel names systemd, to which no signal must be sent.
        """
        connection = self._conversation.connection
        return None if connection.is_to_systemd() else connection.peer_pid()

    # ---------------------------------------------------------- calls

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        on_notification: Callable[[str, dict[str, Any]], object] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call a method and return its result.

        `on_notification(method, params)` receives the notifications that arrive meanwhile.
        `timeout` is in seconds; without one the daemon's own deadlines apply.

        Raises:
            DaemonError: the daemon answered with an error.
            NoAnswer: the timeout has passed; the connection remains usable.
            DaemonUnreachable: the connection was lost.
        """
        last_try = time.monotonic() + START_TIMEOUT
        while True:
            deadline = None if timeout is None else time.monotonic() + timeout
            try:
                return self._conversation.exchange(method, params, on_notification, deadline)
            except (DaemonError, ConnectionLost) as error:
                if not self._may_retry(method, error) or time.monotonic() >= last_try:
                    raise
            time.sleep(POLL_SECONDS)
            self._reopen()

    def chat(
        self,
        request: dict[str, Any],
        on_delta: Callable[[dict[str, Any]], object] | None = None,
        *,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Send a chat request, hand each delta to `on_delta`, return the final result.

        Ctrl-C, an exception from `on_delta` and the timeout cancel the request, so that output that
        will not be read is not paid for; then they are raised.

        Raises:
            DaemonError: no provider could answer, or the answer broke off; `data` has details.
            NoAnswer, DaemonUnreachable: as `call`.
        """

        def on_notification(method: str, params: dict[str, Any]) -> None:
            # Deltas of an earlier, cancelled chat may still arrive: hence the check of the id.
            if (
                on_delta
                and method == methods.CHAT_DELTA
                and params.get("id") == self._conversation.msgid
            ):
                on_delta(params)

        try:
            result: dict[str, Any] = self.call(
                methods.CHAT, request, on_notification=on_notification, timeout=timeout
            )
        except (DaemonError, ConnectionLost):
            raise
        except BaseException:
            self._conversation.cancel(self._conversation.msgid)
            raise
        return result

    def events(
        self,
        topics: Iterable[str],
        on_snapshot: Callable[[dict[str, Any]], object] | None = None,
        *,
        optional: Collection[str] = (),
    ) -> Generator[dict[str, Any], None, None]:
        """Subscribe at once, hand the result to `on_snapshot`, and return an iterator of events.

        It yields every event from this call on, including those that arrive before it is first
        advanced or during another call of this client. Topics that are `optional` are left out if
        an older daemon does not know them.

        Raises:
            DaemonError: a topic does not exist, or the daemon shut down (`shutting_down`).
            DaemonUnreachable: the connection was lost.
        """
        chosen = list(topics)
        try:
            result = self._subscribe(chosen)
        except DaemonError as error:
            known = [topic for topic in chosen if topic not in optional]
            if error.code != codes.BAD_REQUEST or known == chosen:
                raise
            self._conversation.pass_version_notice()
            chosen, result = known, self._subscribe(known)
        if on_snapshot:
            on_snapshot(result)
        return self._yield_events(chosen)

    def fileno(self) -> int:
        """Return the descriptor of the connection, for `select`."""
        return self._conversation.connection.fileno()

    @property
    def has_events(self) -> bool:
        """Whether `take_events` has something to return: events may arrive during a call."""
        talk = self._conversation
        return bool(talk.events) or talk.connection.has_pending

    def take_events(self, timeout: float = 0.0) -> list[dict[str, Any]]:
        """Return the events that have arrived; if there are none, wait up to `timeout` seconds.

        For a client that subscribed with `events` and waits for other things as well: it waits
        until `fileno` is readable or `timeout` is over. An empty list is no error.

        Raises: as `events`.
        """
        talk = self._conversation
        assert talk.events is not None, "subscribe with `events` first"
        deadline = time.monotonic() + max(timeout, MIN_READ_SECONDS)
        try:
            while talk.connection.has_pending or not talk.events:
                frame = talk.receive(deadline)
                if isinstance(frame, Notification):
                    talk.take_notification(frame, None)
        except NoAnswer:
            if talk.connection.is_closed:
                raise
        found = list(talk.events)
        talk.events.clear()
        return found

    def _yield_events(self, chosen: list[str]) -> Generator[dict[str, Any], None, None]:
        talk = self._conversation
        try:
            while True:
                while talk.events:
                    yield talk.events.popleft()
                # No deadline: the next event may take hours.
                frame = talk.receive(None)
                if isinstance(frame, Notification):
                    talk.take_notification(frame, None)
        finally:
            talk.unsubscribe(chosen)

    def _subscribe(self, topics: list[str]) -> dict[str, Any]:
        self._conversation.events = deque()
        try:
            result: dict[str, Any] = self.call(methods.EVENTS_SUBSCRIBE, {"topics": topics})
        except BaseException:
            self._conversation.events = None
            raise
        return result

    def close(self) -> None:
        """Close the connection; the daemon cancels its requests. Idempotent."""
        self._conversation.connection.close()

    def abort(self) -> None:
        """End the connection and a call in another thread, which then raises ConnectionLost.

        The only method that another thread may call. Later calls fail the same way.
        """
        self._is_aborted = True
        self._conversation.connection.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self._conversation!r}>"

    # ---------------------------------------------------------- reconnecting

    def _open(self) -> Conversation:
        return Conversation(
            self._open_connection(),
            self._name,
            project=self._project,
            folder=self._folder,
            session_bus=self._session_bus,
            hello_timeout=self._hello_timeout,
            on_notices=self._on_notices,
        )

    def _reopen(self) -> None:
        events = self._conversation.events
        self.close()
        self._conversation = self._open()
        self._conversation.events = events
        if self._is_aborted:
            self._conversation.connection.abort()
        elif self.on_reconnect is not None:
            self.on_reconnect()

    def _may_retry(self, method: str, error: DaemonError | ConnectionLost) -> bool:
        """Tell whether a call may be sent again. There are three cases."""
        if (
            self._is_aborted
            or not self._retries
            or self._conversation.has_begun
            or method == methods.SHUTDOWN
        ):
            return False
        if self._conversation.events is not None and method != methods.EVENTS_SUBSCRIBE:
            return False  # the subscription would be lost silently
        # 1. The daemon refused it.
        if isinstance(error, DaemonError):
            return error.code == codes.SHUTTING_DOWN
        # 2. The daemon was gone before it had all of it, e.g. restarted while the client was idle.
        # 3. The daemon sent nothing at all.
        connection = self._conversation.connection
        return connection.is_send_lost or not connection.has_received


def _find_daemon(environ: Mapping[str, str], deadline: float) -> tuple[str, socket.socket | None]:
    """Return the socket's path, and a connection to it, None if no daemon listens."""
    try:
        path = address.find_socket(environ)
    except address.AddressError as error:
        raise DaemonUnreachable(str(error)) from None
    try:
        return path, connect(path, deadline)
    except DaemonUnreachable:
        from aircher_client import autostart  # noqa: PLC0415 -- only after a failure

        autostart.check_directories(environ)  # may have a better explanation
        raise


def _open_connection(
    environ: Mapping[str, str],
    *,
    autostart: bool,
    timeout: float,
    command: Sequence[str] | None,
    on_wait: Callable[[str], object] | None,
) -> Connection:
    path, sock = _find_daemon(environ, time.monotonic() + timeout)
    if sock is not None:
        return Connection(sock)
    if not autostart:
        raise DaemonUnreachable(
            f"aircherd is not running: no process listens on {path}. {START_HINT}"
        )
    from aircher_client import starting  # noqa: PLC0415 -- only where no daemon listens

    return starting.open_connection(
        environ, path, timeout=timeout, command=command, on_wait=on_wait
    )
