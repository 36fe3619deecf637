"""A client of the daemon: calls, chats and events, blocking, one at a time.

Not for several threads, and a callback must not call the same client: give each its own.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from aircher_client.connection import POLL_SECONDS, Connection, connect
from aircher_client.conversation import HELLO_TIMEOUT, Conversation
from aircher_client.errors import ConnectionLost, DaemonError, DaemonUnreachable
from aircher_client.project import find_project
from aircher_wire import address, codes, methods
from aircher_wire.frames import Notification

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

START_TIMEOUT = 5.0
"""Seconds for finding a daemon, starting one if need be."""


class Client:
    """A client of the daemon; `connect` makes one, and it is a context manager.

    `find` returns a new connection, `project` is where the caller works. With `repeats`, a call
    that was refused because the daemon is going down is made again with the next one that `find`
    brings; a call that may have been begun is never repeated.
    """

    def __init__(
        self,
        find: Callable[[], Connection],
        *,
        name: str = "aircher-cli",
        project: str | None = None,
        repeats: bool = True,
        hello_timeout: float = HELLO_TIMEOUT,
    ) -> None:
        self._find = find
        self._name = name
        self._project = project
        self._repeats = repeats
        self._hello_timeout = hello_timeout
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
    ) -> Self:
        """Connect to the user's daemon, starting one where none answers.

        `timeout` is in seconds, for finding or starting it; `command` replaces `aircherd`. What is
        asked is attributed to the repository around the working directory (see `find_project`).

        Raises:
            DaemonUnreachable: there is none and none could be started.
        """

        def find() -> Connection:
            return _open_connection(environ, autostart=autostart, timeout=timeout, command=command)

        return cls(find, name=name, project=find_project(environ), repeats=autostart)

    @property
    def server(self) -> dict[str, Any]:
        """The daemon's answer to `hello`; empty until the first call has returned."""
        return self._conversation.server

    # ---------------------------------------------------------- what can be asked

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        on_notification: Callable[[str, dict[str, Any]], object] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call a method and return its result.

        `on_notification(method, params)` gets what arrives meanwhile. `timeout` is in seconds;
        without one the daemon's own deadlines end the call.

        Raises:
            DaemonError: the answer is an error.
            NoAnswer: the time is over; the connection can still be used.
            DaemonUnreachable: the daemon went away.
        """
        last_try = time.monotonic() + START_TIMEOUT
        while True:
            deadline = None if timeout is None else time.monotonic() + timeout
            try:
                return self._conversation.exchange(method, params, on_notification, deadline)
            except (DaemonError, ConnectionLost) as error:
                if not self._may_repeat(method, error) or time.monotonic() >= last_try:
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

        Whatever breaks this off (Ctrl-C, an exception from `on_delta`, the timeout) cancels the
        request, so that nobody pays for what nobody reads, and is then raised.

        Raises:
            DaemonError: nobody could answer, or the answer broke off; `data` says more.
            DaemonUnreachable: as `call`.
        """

        def on_notification(method: str, params: dict[str, Any]) -> None:
            # An earlier chat that was cancelled may still have deltas under way: hence the id.
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
    ) -> Iterator[dict[str, Any]]:
        """Subscribe at once, hand the result to `on_snapshot`, and return what yields every event.

        Nothing that happens from this call on is missed, whenever the first event is asked for.
        Events that arrive during another call of this client are kept and yielded later.

        Raises:
            DaemonError: a topic does not exist, or the daemon shut down (`shutting_down`).
            DaemonUnreachable: the daemon went away.
        """
        chosen = list(topics)
        result = self._subscribe(chosen)
        if on_snapshot:
            on_snapshot(result)
        return self._yield_events(chosen)

    def _yield_events(self, chosen: list[str]) -> Iterator[dict[str, Any]]:
        talk = self._conversation
        try:
            while True:
                while talk.events:
                    yield talk.events.popleft()
                # No deadline: the next event comes when something happens.
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
        """Close the connection; the daemon cancels what is under way. Idempotent."""
        self._conversation.connection.close()

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

    # ---------------------------------------------------------- the next daemon

    def _open(self) -> Conversation:
        return Conversation(
            self._find(), self._name, project=self._project, hello_timeout=self._hello_timeout
        )

    def _reopen(self) -> None:
        events = self._conversation.events
        self.close()
        self._conversation = self._open()
        self._conversation.events = events

    def _may_repeat(self, method: str, error: DaemonError | ConnectionLost) -> bool:
        """Tell whether the next daemon may be asked: this one refused, or never said a word."""
        if not self._repeats or self._conversation.has_begun or method == methods.SHUTDOWN:
            return False
        if self._conversation.events is not None and method != methods.EVENTS_SUBSCRIBE:
            return False  # the subscription would be lost without a word
        if isinstance(error, DaemonError):
            return error.code == codes.SHUTTING_DOWN
        return not self._conversation.connection.has_received


def _open_connection(
    environ: Mapping[str, str], *, autostart: bool, timeout: float, command: Sequence[str] | None
) -> Connection:
    path = address.find_socket(environ)
    deadline = time.monotonic() + timeout
    sock = connect(path, deadline)
    if sock is None:
        cure = "Start it: aircher-cli daemon start"
        if not autostart:
            raise DaemonUnreachable(f"aircherd is not running: nobody listens on {path}. {cure}")
        from aircher_client import autostart as starter  # noqa: PLC0415 -- brings subprocess

        if not starter.is_enabled(environ):
            raise DaemonUnreachable(
                f"aircherd is not running: nobody listens on {path}, and AIRCHER_AUTOSTART is off. "
                f"{cure}"
            )
        sock = starter.start(
            environ,
            lambda: connect(path, time.monotonic() + timeout),
            timeout=timeout,
            command=command or starter.COMMAND,
        )
    return Connection(sock)
