"""What is said over one connection: numbered requests, their answers, and what comes in between.

`hello` goes out together with the first request, so that introducing oneself costs no round trip.
Its answer is also the sign that somebody is there: until it has come, every wait has a deadline.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable

from aircher_client.connection import Connection
from aircher_client.errors import ClientError, ConnectionLost, DaemonError, NoAnswer
from aircher_wire import codes, frames, methods
from aircher_wire.frames import Notification, Response
from aircher_wire.version import __version__

TYPE_CHECKING = False  # what `typing` would say, without its import
if TYPE_CHECKING:
    from typing import Any

    OnNotification = Callable[[str, dict[str, Any]], object]

HELLO_TIMEOUT = 10.0
"""Seconds for the daemon's answer to `hello`; a machine under load may need some."""
CANCEL_TIMEOUT = 2.0
"""Seconds for the daemon's answer to a cancelled chat."""


class Conversation:
    """One request at a time over one connection. Deadlines are `time.monotonic()` values.

    - `server` is the daemon's answer to `hello`, empty until it has come.
    - `msgid` is the number of the latest request.
    - `has_begun` says whether that request has brought anything but its answer.
    - `events` keeps the events that arrived; None while there is no subscription.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        *,
        project: str | None = None,
        hello_timeout: float = HELLO_TIMEOUT,
    ) -> None:
        self.connection = connection
        self.server: dict[str, Any] = {}
        self.msgid = 0
        self.has_begun = False
        self.events: deque[dict[str, Any]] | None = None
        self._name = name
        self._project = project
        self._msgids = itertools.count(1)
        self._is_introduced = False
        self._hello_id: int | None = None  # while it is not answered
        self._hello_timeout = hello_timeout
        self._hello_deadline = 0.0
        self._farewell: dict[str, Any] | None = None

    def exchange(
        self,
        method: str,
        params: dict[str, Any] | None,
        on_notification: OnNotification | None,
        deadline: float | None,
    ) -> Any:
        """Send a request and return its result.

        Raises:
            DaemonError: the answer is an error, or the daemon said why it closes the connection.
            NoAnswer: the deadline has passed; the connection is as good as before.
            ConnectionLost: the daemon went away.
        """
        self.send(method, params, deadline)
        return self.wait(self.msgid, deadline, on_notification)

    def send(self, method: str, params: dict[str, Any] | None, deadline: float | None) -> None:
        """Send a request whose number is then `msgid`. Raises as `exchange`."""
        self.has_begun = False
        self.msgid = next(self._msgids)
        data = frames.encode_request(self.msgid, method, params, errors="surrogateescape")
        if len(data) > frames.MAX_FRAME:
            raise DaemonError(
                codes.BAD_REQUEST,
                f"the request has {len(data)} bytes; at most {frames.MAX_FRAME} are possible",
                {},
            )
        if not self._is_introduced:
            data = self._introduction() + data
        self.connection.send(data, self._until(deadline))

    def _introduction(self) -> bytes:
        self._is_introduced = True
        self._hello_id = next(self._msgids)
        self._hello_deadline = time.monotonic() + self._hello_timeout
        client = {"name": self._name, "version": __version__}
        params: dict[str, Any] = {"protocol": methods.PROTOCOL, "client": client}
        if self._project is not None:
            params["project"] = self._project
        return frames.encode_request(self._hello_id, methods.HELLO, params)

    def wait(
        self, msgid: int, deadline: float | None, on_notification: OnNotification | None
    ) -> Any:
        """Return the result of the request `msgid`. Raises as `exchange`."""
        while True:
            frame = self.receive(deadline)
            if isinstance(frame, Notification):
                self.take_notification(frame, on_notification)
            elif isinstance(frame, Response) and frame.msgid == msgid:
                return _result(frame)
            # Anything else answers a request that was given up.

    def receive(self, deadline: float | None) -> frames.Frame:
        """Return the next frame that is not the answer to `hello`. Raises as `exchange`."""
        while True:
            try:
                frame = self.connection.receive(self._until(deadline))
            except ConnectionLost:
                if self._farewell is None:
                    raise
                raise _error(self._farewell) from None
            except NoAnswer:
                if self._hello_id is None or time.monotonic() < self._hello_deadline:
                    raise
                raise NoAnswer(_hang_message(self.connection.peer_pid())) from None
            if not isinstance(frame, Response) or frame.msgid != self._hello_id:
                return frame
            self._hello_id = None
            self.server = _result(frame)

    def _until(self, deadline: float | None) -> float | None:
        """Return the deadline that holds: as long as `hello` is not answered, its own does too."""
        if self._hello_id is None:
            return deadline
        return self._hello_deadline if deadline is None else min(deadline, self._hello_deadline)

    def take_notification(
        self, notification: Notification, on_notification: OnNotification | None
    ) -> None:
        """Keep an event or a farewell, and pass everything else on."""
        method, params = notification.method, notification.params
        if method == methods.ERROR:
            self._farewell = params
            return
        if method == methods.EVENT and self.events is not None:
            self.events.append(params)
            return
        self.has_begun = True
        if on_notification:
            on_notification(method, params)

    def cancel(self, msgid: int) -> None:
        """Cancel a chat and wait a moment for its end: then the upstream connection is closed."""
        if self.connection.is_closed:
            return
        deadline = time.monotonic() + CANCEL_TIMEOUT
        try:
            self.connection.send(
                frames.encode_notification(methods.CANCEL, {"id": msgid}), deadline
            )
            self.wait(msgid, deadline, None)
        except ClientError:
            return  # the error `cancelled`, or a daemon that has gone: it is over either way

    def unsubscribe(self, topics: list[str]) -> None:
        """Ask for no more events. The answer is not waited for: it is told apart by its number."""
        self.events = None
        if self.connection.is_closed:
            return
        try:
            self.send(
                methods.EVENTS_UNSUBSCRIBE, {"topics": topics}, time.monotonic() + CANCEL_TIMEOUT
            )
        except ClientError:
            return  # a daemon that has gone sends no more events either

    def __repr__(self) -> str:
        return f"<Conversation of {self._name}, {self.msgid} requests, {self.connection!r}>"


def _hang_message(pid: int | None) -> str:
    """Say that the daemon hangs. By its name nobody finds it: it is called python3."""
    what = "takes connections but does not answer: it hangs or is stopped"
    if pid is None:
        return f"aircherd {what}"
    return (
        f"aircherd (process {pid}) {what}. Wake a stopped one with: kill -CONT {pid}; "
        f"end one that hangs with: kill -KILL {pid}"
    )


def _result(response: Response) -> Any:
    """Return what a response holds.

    Raises:
        DaemonError: it is an error.
    """
    if response.error is not None:
        raise _error(response.error)
    return response.result


def _error(error: object) -> DaemonError:
    """Read `{code, message, data}`; whatever else came is an error of unknown kind."""
    if not isinstance(error, dict):
        return DaemonError(codes.INTERNAL, str(error), {})
    data = error.get("data")
    return DaemonError(
        str(error.get("code", codes.INTERNAL)),
        str(error.get("message", "aircherd gave no reason")),
        data if isinstance(data, dict) else {},
    )
