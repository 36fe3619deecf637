"""The lock as the other parts of `auth` see it."""

import pytest

from aircherd.auth.key_sources import KeySource
from aircherd.auth.lock.key_lock import KeyLock
from aircherd.auth.lock.record import Lock
from aircherd.errors import KeyringLocked

SOURCE = KeySource(
    provider="work", name="default", kind="keyring", origin="https://x:443", locator=("default",)
)


def closed(**fields):
    lock = KeyLock()
    lock.closed = Lock(**{"cause": "command", "since": 5.0, **fields})
    return lock


def test_an_open_lock_changes_nothing():
    """There is nothing to report."""
    lock, sources = KeyLock(), [SOURCE]
    lock.check()
    assert lock.block(sources) is sources
    assert (lock.to_wire(), lock.reason, lock.is_closed()) == ({}, None, False)


@pytest.mark.parametrize("cause", ["command", "lifetime", "damaged"])
def test_a_closed_lock_says_why_and_what_to_do(cause):
    """In the error, and in results."""
    lock = closed(cause=cause, until=9.0)
    with pytest.raises(KeyringLocked, match="aircher-cli auth unlock") as caught:
        lock.check()
    known = {"cause": cause, "reason": lock.reason, "since": 5.0, "until": 9.0}
    assert caught.value.data == lock.to_wire() == {"lock": known}
    assert "until" not in closed().to_wire()["lock"]


def test_a_closed_lock_blocks_every_source():
    """A blocked source is neither read nor used."""
    (found,) = closed().block([SOURCE])
    assert found.block is not None
    assert (found.block.kind, found.name) == ("locked", "default")
