"""The writer's thread: batches, failing writes, closing."""

import re
import threading
from contextlib import contextmanager
from datetime import UTC

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.errors import LedgerUnavailable
from aircherd.usage.ledger import maintenance, write_queue
from aircherd.usage.ledger import writer as module
from aircherd.usage.ledger.errors import DamagedFileError, FileError
from aircherd.usage.ledger.writer import LedgerState, LedgerWriter
from helpers.daemon.load import wait_for
from helpers.ledger.attempts import NOW, ended, started

FULL = FileError("/data/ledger.db: the disk is full")


class File:
    """A database that fails on request, and can hang in a write."""

    def __init__(self):
        self.failures = []
        self.always = None
        self.batches = []
        self.removals = []
        self.old = 0
        self.unwritable = set()
        self.checks = []
        self.is_damaged = False
        self.has_opened = True
        self.losses = self.tries = 0
        self.is_open = False
        self.may_write = threading.Event()
        self.may_write.set()
        self.writing = threading.Event()
        self.refusal = self.note = None

    def open(self):
        self._fail()
        self.is_open = True

    def write(self, entries, *, first_id):
        self.writing.set()
        self.tries += 1
        assert self.may_write.wait(10)
        self._fail()
        if any(entry.id in self.unwritable for entry in entries):
            raise OverflowError("what is in the entry")
        self.batches.append([entry.id for entry in entries])

    def note_clean_end(self):
        self._fail()

    def remove_before(self, hour, *, limit):
        self._fail()
        self.removals.append((hour, limit))
        removed, self.old = min(self.old, limit), max(self.old - limit, 0)
        return removed

    def record_loss(self):
        self._fail()
        self.losses += 1

    def check(self, must_stop):
        self.checks.append(must_stop())
        if self.is_damaged:
            self.is_damaged, self.note = False, "was damaged"
            raise DamagedFileError("malformed")
        return not self.checks[-1]

    def close(self):
        self.is_open = False

    def _fail(self):
        failure = self.failures.pop(0) if self.failures else self.always
        if failure:
            raise failure


@pytest.fixture
def file():
    return File()


@contextmanager
def writing(file, keep_days=None):
    """Run a writer on `file`."""
    writer = LedgerWriter(file, clock=lambda: NOW, tz=UTC, keep_days=lambda: keep_days)
    opened = threading.Event()
    thread = threading.Thread(target=writer.run, args=(opened.set,))
    thread.start()
    try:
        assert opened.wait(10)
        yield writer
    finally:
        file.may_write.set()
        writer.close()
        thread.join(10)
        assert not thread.is_alive()


def put(writer, *numbers):
    for number in numbers:
        writer.put(ended(number))


def do_nothing(_file):
    """Query nothing, to wait for the writer."""


async def test_entries_put_together_are_written_together(file):
    """In one transaction; a query runs after what was put before it."""
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        assert await writer.ask(lambda found: found.batches) == [[1, 2, 3]]
        assert (writer.written, writer.batches, writer.waiting) == (3, 1, 0)
    assert not file.is_open


async def test_a_single_entry_is_written_soon(file):
    """At most 50 ms later."""
    with writing(file) as writer:
        put(writer, 1)
        assert await trio.to_thread.run_sync(file.writing.wait, 10)
    assert file.batches == [[1]]


async def test_many_entries_do_not_wait(file, monkeypatch):
    """The 50 ms are for small batches."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    monkeypatch.setattr(module, "LARGE_BATCH", 3)
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        assert await trio.to_thread.run_sync(file.writing.wait, 10)


async def test_a_file_error_degrades_the_state_until_a_write_succeeds(file):
    """Waiting entries are then written in one batch."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(do_nothing)
        put(writer, 2)
        await writer.ask(do_nothing)
        assert writer.state == LedgerState(
            "degraded",
            "/data/ledger.db: the disk is full (2 entries wait in memory, 0 attempts were lost)",
            NOW,
        )
        file.always = None
        await writer.ask(do_nothing)
        assert (file.batches, writer.state) == ([[1, 2]], LedgerState("ok"))


