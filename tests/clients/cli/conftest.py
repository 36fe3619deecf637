"""A fake daemon for the tests of the command line."""

from collections.abc import Iterator

import pytest

from helpers.daemon.cli_daemon import CliDaemon


@pytest.fixture
def daemon() -> Iterator[CliDaemon]:
    with CliDaemon() as fake:
        yield fake
