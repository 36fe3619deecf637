"""Fields that say when to come back, in every vendor's place and spelling."""

from datetime import UTC, datetime

import msgspec
import pytest

from aircherd.providers.error_mapping.delays.reset_fields import reset_in

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
LATER = "2026-11-29T12:01:00Z"


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [
        ("retry_after", 40, 40),
        ("retry_after", "40s", 40),
        ("retryAfter", "40", 40),
        ("Retry-After", "40", 40),
        ("retry_after_seconds", 40.5, 40.5),
        ("retry_after_ms", 1500, 1.5),
        ("retryAfterMs", "1500", 1.5),
        ("retryDelay", "34.4s", 34.4),
        ("retryDelay", {"seconds": 30, "nanos": 0}, 30),
        ("retry_in_minutes", 2, 120),
        ("resets_in_seconds", 432_000, 432_000),
        ("reset_after", "1m30s", 90),
        ("seconds_until_reset", 9, 9),
        ("resets_at", NOW + 60, 60),
        ("resets_at", (NOW + 60) * 1000, 60),
        ("reset_at", LATER, 60),
        ("reset_time", "2026-11-29 12:01:00", 60),
        ("resetTime", LATER, 60),
        ("resetTimestamp", int(NOW) + 60, 60),
        ("quotaResetTimeStamp", LATER, 60),
        ("quotaResetDelay", "2h7m23s", 7643),
        ("next_flush_time", LATER, 60),
        ("next_reset", LATER, 60),
        ("available_at", LATER, 60),
        ("available_in", 60, 60),
        ("blocked_until", LATER, 60),
        ("wait_seconds", 60, 60),
        ("try_again_in", 60, 60),
        ("cooldown_seconds", 60, 60),
        ("X-RateLimit-Reset", str(int(NOW + 60) * 1000), 60),
        ("x-ratelimit-reset-requests", "1s", 1),
        ("retryable", 5, None),
        ("retry", 5, None),
        ("retries", 5, None),
        ("limit", 5, None),
        ("available", 5, None),
        ("refresh", 5, None),
        ("timeout", 5, None),
        ("retry_after", None, None),
        ("retry_after", True, None),
        ("retry_after", -1, None),
        ("retry_after", "soon", None),
        ("reset_at", "2026-11-28T00:00:00Z", None),
        ("resets_at", 1e300, None),
        ("retry_after" * 10, 5, None),
    ],
)
def test_names_and_values(name, value, seconds) -> None:
    """Seconds, milliseconds, texts with units and dates; what is past or no time is none."""
    assert reset_in({"error": {name: value}}, NOW) == seconds


@pytest.mark.parametrize(
    "body",
    [
        {"retry_after": 40},
        {"error": {"retry_after": 40}},
        {"error": {"metadata": {"retry_after": 40}}},
        {"error": {"metadata": {"headers": {"Retry-After": "40"}}}},
        {"error": {"details": {"retry_after": 40}}},
        {"error": {"details": [{"@type": "x"}, {"retry_after": 40}]}},
        {"detail": {"retry_after": 40}},
        {"errors": [{"retry_after": 40}]},
        {"error": {"metadata": {"raw": '{"error": {"retry_after": 40}}'}}},
    ],
)
def test_places(body) -> None:
    """At the root, in the error, its metadata, its details, or in an error that a router quotes."""
    assert reset_in(body, NOW) == 40


def test_the_nearest_to_the_root_decides() -> None:
    """Of several there, the latest."""
    body = {"error": {"retry_after": 5, "resets_in_seconds": 60, "metadata": {"retry_after": 900}}}
    assert reset_in(body, NOW) == 60


@pytest.mark.parametrize(
    "body",
    [
        "text",
        None,
        [],
        {"error": {"raw": '{"broken'}},
        {"a": {"b": {"c": {"d": {"e": {"retry_after": 5}}}}}},
        {"errors": [{}] * 1000 + [{"retry_after": 5}]},
    ],
)
def test_the_search_has_bounds(body) -> None:
    """What is no map, deep or far down is not read."""
    assert reset_in(body, NOW) is None


def test_a_deeply_nested_text_is_no_error() -> None:
    """It is as if it were not there."""
    nested = msgspec.json.encode({"error": {"raw": '{"a":' * 2000}})
    assert reset_in(msgspec.json.decode(nested), NOW) is None
