"""When a quota resets, as each vendor reports it."""

from datetime import UTC, datetime

import pytest

from aircherd.providers.error_mapping.delays.quota_reset import (
    delay_without_clock,
    longer_wait,
    seconds_to_reset,
)
from aircherd.providers.error_mapping.google_details import DAILY_QUOTA, LONG_QUOTA

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0
TO_DECEMBER = 12.5 * DAY


def reset(body=None, codes=(), text="", now=NOW):
    return seconds_to_reset(body or {}, frozenset(codes), text, now)


def metadata(value):
    return {"error": {"metadata": {"resets_at": value}}}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("you will regain access on 2026-12-01 at 00:00 utc.", TO_DECEMBER),
        ("you will regain access on 2026-11-18 at 15:30 utc", 3.5 * 3600),
        ("you will regain access on 2026-12-01.", TO_DECEMBER),
        ("you will regain access on 2026-11-01 at 00:00 utc", None),
        ("you will regain access on 2026-99-99 at 00:00 utc", None),
        ("you will regain access on 2999-01-01 at 00:00 utc", None),
        ("you will regain access soon", None),
    ],
)
def test_anthropic_names_a_date(text, seconds):
    """In its message; past, distant and invalid dates are ignored."""
    assert reset(text=text) == seconds


@pytest.mark.parametrize(
    ("now", "days"),
    [(NOW, 12.5), (datetime(2026, 12, 31, tzinfo=UTC).timestamp(), 1.0)],
)
def test_an_enforced_spend_limit_ends_with_the_month(now, days):
    """On the first, in UTC; January follows December."""
    assert reset(codes=["enforced_spend_limit_reached"], now=now) == days * DAY


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-12-01T00:00:00Z", TO_DECEMBER),
        ("2026-12-01T00:00:00", TO_DECEMBER),
        (NOW + 60, 60),
        ((NOW + 60) * 1000, 60),
        (True, None),
        ("tomorrow", None),
        (-1, None),
        (1e300, None),
        (None, None),
    ],
)
def test_openrouter_has_a_field(value, seconds):
    """RFC 3339, or an epoch in seconds or milliseconds."""
    assert reset(metadata(value)) == seconds


@pytest.mark.parametrize(
    ("hour", "seconds"), [(12, 20 * 3600), (7, 3600), (8, None), (9, 23 * 3600)]
)
def test_gemini_daily_quota_resets_at_midnight_in_california(hour, seconds):
    """At 8 in UTC; in summer an hour earlier."""
    now = datetime(2026, 11, 18, hour, tzinfo=UTC).timestamp()
    assert reset(codes=[LONG_QUOTA, DAILY_QUOTA], now=now) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("please try again in 1.2s.", 1.2),
        ("please try again in 7m12s. visit our page", 432),
        ("please retry after 20 seconds.", 20),
        ("please retry after 2 minutes", 120),
        ("try again in a while", None),
        ("try again in 5 parsecs", 5),
        ("try again in 1.2.3h", None),
    ],
)
def test_delays_in_messages(text, seconds):
    """OpenAI, Groq and Azure say it in the message, even without a header."""
    assert reset(text=text) == (seconds and pytest.approx(seconds))


def test_a_delay_does_not_apply_to_a_long_quota():
    """It belongs to another limit."""
    assert reset(codes=[LONG_QUOTA], text="please try again in 34.4s") is None


def test_malformed_errors_have_no_reset():
    """Values that are not maps are ignored."""
    assert reset({"error": "no"}, codes=["insufficient_quota"], text="pay") is None


@pytest.mark.parametrize(
    ("codes", "text", "hours"),
    [
        (["1308"], "Your limit will reset at 2026-11-18 21:00:00", 1),
        ([], "[1308][Your limit will reset at 2026-11-18 21:00:00]", 1),
        (["1310"], "Your limit will reset at 2026-11-19 20:00:00", 24),
        ([], "您的限额将在 2026-11-18 21:00:00 重置。", 1),
        ([], "Your limit will reset at 2026-11-18 21:00:00", 9),
        ([], "Your limit will reset at 2026-11-18 05:00:00", 1),
        ([], "resets 3pm (UTC)", 3),
    ],
)
def test_dates_without_a_zone(codes, text, hours):
    """Chinese vendors name their own time; of others it is UTC, or an hour if that has passed."""
    assert reset(codes=codes, text=text) == hours * 3600


@pytest.mark.parametrize(
    ("error", "text", "seconds"),
    [
        ({"retry_after": 40}, "", 40),
        ({}, "try again in 7m12s", 432),
        ({"resets_at": NOW + 60}, "", None),
        ({}, "resets at 2026-12-01 10:00:00", None),
        ("text", "", None),
    ],
)
def test_decoders_have_no_clock(error, text, seconds):
    """Inside a stream only delays are read, no dates."""
    assert delay_without_clock(error, text) == seconds


@pytest.mark.parametrize(
    ("wait", "reset", "expected"),
    [
        (None, None, None),
        (5, None, 5),
        (None, 5, 5),
        (5, 60, 5),
        (5, 3 * DAY, 3 * DAY),
        (4 * DAY, 3 * DAY, 4 * DAY),
    ],
)
def test_a_day_in_the_body_outweighs_a_short_header(wait, reset, expected):
    """The header is of another limit then."""
    assert longer_wait(wait, reset) == expected
