"""Reads a time that a vendor names, in any format: a number, a duration, a date.

    30, "30.5"                       seconds, or another unit that the field names
    1795000000, 1795000000000        Unix time in seconds or milliseconds
    "1m30s", "500ms", "2 hours"      a duration, as Go or a person writes it; PT1M30S; 0:01:30
    "2026-12-01T10:00:00Z"           a date: ISO 8601, HTTP, Go, `Dec 1, 2026, 3pm (UTC)`

A date without a zone is read as UTC, or in the zone that the caller knows of the vendor. It may be
the vendor's local time, so if it has passed by less than the widest zones differ, it counts as an
hour from now: the hint that there is something to wait for is kept.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

from aircherd.providers.error_mapping.pattern import Pattern

MAX_DELAY: Final = 366 * 86400.0
"""Seconds; a longer delay is treated as invalid."""

FLAGS: Final = re.IGNORECASE | re.ASCII
"""Of all patterns of times: beyond ASCII, some letters and digits match others of which no table
knows.
"""

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0

_ZONE_DOUBT: Final = 14 * HOUR
_MAX_TEXT: Final = 80
_MILLISECONDS: Final = 1e12
"""A larger number is Unix time in milliseconds, of this century."""
_SECONDS: Final = 1e9


def seconds_until(
    value: object, now: float, *, unit: float = 1.0, zone: tzinfo = UTC
) -> float | None:
    """Return the seconds from `now` to the time that `value` names, negative if it has passed.

    None if it names none, or one more than a year ahead.

    Args:
        value: a number or a text.
        now: Unix time in seconds.
        unit: the seconds of one, for a number that is no Unix time.
        zone: of a date that names none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value, now, unit)
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        return None
    text = value.strip(" \t\"'")
    try:
        return _of_number(float(text), now, unit)
    except ValueError:
        pass
    seconds = duration_of(text)
    return _bounded(seconds) if seconds is not None else _until_date(text, now, zone)


def _of_number(number: float, now: float, unit: float) -> float | None:
    if not 0 <= number < 1e15:  # NaN is neither
        return None
    if number > _MILLISECONDS:
        return _bounded(number / 1000 - now)
    return _bounded(number - now if number > _SECONDS else number * unit)


def _bounded(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and seconds <= MAX_DELAY else None


# ------------------------------------------------------------------ durations

_UNIT_NAMES: Final = (
    (1e-9, ("ns",)),
    (1e-6, ("us", "µs", "μs")),
    (1e-3, ("milliseconds", "millisecond", "millis", "msecs", "msec", "ms", "毫秒")),
    (1.0, ("seconds", "second", "secs", "sec", "s", "秒钟", "秒")),
    (MINUTE, ("minutes", "minute", "mins", "min", "m", "分钟", "分")),
    (HOUR, ("hours", "hour", "hrs", "hr", "h", "小时")),
    (DAY, ("days", "day", "d", "天")),
    (7 * DAY, ("weeks", "week", "wks", "w", "周")),
    (30 * DAY, ("months", "month")),
)
_UNITS: Final = {name: seconds for seconds, names in _UNIT_NAMES for name in names}
_NAMES: Final = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART: Final = re.compile(rf"(\d{{1,12}}(?:\.\d{{1,12}})?)[ -]?({_NAMES})", FLAGS)

DURATION: Final = (
    rf"(?:\d{{1,12}}(?:\.\d{{1,12}})?[ -]?(?:{_NAMES})(?:, (?:and )?| and | )?){{1,7}}(?![a-zA-Z])"
)
"""A pattern for durations inside a text; `duration_of` reads what it matches."""

_WHOLE_DURATION: Final = Pattern(DURATION, FLAGS)
_ISO_DURATION: Final = re.compile(r"P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?", FLAGS)
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)")


def duration_of(text: str) -> float | None:
    """Return the seconds of a duration with units, None if `text` is anything else."""
    if len(text) > _MAX_TEXT:
        return None
    if _ISO_DURATION.fullmatch(text):
        text = text[1:].replace("T", "").replace("t", "")
    elif clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * HOUR + int(clock[2]) * MINUTE + float(clock[3])
    if not _WHOLE_DURATION.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(text))


# ------------------------------------------------------------------ dates

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_MONTH: Final = f"(?:{'|'.join(_MONTHS)})[a-z]{{0,6}}"
_HOURS: Final = {
    "z": 0.0, "utc": 0.0, "gmt": 0.0, "bst": 1.0, "cet": 1.0, "cest": 2.0, "sgt": 8.0, "jst": 9.0,
    "kst": 9.0, "est": -5.0, "edt": -4.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0, "pst": -8.0,
    "pdt": -7.0, "pt": -8.0, "pacific": -8.0, "et": -5.0, "eastern": -5.0, "beijing": 8.0,
}  # fmt: skip
"""Zones by name. `CST` may be American or Chinese: it is left out, and so is `IST`."""

