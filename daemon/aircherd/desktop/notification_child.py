"""The child process that asks a question with a notification of the desktop.

    standard input    one line of JSON: {"client", "program"?, "pid"?, "action", "seconds",
                      "buses": [addresses of session buses]}. Its end closes the notification
    standard output   {"answer": "allowed" | "refused" | "absent", "reason"?}

`absent` means that no desktop can ask: there is no bus, or no notification service with buttons, or
it went away. A notification that is closed without a button is refused.

A signal counts only from the program that showed the notification, by the name that the bus gave
it. If that program is the process that asks, it gets no question.
"""

import contextlib
import html
import importlib
import json
import os
import select
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from aircherd.auth.stores.keyring_child import harden

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
ALLOW, DENY = "allow", "deny"
"""What the buttons are called. There is no `default`: a click on the text must not answer."""
CALL_SECONDS = 3.0
"""For one call; a service that is started for it takes a moment."""
MAX_REQUEST = 16 * 1024
MAX_NAME = 80
"""Characters of a client's name: a notification shows few lines."""
LAST_RESORT_SECONDS = 10
"""After its time is over; the parent ends the child earlier."""
URGENT = 2


class Absent(Exception):
    """No desktop can ask; the message says why."""


def answer(request: Mapping[str, Any], stdin: int) -> dict[str, str]:
    """Ask, and return the answer. Raises nothing."""
    reason = "there is no session bus"
    for bus in request["buses"]:
        with contextlib.ExitStack() as stack:
            try:
                desktop = Desktop(bus, request["pid"], stack)
                return {"answer": desktop.ask(request, stdin)}
            except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
                continue  # of a session that ended
            except Absent as error:
                reason = str(error)
            # The library raises RuntimeError, ValueError and errors of its own.
            except Exception as error:  # noqa: BLE001
                reason = f"the session bus {bus} cannot be used ({type(error).__name__})"
    return {"answer": "absent", "reason": reason}


class Desktop:
    """The notification service of a session bus; `asker` is the process that must not be it."""

    def __init__(self, bus: str, asker: int | None, stack: contextlib.ExitStack) -> None:
        self._jeepney = importlib.import_module("jeepney")
        blocking = importlib.import_module("jeepney.io.blocking")
        self._connection = blocking.open_dbus_connection(bus)
        stack.callback(self._connection.close)
        self._bus = importlib.import_module("jeepney.bus_messages").message_bus
        # The call starts the service, where the bus is to start it.
        self._capabilities = self._call(self._service(NAME), "GetCapabilities")[0]
        if "actions" not in self._capabilities:
            raise Absent("the desktop's notifications have no buttons")
        (self._owner,) = self._call(self._bus, "GetNameOwner", "s", NAME)
        (pid,) = self._call(self._bus, "GetConnectionUnixProcessID", "s", self._owner)
        if (pid or None) == asker:
            raise Absent("the client that asks would answer itself")
        self._signals: deque[Any] = deque()
        for rule in self._rules():
            self._call(self._bus, "AddMatch", "s", rule.serialise())
            stack.enter_context(self._connection.filter(rule, queue=self._signals))

    def ask(self, request: Mapping[str, Any], stdin: int) -> str:
        """Show the question, and return the answer; `refused` when `stdin` ends.

        Raises:
            Absent: the service went away.
        """
        title, body = describe(request, has_markup="body-markup" in self._capabilities)
        hints = {"urgency": ("y", URGENT)}
        buttons = [ALLOW, "Allow", DENY, "Deny"]
        shown = self._call(
            self._service(self._owner),
            "Notify",
            "susssasa{sv}i",
            *("aircher", 0, "dialog-password", title, body, buttons, hints, 0),
        )[0]
        try:
            for found in self._wait(stdin):
                if found == (shown, "closed"):
                    return "refused"
                if found in ((shown, ALLOW), (shown, DENY)):
                    return "allowed" if found[1] == ALLOW else "refused"
            return "refused"
        finally:
            with contextlib.suppress(Exception):  # the service or the bus may be gone
                self._call(self._service(self._owner), "CloseNotification", "u", shown)

    def _wait(self, stdin: int) -> Iterator[tuple[int, str]]:
        """Yield notifications with their button, or `closed`, until `stdin` ends."""
        while True:
            while self._signals:
                message = self._signals.popleft()
                member = message.header.fields[self._jeepney.HeaderFields.member]
                if member == "NameOwnerChanged":
                    raise Absent("the desktop's notifications went away")
                number, what = message.body
                yield number, what if member == "ActionInvoked" else "closed"
            with contextlib.suppress(TimeoutError):
                # What is buffered already, and whatever the socket has.
                self._connection.recv_messages(timeout=0)
                continue
            ready, _, _ = select.select([self._connection.sock, stdin], [], [])
            if stdin in ready:
                return

    def _rules(self) -> list[Any]:
        rule = self._jeepney.MatchRule
        shown = {"type": "signal", "sender": self._owner, "interface": NAME, "path": PATH}
        gone = rule(
            type="signal",
            sender="org.freedesktop.DBus",
            interface="org.freedesktop.DBus",
            member="NameOwnerChanged",
        )
        gone.add_arg_condition(0, self._owner)
        return [
            rule(**shown, member="ActionInvoked"),
            rule(**shown, member="NotificationClosed"),
            gone,
        ]

    def _service(self, name: str) -> Any:
        return self._jeepney.DBusAddress(PATH, bus_name=name, interface=NAME)

    def _call(
        self, address: Any, method: str, signature: str | None = None, *arguments: object
    ) -> Any:
        message = self._jeepney.new_method_call(address, method, signature, arguments)
        reply = self._connection.send_and_get_reply(message, timeout=CALL_SECONDS)
        if reply.header.message_type is self._jeepney.MessageType.error:
            raise Absent("the desktop has no notifications")
        return reply.body


def describe(request: Mapping[str, Any], *, has_markup: bool) -> tuple[str, str]:
    """Return the title and the text of a question; names in it cannot be markup."""
    client = _shown(request["client"], MAX_NAME).replace('"', "'")
    lines = [f'Client: "{client}"']
    if request.get("pid"):
        program = _shown(request.get("program") or "unknown", 2 * MAX_NAME)
        lines.append(f"Program: {program} (process {request['pid']})")
    lines.append(f"It wants to {request['action']}. Without an answer it is refused.")
    body = "\n".join(lines)
    title = f"Let a client {request['action']}?"
    return title, html.escape(body, quote=False) if has_markup else body


def _shown(name: str, most: int) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable if len(printable) <= most else f"{printable[: most - 1]}…"


def read_request(stdin: int) -> dict[str, Any]:
    """Return the request: the first line of the input, which stays open.

    Raises:
        ValueError: it is not one line of JSON.
    """
    data = b""
    while not data.endswith(b"\n") and len(data) < MAX_REQUEST:
        found = os.read(stdin, MAX_REQUEST)
        if not found:
            break
        data += found
    request: dict[str, Any] = json.loads(data)
    return request


def main() -> None:
    """Ask one question."""
    harden()
    stdin = sys.stdin.fileno()
    request = read_request(stdin)
    signal.alarm(int(request["seconds"]) + LAST_RESORT_SECONDS)
    json.dump(answer(request, stdin), sys.stdout)


if __name__ == "__main__":
    main()
