"""A notification service of the desktop, on the private session bus of a test.

with secret_service(keyring=False) as bus, notifications(bus) as desktop:
    shown = desktop.wait_shown()
    desktop.press(shown, "allow")
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Iterator
from typing import NamedTuple

from jeepney import (  # type: ignore[import-untyped] # ships no types
    DBusAddress,
    HeaderFields,
    MessageType,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus  # type: ignore[import-untyped] # ships no types
from jeepney.io.blocking import (  # type: ignore[import-untyped] # ships no types
    DBusConnection,
    Proxy,
    open_dbus_connection,
)

from helpers.secret_service import SecretService

NAME = "org.freedesktop.Notifications"
EMITTER = DBusAddress("/org/freedesktop/Notifications", interface=NAME)
WAIT_SECONDS = 20.0


class Shown(NamedTuple):
    """A notification that was shown; `actions` has keys and labels in turn."""

    number: int
    title: str
    body: str
    actions: list[str]


class Notifications:
    """The running service. It shows nothing; the test presses its buttons."""

    def __init__(self, connection: DBusConnection, capabilities: tuple[str, ...]) -> None:
        self._connection = connection
        self._capabilities = capabilities
        self._sending = threading.Lock()
        self._shown: queue.Queue[Shown] = queue.Queue()
        self._closed: queue.Queue[int] = queue.Queue()
        self._count = 0

    def wait_shown(self) -> Shown:
        """Wait for the next notification."""
        return self._shown.get(timeout=WAIT_SECONDS)

    def wait_closed(self) -> int:
        """Wait until the next notification is closed by the program that showed it."""
        return self._closed.get(timeout=WAIT_SECONDS)

    def press(self, shown: Shown, action: str) -> None:
        """Press a button."""
        self._emit("ActionInvoked", "us", shown.number, action)

    def close(self, shown: Shown) -> None:
        """Close a notification, as a user does."""
        self._emit("NotificationClosed", "uu", shown.number, 2)

    def leave(self) -> None:
        """End the service."""
        # Unlike `close`, it wakes the thread.
        self._connection.sock.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Answer calls until the connection is closed."""
        with contextlib.suppress(OSError, ValueError):
            while True:
                message = self._connection.receive()
                if message.header.message_type is not MessageType.method_call:
                    continue
                signature, body = self._answer(
                    message.header.fields[HeaderFields.member], message.body
                )
                self._send(new_method_return(message, signature, body))

    def _answer(
        self, method: str, body: tuple[object, ...]
    ) -> tuple[str | None, tuple[object, ...]]:
        match method, body:
            case "GetCapabilities", _:
                return "as", (list(self._capabilities),)
            case "Notify", (_, _, _, title, text, actions, *_):
                self._count += 1
                assert isinstance(actions, list)
                self._shown.put(Shown(self._count, str(title), str(text), actions))
                return "u", (self._count,)
            case "CloseNotification", (int(number),):
                self._closed.put(number)
        return None, ()

    def _emit(self, name: str, signature: str, *body: object) -> None:
        self._send(new_signal(EMITTER, name, signature, body))

    def _send(self, message: object) -> None:
        with self._sending:
            self._connection.send(message)


@contextlib.contextmanager
def notifications(
    bus: SecretService, capabilities: tuple[str, ...] = ("actions", "body", "body-markup")
) -> Iterator[Notifications]:
    """Run a service on the bus, in a thread."""
    with open_dbus_connection(bus.environ["DBUS_SESSION_BUS_ADDRESS"]) as connection:
        Proxy(message_bus, connection).RequestName(NAME)
        service = Notifications(connection, capabilities)
        thread = threading.Thread(target=service.serve, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            with contextlib.suppress(OSError):  # it left already
                service.leave()
            thread.join(WAIT_SECONDS)


def emit_as_another(bus: SecretService, shown: Shown, action: str) -> None:
    """Emit what a button emits, from a program that is not the service."""
    with open_dbus_connection(bus.environ["DBUS_SESSION_BUS_ADDRESS"]) as connection:
        connection.send(new_signal(EMITTER, "ActionInvoked", "us", (shown.number, action)))
        # The bus has passed it on when it answers.
        Proxy(message_bus, connection).ListNames()
