"""The details of Google's errors."""

import pytest

from aircherd.providers.error_mapping.google_details import (
    DAILY_QUOTA,
    LONG_QUOTA,
    Details,
    read_details,
)


def retry(delay: object) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota(**violation: object) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


PER_DAY = quota(quotaId="GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue="250")
PER_MINUTE = quota(quotaId="GenerateRequestsPerMinutePerProjectPerModel", quotaValue="10")


@pytest.mark.parametrize(
    ("details", "codes", "wait"),
    [
        ([retry("34.4s")], set(), 34.4),
        ([retry("34s"), retry("2s")], set(), 34.0),
        ([{"reason": "API_KEY_INVALID"}], {"api_key_invalid"}, None),
        ([PER_MINUTE, retry("5s")], set(), 5.0),
        # a short delay with a daily quota belongs to the limit per minute
        ([PER_DAY, retry("5s")], {LONG_QUOTA, DAILY_QUOTA}, None),
        ([PER_DAY, retry("38067s")], {LONG_QUOTA, DAILY_QUOTA}, 38067.0),
        ([quota(quotaId="PerMinute", quotaValue="0")], {LONG_QUOTA}, None),
        # malformed details
        ([retry("soon"), retry("-1s"), retry(5), retry("1e9s")], set(), None),
        ([retry("999999999s")], set(), 366 * 86400.0),
        ([None, 3, {"violations": 5}, {"violations": [None]}, {"reason": []}], set(), None),
        ({"error_code": "x"}, set(), None),
        (None, set(), None),
    ],
)
def test_details(details: object, codes: set[str], wait: float | None) -> None:
    """Reasons, delays and quotas are found; malformed details are ignored."""
    assert Details(frozenset(codes), wait) == read_details(details)


@pytest.mark.parametrize(
    ("message", "codes", "wait"),
    [
        ("* Quota exceeded for metric: m, limit: 0", {LONG_QUOTA}, None),
        ("* Quota exceeded for metric: m, limit: 0, model: g", {LONG_QUOTA}, None),
        ("* Quota exceeded for metric: m, limit: 05", set(), 5.0),
        ("* Quota exceeded for metric: m, limit: 0.5", set(), 5.0),
    ],
)
def test_a_quota_of_zero_in_the_message(message: str, codes: set[str], wait: float | None) -> None:
    """If no violation reports it, the message may; the delay is then ignored."""
    assert Details(frozenset(codes), wait) == read_details([retry("5s")], message)