async def test_writes_are_retried_without_new_entries(file, monkeypatch):
    """Every second."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.failures = [None, FULL, FULL, FULL]
    with writing(file) as writer:
        put(writer, 1)
        await wait_for(lambda: file.batches, "it is written")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


async def test_new_entries_do_not_cause_retries(file, monkeypatch):
    """A full disk is tried once a second."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 0)
    monkeypatch.setattr(module, "RETRY_SECONDS", 1000)
    file.failures = [None, FULL]
    with writing(file) as writer:
        put(writer, 1)
        await wait_for(lambda: writer.state.status == "degraded", "it failed")
        file.writing.clear()
        put(writer, 2, 3)
        await trio.sleep(0.05)
        assert not file.writing.is_set()
    assert file.batches == [[1, 2, 3]]


async def test_a_damaged_file_is_replaced_at_once(file):
    """The batch goes into the new file."""
    file.failures = [None, DamagedFileError("malformed")]
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(do_nothing)
        assert (file.batches, writer.state.status) == ([[1]], "ok")


async def test_the_state_has_the_refusal_and_the_note(file):
    """A refusal degrades the ledger, a note does not."""
    with writing(file) as writer:
        file.note = "was damaged"
        assert writer.state == LedgerState("ok", "was damaged")
        file.refusal = "of a later version"
        assert writer.state == LedgerState("degraded", "of a later version", NOW)


async def test_a_failed_query_reports_the_reason(file):
    """The writer goes on."""

    def fail(_file):
        raise FULL

    with writing(file) as writer:
        with pytest.raises(LedgerUnavailable, match=r"cannot be read: .* the disk is full"):
            await writer.ask(fail)
        assert await writer.ask(lambda _: 7) == 7


async def test_a_cancelled_query_does_not_run(file):
    """A cancelled report costs nothing."""
    asked = []
    with writing(file) as writer:
        file.may_write.clear()
        put(writer, 1)
        await trio.to_thread.run_sync(file.writing.wait, 10)
        with trio.move_on_after(0.01) as scope:
            await writer.ask(lambda _: asked.append("cancelled"))
        assert scope.cancelled_caught
        file.may_write.set()
        await writer.ask(lambda _: asked.append("patient"))
    assert asked == ["patient"]


async def test_closing_writes_what_is_left(file):
    """Even if the last try has just failed."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(do_nothing)
        put(writer, 2)
        file.always = None
    assert file.batches == [[1, 2]]


async def test_a_full_disk_does_not_prevent_closing(file):
    """Unwritten entries are lost."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
    assert (file.batches, writer.waiting) == ([], 1)


async def test_closing_retries_for_a_while(file, monkeypatch):
    """A lock may be released in that time."""
    monkeypatch.setattr(module, "CLOSE_RETRY_SECONDS", 0)
    with writing(file) as writer:
        file.failures = [FULL] * 20
        put(writer, 1)
        writer.close(within=100)
    assert (file.batches, writer.waiting) == ([[1]], 0)


async def test_closing_logs_what_could_not_be_written(file, monkeypatch):
    """After the last retry."""
    monkeypatch.setattr(module, "CLOSE_RETRY_SECONDS", 0)
    with capture_logs() as logs, writing(file) as writer:
        file.always = FULL
        put(writer, 1, 2, 3)
        writer.close(within=0.2)
    (last,) = [entry for entry in logs if entry["event"] == "ledger_incomplete"]
    assert (last["not_written"], last["reason"]) == (3, str(FULL))
    assert file.tries > 1


async def test_a_closed_writer_refuses_queries(file):
    """No caller waits forever."""
    with writing(file) as writer:
        pass
    with pytest.raises(LedgerUnavailable, match="the ledger is closed"):
        await writer.ask(do_nothing)


# -------------------------------------------------------------- internal errors


