"""Each format of Retry-After."""

import pytest

from aircherd.providers.error_mapping.delays.retry_after import retry_after, should_retry

NOW = 1_763_800_000.0  # Sat, 22 Nov 2025 08:26:40 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "30s"}, 30.0),
        ({"retry-after": "30, 30"}, 30.0),
        ({"retry-after": '"30"'}, 30.0),
        ({"retry-after": "1m30s"}, 90.0),
        ({"retry-after": "500ms"}, 0.5),
        ({"retry-after": "2025-11-22T08:27:40Z"}, 60.0),
        ({"retry-after": "2025-11-22 08:27:40"}, 60.0),
        ({"retry-after": "1763800060"}, 60.0),
        ({"retry-after": "1763800060000"}, 60.0),
        ({"x-retry-after": "30"}, 30.0),
        ({"x-ratelimit-retry-after": "30"}, 30.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "2"}, 2.0),
        ({"retry-after": "Sat, 22 Nov 2025 08:27:40 GMT"}, 60.0),
        ({"retry-after": "Sat, 22 Nov 2025 08:27:40 -0000"}, 60.0),
        ({"retry-after": "Sat, 22 Nov 2025 08:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e12"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sat, 99 Foo 2025"}, None),
        ({"x-ratelimit-reset": "1763800030000"}, 30.0),
        ({"x-ratelimit-reset": "1763700000000"}, 0.0),
        ({"x-ratelimit-reset": "30"}, None),
        ({"x-ratelimit-reset": "1s"}, None),
    ],
)
def test_formats(headers: dict[str, str], seconds: float | None) -> None:
    """Documented formats give seconds, anything else nothing."""
    assert seconds == retry_after(headers, NOW)


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), (" False ", False), ("maybe", None), ("", None)]
)
def test_should_retry(value: str, expected: bool | None) -> None:
    """A server may say whether a retry is worth it."""
    assert expected is should_retry({"x-should-retry": value})
    assert should_retry({}) is None
