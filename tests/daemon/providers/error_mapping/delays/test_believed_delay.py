"""Which of a vendor's delays is believed."""

import pytest

from aircherd.providers.error_mapping.delays.believed_delay import with_believed_delay
from aircherd.vocabulary.failure import Failure, FailureClass

NOW = 1_795_000_000.0
DAY = 86_400.0
F = FailureClass


def believed(kind, wait=None, reach=None, headers=None):
    failure = with_believed_delay(
        Failure(kind=kind, message="x", retry_after=wait, reach=reach), headers or {}, NOW
    )
    return failure.kind, failure.retry_after


@pytest.mark.parametrize(
    ("kind", "wait", "reach", "expected"),
    [
        (F.RATE, 5, None, (F.RATE, 5)),
        (F.RATE, DAY, None, (F.RATE, DAY)),
        (F.RATE, 5 * DAY, None, (F.QUOTA, 5 * DAY)),
        (F.RATE, 300 * DAY, None, (F.RATE, 300 * DAY)),
        (F.RATE, 5 * DAY, "request", (F.RATE, 5 * DAY)),
        (F.QUOTA, 5, None, (F.QUOTA, None)),
        (F.QUOTA, 5, "model", (F.QUOTA, 5)),
        (F.QUOTA, 600, None, (F.QUOTA, 600)),
        (F.SERVER, 5, None, (F.SERVER, 5)),
    ],
)
def test_by_class(kind, wait, reach, expected) -> None:
    """Money does not come back within a minute, and a rate of days is a quota."""
    assert believed(kind, wait, reach) == expected


def test_rate_limit_headers_stand_in() -> None:
    """Where nothing else names a delay, and the failure is of a limit."""
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}
    assert believed(F.RATE, headers=headers) == (F.RATE, 360)
    assert believed(F.QUOTA, headers=headers) == (F.QUOTA, 360)
    assert believed(F.RATE, 7, headers=headers) == (F.RATE, 7)
    assert believed(F.RATE, reach="request", headers=headers) == (F.RATE, None)
    assert believed(F.SERVER, headers=headers) == (F.SERVER, None)
