"""One daemon for all reports from the field."""

from collections.abc import Iterator

import pytest

from helpers.field import calls, counts, endings, errors, oddities
from helpers.field.running import Field, open_field

ALL = [*errors.CASES, *endings.CASES, *calls.CASES, *oddities.CASES, *counts.CASES]


@pytest.fixture(scope="session")
def field() -> Iterator[Field]:
    """A daemon that knows a provider for each report."""
    with open_field(ALL) as opened:
        yield opened
