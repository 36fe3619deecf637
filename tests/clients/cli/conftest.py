"""A fake daemon for every test that wants one."""

from collections.abc import Iterator

import pytest

from helpers.daemon.cli_daemon import CliDaemon


@pytest.fixture
def daemon() -> Iterator[CliDaemon]:
    with CliDaemon() as fake:
        yield fake
