"""The shipped units in a test's own manager, with the programs of this installation."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.daemon.real_daemon import Home
from helpers.systemd.machine import SERVICE, SOCKET
from helpers.systemd.manager import UserManager, user_manager

UNITS = Path(__file__).parents[3] / "systemd"

PROGRAMS = {
    "%h/.local/bin/aircherd": f"{sys.executable} -P -m aircherd",
    "%h/.local/bin/aircher-cli": f"{sys.executable} -P -m aircher_cli",
}


class Service:
    """The service of one home; `home` runs clients, `manager` the units."""

    def __init__(self, home: Home, manager: UserManager) -> None:
        self.home = home
        self.manager = manager

    @property
    def pid(self) -> int:
        """The number of the daemon's process, 0 if it does not run."""
        return self.manager.main_pid(SERVICE)

    @property
    def state(self) -> str:
        """`ActiveState/SubState` of the service."""
        return "/".join(self.show(name) for name in ("ActiveState", "SubState"))

    def show(self, name: str) -> str:
        """Return a property of the service."""
        return self.manager.show(SERVICE, name)

    def log(self) -> str:
        """Return the daemon's log so far."""
        return self.manager.log(SERVICE)

    def drop_in(self, text: str) -> None:
        """Change the service by lines of its `[Service]` section."""
        self.manager.drop_in(SERVICE, f"[Service]\n{text}\n")


@contextmanager
def service(home: Home) -> Iterator[Service]:
    """Run a manager whose socket for `home` is open; the daemon does not run yet."""
    with user_manager(home.environ) as manager:
        for name in (SERVICE, SOCKET):
            text = (UNITS / name).read_text()
            for program, ours in PROGRAMS.items():
                text = text.replace(program, ours)
            manager.write_unit(name, text)
        manager.systemctl("start", SOCKET)
        yield Service(home, manager)
