"""The time zone in which the days and months of limits and usage begin.

    [usage] time_zone          if the configuration has one
    TZ of a service manager    a setting of the service
    /etc/localtime             else: the zone of the machine, as it is now

The `TZ` of the shell or script that happened to start the daemon is not used: the daemon serves
all programs of the user. On a machine without a zone it is all there is, and is used.

The C library reads the zone once; `tzset` has it look again.
"""

import io
import os
import re
import struct
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")
FOLDERS = (Path("/usr/share/zoneinfo"), Path("/var/db/timezone/zoneinfo"), Path("/etc/zoneinfo"))
"""Where systems keep the rules of all zones."""
MAGIC = b"TZif"
UTC_NAMES = ("UTC", "Etc/UTC")

_VARIABLE = "TZ"
_NAME = re.compile(r"\w[\w+-]*(/\w[\w+-]*)*", re.ASCII)
_MONTH = 30 * 86400.0

log = structlog.get_logger()


def zone_file(name: str) -> Path | None:
    """Return the file with the rules of a zone such as `Europe/Berlin`, None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    return next((path for folder in FOLDERS if _is_zone(path := folder / name)), None)


_UTC_FILE = MAGIC + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"
"""The rules of UTC as RFC 9636 has them: one type of time, without an offset."""


def zone_of(name: str) -> "ZoneInfo":
    """Return the zone `name`, from the file that `zone_file` finds; UTC needs none.

    Raises:
        LookupError: the machine does not know it.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- only with [shared], and 1 MB

    if file := zone_file(name):
        with file.open("rb") as rules:
            return ZoneInfo.from_file(rules, key=name)
    if name in UTC_NAMES:  # a small image of a system may have no zones at all
        return ZoneInfo.from_file(io.BytesIO(_UTC_FILE), key=name)
    raise LookupError(f"this machine does not know the time zone {name}")


def drop_inherited_zone(
    environ: MutableMapping[str, str], started_by: str, localtime: Path = LOCALTIME
) -> None:
    """Remove `TZ` from the variables of this process, if a program that is no service set it."""
    is_service = started_by.startswith(("systemd", "launchd"))
    if _VARIABLE in environ and not is_service and localtime.exists():
        del environ[_VARIABLE]
        time.tzset()


class TimeZone:
    """The zone of this process. `tzset` has no other scope, so there is one object of this."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._own = environ.get(_VARIABLE)
        self._rules = _rules()

    def use(self, name: str | None) -> bool:
        """Use the zone `name`, None for that of the machine; return whether days begin otherwise.

        A zone that the machine does not know is that of the machine.
        """
        file = zone_file(name) if name else None
        wanted = f":{file}" if file else self._own
        if wanted is None:
            self._environ.pop(_VARIABLE, None)
        else:
            self._environ[_VARIABLE] = wanted
        return self.refresh()

    def refresh(self) -> bool:
        """Read the zone again; return whether it is another one."""
        time.tzset()
        before, self._rules = self._rules, _rules()
        if before == self._rules:
            return False
        log.info("time_zone_changed", zone=time.localtime().tm_zone)
        return True

    def __repr__(self) -> str:
        return f"<TimeZone {time.localtime().tm_zone}>"


def _rules() -> tuple[tuple[str, int], ...]:
    """Return name and offset in each month of the next year: it tells zones apart."""
    now = time.time()
    moments = (time.localtime(now + month * _MONTH) for month in range(13))
    return tuple((moment.tm_zone, moment.tm_gmtoff) for moment in moments)


def _is_zone(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
