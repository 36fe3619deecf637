"""When to come back, in the fields of an error, whatever a vendor calls them and wherever they are.

retry_after, retryAfter, retry_after_ms, retryDelay, resets_in_seconds, cooldown_seconds
resets_at, reset_time, quotaResetTimeStamp, next_flush_time, blocked_until, X-RateLimit-Reset
"""

import re
from collections import deque
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import as_map
from aircherd.providers.error_mapping.delays.moments import HOUR, MINUTE, seconds_until
from aircherd.providers.error_mapping.pattern import Pattern

_MAX_DEPTH: Final = 5
_MAX_MAPS: Final = 64
_MAX_ITEMS: Final = 16
_MAX_NAME: Final = 40
_MAX_JSON: Final = 16_384
"""Bounds of the search: an error is small, and its times are near the top."""

_NAME: Final = Pattern(
    r"(?:x|quota|usage|limit|rate|requests?|tokens?|next|window|session|daily|weekly|monthly"
    r"|estimated|seconds(?=until))*"
    r"(?:(?:retry|tryagain|available|blocked|unblock|unlock|refresh|flush|renew)(?=.)"
    r"|(?:until)?resets?"
    r"|wait|cooldown|backoff)"
    r"(?:after|at|date|delay|for|in|on|period|requests|time|timestamp|tokens|until)*"
    r"(?P<unit>ms|millis|milliseconds|s|secs?|seconds|mins?|minutes|hours?|utc)?"
)
_SEPARATORS: Final = re.compile(r"[^a-z]")
_UNITS: Final = {
    **dict.fromkeys(("ms", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("min", "mins", "minutes"), MINUTE),
    **dict.fromkeys(("hour", "hours"), HOUR),
}


def reset_in(body: object, now: float, zone: tzinfo = UTC) -> float | None:
    """Return the seconds from `now` (Unix time) until the fields of `body` say to come back.

    The fields nearest to the root decide, of several there the latest. None without any in the
    future.
    """
    for level in _levels(body):
        waits = [
            wait
            for fields in level
            for name, value in fields.items()
            if (unit := _unit_of(name)) is not None
            and (wait := _seconds(value, now, unit, zone)) is not None
            and wait > 0
        ]
        if waits:
            return max(waits)
    return None


def _unit_of(name: str) -> float | None:
    """Return the unit of the numbers in a field, None if its name is not that of a time."""
    if len(name) > _MAX_NAME:
        return None
    match = _NAME.fullmatch(_SEPARATORS.sub("", name.lower()))
    return None if match is None else _UNITS.get(match["unit"] or "", 1.0)


def _seconds(value: object, now: float, unit: float, zone: tzinfo) -> float | None:
    if isinstance(value, dict):  # a duration of protobuf
        value, unit = value.get("seconds"), 1.0
    return seconds_until(value, now, unit=unit, zone=zone)


def _levels(body: object) -> Iterator[list[dict[str, object]]]:
    """Yield the maps of `body` by depth, the root first."""
    level, left = deque([body]), _MAX_MAPS
    for _ in range(_MAX_DEPTH):
        maps: list[dict[str, object]] = []
        below: deque[object] = deque()
        for value in level:
            for each in _maps_in(value):
                if left and each:
                    left -= 1
                    maps.append(each)
                    below.extend(each.values())
        if not maps:
            return
        yield maps
        level = below


def _maps_in(value: object) -> list[dict[str, object]]:
    if isinstance(value, str) and value.lstrip()[:1] == "{" and len(value) <= _MAX_JSON:
        try:
            value = msgspec.json.decode(value)  # a router quotes the error of the provider
        except (ValueError, RecursionError):
            return []
    if isinstance(value, list):
        return [as_map(each) for each in value[:_MAX_ITEMS]]
    return [as_map(value)]
