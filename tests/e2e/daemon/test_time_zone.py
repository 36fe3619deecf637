"""Days begin at midnight of the machine, wherever it travels, or where the configuration says."""

import os
import shutil
import time
from pathlib import Path

import pytest

from helpers.daemon.ipc_requests import KEYS, ask
from helpers.daemon.real_daemon import wait_until

ZONES = Path("/usr/share/zoneinfo/Etc")
HOUR = 3600

# `/etc` is the folder that the variable names, for this process alone.
OWN_ETC = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
folder = os.environ.pop("TEST_ETC").encode()
for failed in (
    libc.unshare(CLONE_NEWNS),
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None),
    libc.mount(folder, b"/etc", None, MS_BIND, None),
):
    if failed:
        raise OSError(ctypes.get_errno(), "cannot mount")
from aircherd.__main__ import main
sys.exit(main())
"""


def zone_at(hour):
    """Return a zone in which it is this hour now, and its offset in hours."""
    offset = (hour - time.gmtime().tm_hour + 11) % 24 - 11
    return f"GMT{-offset:+}" if offset else "GMT", offset


def travel(etc, zone):
    """Replace the link, as `timedatectl` does."""
    (etc / "new").symlink_to(ZONES / zone)
    (etc / "new").rename(etc / "localtime")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a process its own /etc")
def test_days_begin_at_the_midnight_of_the_machine(home):
    """At once after a change. The `TZ` that the daemon was started with is not used."""
    etc = home.root / "etc"
    etc.mkdir()
    for name in ("passwd", "group", "hosts", "nsswitch.conf"):
        shutil.copy(Path("/etc", name), etc)
    (morning, first), (noon, second), (evening, third) = map(zone_at, (6, 12, 18))
    travel(etc, morning)
    limit = '\n[[limits]]\nrequests = 9\nper = "day"\n'
    home.write_config(home.config_file.read_text() + limit)
    home.start({**KEYS, "TZ": "Pacific/Apia", "TEST_ETC": str(etc)}, program=("-c", OWN_ETC))
    with home.client() as client:

        def midnight_in(offset):
            (row,) = client.call("limits.status")["limits"]
            assert row["used"] == 1
            return round(row["resets_at"] + offset * HOUR) % (24 * HOUR) == 0

        ask(client)
        assert midnight_in(first)
        travel(etc, noon)
        wait_until(lambda: midnight_in(second), "the day begins at the new midnight")
        done = home.cli("config", "set", "usage.time_zone", f"Etc/{evening}")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: midnight_in(third), "the day begins where the configuration says")
        assert home.cli("config", "unset", "usage.time_zone").returncode == 0
        wait_until(lambda: midnight_in(second), "the day is that of the machine again")
