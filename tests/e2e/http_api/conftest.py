"""A daemon with a provider of each API, and the doors that clients come through."""

import pytest

from helpers.http_api.served import open_served


@pytest.fixture(scope="module")
def served():
    """The daemon of a module; see `helpers.http_api.served`."""
    with open_served() as running:
        yield running
