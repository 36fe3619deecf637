"""Numbered requests over one connection, with responses and notifications.

`hello` is sent together with the first request, so that it costs no round trip. Its response also
proves that the daemon is alive: until it arrives, every wait has a deadline. Later a wait without
one goes on while the daemon sends something, if only the answer to a `ping`.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Mapping

from aircher_client.connection import Connection
from aircher_client.errors import ClientError, ConnectionLost, DaemonError, NoAnswer
from aircher_wire import codes, frames, methods
from aircher_wire.frames import Notification, Response
from aircher_wire.version import __version__

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from typing import Any

    OnNotification = Callable[[str, dict[str, Any]], object]
    OnNotices = Callable[[list[dict[str, Any]]], object]

HELLO_TIMEOUT = 10.0
"""Seconds for the daemon's answer to `hello`; a machine under load may need some."""
SERVICE_TIMEOUT = 50.0
"""Further seconds if systemd listens for the daemon: an old one drains before a new one starts."""
SILENCE_SECONDS = 30.0
"""Seconds without a byte until a daemon that may take any time is asked whether it is alive."""
CANCEL_TIMEOUT = 2.0
"""Seconds for the daemon's answer to a cancelled chat."""
MAX_BUS = 4096
"""Characters of an address that the daemon accepts."""


def find_session_bus(environ: Mapping[str, str]) -> str | None:
    """Return where this session's bus is, None if the daemon looks there anyway.

    The daemon may belong to another session, or to none, and the keyring is on this one's bus.
    """
    named = environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not named or named == f"unix:path=/run/user/{os.getuid()}/bus":
        return None
    return named if named.isascii() and len(named) <= MAX_BUS else None


