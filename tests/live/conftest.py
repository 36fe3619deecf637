"""The live suite runs only with the marker `-m live`, and never in CI.

It is the only suite that leaves the machine, and it costs money; see docs/contributing.md.
"""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from aircherd.config.model import Network
from aircherd.events import EventBus
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.transport.http_transport import open_transport
from aircherd.redaction import Redactor
from helpers.providers.live import (
    BILL,
    ROWS,
    Asked,
    Line,
    Missing,
    check_reachable,
    open_line,
    read_row,
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the suite unless the marker expression is exactly `live`."""
    is_wanted = config.option.markexpr == "live" and not os.environ.get("CI")
    return None if is_wanted else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the cost."""
    if lines := BILL.lines():
        terminalreporter.section("spent")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Asked:
    """Each API with a key in the environment, or that runs on this machine."""
    try:
        asked = read_row(ROWS[request.param], os.environ)
        if asked.secret is None:
            check_reachable(asked.provider)
    except Missing as missing:
        pytest.skip(str(missing))
    return asked


@pytest.fixture
async def line(row: Asked) -> AsyncIterator[Line]:
    """A connection to it."""
    async with aclosing(open_transport(Network(), os.environ)) as transport:
        provider_client = ProviderClient(
            transport_for=lambda _: transport,
            network=Network,
            cooldowns=CooldownManager(EventBus()),
            redactor=Redactor(),
        )
        yield await open_line(provider_client, row)
