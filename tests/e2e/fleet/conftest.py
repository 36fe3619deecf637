"""What the proofs share: their size, a provider that counts, and an engine."""

from collections.abc import Iterator

import pytest

from helpers.engines import Engine, valkey
from helpers.fleet.size import Size, chosen
from helpers.fleet.upstream import Upstream, open_upstream


@pytest.fixture(scope="session")
def size() -> Size:
    """Small enough for CI, or full."""
    return chosen()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A Valkey that writes what it knows to its file."""
    with valkey(persists=True) as running:
        yield running


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A provider that counts."""
    with open_upstream() as running:
        yield running
