"""Descriptors: one client's connections leave room for those of others."""

import resource

import pytest

from aircherd.sharing import descriptors
from aircherd.sharing.descriptors import may_connect
from aircherd.sharing.share import Share


@pytest.fixture
def _used(monkeypatch):
    """Let there be 64 descriptors of which 20 are used without any connection."""
    monkeypatch.setattr(descriptors.resource, "getrlimit", lambda _: (64, 64))


@pytest.mark.usefixtures("_used")
def test_a_greedy_client_is_refused_before_all_are_used(monkeypatch):
    """Another one may still connect, and some are kept for new clients."""
    greedy, modest = Share(), Share()
    owners = []
    monkeypatch.setattr(descriptors, "_open_descriptors", lambda _: 20 + len(owners))
    while may_connect(greedy, owners, 0):
        owners.append(greedy)
    assert 16 <= len(owners) <= 26
    for _ in range(4):
        assert may_connect(modest, owners, 0)
        owners.append(modest)
    while may_connect(modest, owners, 0):
        owners.append(modest)
    assert 64 - 20 - len(owners) >= 64 // descriptors.KEPT_FREE


@pytest.mark.usefixtures("_used")
def test_connections_that_are_being_opened_count(monkeypatch):
    """They have no descriptor yet."""
    monkeypatch.setattr(descriptors, "_open_descriptors", lambda _: 20)
    share = Share()
    assert not may_connect(share, [share] * 30, 30)


def test_few_connections_are_not_counted(monkeypatch):
    """Counting takes time."""
    monkeypatch.setattr(descriptors, "_open_descriptors", lambda _: 1 / 0)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert limit > 8
    assert may_connect(Share(), [None], 0)
