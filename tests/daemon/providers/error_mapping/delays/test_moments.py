"""Times in every format that vendors use, as numbers and as texts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.error_mapping.delays.moments import MAX_DELAY, duration_of, seconds_until

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0
TO_DECEMBER = 1.5 * DAY


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (30, 30),
        (30.5, 30.5),
        ("30", 30),
        (" 30.5 ", 30.5),
        (0, 0),
        (NOW + 60, 60),
        ((NOW + 60) * 1000, 60),
        (str(int(NOW) + 60), 60),
        (str(int(NOW + 60) * 1000), 60),
        (int(NOW) - 60, -60),
        (-5, None),
        (True, None),
        (None, None),
        ([], None),
        (float("nan"), None),
        (1e300, None),
        (MAX_DELAY + 1, None),
        ("5" * 100, None),
        ("soon", None),
        ("", None),
    ],
)
def test_numbers(value, seconds) -> None:
    """Small numbers count from now, larger ones are Unix time in seconds or milliseconds."""
    assert seconds_until(value, NOW) == seconds


def test_a_unit_is_of_numbers_only() -> None:
    """A field in milliseconds may hold a date, or a text with its own unit."""
    assert seconds_until(1500, NOW, unit=1e-3) == 1.5
    assert seconds_until("1500", NOW, unit=1e-3) == 1.5
    assert seconds_until("2s", NOW, unit=1e-3) == 2
    assert seconds_until((NOW + 2) * 1000, NOW, unit=1e-3) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("500ms", 0.5),
        ("1m30s", 90),
        ("2h7m23s", 2 * HOUR + 443),
        ("1h0m2.5s", 3602.5),
        ("2m59.56s", 179.56),
        ("34.074824224s", 34.074824224),
        ("250µs", 250e-6),
        ("1d2h", 93_600),
        ("1 minute", 60),
        ("20 seconds", 20),
        ("1 hour and 30 minutes", 5400),
        ("1 day, 2 hours", 93_600),
        ("3 hrs", 3 * HOUR),
        ("2 weeks", 14 * DAY),
        ("PT1M30S", 90),
        ("P1DT2H", 93_600),
        ("0:01:30", 90),
        ("20 秒", 20),
        ("5分钟", 300),
        ("30", None),
        ("1.2.3h", None),
        ("5 parsecs", None),
        ("5 \u017f", None),  # an old s
        ("s", None),
        ("P", None),
    ],
)
def test_durations(text, seconds) -> None:
    """As programs and people write them; a number alone is none."""
    assert duration_of(text) == (seconds and pytest.approx(seconds))


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T00:00:00Z",
        "2026-12-01T00:00:00.123Z",
        "2026-12-01T00:00:00.123456789Z",
        "2026-12-01T08:00:00+08:00",
        "2026-11-30T19:00:00-0500",
        "2026-12-01 00:00:00",
        "2026-12-01 00:00:00 UTC",
        "2026-12-01 08:00:00 +0800 CST",
        "2026-12-01 00:00:00 +0000 UTC m=+0.1",
        "2026-12-01",
        "2026/12/01 00:00",
        "2026年12月1日 00:00:00",
        "Tue, 01 Dec 2026 00:00:00 GMT",
        "Tuesday, 01-Dec-26 00:00:00 GMT",
        "Tue Dec  1 00:00:00 2026",
        "Dec 1, 2026",
        "December 1st, 2026 at 12:00 AM UTC",
        "1 December 2026",
        "Nov 30, 4pm (America/Los_Angeles)",
        "Nov 30, 4pm PST",
        "2026-12-01 03:00 UTC+3",
    ],
)
def test_dates(text) -> None:
    """ISO 8601, HTTP, Go's and people's; without a zone it is UTC."""
    assert seconds_until(text, NOW) == pytest.approx(TO_DECEMBER, abs=1)


def test_a_date_without_a_zone_is_in_the_vendors() -> None:
    """Where that is known; a zone in the text is believed first."""
    china = timezone(timedelta(hours=8))
    assert seconds_until("2026-12-01 08:00:00", NOW, zone=china) == TO_DECEMBER
    assert seconds_until("2026-12-01 00:00:00Z", NOW, zone=china) == TO_DECEMBER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-29 11:59:00", HOUR),
        ("2026-11-28 22:30:00", HOUR),
        ("2026-11-28 21:00:00", -15 * HOUR),
        ("2026-11-29 11:00:00Z", -HOUR),
        ("2028-01-01", None),
        ("2999-01-01T00:00:00Z", None),
        ("2026-13-01", None),
        ("2026-02-30", None),
        ("2026-12-01 25:00:00", None),
        ("0000-01-01", None),
        ("\u017fep 1, 2026", None),
        ("2026-12-01 00:00:00 +99:00", TO_DECEMBER),
        ("Dec 1, 3pm (Nowhere/Land)", TO_DECEMBER + 15 * HOUR),
    ],
)
def test_doubtful_dates(text, seconds) -> None:
    """What has passed in UTC only may be an hour ahead elsewhere; a year ahead is absurd."""
    assert seconds_until(text, NOW) == seconds


def test_the_nearest_year() -> None:
    """A month without a year is the next one, across the new year too."""
    assert seconds_until("Jan 3, 12:00 UTC", NOW) == 35 * DAY


@given(st.text(max_size=60))
def test_no_text_can_break_it(text) -> None:
    """A server sends what it likes."""
    seconds = seconds_until(text, NOW)
    assert seconds is None or seconds <= MAX_DELAY
