"""The daemons for the reports from the field."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from helpers.field.running import Fields


@pytest.fixture(scope="module")
def field(request: pytest.FixtureRequest) -> Iterator[Fields]:
    """Daemons that know a provider for each report of the module."""
    with ExitStack() as stack:
        yield Fields(request.module.CASES, stack)
