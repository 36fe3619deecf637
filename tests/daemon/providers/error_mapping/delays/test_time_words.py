"""Sentences that say when to come back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aircherd.providers.error_mapping.delays.time_words import date_in, delay_in, time_in

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0
CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 1.2s.", 1.2),
        ("please try again in 7m12s. Visit our page", 432),
        ("Please try again in 6ms.", 0.006),
        ("Please retry after 20 seconds.", 20),
        ("Please retry after 2 minutes", 120),
        ("max RPM: 3, please try again after 20 seconds", 20),
        ("Please retry in 34.07s.", 34.07),
        ("Your quota will reset after 2h7m23s.", 7643),
        ("retry after 3 hours", 3 * HOUR),
        ("Your limit resets in 5 days", 5 * DAY),
        ("resets in 1 day, 3 hours", 27 * HOUR),
        ("It will be available again in 15 minutes", 900),
        ("Come back in 3h 47m", 3 * HOUR + 47 * 60),
        ("wait 20s", 20),
        ("Next request allowed in 40s", 40),
        ("cooldown: 40s remaining", 40),
        ("Rate limited, 2 minutes left", 120),
        ("Please wait 12345 seconds before retrying.", 12_345),
        ("Please wait for 2 minutes and try again", 120),
        ("Retry your request in about 10 seconds", 10),
        ("Retry-After: 30", 30),
        ("try again in 5 parsecs", 5),
        ("try again in an hour", HOUR),
        ("try again in about a minute", 60),
        ("try again in 00:05:00", 300),
        ("请在 20 秒后重试", 20),
        ("请5分钟后再试", 300),
        ("try again in a while", None),
        ("try again in 1.2.3h", None),
        ("try again later. Max 3 requests in 60 seconds", None),
        ("limits reset every 5 hours", None),
        ("Please retry with fewer than 5 messages", None),
        ("failed 3 times in 20 seconds", None),
        ("retry after 2026-12-01", None),
        ("", None),
    ],
)
def test_delays(text, seconds) -> None:
    """With a verb that says to come back; the length of a window is none."""
    assert delay_in(text) == (seconds and pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("You will regain access on 2026-12-01 at 00:00 UTC.", 36 * HOUR),
        ("you will regain access on 2026-12-01.", 36 * HOUR),
        ("Your limit will reset at 2026-12-01 10:00:00", 46 * HOUR),
        ("resets on Dec 1, 2026", 36 * HOUR),
        ("resets Dec 1, 1pm (Europe/Berlin)", 48 * HOUR),
        ("It will reset at 2026-12-01 18:00:00 +0800 CST.", 46 * HOUR),
        ("Blocked until 2026-12-01T00:00:00Z", 36 * HOUR),
        ("Retry after 2026-12-01", 36 * HOUR),
        (f"usage limit reached|{int(NOW) + 60}", 60),
        (f"rate limit resets at {int(NOW + 60) * 1000}", 60),
        ("您的限额将在 2026-12-01 10:00:00 重置。", 46 * HOUR),
        ("限额于2026年12月1日 10:00恢复", 46 * HOUR),
        ("resets at 2026-11-29 10:00:00", HOUR),
        ("resets at 2026-11-29 10:00:00Z", -2 * HOUR),
        ("model gpt-2026-12-01 is overloaded", None),
        ("you will regain access soon", None),
        ("resets at 2026-99-99", None),
    ],
)
def test_dates(text, seconds) -> None:
    """After a verb, or before a Chinese one; other dates are names of models."""
    assert date_in(text, NOW) == seconds


def test_a_date_is_in_the_zone_of_the_vendor() -> None:
    """Where the caller knows it and the text names none."""
    assert date_in("will reset at 2026-11-29 21:00:00", NOW, CHINA) == HOUR


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5-hour limit reached ∙ resets 3pm (UTC)", 3 * HOUR),
        ("resets 3:30 pm", 3.5 * HOUR),
        ("resets at 15:00", 3 * HOUR),
        ("resets 3pm (America/New_York)", 8 * HOUR),
        ("try again at 11:00 UTC", 23 * HOUR),
        ("your free usage resets automatically at midnight Pacific", 20 * HOUR),
        ("Come back tomorrow", 12 * HOUR),
        ("It resets tomorrow at 3pm UTC", 27 * HOUR),
        ("Your limit resets on Monday", 12 * HOUR),
        ("resets Wed 10:00 AM", 70 * HOUR),
        ("resets Sunday", 6.5 * DAY),
        ("Your quota resets next month", 36 * HOUR),
        ("renews at the end of the month", 36 * HOUR),
        ("try again next week", 12 * HOUR),
        ("wait until the money comes", None),
        ("resets at 25:00", None),
        ("3pm", None),
    ],
)
def test_times_of_the_day(text, seconds) -> None:
    """The next one, in UTC unless it names its zone."""
    assert time_in(text, NOW) == seconds


def test_a_long_text_costs_little() -> None:
    """Only its beginning is searched."""
    assert delay_in("retry " * 100_000 + "in 5s") is None
    assert date_in("reset " * 100_000, NOW) is None
    assert time_in("again " * 100_000, NOW) is None
