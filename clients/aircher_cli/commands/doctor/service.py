"""The service that `daemon install` has set up, as systemd sees it. Starts nothing."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aircher_cli.commands.doctor.finding import OK, PROBLEM, WARNING, Finding
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.service.control import find_control, installed, missing_advice
from aircher_cli.service.systemctl import Systemctl
from aircher_client.systemd_socket import SERVICE, SOCKET

CHECK = "service"
INSTALL = "aircher-cli daemon install"


class Units(NamedTuple):
    """What is known about the service.

    - `is_installed`: `daemon install` has set it up for this socket.
    - `problem`: why the service manager cannot be asked, empty if it was.
    - `missing`: a path of its installation that does not exist, empty if all do.
    - `enabled`, `active`, `result`: the socket's state and the service's, in systemd's words.
    - `pid`: of the running service, 0 if it does not run.
    - `listens`: a connection to the socket starts the service.
    - `is_displaced`: systemd listens on a socket whose file was removed or replaced.
    """

    is_installed: bool
    problem: str = ""
    missing: str = ""
    enabled: str = ""
    active: str = ""
    result: str = ""
    pid: int = 0
    listens: bool = False
    is_displaced: bool = False


def read_units(environ: Mapping[str, str]) -> Units:
    """Ask systemd, or launchd on macOS, about the service."""
    installation = installed(environ)
    if installation is None:
        return Units(is_installed=False)
    missing = installation.missing() or ""
    control = find_control(environ)
    if control is None:
        return Units(True, "the service manager of this user does not run", missing)
    try:
        state = control.state()
        if sys.platform == "darwin":
            return Units(True, "", missing, "enabled", "", "", state.pid, state.listens)
        systemctl = Systemctl(environ)
        shown = systemctl.show(SERVICE, "ActiveState", "Result")
        enabled = systemctl.run("is-enabled", SOCKET).out
    except CommandFailed as error:
        return Units(True, error.message, missing)
    return Units(
        True,
        "",
        missing,
        enabled,
        shown.get("ActiveState", ""),
        shown.get("Result", ""),
        state.pid,
        state.listens,
        state.is_displaced,
    )


def service_findings(units: Units, *, has_systemd: bool, daemon_pid: int = 0) -> list[Finding]:
    """Return the findings about the service.

    Args:
        units: What is known about it.
        has_systemd: Whether one could be installed.
        daemon_pid: The process that listens on the socket, 0 if none does.
    """
    if not units.is_installed:
        more = f"; '{INSTALL}' sets one up" if has_systemd else ""
        message = f"none is installed: the daemon starts with the first command{more}"
        return [Finding(CHECK, OK, message)]
    if units.missing:
        what, _, cure = missing_advice(units.missing).partition(". ")
        return [Finding(CHECK, PROBLEM, what, cure)]
    if units.problem:
        cure = "log in as this user, or run 'sudo loginctl enable-linger $USER', and try again"
        return [Finding(CHECK, WARNING, f"it is installed, but {units.problem}", cure)]
    return _state(units, daemon_pid)


def _state(units: Units, daemon_pid: int) -> list[Finding]:
    if units.active == "failed":
        message = f"it does not start (result {units.result}): journalctl --user -n 20 -u {SERVICE}"
        return [Finding(CHECK, PROBLEM, message, "aircher-cli daemon restart")]
    if daemon_pid and not units.listens and daemon_pid != units.pid:
        message = f"process {daemon_pid} serves the socket, and not the installed service"
        return [Finding(CHECK, WARNING, message, "aircher-cli daemon restart")]
    if units.is_displaced:
        message = "the file of its socket was removed, so no client reaches it"
        return [Finding(CHECK, PROBLEM, message, "aircher-cli daemon restart")]
    if units.enabled not in {"enabled", "enabled-runtime"}:
        message = f"it is installed, but {units.enabled or 'not enabled'}: it does not start itself"
        return [Finding(CHECK, WARNING, message, INSTALL)]
    if not units.pid and not units.listens:
        return [Finding(CHECK, WARNING, "it is installed, but stopped", "aircher-cli daemon start")]
    runs = f"process {units.pid}" if units.pid else "starts with the first request"
    return [Finding(CHECK, OK, f"installed and enabled, {runs}")]


def has_systemd() -> bool:
    """Tell whether this system was booted with systemd."""
    return Path("/run/systemd/system").is_dir()
