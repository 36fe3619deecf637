"""The daemon as a launchd agent of the user, on macOS.

launchd can listen on sockets, too, but hands them over by a call of its own that Python does not
have. So the daemon runs from the login on, and launchd restarts it when it fails. `daemon stop`
ends it until the next login or `daemon start`.
"""

import os
import plistlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.parsers.expat import ExpatError

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.render.formatting import short_path
from aircher_cli.service import unit_file
from aircher_cli.service.installation import Installation
from aircher_cli.service.steps import Steps
from aircher_cli.service.unit_file import Ownership, State
from aircher_wire import address

LABEL = "aircher.aircherd"
STARTED_BY = "launchd"
SECONDS = 60.0

_CARRIED = (
    *("AIRCHER_HOME", "AIRCHER_SOCKET", "XDG_RUNTIME_DIR"),
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
)


class Done(NamedTuple):
    """The result of a `launchctl` command."""

    code: int
    text: str


Run = Callable[[Sequence[str]], Done]


def plist_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the agent's property list."""
    return Path(environ.get("HOME", "")) / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def render(installation: Installation, environ: Mapping[str, str]) -> str:
    """Return the property list for an installation."""
    variables = {name: environ[name] for name in _CARRIED if environ.get(name)}
    if "AIRCHER_HOME" in variables:
        variables["AIRCHER_HOME"] = str(address.aircher_home(environ))
    if "AIRCHER_SOCKET" in variables:
        variables["AIRCHER_SOCKET"] = address.find_socket(environ)
    log = str(address.log_path(environ))
    content = {
        "Label": LABEL,
        "ProgramArguments": [installation.python, "-P", "-m", "aircherd", "--log-file", log],
        "EnvironmentVariables": {"AIRCHER_STARTED_BY": STARTED_BY, **variables},
        "WorkingDirectory": "/",
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ExitTimeOut": 30,  # the daemon drains for up to 20 s
        "Umask": 0o077,
        "HardResourceLimits": {"Core": 0},
        "SoftResourceLimits": {"Core": 0},
        "StandardOutPath": log,  # until the daemon has opened it, to rotate it
        "StandardErrorPath": log,
    }
    return plistlib.dumps(content).decode()


def read_installation(text: str) -> Installation | None:
    """Return the installation that a property list of ours starts; its package is not recorded."""
    content = _parse(text)
    arguments = content.get("ProgramArguments")
    if not is_ours(text) or not isinstance(arguments, list) or not arguments:
        return None
    return Installation(str(arguments[0]), str(arguments[0]))


def is_ours(text: str) -> bool:
    """Tell whether `daemon install` wrote a property list."""
    variables = _parse(text).get("EnvironmentVariables")
    return isinstance(variables, dict) and variables.get("AIRCHER_STARTED_BY") == STARTED_BY


def _parse(text: str) -> dict[str, object]:
    try:
        found = plistlib.loads(text.encode(errors="surrogateescape"))
    except (ExpatError, plistlib.InvalidFileException, ValueError, LookupError, OverflowError):
        return {}
    return found if isinstance(found, dict) else {}


OWNERSHIP = Ownership(is_ours, is_ours)


class Launchd:
    """The agent of this user. `run` runs `launchctl`."""

    def __init__(self, environ: Mapping[str, str], run: Run | None = None) -> None:
        self._environ = environ
        self._run = run or _run_launchctl
        self._domain = f"gui/{os.getuid()}"
        self.target = f"{self._domain}/{LABEL}"
        self.plist = plist_path(environ)

    def is_loaded(self) -> bool:
        """Tell whether launchd knows the agent."""
        return self._run(["print", self.target]).code == 0

    def pid(self) -> int:
        """Return the process of the agent, 0 if it does not run."""
        for line in self._run(["print", self.target]).text.splitlines():
            name, _, value = line.strip().partition(" = ")
            if name == "pid" and value.isdecimal():
                return int(value)
        return 0

    def load(self) -> None:
        """Have launchd read the property list and start the agent.

        Raises:
            CommandFailed: launchd refuses.
        """
        self._check(["enable", self.target])
        self._check(["bootstrap", self._domain, str(self.plist)])

    def unload(self) -> None:
        """Stop the agent and have launchd forget it.

        Raises:
            CommandFailed: launchd refuses.
        """
        self._check(["bootout", self.target])

    def start(self, *, restart: bool = False) -> None:
        """Start the agent; with `restart`, stop it first if it runs.

        Raises:
            CommandFailed: launchd refuses.
        """
        self._check(["kickstart", *(["-k"] if restart else []), self.target])

    def stop(self) -> None:
        """Stop the agent after its requests; launchd does not restart it.

        Raises:
            CommandFailed: launchd refuses.
        """
        self._check(["kill", "SIGTERM", self.target])

    def _check(self, arguments: list[str]) -> None:
        done = self._run(arguments)
        if done.code:
            command = " ".join(["launchctl", *arguments])
            raise CommandFailed(f"'{command}' failed: {done.text.strip() or 'no reason given'}")


def install(
    launchd: Launchd,
    text: str,
    steps: Steps,
    *,
    home: str,
    start: bool,
    force: bool,
    replace_running: Callable[[], None],
) -> None:
    """Write the property list and start the agent.

    `replace_running` stops a daemon that a client started.

    Raises:
        CommandFailed: a file of the same name is not ours, or launchd refuses.
    """
    path = launchd.plist
    found = unit_file.state(path, OWNERSHIP)
    if found is State.FOREIGN:
        if not force:
            raise CommandFailed(
                f"{path} is not from aircher-cli: move it away, or use --force, which keeps a copy"
            )
        steps.did(f"moved {short_path(str(path), home)} to {unit_file.back_up(path).name}")
    is_changed = unit_file.read(path) != text
    if is_changed:
        unit_file.write(path, text)
        steps.did(f"wrote {short_path(str(path), home)}")
    if not start:
        return
    if launchd.is_loaded():
        if not is_changed and launchd.pid():
            return
        launchd.unload()
    replace_running()
    launchd.load()
    steps.did(f"started {LABEL}")


def uninstall(launchd: Launchd, steps: Steps, *, home: str) -> None:
    """Stop the agent and remove its property list.

    Raises:
        CommandFailed: launchd refuses, or the file cannot be removed.
    """
    path = launchd.plist
    found = unit_file.state(path, OWNERSHIP)
    if found is State.FOREIGN:
        steps.note(f"{short_path(str(path), home)} is not from aircher-cli and was kept")
        return
    if launchd.is_loaded():
        launchd.unload()
        steps.did(f"stopped {LABEL}")
    if found is not State.ABSENT:
        unit_file.remove(path)
        steps.did(f"removed {short_path(str(path), home)}")


def _run_launchctl(arguments: Sequence[str]) -> Done:
    try:
        done = subprocess.run(
            ["launchctl", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except OSError as error:
        raise CommandFailed(f"cannot run launchctl: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"launchctl {arguments[0]} has not ended after {SECONDS:g} s") from None
    return Done(done.returncode, done.stdout)
