"""Which of a vendor's delays is believed, given what its error means."""

from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.providers.error_mapping.delays.moments import DAY, MINUTE
from aircherd.providers.health.rate_limit_headers import seconds_until_whole
from aircherd.vocabulary.failure import Failure, FailureClass

_MONTH: Final = 31 * DAY
"""The longest time between two allowances; a longer delay is a broken or hostile server's."""


def with_believed_delay(failure: Failure, headers: Mapping[str, str], now: float) -> Failure:
    """Return `failure` of a rate or quota with the delay that is believed; others unchanged.

    Rate-limit headers count where nothing else names a delay. Money and plans do not come back
    within a minute: such a delay is a gateway's. A rate that takes a week is a quota.
    """
    is_rate = failure.kind is FailureClass.RATE
    if not (is_rate or failure.kind is FailureClass.QUOTA):
        return failure
    if is_rate and failure.reach:
        return failure  # waiting does not make a request smaller that is too large for the limit
    wait = failure.retry_after
    if wait is None:
        wait = seconds_until_whole(headers, now=now)
    if not is_rate and not failure.reach and wait is not None and wait < MINUTE:
        wait = None
    if is_rate and wait is not None and DAY < wait <= _MONTH:
        return msgspec.structs.replace(
            failure, kind=FailureClass.QUOTA, reach="model", retry_after=wait
        )
    return msgspec.structs.replace(failure, retry_after=wait)
