"""Mistakes of ours in words."""

import re

from aircherd.usage.ledger.internal_error import internal_error


def convert(text):
    return int(text)


def test_it_says_what_and_where_and_not_its_own_words():
    """Those hold what was converted, compared or looked up."""
    try:
        convert("a prompt")
    except ValueError as error:
        said = internal_error(error)
    place = r"test_internal_error\.py:\d+"
    assert re.fullmatch(
        rf"aircherd made a mistake \(ValueError in {place} > {place}\): please report it", said
    )
