"""Everything that the service manager passed to this process, taken out of its environment."""

import os
import socket
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Self

import trio

from aircher_wire.address import http_socket
from aircherd.systemd.activation import (
    PassedSocket,
    choose_http_socket,
    choose_socket,
    split_sockets,
    take_sockets,
)
from aircherd.systemd.notify import Notifier, take_notifier
from aircherd.systemd.reporter import Reporter
from aircherd.systemd.watchdog import take_watchdog


class ServiceManager:
    """The manager that started this process, as far as it takes part.

    - `report`: reports to it what the daemon is doing.
    - `sockets`: those that it has opened for the daemon.
    - `watchdog`: after how many silent seconds it kills the daemon, None if it does not.
    """

    def __init__(
        self,
        notifier: Notifier | None = None,
        sockets: Sequence[PassedSocket] = (),
        watchdog: float | None = None,
    ) -> None:
        self.report = Reporter(notifier)
        self.sockets = sockets
        self.watchdog = watchdog
        self._notifier = notifier

    @classmethod
    def from_environ(cls, environ: MutableMapping[str, str], pid: int | None = None) -> Self:
        """Take the manager's variables out of `environ`, which child processes inherit."""
        pid = os.getpid() if pid is None else pid
        return cls(take_notifier(environ), take_sockets(environ, pid), take_watchdog(environ, pid))

    def socket_at(self, path: Path) -> socket.socket | None:
        """Return the passed socket for clients at `path`, None if none was passed.

        Raises:
            AddressError: none of the passed sockets can serve these clients.
        """
        own, _ = split_sockets(self.sockets, Path(http_socket(str(path))))
        return choose_socket(own, path)

    def http_socket_at(self, path: Path) -> socket.socket | None:
        """Return the passed socket for HTTP clients at `path`, None if none can serve them."""
        return choose_http_socket(self.sockets, path)

    async def run(self, describe: Callable[[], str], stop_requested: trio.Event) -> None:
        """Report that the daemon is ready, then its state and its end. Runs until cancelled."""
        self.report.ready(describe)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.report.run, self.watchdog)
            # No deadline: the daemon runs until it is stopped.
            await stop_requested.wait()
            self.report.stopping()

    def close(self) -> None:
        """Send no more messages."""
        if self._notifier is not None:
            self._notifier.close()

    def __repr__(self) -> str:
        return f"<ServiceManager {self._notifier!r}, {len(self.sockets)} sockets>"
