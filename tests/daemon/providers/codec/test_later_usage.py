"""Counts that come several times in a reply."""

import pytest

from aircherd.providers.codec.later_usage import later_usage
from aircherd.vocabulary.reply import Usage

KNOWN = Usage(9, 5, 4, 2, 3, 1)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (Usage(10, 6), Usage(10, 6)),
        (Usage(), KNOWN),
        (Usage(0, 6), Usage(9, 6, 4, 2, 0, 1)),
        (Usage(10, 0), Usage(10, 5, 0, 0, 3, 0)),
    ],
)
def test_zeros_replace_nothing(later: Usage, expected: Usage) -> None:
    """Other counts do; those of input and output go with their parts."""
    assert later_usage(KNOWN, later) == expected
