"""A control group of its own for a test's user manager.

A manager takes over the group that it is started in: it moves every process of that group into its
`init.scope`, and creates the groups of its units below it. In the root group it would move the
whole machine, and two managers would share the group of a unit that both have, so that stopping it
in one would kill the processes of the other. Killing everything in the group at the end also finds
the processes that have left the manager.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.required import missing

EMPTY_SECONDS = 10.0
HOW = "as root, with cgroups that are mounted writable"


class ControlGroup:
    """One group, whose `folders` are in every hierarchy that systemd uses to track processes."""

    def __init__(self, folders: list[Path], mount_points: list[Path]) -> None:
        self.folders = folders
        self._mount_points = mount_points
        self._name = folders[0].name

    @property
    def files(self) -> list[str]:
        """The files to which a process writes its number to join the group."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def kill(self) -> None:
        """Kill all processes of the group, and wait until there are none."""
        deadline = time.monotonic() + EMPTY_SECONDS
        while pids := self.pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < deadline, f"processes cannot be killed: {pids}"
            time.sleep(0.01)

    def remove(self) -> None:
        """Remove the group and those below it, in all hierarchies: systemd uses more than ours."""
        for top in self._mount_points:
            for found in (*top.glob(self._name), *top.glob(f"*/{self._name}")):
                for folder in sorted(found.rglob("*/"), reverse=True):
                    _remove(folder)
                _remove(found)

    def pids(self) -> set[int]:
        """Return the numbers of all processes in the group and below it."""
        return {
            int(line)
            for folder in self.folders
            for procs in folder.rglob("cgroup.procs")
            for line in _lines(procs)
            if line != "0"  # a process that is invisible here, and no process to `os.kill`
        }


@contextmanager
def control_group(name: str) -> Iterator[ControlGroup]:
    """Give a new group; kill its processes and remove it at the end."""
    points = _mount_points()
    folders = [point / name for point, is_tracking in points.items() if is_tracking]
    if not folders:
        missing("systemd --user", HOW)
    group = ControlGroup(folders, list(points))
    try:
        try:
            for folder in folders:
                folder.mkdir()
        except OSError:
            missing("systemd --user", HOW)
        yield group
    finally:
        group.kill()
        group.remove()


def _mount_points() -> dict[Path, bool]:
    """Return where the hierarchies are mounted, and whether systemd tracks processes in each.

    It tracks them in the second version, and in a hierarchy without controllers named `systemd`.
    """
    points = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            tracking = kind == "cgroup2" or "name=systemd" in options
            points[Path(fields.split()[4])] = tracking
    return points


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:  # the group was removed meanwhile
        return []


def _remove(folder: Path) -> None:
    """Remove a group; it is busy for a moment after its last process was killed."""
    deadline = time.monotonic() + EMPTY_SECONDS
    while True:
        try:
            return folder.rmdir()
        except FileNotFoundError:
            return None
        except OSError:
            assert time.monotonic() < deadline, f"{folder} cannot be removed"
            time.sleep(0.01)
