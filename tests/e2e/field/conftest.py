"""The daemons for all reports from the field."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from helpers.field import calls, counts, endings, errors, oddities
from helpers.field.running import Fields

ALL = [*errors.CASES, *endings.CASES, *calls.CASES, *oddities.CASES, *counts.CASES]


@pytest.fixture(scope="session")
def field() -> Iterator[Fields]:
    """Daemons that know a provider for each report."""
    with ExitStack() as stack:
        yield Fields(ALL, stack)
