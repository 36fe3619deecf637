"""The time zone of a machine that travels."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


class MachineZone(tzinfo):
    """A zone that can be replaced by another one while it is in use."""

    def __init__(self, name: str) -> None:
        self._zone = ZoneInfo(name)

    def travel(self, name: str) -> None:
        """Be another zone from now on."""
        self._zone = ZoneInfo(name)

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """Return the offset of the zone as it is now."""
        assert dt is not None
        return dt.replace(tzinfo=self._zone).utcoffset()

    def fromutc(self, dt: datetime) -> datetime:
        """Return local time in the zone as it is now."""
        return self._zone.fromutc(dt.replace(tzinfo=self._zone)).replace(tzinfo=self)
