"""Internal errors as text."""

import re

from aircherd.usage.ledger.errors import internal_error


def convert(text):
    return int(text)


def test_an_internal_error_has_type_and_position_only():
    """Its message may contain user data."""
    try:
        convert("a prompt")
    except ValueError as error:
        message = internal_error(error)
    position = r"test_errors\.py:\d+"
    assert re.fullmatch(
        rf"internal error \(ValueError in {position} > {position}\): please report it", message
    )
