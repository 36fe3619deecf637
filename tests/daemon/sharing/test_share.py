"""What a client owes: what it used, less what it may use anyway."""

import pytest
import trio

from aircherd.sharing.share import MAX_OWED, Share, share_of_task


def test_what_is_used_is_owed_until_it_is_paid_back():
    """Nothing is saved for later."""
    share = Share()
    assert share.charge(0.010, paid=5.0) == pytest.approx(0.010)
    assert share.charge(0.0, paid=5.004) == pytest.approx(0.006)
    assert share.charge(0.0, paid=9.0) == 0.0
    assert share.charge(0.004, paid=9.0) == pytest.approx(0.004)


def test_what_was_long_ago_is_forgiven():
    """However much it was."""
    share = Share()
    assert share.charge(60.0, paid=1.0) == MAX_OWED


async def test_tasks_inherit_the_share_of_the_task_that_starts_them():
    """What is done for a client is its own, wherever it is done."""
    seen = []

    async def note():
        seen.append(share_of_task.get())

    async def serve(share):
        share_of_task.set(share)
        async with trio.open_nursery() as inner:
            inner.start_soon(note)

    shares = [Share(), Share()]
    async with trio.open_nursery() as nursery:
        for share in shares:
            nursery.start_soon(serve, share)
    assert set(seen) == set(shares)
    assert share_of_task.get() is None