class Conversation:
    """One request at a time over one connection. Deadlines are `time.monotonic()` values.

    - `server` is the result of `hello`; empty until it has arrived.
    - `on_notices` receives the notices of `hello`, if there are any, before the first notification
      or response. One that the response itself reports as an error is left out.
    - `msgid` is the number of the latest request.
    - `has_begun` is true once a notification for that request has arrived.
    - `events` queues the events that arrived; None while there is no subscription.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        *,
        project: str | None = None,
        folder: str | None = None,
        session_bus: str | None = None,
        hello_timeout: float = HELLO_TIMEOUT,
        on_notices: OnNotices | None = None,
    ) -> None:
        self.connection = connection
        self.server: dict[str, Any] = {}
        self.msgid = 0
        self.has_begun = False
        self.events: deque[dict[str, Any]] | None = None
        self._name = name
        self._project = project
        self._folder = folder
        self._session_bus = session_bus
        self._msgids = itertools.count(1)
        self._is_introduced = False
        self._hello_id: int | None = None  # set until the response has arrived
        self._hello_timeout = hello_timeout
        self._hello_deadline = 0.0
        self._waits_for_service = False
        self._close_reason: dict[str, Any] | None = None
        self._on_notices = on_notices
        self._has_notices = False  # true until `on_notices` has received them
        self._version_notice: dict[str, str] | None = None  # set if the versions differ
        self._is_version_reported = False

    def exchange(
        self,
        method: str,
        params: dict[str, Any] | None,
        on_notification: OnNotification | None,
        deadline: float | None,
    ) -> Any:
        """Send a request and return its result.

        Raises:
            DaemonError: the response is an error, or the daemon said why it closes the connection.
            NoAnswer: the deadline has passed; the connection remains usable.
            ConnectionLost: the daemon closed the connection.
        """
        self.send(method, params, deadline)
        return self.wait(self.msgid, deadline, on_notification)

    def send(self, method: str, params: dict[str, Any] | None, deadline: float | None) -> None:
        """Send a request and store its number in `msgid`. Raises as `exchange`."""
        self.has_begun = False
        self.msgid = next(self._msgids)
        data = frames.encode_request(self.msgid, method, params, errors="surrogateescape")
        if len(data) > frames.MAX_FRAME:
            raise DaemonError(
                codes.BAD_REQUEST,
                f"the request has {len(data)} bytes; the limit is {frames.MAX_FRAME}",
                {},
            )
        if not self._is_introduced:
            data = self._introduction() + data
        until = self._until(deadline)
        if until is None:
            until = time.monotonic() + SILENCE_SECONDS + HELLO_TIMEOUT
        self.connection.send(data, until)

    def _introduction(self) -> bytes:
        self._is_introduced = True
        self._hello_id = next(self._msgids)
        self._hello_deadline = time.monotonic() + self._hello_timeout
        client = {"name": self._name, "version": __version__}
        # The daemon may be on another machine, at the other end of ssh.
        host = os.uname().nodename
        params: dict[str, Any] = {"protocol": methods.PROTOCOL, "client": client, "host": host}
        if self._project is not None:
            params["project"] = self._project
        if self._folder is not None:
            params["folder"] = self._folder
        if self._session_bus is not None:
            params["session_bus"] = self._session_bus
        if self._on_notices is not None:
            params["shows_notices"] = True
        return frames.encode_request(self._hello_id, methods.HELLO, params)

    def wait(
        self, msgid: int, deadline: float | None, on_notification: OnNotification | None
    ) -> Any:
        """Return the result of the request `msgid`. Raises as `exchange`."""
        while True:
            frame = self.receive(deadline)
            if self._version_notice is not None and isinstance(frame, Response) and frame.error:
                self._explain_version(frame)
            if self._has_notices:
                self._pass_notices(frame)
            if isinstance(frame, Notification):
                self.take_notification(frame, on_notification)
            elif isinstance(frame, Response) and frame.msgid == msgid:
                return _result(frame)
            # Anything else is the response to an abandoned request.

    def receive(self, deadline: float | None) -> frames.Frame:
        """Return the next frame other than the response to `hello`. Raises as `exchange`."""
        while True:
            try:
                until = self._until(deadline)
                frame = self._receive_alive() if until is None else self.connection.receive(until)
            except ConnectionLost:
                if self._close_reason is None:
                    raise
                raise _error(self._close_reason) from None
            except NoAnswer:
                if self._hello_id is None or time.monotonic() < self._hello_deadline:
                    raise
                if self._may_wait_for_service():
                    continue
                raise NoAnswer(self._hang_message()) from None
            if not isinstance(frame, Response) or frame.msgid != self._hello_id:
                return frame
            self._hello_id = None
            result = _result(frame)
            self.server = result if isinstance(result, dict) else {}
            self._check_version()
            self._has_notices = self._on_notices is not None and bool(self.notices)

    def _receive_alive(self) -> frames.Frame:
        """Return the next frame, however long it takes, from a daemon that answers a `ping`."""
        connection = self.connection
        while True:
            try:
                return connection.receive(time.monotonic() + SILENCE_SECONDS)
            except NoAnswer:
                asked_at = time.monotonic()
            ping = frames.encode_request(next(self._msgids), methods.PING, None)
            connection.send_if_possible(ping)
            try:
                return connection.receive(asked_at + HELLO_TIMEOUT)
            except NoAnswer:
                if connection.last_heard < asked_at:
                    message = self._hang_message()
                    connection.close()
                    raise NoAnswer(message) from None

    @property
    def notices(self) -> list[dict[str, Any]]:
        """The notices in the result of `hello`, and our own: `{code, message}` each."""
        notices = self.server.get("notices")
        found = notices if isinstance(notices, list) else []
        known = [each for each in found if isinstance(each, dict)]
        if self._version_notice is None:
            return known
        from aircher_client.versions import REPLACED  # noqa: PLC0415 -- versions rarely differ

        return [self._version_notice, *(each for each in known if each.get("code") != REPLACED)]

    def _check_version(self) -> None:
        server = self.server.get("server")
        version = server.get("version") if isinstance(server, dict) else None
        if isinstance(version, str) and version != __version__:
            from aircher_client.versions import version_notice  # noqa: PLC0415 -- rarely

            self._version_notice = version_notice(self._name, version)

    def _explain_version(self, response: Response) -> None:
        """Add the versions to the error of a response, if they may be the reason."""
        from aircher_client.versions import explain  # noqa: PLC0415 -- rarely

        assert self._version_notice is not None
        if (explained := explain(response.error, self._version_notice)) is not None:
            response.error = explained
            self._is_version_reported = True

    def pass_version_notice(self) -> None:
        """Pass on the notice that the last error replaced, because no one will see the error."""
        if self._is_version_reported and self._on_notices is not None:
            assert self._version_notice is not None
            self._is_version_reported = False
            self._on_notices([self._version_notice])

    def _pass_notices(self, frame: frames.Frame) -> None:
        """Pass the notices on; `frame` is the first frame after the response to `hello`."""
        self._has_notices = False
        error = frame.error if isinstance(frame, Response) else None
        reported = error if isinstance(error, dict) else {}
        own = self._version_notice if self._is_version_reported else None
        assert self._on_notices is not None
        self._on_notices(
            [
                each
                for each in self.notices
                if each is not own
                and each.get("code") != reported.get("code", "")
                and each.get("message") != reported.get("message", "")
            ]
        )

    def _may_wait_for_service(self) -> bool:
        """Extend the deadline of `hello`, once, if systemd listens for the daemon."""
        is_patient = self._hello_timeout >= HELLO_TIMEOUT  # not with a caller's own deadline
        if self._waits_for_service or not is_patient or not self.connection.is_to_systemd():
            return False
        self._waits_for_service = True
        self._hello_deadline += SERVICE_TIMEOUT
        return True

    def _hang_message(self) -> str:
        if self.connection.is_to_systemd():
            status = "systemctl --user status aircherd.service"
            return f"aircherd hangs or does not start: see '{status}'"
        from pathlib import Path  # noqa: PLC0415 -- after this failure only

        from aircher_client.lock_holder import forward_origin  # noqa: PLC0415 -- likewise

        if origin := forward_origin(Path(f"{self.connection.path()}.lock")):
            return (
                f"{origin}, whose daemon is used here, does not answer: it sleeps, or the network "
                "between is gone. The forward ends by itself then"
            )
        return _hang_message(self.connection.peer_pid())

    def _until(self, deadline: float | None) -> float | None:
        """Return the earlier of `deadline` and that of `hello`, while `hello` is unanswered."""
        if self._hello_id is None:
            return deadline
        return self._hello_deadline if deadline is None else min(deadline, self._hello_deadline)

    def take_notification(
        self, notification: Notification, on_notification: OnNotification | None
    ) -> None:
        """Store an event or the reason for closing; pass everything else to `on_notification`."""
        method, params = notification.method, notification.params
        if method == methods.ERROR:
            self._close_reason = params
            return
        if method == methods.EVENT and self.events is not None:
            self.events.append(params)
            return
        self.has_begun = True
        if on_notification:
            on_notification(method, params)

    def cancel(self, msgid: int) -> None:
        """Cancel a chat, and wait a moment until the daemon has closed the upstream connection."""
        if self.connection.is_closed:
            return
        deadline = time.monotonic() + CANCEL_TIMEOUT
        try:
            self.connection.send(
                frames.encode_notification(methods.CANCEL, {"id": msgid}), deadline
            )
            self.wait(msgid, deadline, None)
        except ClientError:
            return  # the error `cancelled`, or a lost connection: the chat is over

    def unsubscribe(self, topics: list[str]) -> None:
        """Unsubscribe from topics. Does not wait: the response is recognised by its number."""
        self.events = None
        if self.connection.is_closed:
            return
        try:
            self.send(
                methods.EVENTS_UNSUBSCRIBE, {"topics": topics}, time.monotonic() + CANCEL_TIMEOUT
            )
        except ClientError:
            return  # without a connection there are no more events

    def __repr__(self) -> str:
        return f"<Conversation of {self._name}, {self.msgid} requests, {self.connection!r}>"


def _hang_message(pid: int | None) -> str:
    """Return that the daemon hangs, with its process id: its process is named python3."""
    what = "accepts connections but does not answer: it hangs or is stopped"
    if pid is None:
        return f"aircherd {what}"
    return (
        f"aircherd (process {pid}) {what}. If it is stopped, resume it: kill -CONT {pid}; "
        f"if it hangs, end it: kill -KILL {pid}"
    )


def _result(response: Response) -> Any:
    """Return the result of a response.

    Raises:
        DaemonError: the response is an error.
    """
    if response.error is not None:
        raise _error(response.error)
    return response.result


def _error(error: object) -> DaemonError:
    """Parse `{code, message, data}`; anything else becomes an `internal` error."""
    if not isinstance(error, dict):
        return DaemonError(codes.INTERNAL, str(error), {})
    data = error.get("data")
    return DaemonError(
        str(error.get("code", codes.INTERNAL)),
        str(error.get("message", "aircherd gave no reason")),
        data if isinstance(data, dict) else {},
    )
