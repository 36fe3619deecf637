"""A real `systemd --user` manager for one test.

    with user_manager(home.environ) as manager:
        manager.write_unit("aircherd.service", text)
        manager.systemctl("start", "aircherd.service")

It lives in the directories that `environ` names (HOME and the XDG_ variables), so tests can run in
parallel and none touches the user's own manager. Programs find it through these same variables.
There is no journal: each unit's output goes to a file, `manager.log(unit)`.

The units that the machine's packages enable (gpg-agent, the session bus, gnome-keyring) are masked:
a test that needs a Secret Service starts its own and passes its variables in `environ`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from helpers.required import missing
from helpers.systemd.cgroups import ControlGroup, control_group

PROGRAM = "/lib/systemd/systemd"
START_SECONDS = 40.0
UNIT_FOLDERS = ("/etc/systemd/user", "/usr/lib/systemd/user", "/usr/share/systemd/user")

# The shell joins the control group before the manager starts.
_START = 'for file; do echo $$ >"$file" || exit 9; done; exec ' + PROGRAM + " --user"


class UserManager:
    """The running manager; see the module's docstring."""

    def __init__(self, environ: Mapping[str, str], logs: Path, group: ControlGroup) -> None:
        self.environ = dict(environ)
        self.unit_folder = Path(environ["XDG_CONFIG_HOME"]) / "systemd" / "user"
        self._own_folder = self.unit_folder.with_name("user.control")
        self._logs = logs
        self.group = group
        self._process: subprocess.Popen[bytes] | None = None

    # ---------------------------------------------------------- units

    def write_unit(self, name: str, text: str) -> None:
        """Write a unit as a user would, and read it."""
        self._write(self.unit_folder / name, text)

    def drop_in(self, unit: str, text: str, name: str = "test.conf") -> None:
        """Write a drop-in of a unit, and read it. It does not appear in the user's folder."""
        self._write(self._own_folder / f"{unit}.d" / name, text)

    def _write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.systemctl("daemon-reload")

    # ---------------------------------------------------------- commands

    def run(
        self, *command: str, timeout: float = START_SECONDS
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program that finds this manager."""
        return subprocess.run(
            command,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def systemctl(self, *arguments: str, check: bool = True) -> str:
        """Run `systemctl --user` and return its output; it must succeed unless `check` is False."""
        done = self.run("systemctl", "--user", "--no-pager", *arguments)
        text = f"systemctl {' '.join(arguments)}: {done.stdout}{done.stderr}"
        assert not check or done.returncode == 0, f"{text}\n{self.all_logs()}"
        return done.stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit, e.g. `MainPID`, `StatusText`, `ActiveState`, `NRestarts`."""
        return self.systemctl("show", "--value", "--property", name, unit)

    def main_pid(self, unit: str) -> int:
        """Return the number of a service's main process, 0 if there is none."""
        return int(self.show(unit, "MainPID"))

    # ---------------------------------------------------------- logs

    def log(self, unit: str) -> str:
        """Return what a unit's processes have written so far."""
        file = self._logs / f"{unit}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def all_logs(self) -> str:
        """Return all logs, for the message of a failed test."""
        names = sorted(file.stem for file in self._logs.glob("*.log"))
        return "\n".join(f"--- {name}\n{self.log(name)}" for name in names)

    # ---------------------------------------------------------- start and end

    def start(self) -> None:
        """Start the manager and wait until it is running."""
        self._own_folder.mkdir(parents=True, exist_ok=True)
        for name in _enabled_units():
            (self._own_folder / name).symlink_to("/dev/null")
        drop_in = self._own_folder / "service.d" / "log.conf"
        drop_in.parent.mkdir()
        output = f"append:{self._logs}/%n.log"
        drop_in.write_text(f"[Service]\nStandardOutput={output}\nStandardError={output}\n")
        with (self._logs / "manager.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _START, "sh", *self.group.files],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self.systemctl("is-system-running", check=False) not in ("running", "degraded"):
            assert self._process.poll() is None, f"systemd --user ended: {self.log('manager')}"
            assert time.monotonic() < deadline, f"systemd --user is not ready: {self.all_logs()}"
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill the manager itself; its control group has the rest."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def user_manager(environ: Mapping[str, str]) -> Iterator[UserManager]:
    """Run a manager; at the end kill it and everything that it started.

    `environ` needs HOME, PATH, XDG_RUNTIME_DIR (mode 0700) and XDG_CONFIG_HOME. Units inherit it.
    """
    _require()
    logs = Path(tempfile.mkdtemp(prefix="airlog"))
    try:
        with control_group(f"aircher-{logs.name}") as group:
            manager = UserManager(environ, logs, group)
            try:
                manager.start()
                yield manager
            finally:
                manager.kill()
    finally:
        shutil.rmtree(logs)


def _require() -> None:
    if not Path(PROGRAM).exists() or shutil.which("systemctl") is None:
        missing("systemd --user", "apt install systemd")
    if os.getuid() != 0:
        missing("systemd --user", "run the tests as root, e.g. in a container")
    # Without it a manager says that the machine was not booted with systemd. It is empty, and
    # stays: tests that run in parallel share it.
    try:
        Path("/run/systemd/system").mkdir(parents=True, exist_ok=True)
    except OSError:
        missing("systemd --user", "/run must be writable")


def _enabled_units() -> Sequence[str]:
    """Return the names of the units that packages enable for every user, without targets."""
    links = (link for folder in UNIT_FOLDERS for link in Path(folder).glob("*.wants/*"))
    return sorted({link.name for link in links if link.suffix != ".target"})
