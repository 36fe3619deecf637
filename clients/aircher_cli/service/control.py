"""Starts, stops and describes the installed service, for the other `daemon` commands."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service import launchd, rendering
from aircher_cli.service.installation import Installation
from aircher_cli.service.systemctl import (
    QUICK_SECONDS,
    START_SECONDS,
    Systemctl,
    failure,
    failure_text,
    is_socket_displaced,
    needs_reload,
    restore_socket,
)
from aircher_client.systemd_socket import SERVICE, SOCKET, find_socket_unit, read_unit
from aircher_wire import address

Wait = Callable[[int], None]
"""Waits until a process has ended."""


class ServiceState(NamedTuple):
    """`pid` is 0 if the service does not run; `listens` if a connection would start it."""

    manager: str
    pid: int
    listens: bool
    missing: str | None
    """A path of the installation that no longer exists."""
    is_displaced: bool = False
    """systemd listens on a socket whose file was removed or replaced: no client reaches it."""


class Control(Protocol):
    """An installed service."""

    def state(self) -> ServiceState:
        """Return its state, without starting it."""

    def start(self) -> None:
        """Start it and wait until it is ready."""

    def stop(self, wait: Wait) -> None:
        """Stop it after its requests."""

    def restart(self, wait: Wait) -> None:
        """Stop it after its requests and start it again."""


def find_control(environ: Mapping[str, str]) -> Control | None:
    """Return the service that is installed for the socket of this environment, None without one.

    It is None, too, if this user's systemd does not run: then a daemon is started without it.
    """
    if sys.platform == "darwin":
        agent = launchd.Launchd(environ)
        return AgentControl(agent) if agent.plist.exists() else None
    path = find_socket_unit(environ)
    if path is None:
        return None
    systemctl = Systemctl(environ)
    try:
        systemctl.variables()
    except CommandFailed:
        return None
    return UnitControl(systemctl, installed(environ), address.find_socket(environ))


def installed(environ: Mapping[str, str]) -> Installation | None:
    """Return the installation that the service of this environment starts, None without one."""
    if sys.platform == "darwin":
        text = read_unit(str(launchd.plist_path(environ)))
        return None if text is None else launchd.read_installation(text)
    path = find_socket_unit(environ)
    text = None if path is None else read_unit(str(Path(path).with_name(SERVICE)))
    return None if text is None else rendering.read_installation(text)


def gone_advice(environ: Mapping[str, str]) -> str | None:
    """Return what to do if the installation of the service is gone, None if it is not."""
    found = installed(environ)
    missing = None if found is None else found.missing()
    return None if missing is None else missing_advice(missing)


def missing_advice(missing: str) -> str:
    """Return what to do if a path of the installation is gone."""
    return (
        f"the service starts an installation that is gone: there is no {missing}. Run "
        "'aircher-cli daemon install' with the one that is to take its place, or 'aircher-cli "
        "daemon uninstall'"
    )


def start_failure(environ: Mapping[str, str]) -> str | None:
    """Return why the last start of the service failed, None if it did not or is not known."""
    if sys.platform == "darwin" or find_socket_unit(environ) is None:
        return None
    names = ("ActiveState", "Result", "ExecMainStatus", "StatusText")
    try:
        found = Systemctl(environ).show(SERVICE, *names, timeout=QUICK_SECONDS)
    except CommandFailed:
        return None
    # While systemd waits to try again, it is "activating".
    has_failed = (
        found.get("ActiveState") != "active" and found.get("Result", "success") != "success"
    )
    return failure_text(found) if has_failed else None


class UnitControl:
    """The service as systemd's units."""

    def __init__(
        self, systemctl: Systemctl, installation: Installation | None, socket: str
    ) -> None:
        self._systemctl = systemctl
        self._installation = installation
        self._socket = socket

    def state(self) -> ServiceState:
        """See `Control`."""
        pid = int(self._systemctl.show(SERVICE, "MainPID").get("MainPID", "0"))
        is_active = self._systemctl.run("is-active", SOCKET).out == "active"
        displaced = is_active and is_socket_displaced(self._systemctl, self._socket)
        missing = None if self._installation is None else self._installation.missing()
        return ServiceState("systemd", pid, is_active and not displaced, missing, displaced)

    def start(self) -> None:
        """See `Control`.

        Raises:
            CommandFailed: it does not start.
        """
        state = self.state()
        if not state.pid:
            self._check_installation()
        self._reload_units()
        self._forget_starts()
        if state.is_displaced:
            restore_socket(self._systemctl)
        done = self._systemctl.run("start", SOCKET, SERVICE, timeout=START_SECONDS)
        if done.code:
            raise CommandFailed(failure(self._systemctl))

    def stop(self, wait: Wait) -> None:
        """See `Control`; its socket goes on listening.

        Raises:
            CommandFailed: it does not stop.
        """
        pid = self.state().pid
        self._systemctl.check("stop", "--no-block", SERVICE)
        wait(pid)
        self._systemctl.check("stop", SERVICE, timeout=START_SECONDS)
        self._forget_starts()

    def restart(self, wait: Wait) -> None:
        """See `Control`; clients that come meanwhile wait in the socket.

        Raises:
            CommandFailed: its installation is gone, so it goes on, or it does not stop or start.
        """
        self._check_installation()
        self._reload_units()
        self._forget_starts()
        state = self.state()
        if pid := state.pid:
            # A new process would get the same socket, which no client reaches.
            verb = "stop" if state.is_displaced else "restart"
            self._systemctl.check(verb, "--no-block", SERVICE)
            wait(pid)
        self.start()

    def _check_installation(self) -> None:
        missing = None if self._installation is None else self._installation.missing()
        if missing is not None:
            raise CommandFailed(missing_advice(missing))

    def _forget_starts(self) -> None:
        """Begin to count again: the limit of starts is for failures, not for what a user does."""
        self._systemctl.run("reset-failed", SOCKET, SERVICE)

    def _reload_units(self) -> None:
        if needs_reload(self._systemctl):
            self._systemctl.check("daemon-reload")


class AgentControl:
    """The service as an agent of launchd."""

    def __init__(self, agent: launchd.Launchd) -> None:
        self._agent = agent

    def state(self) -> ServiceState:
        """See `Control`."""
        found = launchd.read_installation(self._agent.plist.read_text(encoding="utf-8"))
        missing = None if found is None else found.missing()
        return ServiceState("launchd", self._agent.pid(), listens=False, missing=missing)

    def start(self) -> None:
        """See `Control`."""
        if not self._agent.is_loaded():
            self._agent.load()
        elif not self._agent.pid():
            self._agent.start()

    def stop(self, wait: Wait) -> None:
        """See `Control`."""
        pid = self._agent.pid()
        self._agent.stop()
        wait(pid)

    def restart(self, wait: Wait) -> None:
        """See `Control`."""
        if pid := self._agent.pid():
            self._agent.stop()
            wait(pid)
        self.start()
