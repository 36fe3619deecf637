"""Installs the daemon as a systemd user service.

    check   systemd answers, and no file in the way is someone else's
    write   the units, each atomically, then `daemon-reload`
    enable  the socket
    start   the socket takes the path of a daemon that a client started; that one is then stopped
            after its requests; new requests wait in the socket for the service

Each step is skipped if there is nothing to do, so that it can be repeated after a failure.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from aircher_cli.commands.daemon.lifecycle import is_running, request_stop, wait_until
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.formatting import short_path
from aircher_cli.service import rendering, unit_file
from aircher_cli.service.control import installed
from aircher_cli.service.installation import check_alone, find_installation
from aircher_cli.service.manager import Wishes
from aircher_cli.service.planning import make_private, plan
from aircher_cli.service.rendering import FILES, HARDENING, OWNERSHIP
from aircher_cli.service.steps import Steps
from aircher_cli.service.systemctl import (
    START_SECONDS,
    Systemctl,
    failure,
    is_socket_displaced,
    needs_reload,
    restore_socket,
)
from aircher_cli.service.unit_file import State
from aircher_client import Client
from aircher_client.lock_holder import is_gone
from aircher_client.systemd_socket import SERVICE, SOCKET, find_socket_unit, unit_directories
from aircher_wire import address, methods

_STARTS = (
    (SERVICE, "ExecMainStartTimestampMonotonic", (SERVICE, HARDENING)),
    (SOCKET, "ActiveEnterTimestampMonotonic", (SOCKET,)),
)
"""Unit, property with the time of its start, files that describe it."""


def install(context: Context, steps: Steps, wishes: Wishes) -> None:
    """Install the service and start it; every step that changes something is reported.

    Raises:
        CommandFailed: it cannot be installed or started; the message says what to do.
    """
    systemctl = Systemctl(context.environ)
    variables = systemctl.variables()
    folder = unit_folder(context.environ, systemctl)
    is_hardened = wishes.hardened
    if is_hardened is None:
        is_hardened = unit_file.state(folder / HARDENING, OWNERSHIP) in (State.OURS, State.CHANGED)
    service = plan(context.environ, variables, is_hardened=is_hardened)
    check_alone(service.installation, variables)
    files = rendering.render(service)
    unwanted = [] if is_hardened else [HARDENING]
    refuse_foreign(folder, list(files), systemctl, force=wishes.force)
    installer = _Installer(context, steps, systemctl, folder)
    if is_hardened:
        make_private([Path(path) for path in service.writable])
    changed = installer.write(files, unwanted)
    installer.enable()
    if wishes.start:
        installer.start(changed, wishes.timeout)


def update(context: Context, steps: Steps) -> None:
    """Bring the files of an installed service up to date with this version of aircher.

    A service that starts another installation is left alone, and so is one that the user changed.

    Raises:
        CommandFailed: a file cannot be written.
    """
    path = find_socket_unit(context.environ)
    if path is None or installed(context.environ) != find_installation():
        return
    systemctl, folder = Systemctl(context.environ), Path(path).parent
    found = {name: unit_file.state(folder / name, OWNERSHIP) for name in FILES}
    if State.CHANGED in found.values() or State.FOREIGN in found.values():
        return
    is_hardened = found[HARDENING] is State.OURS
    service = plan(context.environ, systemctl.variables(), is_hardened=is_hardened)
    if is_hardened:
        make_private([Path(path) for path in service.writable])
    _Installer(context, steps, systemctl, folder).write(rendering.render(service), [])


def unit_folder(environ: Mapping[str, str], systemctl: Systemctl) -> Path:
    """Return the directory for units that systemd reads, by the caller's XDG_CONFIG_HOME if it can.

    Raises:
        CommandFailed: systemd reads neither that nor `~/.config/systemd/user`.
    """
    read = systemctl.check("show", "--property=UnitPath", "--value").split(" ")
    for folder in unit_directories(environ):
        if folder in read or folder.replace(" ", "\\x20") in read:
            return Path(folder)
    raise CommandFailed(
        f"systemd does not read units from {unit_directories(environ)[0]}: it was started with "
        "another XDG_CONFIG_HOME. Run this without that variable"
    )


def refuse_foreign(folder: Path, names: list[str], systemctl: Systemctl, *, force: bool) -> None:
    """Check that no unit in the way is someone else's.

    Raises:
        CommandFailed: one is, and `force` is false.
    """
    if force:
        return
    for name in names:
        if unit_file.state(folder / name, OWNERSHIP) is State.FOREIGN:
            raise CommandFailed(
                f"{folder / name} is not from aircher-cli: move it away, or use --force, which "
                "keeps a copy of it"
            )
    for unit in (SERVICE, SOCKET):
        found = systemctl.show(unit, "FragmentPath", "LoadState")
        path = found.get("FragmentPath", "")
        if found.get("LoadState") == "masked":
            raise CommandFailed(
                f"{unit} is masked by {path}: undo that with 'systemctl --user unmask {unit}', and "
                "'--runtime' if it is below /run. Or use --force, which does not mind"
            )
        if path and Path(path).parent != folder:
            raise CommandFailed(
                f"{unit} is already installed as {path}, which is not from aircher-cli. Use it: "
                f"'systemctl --user enable --now {SOCKET}'. Or use --force to install another "
                "that replaces it for you"
            )


class _Installer:
    """Brings systemd into the wanted state; each method only does what is not done yet."""

    def __init__(self, context: Context, steps: Steps, systemctl: Systemctl, folder: Path) -> None:
        self._context = context
        self._steps = steps
        self._systemctl = systemctl
        self._folder = folder
        self._home = context.environ.get("HOME", "")

    def write(self, files: dict[str, str], unwanted: list[str]) -> set[str]:
        """Write the files that differ and remove the unwanted ones; return the names of both."""
        changed = {name for name, text in files.items() if self._write(name, text)}
        changed |= {name for name in unwanted if self._remove(name)}
        if changed or needs_reload(self._systemctl) or self._is_drop_in_unread():
            self._systemctl.check("daemon-reload")
        return changed

    def _is_drop_in_unread(self) -> bool:
        """Tell whether systemd has not noticed that our drop-in appeared or went.

        For a new file its own NeedDaemonReload may say "no".
        """
        read = self._systemctl.show(SERVICE, "DropInPaths").get("DropInPaths", "")
        return (f"/{HARDENING}" in read) is not (self._folder / HARDENING).exists()

    def _write(self, name: str, text: str) -> bool:
        path = self._folder / name
        old = unit_file.read(path)
        found = unit_file.state(path, OWNERSHIP)
        if found is State.OURS and old is not None and rendering.has_same_body(old, text):
            return False
        if found in (State.CHANGED, State.FOREIGN):
            self._back_up(path, found)
        unit_file.write(path, text)
        verb = "replaced" if found is State.OURS else "wrote"
        self._steps.did(f"{verb} {short_path(str(path), self._home)}")
        return True

    def _remove(self, name: str) -> bool:
        path = self._folder / name
        found = unit_file.state(path, OWNERSHIP)
        if found in (State.ABSENT, State.FOREIGN):
            return False
        if found is State.OURS:
            # If this command is killed before the restart, the next one sees that one is needed.
            unit_file.touch(self._folder / SERVICE)
            unit_file.remove(path)
            self._steps.did(f"removed {short_path(str(path), self._home)}")
        else:
            self._back_up(path, found)
        unit_file.remove_empty([path.parent])
        return True

    def _back_up(self, path: Path, found: State) -> None:
        copy = unit_file.back_up(path)
        why = "was changed" if found is State.CHANGED else "is not from aircher-cli"
        self._steps.did(f"moved {short_path(str(path), self._home)}, which {why}, to {copy.name}")

    def enable(self) -> None:
        """Enable the socket, so that it listens from the next login on."""
        if self._systemctl.run("is-enabled", SOCKET).out != "enabled":
            self._systemctl.check("enable", SOCKET)
            self._steps.did(f"enabled {SOCKET}")

    def start(self, changed: set[str], timeout: float) -> None:
        """Start the socket and the service, in place of a daemon that a client started."""
        changed = changed | self._outdated()
        path = address.find_socket(self._context.environ)
        is_active = self._systemctl.show(SOCKET, "ActiveState")["ActiveState"] == "active"
        is_displaced = is_active and is_socket_displaced(self._systemctl, path)
        listens = is_active and not is_displaced
        with ExitStack() as stack:
            old = None
            if not listens:
                old = self._connect_to_running(stack)
                # The last failures must not count: they may be why this is called.
                self._systemctl.run("reset-failed", SOCKET, SERVICE)
            if is_displaced:
                restore_socket(self._systemctl)
            elif not listens or SOCKET in changed:
                self._systemctl.check("restart", SOCKET, timeout=START_SECONDS)
            if not listens or SOCKET in changed:
                shown = short_path(path, self._home)
                self._steps.did(f"started {SOCKET}, which listens on {shown}")
            if old is not None:
                self._stop(old, timeout)
        service = self._systemctl.show(SERVICE, "ActiveState")["ActiveState"]
        if service != "active":
            self._run_service("start", changed)
            self._steps.did(f"started {SERVICE}")
        elif changed:
            self._run_service("restart", changed)
            self._steps.did(f"restarted {SERVICE}")

    def _outdated(self) -> set[str]:
        """Return the files that were written after the start of what they describe.

        A command that was killed has written them; each other one restarts the service.
        """
        since_boot = time.time() - time.monotonic()
        found = set()
        for unit, start, names in _STARTS:
            stamp = self._systemctl.show(unit, start).get(start, "0")
            started_at = int(stamp) / 1e6 + since_boot
            if stamp != "0":
                found |= {
                    name for name in names if unit_file.written_at(self._folder / name) > started_at
                }
        return found

    def _connect_to_running(self, stack: ExitStack) -> Client | None:
        """Return a client of a daemon that systemd did not start, None if there is none."""
        if not is_running(self._context):
            return None
        client = stack.enter_context(self._context.connect(autostart=False))
        client.call(methods.PING)
        return client

    def _stop(self, client: Client, timeout: float) -> None:
        """Stop a daemon after its requests. Its socket is at no path any more."""
        pid, work = request_stop(client)
        waiting = f"waiting for aircherd (process {pid}) to finish {work}"
        wait_until(lambda: is_gone(pid), self._context.console, timeout=timeout, waiting=waiting)
        self._steps.did(f"stopped the daemon that a client had started (process {pid})")

    def _run_service(self, verb: str, changed: set[str]) -> None:
        self._systemctl.run("reset-failed", SERVICE)  # what a user does is not limited
        done = self._systemctl.run(verb, SERVICE, timeout=START_SECONDS)
        if done.code == 0:
            return
        reason = failure(self._systemctl)
        if HARDENING not in changed:
            raise CommandFailed(reason)
        unit_file.remove(self._folder / HARDENING)
        unit_file.remove_empty([(self._folder / HARDENING).parent])
        self._systemctl.check("daemon-reload")
        self._systemctl.run("reset-failed", SOCKET, SERVICE)
        self._systemctl.run("start", SOCKET, SERVICE, timeout=START_SECONDS)
        raise CommandFailed(
            f"with --hardened {reason}. Perhaps this system forbids user namespaces. The service "
            "was installed without it"
        )
