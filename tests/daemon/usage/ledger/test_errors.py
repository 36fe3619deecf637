"""Mistakes of ours in words."""

import re

from aircherd.usage.ledger.errors import internal_error


def convert(text):
    return int(text)


def test_it_says_what_and_where_and_not_its_own_words():
    """Those hold what was converted, compared or looked up."""
    try:
        convert("a prompt")
    except ValueError as error:
        message = internal_error(error)
    place = r"test_errors\.py:\d+"
    assert re.fullmatch(
        rf"internal error \(ValueError in {place} > {place}\): please report it", message
    )