async def test_an_unwritable_entry_is_discarded(file):
    """The rest of its batch is written; state and log do not have its content."""
    file.unwritable = {3}
    with capture_logs() as logs, writing(file) as writer:
        put(writer, *range(1, 9))
        await writer.ask(do_nothing)
        put(writer, 9)
        await writer.ask(do_nothing)
        assert sorted(number for batch in file.batches for number in batch) == [1, 2, *range(4, 10)]
        assert (writer.written, writer.lost, writer.waiting) == (8, 1, 0)
        assert writer.state.status == "ok"
        assert re.fullmatch(
            r"1 attempts were lost: internal error \(OverflowError in "
            r"write_queue\.py:\d+ > test_writer\.py:\d+\): please report it",
            writer.state.reason,
        )
    assert [entry["event"] for entry in logs] == ["ledger_entry_discarded"]
    assert "what is in the entry" not in str(logs)


async def test_an_unwritable_attempt_in_progress_is_not_lost(file):
    """It is queued again when it ends."""
    file.unwritable = {1}
    with writing(file) as writer:
        writer.put(started(id=1))
        await writer.ask(do_nothing)
        file.unwritable = set()
        put(writer, 1)
        await writer.ask(do_nothing)
        assert (file.batches, writer.lost) == ([[1]], 0)


@pytest.mark.parametrize("error", [RuntimeError("of the moment"), MemoryError()])
async def test_an_error_of_all_entries_degrades_the_state(file, monkeypatch, error):
    """Nothing is discarded: all wait until it is over."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.always = error
    file.failures = [None]
    with writing(file) as writer:
        put(writer, *range(1, 11))
        for _ in range(3):
            await writer.ask(do_nothing)
        assert writer.state.status == "degraded"
        assert f"{type(error).__name__} in" in writer.state.reason
        assert (writer.waiting, writer.lost) == (10, 0)
        file.always = None
        await writer.ask(do_nothing)
        assert (writer.state, writer.waiting) == (LedgerState("ok"), 0)
    assert sorted(file.batches[0]) == list(range(1, 11))


async def test_a_memory_error_discards_no_entry(file, monkeypatch):
    """It is not caused by an entry."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.failures = [None, OverflowError(), None, MemoryError()]
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        await writer.ask(do_nothing)
        assert (file.batches, writer.waiting, writer.lost) == ([[1]], 2, 0)
        await writer.ask(do_nothing)
        assert (writer.state, writer.waiting) == (LedgerState("ok"), 0)


async def test_a_single_unwritable_entry_waits_for_another(file, monkeypatch):
    """Only then is it known to be the cause."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.unwritable = {1}
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(do_nothing)
        assert (writer.state.status, writer.waiting, writer.lost) == ("degraded", 1, 0)
        put(writer, 2)
        await writer.ask(do_nothing)
        assert (file.batches, writer.waiting, writer.lost) == ([[2]], 0, 1)
        assert writer.state.status == "ok"


async def test_unwritable_entries_are_tried_a_few_at_a_time(file, monkeypatch):
    """Writable ones do not wait forever behind them."""
    monkeypatch.setattr(write_queue, "MAX_FAILED", 3)
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    monkeypatch.setattr(module, "RETRY_SECONDS", 1000)
    file.unwritable = set(range(1, 9))
    with writing(file) as writer:
        put(writer, *range(1, 10))
        turns = []
        for more in ([], [], [], [10], [], [11], []):
            put(writer, *more)
            await writer.ask(do_nothing)
            turns.append((writer.written, writer.lost))
        assert (writer.state.status, writer.waiting) == ("ok", 0)
    assert turns == [(0, 0), (0, 0), (1, 3), (1, 3), (2, 6), (3, 8), (3, 8)]


async def test_an_internal_error_while_opening_is_retried(file, monkeypatch):
    """Like a file error."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.failures = [ZeroDivisionError("a bug"), ZeroDivisionError("a bug")]
    with writing(file) as writer:
        await wait_for(lambda: file.is_open, "it is open")
        await writer.ask(do_nothing)
        assert writer.state == LedgerState("ok")


