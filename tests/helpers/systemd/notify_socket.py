"""A fake service manager: the socket of NOTIFY_SOCKET, and what arrives there."""

import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 20.0

Message = dict[str, str]


class NotifySocket:
    """Receives messages; `messages` has all so far, each as a map of its assignments."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.messages: list[Message] = []
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind("\0" + address[1:] if address.startswith("@") else address)
        self._sock.settimeout(0.05)

    def receive(self) -> list[Message]:
        """Read what has arrived, and return all messages so far."""
        with suppress(TimeoutError):
            while True:
                lines = self._sock.recv(65536).decode().split("\n")
                self.messages.append(dict(line.split("=", 1) for line in lines))
        return self.messages

    def wait_for(self, is_it: Callable[[Message], bool], what: str) -> Message:
        """Return the first message that satisfies `is_it`; fail with `what` after a timeout."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if found := [message for message in self.receive() if is_it(message)]:
                return found[0]
            assert time.monotonic() < deadline, f"no message {what} in {self.messages}"

    def states(self) -> list[str]:
        """Return the states in their order, without the watchdog's messages and status texts."""
        names = ("READY", "RELOADING", "STOPPING")
        return [name for message in self.receive() for name in names if name in message]

    def statuses(self) -> list[str]:
        """Return the status texts in their order."""
        return [each["STATUS"] for each in self.receive() if "STATUS" in each]

    def close(self) -> None:
        self._sock.close()
        if self.address.startswith("/"):
            Path(self.address).unlink(missing_ok=True)


@contextmanager
def notify_socket(*, is_abstract: bool = False) -> Iterator[NotifySocket]:
    """Give a socket of either kind."""
    with tempfile.TemporaryDirectory(prefix="airntf") as folder:
        name = f"@{Path(folder).name}-{os.getpid()}" if is_abstract else f"{folder}/notify"
        made = NotifySocket(name)
        try:
            yield made
        finally:
            made.close()
