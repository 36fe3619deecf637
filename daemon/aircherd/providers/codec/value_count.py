"""Bounds what decoding a large piece of a reply costs, before it is decoded.

Small values take far more memory and time than their bytes: an event of 16 MiB is a picture, or
millions of empty parts. Only log probabilities are many and wanted.
"""

from typing import Final

LARGE: Final = 128 * 1024
"""Bytes that a piece may have without being looked at."""

MAX_VALUES: Final = 100_000
"""Objects and lists in a piece, besides log probabilities. Brackets in texts count, too."""

MAX_LOGPROBS: Final = 100_000
MAX_MEMBERS: Final = 600_000
"""Fields, or elements of lists, or lines."""

_SEPARATORS: Final = (b",", b":", b"\n")
_LOGPROBS: Final = (b'"logprob"', b'"logProbability"')
_VALUES_OF_LOGPROB: Final = 2
"""An object and the list of its bytes."""


class TooManyValues(ValueError):
    """A piece of a reply holds more than is decoded."""


def check_values(data: bytes) -> None:
    """Check that decoding `data` is affordable.

    Raises:
        TooManyValues: it has too many objects, lists or fields.
    """
    if len(data) <= LARGE:
        return
    if max(map(data.count, _SEPARATORS)) > MAX_MEMBERS:
        raise TooManyValues(f"more than {MAX_MEMBERS} values at once")
    values = data.count(b"{") + data.count(b"[")
    if values > MAX_VALUES:
        logprobs = min(sum(map(data.count, _LOGPROBS)), MAX_LOGPROBS)
        if values > MAX_VALUES + _VALUES_OF_LOGPROB * logprobs:
            raise TooManyValues(f"more than {MAX_VALUES} objects and lists at once")
