"""Runs `systemctl --user`, and says what to do where it cannot work."""

import os
import stat
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from aircher_cli.exit_codes import CommandFailed
from aircher_client.systemd_socket import SERVICE, SOCKET, runtime_directory, systemctl_environment

SECONDS = 30.0
"""For commands that only ask or change what is enabled."""

QUICK_SECONDS = 3.0
"""For a question that is only asked to explain a failure."""

START_SECONDS = 120.0
"""For commands that wait for the service: systemd's own limit of a start, 90 s, and some more."""

COULD_NOT_START = "Could not start: "
"""The beginning of the status of a daemon that knows why, see `aircherd.systemd.reporter`."""

WITHOUT = "The daemon needs no service: it starts with the first command that uses it"


class Done(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str


class Systemctl:
    """The systemd of this user. `environ` is the caller's environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def run(self, *arguments: str, timeout: float = SECONDS) -> Done:
        """Run a command.

        Raises:
            CommandFailed: there is no systemctl, or it does not end.
        """
        command = ["systemctl", "--user", "--no-pager", "--no-ask-password", *arguments]
        try:
            done = subprocess.run(
                command,
                env=systemctl_environment(self._environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError:
            raise CommandFailed(f"there is no systemctl on this system. {WITHOUT}") from None
        except OSError as error:
            raise CommandFailed(f"cannot run systemctl: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise CommandFailed(
                f"'systemctl --user {' '.join(arguments)}' has not ended after {timeout:g} s: see "
                "'systemctl --user list-jobs'"
            ) from None
        return Done(done.returncode, done.stdout.strip(), done.stderr.strip())

    def check(self, *arguments: str, timeout: float = SECONDS) -> str:
        """Run a command that must succeed, and return its output.

        Raises:
            CommandFailed: it failed.
        """
        done = self.run(*arguments, timeout=timeout)
        if done.code:
            command = f"systemctl --user {' '.join(arguments)}"
            raise CommandFailed(f"'{command}' failed: {done.err or done.out or 'no reason given'}")
        return done.out

    def show(self, unit: str, *names: str, timeout: float = SECONDS) -> dict[str, str]:
        """Return properties of a unit; those that systemd does not know are missing.

        Raises:
            CommandFailed: systemd does not answer.
        """
        properties = (f"--property={name}" for name in names)
        out = self.check("show", unit, *properties, timeout=timeout)
        return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)

    def variables(self) -> dict[str, str]:
        """Return the environment that systemd gives to services.

        Raises:
            CommandFailed: this user has no systemd, or it does not answer.
        """
        done = self.run("show-environment")
        if done.code:
            raise CommandFailed(_no_manager(self._environ, done.err))
        pairs = (line.split("=", 1) for line in done.out.splitlines() if "=" in line)
        return {name: _unquote(value) for name, value in pairs}


def _no_manager(environ: Mapping[str, str], reason: str) -> str:
    """Return why this user's systemd cannot be reached, and how to get one."""
    user = environ.get("USER") or environ.get("LOGNAME") or "$USER"
    if runtime_directory(environ) is None:
        why = "there is no XDG_RUNTIME_DIR, so this is no login session (su, sudo, cron, container)"
    else:
        why = reason.splitlines()[0] if reason else "systemctl --user failed"
    return (
        f"systemd does not run for this user: {why}. Log in as this user (also 'machinectl shell "
        f"{user}@' or ssh), on a server after 'sudo loginctl enable-linger {user}', and try again. "
        f"{WITHOUT}"
    )


def _unquote(value: str) -> str:
    """Read a value as `systemctl show-environment` prints it."""
    if value.startswith("$'") and value.endswith("'"):
        return value[2:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
    return value


def needs_reload(systemctl: Systemctl) -> bool:
    """Tell whether a file of the service has changed since systemd has read it."""
    name = "NeedDaemonReload"
    return any(systemctl.show(unit, name).get(name) == "yes" for unit in (SERVICE, SOCKET))


def is_socket_displaced(systemctl: Systemctl, path: str) -> bool:
    """Tell whether the file of the active socket unit was removed or replaced.

    systemd does not notice that. A socket's file that is newer than the unit's start is a daemon's
    that a client has started. The unit must be active.
    """
    try:
        found = os.lstat(path)
    except OSError:
        return True
    if not stat.S_ISSOCK(found.st_mode):
        return True
    name = "ActiveEnterTimestamp"
    done = systemctl.run("show", SOCKET, f"--property={name}", "--value", "--timestamp=us+utc")
    started_at = _parse_timestamp(done.out) if done.code == 0 else None
    return started_at is not None and found.st_mtime > started_at


def restore_socket(systemctl: Systemctl) -> None:
    """Have systemd open a displaced socket again; the service ends first, after its requests.

    systemd refuses to start a socket whose service is still ending.

    Raises:
        CommandFailed: systemd cannot do it.
    """
    systemctl.check("stop", SERVICE, timeout=START_SECONDS)
    systemctl.check("restart", SOCKET, timeout=START_SECONDS)


def _parse_timestamp(text: str) -> float | None:
    """Parse e.g. `Mon 2026-11-30 00:40:45.123456 UTC`; None if it is anything else."""
    from datetime import datetime  # noqa: PLC0415 -- only for an active socket

    _, _, moment = text.partition(" ")
    zoned = moment.replace(" UTC", "+0000")
    try:
        return datetime.strptime(zoned, "%Y-%m-%d %H:%M:%S.%f%z").timestamp()
    except ValueError:  # none, or of a systemd that does not know `--timestamp`
        return None


def failure(systemctl: Systemctl) -> str:
    """Return why the service does not run, and where to read more."""
    found = systemctl.show(SERVICE, "Result", "ExecMainStatus", "StatusText")
    return failure_text(found)


def failure_text(found: Mapping[str, str]) -> str:
    """Return why the service does not run, from its properties."""
    result, status = found.get("Result", "unknown"), found.get("ExecMainStatus", "0")
    _, is_known, reason = found.get("StatusText", "").partition(COULD_NOT_START)
    if is_known:
        return f"{SERVICE} does not start: {reason}"
    exited = f", exit code {status}" if result == "exit-code" else ""
    return (
        f"{SERVICE} does not start (result {result}{exited}): see 'journalctl --user -n 20 -u "
        f"{SERVICE}'"
    )
