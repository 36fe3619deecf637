"""Stops the systemd user service and removes what `daemon install` has put in place."""

from collections.abc import Mapping
from pathlib import Path

from aircher_cli.commands.daemon.lifecycle import wait_until
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.formatting import short_path
from aircher_cli.service import unit_file
from aircher_cli.service.rendering import FILES, HARDENING, OWNERSHIP
from aircher_cli.service.steps import Steps
from aircher_cli.service.systemctl import START_SECONDS, Systemctl
from aircher_cli.service.unit_file import State
from aircher_client.lock_holder import is_gone
from aircher_client.systemd_socket import SERVICE, SOCKET, unit_directories


def uninstall(context: Context, steps: Steps, *, timeout: float) -> None:
    """Stop and disable the service and remove its files; config, data and keys stay.

    Raises:
        CommandFailed: a file cannot be removed, or the service does not stop.
    """
    found = installed_files(context.environ)
    copies = earlier_copies(context.environ)
    systemctl = Systemctl(context.environ)
    has_manager = _has_manager(systemctl)
    if found and has_manager:
        _stop_service(context, systemctl, steps, timeout)
    _remove_files(found, context, steps)
    if found and has_manager:
        systemctl.check("daemon-reload")
        systemctl.run("reset-failed", SERVICE, SOCKET)
    _remove_remains(context.environ)
    home = context.environ.get("HOME", "")
    for path in foreign_files(context.environ):
        steps.note(f"{short_path(str(path), home)} is not from aircher-cli and was kept")
    for path in copies:
        shown = short_path(str(path), home)
        steps.note(f"{shown} is a copy that 'daemon install' made; it was kept")


def installed_files(environ: Mapping[str, str]) -> list[Path]:
    """Return our files, in all directories where a user's units may be."""
    return [
        path
        for folder in unit_directories(environ)
        for path in (Path(folder) / name for name in FILES)
        if unit_file.state(path, OWNERSHIP) in (State.OURS, State.CHANGED)
    ]


def foreign_files(environ: Mapping[str, str]) -> list[Path]:
    """Return units of the same names that are not ours, and drop-ins of the user."""
    found = []
    for folder in map(Path, unit_directories(environ)):
        found += [
            folder / name
            for name in (SOCKET, SERVICE)
            if unit_file.state(folder / name, OWNERSHIP) is State.FOREIGN
        ]
        for unit in (SERVICE, SOCKET):
            found += sorted((folder / f"{unit}.d").glob("*"))
    ours = {*installed_files(environ), *earlier_copies(environ)}
    return [path for path in found if path not in ours]


def earlier_copies(environ: Mapping[str, str]) -> list[Path]:
    """Return the copies of replaced files that commands have made; see `unit_file.back_up`."""
    return [
        copy
        for folder in map(Path, unit_directories(environ))
        for path in (folder / name for name in FILES)
        for copy in sorted(path.parent.glob(f"{path.name}.*{unit_file.COPY}"))
    ]


def _remove_remains(environ: Mapping[str, str]) -> None:
    """Remove what commands that were killed have left behind."""
    for folder in map(Path, unit_directories(environ)):
        for name in FILES:
            if unit_file.state(folder / name, OWNERSHIP) is State.ABSENT:
                unit_file.remove(folder / name)
        unit_file.remove_empty([folder / f"{SERVICE}.d"])


def _has_manager(systemctl: Systemctl) -> bool:
    try:
        systemctl.variables()
    except CommandFailed:
        return False
    return True


def _stop_service(context: Context, systemctl: Systemctl, steps: Steps, timeout: float) -> None:
    pid = int(systemctl.show(SERVICE, "MainPID").get("MainPID", "0"))
    was_active = systemctl.run("is-active", SOCKET, SERVICE).out.split()
    loaded = [unit for unit in (SOCKET, SERVICE) if _is_loaded(systemctl, unit)]
    if loaded:
        systemctl.check("stop", "--no-block", *loaded)
    if pid:
        waiting = f"waiting for aircherd (process {pid}) to finish its requests"
        wait_until(lambda: is_gone(pid), context.console, timeout=timeout, waiting=waiting)
    if loaded:
        systemctl.check("stop", *loaded, timeout=START_SECONDS)
    if any(state not in ("inactive", "failed", "unknown") for state in was_active):
        steps.did(f"stopped {SOCKET} and {SERVICE}")
    if systemctl.run("is-enabled", SOCKET).out == "enabled":
        systemctl.check("disable", SOCKET)
        steps.did(f"disabled {SOCKET}")


def _is_loaded(systemctl: Systemctl, unit: str) -> bool:
    """Tell whether systemd knows a unit: not one whose file is gone, e.g. of a killed command."""
    return systemctl.show(unit, "LoadState").get("LoadState") != "not-found"


def _remove_files(found: list[Path], context: Context, steps: Steps) -> None:
    home = context.environ.get("HOME", "")
    for path in found:
        if unit_file.state(path, OWNERSHIP) is State.CHANGED:
            copy = unit_file.back_up(path)
            steps.did(f"moved {short_path(str(path), home)}, which was changed, to {copy.name}")
        else:
            unit_file.remove(path)
            steps.did(f"removed {short_path(str(path), home)}")
    for folder in {
        path.parent.parent if str(path).endswith(HARDENING) else path.parent for path in found
    }:
        link = folder / "sockets.target.wants" / SOCKET
        if link.is_symlink():  # systemd, which would have removed it, does not run
            unit_file.remove(link)
            steps.did(f"disabled {SOCKET}")
        unit_file.remove_empty(
            [folder / f"{SERVICE}.d", folder / "sockets.target.wants", folder, folder.parent]
        )
