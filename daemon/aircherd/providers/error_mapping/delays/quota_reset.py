"""When a quota resets, where the vendor says so in the text or fields of its error.

`reset_fields` reads fields, `time_words` sentences. What follows from codes alone is here: an
enforced spend limit of Anthropic resets on the first of the month in UTC, daily quotas of Gemini at
midnight in California. Dates of Z.ai and in Chinese are China's.
Sources: the vendors' documentation and issue threads, November 2026.
"""

import re
from collections.abc import Set as AbstractSet
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Final

from aircherd.providers.error_mapping.delays.moments import DAY, HOUR, MAX_DELAY
from aircherd.providers.error_mapping.delays.reset_fields import reset_in
from aircherd.providers.error_mapping.delays.time_words import (
    date_in,
    delay_in,
    time_in,
    until_next_month,
)
from aircherd.providers.error_mapping.google_details import DAILY_QUOTA, LONG_QUOTA

_CHINA: Final = timezone(timedelta(hours=8))
_CHINESE_CODES: Final = frozenset({"1302", "1304", "1308", "1310", "1313", "1316", "1317"})
"""Z.ai's codes of errors that name a date, in English too."""
_CODE_IN_TEXT: Final = re.compile(r"\[(1\d{3})\]")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")

_MONTHLY: Final = "enforced_spend_limit_reached"
_MIDNIGHT: Final = 8 * HOUR
"""Seconds after midnight UTC when a day begins in California (an hour less in summer)."""


def seconds_to_reset(body: object, codes: AbstractSet[str], text: str, now: float) -> float | None:
    """Return the seconds from `now` until the quota resets, None if unknown.

    Args:
        body: the decoded error.
        codes: its machine-readable names, in lower case.
        text: its message.
        now: Unix time in seconds.
    """
    zone = _zone_of(codes, text)
    # A shorter delay with a long quota belongs to another limit.
    least = HOUR if LONG_QUOTA in codes else 0.0
    wait = _at_least(reset_in(body, now, zone), least)
    if wait is None:
        wait = date_in(text, now, zone)
    if wait is None and _MONTHLY in codes:
        wait = until_next_month(now, UTC)
    if wait is None and DAILY_QUOTA in codes:
        wait = (_MIDNIGHT - now) % DAY
    if wait is None:
        wait = _at_least(delay_in(text), least)
    if wait is None:
        wait = time_in(text, now, zone)
    # A time in the past comes from a clock that is wrong, here or there.
    return wait if wait is not None and 0 < wait <= MAX_DELAY else None


def delay_without_clock(error: object, text: str) -> float | None:
    """Return the seconds to wait that an error inside a stream names, None without any.

    Decoders have no clock: dates are left out.
    """
    wait = reset_in({"error": error}, 0.0)
    return delay_in(text) if wait is None else wait


def longer_wait(wait: float | None, reset: float | None) -> float | None:
    """Return which to believe: the `wait` of headers, or the time to the `reset` of the body.

    Next to a day or a week in the body, a short delay in a header belongs to another limit.
    """
    if wait is None or reset is None:
        return reset if wait is None else wait
    return reset if reset >= HOUR and reset > wait else wait


def _zone_of(codes: AbstractSet[str], text: str) -> tzinfo:
    code = _CODE_IN_TEXT.match(text)
    is_chinese = _CHINESE_CODES & codes or (code is not None and code[1] in _CHINESE_CODES)
    return _CHINA if is_chinese or _CHINESE.search(text) else UTC


def _at_least(wait: float | None, least: float) -> float | None:
    return wait if wait is not None and wait >= least else None
