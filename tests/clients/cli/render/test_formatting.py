"""Codes, times and counts as text."""

import time

import pytest

from aircher_cli.render.formatting import (
    REASONS,
    ago,
    available_again,
    count,
    describe_reason,
    format_duration,
    format_percent,
    format_time,
    join_names,
    relative_time,
    short_path,
    with_subject,
)
from aircher_wire import codes


def test_every_code_a_provider_can_cause_has_a_text() -> None:
    """The other codes are about aircher or the request, never about a provider."""
    ours = {"unknown_method", "all_failed", "config_invalid", "shutting_down", "internal", "busy"}
    every = {getattr(codes, name) for name in dir(codes) if name.isupper()}
    assert every - ours - {codes.ABOUT_AUTHENTICATION} - set(REASONS) == set()
    assert describe_reason("not_yet_known") == "not yet known"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-3, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3660, "1 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    """A duration has its largest one or two units."""
    assert expected == format_duration(seconds)


def test_ago() -> None:
    """Less than five seconds is just now, also if two clocks differ slightly."""
    assert [ago(100, now) for now in (99, 104, 160)] == ["just now", "just now", "1 min ago"]


def test_time_has_the_date_unless_it_is_today() -> None:
    """Times are local."""
    noon = time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1))
    assert format_time(noon, noon + 60) == "12:00:00"
    assert format_time(noon, noon + 86400) == "2026-11-05 12:00"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "any moment"),
        (0.4, "in 1 s"),
        (42, "in 42 s"),
        (3599, "in 59 min"),
        (2 * 3600 + 60, "at 14:01"),
        (18 * 3600, "at 06:00"),
        (36 * 3600, "on 2026-11-07"),
        (37 * 3600, "on 2026-11-07 01:00"),
    ],
)
def test_relative_time(seconds: float, expected: str) -> None:
    """Within an hour it is a duration, within a day a time, and later a date."""
    noon = time.mktime((2026, 11, 5, 12, 0, 0, 0, 0, -1))
    assert expected == relative_time(noon + seconds, noon)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "0%"), (0.29, "29%"), (0.999, "99%"), (1.0, "100%"), (1.5, "150%")],
)
def test_percent(share: float, expected: str) -> None:
    """Rounding down: only a limit that is reached shows 100%."""
    assert expected == format_percent(share)


@pytest.mark.parametrize(
    ("names", "expected"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_join_names(names: list[str], expected: str) -> None:
    """Names are joined with commas and `and`."""
    assert expected == join_names(names)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("too slow", "a/m: too slow"),
        ("no key for a: sign in", "no key for a: sign in"),
        ("refused: login a", "a/m: refused: login a"),
        ("a/m cannot see pictures", "a/m cannot see pictures"),
        ("a/mini cannot see pictures", "a/m: a/mini cannot see pictures"),
        ("key 'x' of a: refused", "key 'x' of a: refused"),
        ("a was not tried: gone", "a was not tried: gone"),
        ("there is a limit, a: 1.00 USD a day", "a/m: there is a limit, a: 1.00 USD a day"),
        ("limit reached: a: 1 USD a day", "a/m: limit reached: a: 1 USD a day"),
    ],
)
def test_with_subject(message: str, expected: str) -> None:
    """The subject precedes a message, unless the message begins with it."""
    assert expected == with_subject("a/m", "a", message)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (0.2, "available again in 1 s (14:03:00)"),
        (59, "available again in 59 s (14:03:59)"),
        (0, "any moment"),
    ],
)
def test_available_again(left: float, expected: str) -> None:
    """It has the time to wait and the time of day."""
    now = time.mktime((2026, 11, 5, 14, 3, 0, 0, 0, -1))
    assert available_again(now + left, now).endswith(expected)


def test_count_and_path() -> None:
    """The noun has a plural; the home directory is shown as ~."""
    assert [count(1, "key"), count(0, "key")] == ["1 key", "0 keys"]
    assert count(2408, "token") == "2,408 tokens"
    assert short_path("/home/a/x", "/home/a") == "~/x"
    assert short_path("/home/ab/x", "/home/a") == "/home/ab/x"
    assert short_path("/x", "") == "/x"