async def test_an_internal_error_in_a_query_is_reported_to_its_caller(file):
    """Later queries and writes work."""
    with writing(file) as writer:
        with pytest.raises(LedgerUnavailable, match=r"internal error \(ZeroDivisionError in"):
            await writer.ask(lambda _: 1 / 0)
        put(writer, 1)
        assert await writer.ask(lambda found: found.batches) == [[1]]


async def test_an_internal_error_elsewhere_does_not_end_the_thread(file, monkeypatch):
    """Queries fail, the state reports it, and a second later everything works."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    with writing(file) as writer, monkeypatch.context() as patch:
        record_loss = writer._record_loss
        faults = [RuntimeError("a bug"), RuntimeError("a bug")]

        def fail():
            if faults:
                raise faults.pop()
            record_loss()

        patch.setattr(writer, "_record_loss", fail)
        with pytest.raises(LedgerUnavailable, match=r"internal error \(RuntimeError in"):
            await writer.ask(do_nothing)
        put(writer, 1)
        await wait_for(lambda: file.batches, "it is written")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


async def test_a_loss_is_recorded_once(file, monkeypatch):
    """After a restart, limits must know that they are incomplete."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.unwritable = {1}
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(do_nothing)
        put(writer, 2)
        await writer.ask(do_nothing)
        assert (file.losses, writer.lost) == (1, 1)
        file.unwritable = {3}
        file.failures = [None, None, None, FULL]  # three writes, then the record of the loss
        put(writer, 3, 4)
        await wait_for(lambda: file.losses == 2, "it is recorded")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


# -------------------------------------------------------------- the check


async def test_a_start_does_not_wait_for_the_check(file, monkeypatch):
    """Its queries come first."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 1000)
    with writing(file) as writer:
        await writer.ask(do_nothing)
        await writer.ask(do_nothing)
    assert file.checks == []


async def test_the_file_is_checked_once_soon_after_the_start(file, monkeypatch):
    """Without a query."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 0.05)
    monkeypatch.setattr(maintenance, "CHECK_RETRY_SECONDS", 0.01)
    with writing(file) as writer:
        await wait_for(lambda: file.checks, "it is checked")
        await trio.sleep(0.1)
        await writer.ask(do_nothing)
    assert file.checks == [False]


async def test_a_file_found_damaged_is_replaced_and_reported(file, monkeypatch):
    """The new file is checked as well."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 0)
    file.is_damaged = True
    with writing(file) as writer:
        await wait_for(lambda: len(file.checks) == 2, "it is checked")
        assert (await writer.ask(lambda _: writer.state)) == LedgerState("ok", "was damaged")


# -------------------------------------------------------------- old rows


async def test_old_rows_are_removed_in_steps(file, monkeypatch):
    """From the start on."""
    monkeypatch.setattr(maintenance, "STEP_SECONDS", 0)
    file.old = 1200
    with writing(file, keep_days=7) as writer:
        await wait_for(lambda: len(file.removals) == 4, "all are removed")
        assert writer.removed == 1200
    hour = (739_942 - 32) * 24
    assert file.removals == [(hour, 500)] * 4


async def test_without_keep_days_nothing_is_removed(file):
    """By default, everything is kept."""
    with writing(file) as writer:
        await writer.ask(do_nothing)
        await writer.ask(do_nothing)
    assert file.removals == []


async def test_a_hanging_write_does_not_block_put(file):
    """It holds no lock that `put` takes."""
    with writing(file) as writer:
        file.may_write.clear()
        put(writer, 1)
        await trio.to_thread.run_sync(file.writing.wait, 10)
        put(writer, *range(2, 1002))
        assert writer.waiting == 1001
        file.may_write.set()
        await writer.ask(do_nothing)
        assert writer.waiting == 0


def test_a_result_may_come_after_the_event_loop_has_ended(file):
    """The thread may outlive the loop."""
    with writing(file) as writer:
        file.may_write.clear()
        put(writer, 1)
        assert file.writing.wait(10)

        async def leave():
            with trio.move_on_after(0.01):
                await writer.ask(do_nothing)

        trio.run(leave)
        file.may_write.set()
    assert file.batches == [[1]]
