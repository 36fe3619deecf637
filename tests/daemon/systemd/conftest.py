"""Fixtures for the package's tests: a socket that receives what would go to a manager."""

from collections.abc import Iterator

import pytest

from helpers.systemd.notify_socket import NotifySocket, notify_socket


@pytest.fixture
def received() -> Iterator[NotifySocket]:
    with notify_socket() as made:
        yield made