_ZONE: Final = (
    r"[ (]{0,3}(?:(?P<offset>(?:utc|gmt)?[+-]\d{1,2}(?::?\d\d)?)(?!\d)"
    r"|(?P<place>[a-z]{2,20}/[a-z_]{2,30})"
    rf"|(?P<name>{'|'.join(sorted(_HOURS, key=len, reverse=True))})(?![a-z]))"
)
_TIME: Final = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,9})?)?"
    r"(?: ?(?P<half>[ap])\.?m\b)?| ?(?P<half_only>[ap])\.?m\b)"
)
_DAY: Final = (
    r"(?:(?P<y1>\d{4})[-/.年](?P<m1>\d{1,2})[-/.月](?P<d1>\d{1,2})(?!\d)日?"
    rf"|(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?!\d)(?:st|nd|rd|th)?(?:,? (?P<y2>\d{{4}}))?"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[ -](?P<m3>{_MONTH})\.?,?[ -](?P<y3>\d{{4}}))"
)

DATE: Final = rf"{_DAY}(?:(?:T|,?\s{{0,3}}(?:at )?){_TIME}(?:{_ZONE})?)?"
"""A pattern for dates inside a text; `date_until` reads what it matches."""

TIME_OF_DAY: Final = rf"(?:{_TIME}|(?P<midnight>midnight))(?:{_ZONE})?"
"""A pattern for times of the day; `time_until` reads what it matches."""

_ANY_DATE: Final = Pattern(DATE, FLAGS)


def _until_date(text: str, now: float, zone: tzinfo) -> float | None:
    if match := _ANY_DATE.search(text):
        return date_until(match, now, zone)
    try:
        when = parsedate_to_datetime(text)  # HTTP's other formats
    except (ValueError, OverflowError):
        return None
    return _bounded((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now)


def date_until(match: re.Match[str], now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds from `now` to a date that `DATE` matched; see `seconds_until`."""
    found = match.groupdict()
    month = found["m1"] or found["m2"] or found["m3"]
    day = found["d1"] or found["d2"] or found["d3"]
    year = found["y1"] or found["y2"] or found["y3"]
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    named = _zone_of(found)
    try:
        today = datetime.fromtimestamp(now, UTC).date()
        when = date(int(year) if year else _nearest_year(today, number), number, int(day))
        at = datetime(when.year, when.month, when.day, *_clock(found), tzinfo=named or zone)
        seconds = at.timestamp() - now
    except (ValueError, OverflowError):  # no such day, or a year without a timestamp
        return None
    return _believed(seconds, is_exact=named is not None)


def _nearest_year(today: date, month: int) -> int:
    """Return the year of a month without one: this one, or the next near the end of the year."""
    ahead = month - today.month
    return today.year + (1 if ahead < -6 else -1 if ahead > 6 else 0)


def time_until(match: re.Match[str], now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds to the next time of the day that `TIME_OF_DAY` matched."""
    found = match.groupdict()
    here = datetime.fromtimestamp(now, _zone_of(found) or zone)
    try:
        hour, minute, second = (0, 0, 0) if found["midnight"] else _clock(found)
        at = here.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return None
    seconds = at.timestamp() - now
    return seconds if seconds > 0 else seconds + DAY


def _believed(seconds: float, *, is_exact: bool) -> float | None:
    if not is_exact and -_ZONE_DOUBT <= seconds <= 0:
        return HOUR
    return _bounded(seconds)


def _clock(found: dict[str, str | None]) -> tuple[int, int, int]:
    hour, half = int(found["hour"] or 0), found["half"] or found["half_only"]
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return hour, int(found["minute"] or 0), int(found["second"] or 0)


def _zone_of(found: dict[str, str | None]) -> tzinfo | None:
    """Return the zone that a match names, None if it names none that is known."""
    if name := found["name"]:
        return timezone(timedelta(hours=_HOURS[name.lower()]))
    if place := found["place"]:
        return _place_zone(place)
    if offset := found["offset"]:
        return _offset_zone(offset.lower().removeprefix("utc").removeprefix("gmt"))
    return None


def _place_zone(place: str) -> tzinfo | None:
    try:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 -- rare, and 1 MB
    except ImportError:  # Python was removed or replaced
        return None
    # "america/los_angeles" is named America/Los_Angeles.
    name = re.sub(r"(?:^|(?<=[/_]))[a-z]", lambda start: start[0].upper(), place.lower())
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset_zone(text: str) -> tzinfo | None:
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=14):
        return None
    return timezone(-offset if text[0] == "-" else offset)
