"""A query for another thread."""

import threading

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger.errors import FileError
from aircherd.usage.ledger.ledger_query import LedgerQuery


async def finished(work):
    """Run a query in another thread, and wait for it."""
    query = LedgerQuery(work)
    threading.Thread(target=query.run).start()
    with trio.fail_after(10):
        await query.done.wait()
    return query


async def test_a_query_returns_its_result():
    """The result may be None."""
    assert (await finished(lambda: 7)).result() == 7
    assert (await finished(lambda: None)).result() is None


async def test_a_file_error_is_reported_with_its_message():
    """The message is written for people."""

    def fail():
        raise FileError("the disk is full")

    with pytest.raises(LedgerUnavailable, match="the ledger cannot be read: the disk is full"):
        (await finished(fail)).result()


async def test_an_internal_error_is_reported_and_logged_without_its_message():
    """The message may contain what was read."""

    def fail():
        raise KeyError("a prompt")

    with capture_logs() as logs:
        query = await finished(fail)
    with pytest.raises(LedgerUnavailable, match=r"KeyError in") as caught:
        query.result()
    assert [entry["event"] for entry in logs] == ["ledger_query_failed"]
    assert "a prompt" not in f"{logs} {caught.value}"


async def test_an_unwanted_query_does_not_run():
    """Its caller was cancelled."""
    ran = []
    query = LedgerQuery(lambda: ran.append(1))
    query.is_wanted = False
    query.run()
    assert ran == []


async def test_a_refused_query_has_a_reason():
    """Its caller does not wait forever."""
    query = LedgerQuery(lambda: 7)
    query.refuse("the ledger is closed")
    await query.done.wait()
    with pytest.raises(LedgerUnavailable, match="is closed"):
        query.result()
