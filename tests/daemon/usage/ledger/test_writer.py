"""The thread that writes: what it does when writing fails, and how it ends."""

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
from helpers.ledger import NOW, ended, started

FULL = FileError("/data/ledger.db: the disk is full")


class File:
    """A file that fails when told to, and can be held in a write."""

    def __init__(self):
        self.failures = []
        self.always = None
        self.batches = []
        self.removals = []
        self.old = 0
        self.poison = set()
        self.checks = []
        self.is_damaged = False
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
        if any(entry.id in self.poison for entry in entries):
            raise OverflowError("what is in the entry")
        self.batches.append([entry.id for entry in entries])

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
    """A writer at work on `file`."""
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


def look(_file):
    """What to ask for to wait for the writer."""


async def test_what_comes_together_is_written_together(file):
    """In one transaction, and an answer comes after what was put before it."""
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        assert await writer.ask(lambda found: found.batches) == [[1, 2, 3]]
        assert (writer.written, writer.batches, writer.waiting) == (3, 1, 0)
    assert not file.is_open


async def test_a_single_entry_is_written_without_being_asked_for(file):
    """At most 50 ms later."""
    with writing(file) as writer:
        put(writer, 1)
        assert await trio.to_thread.run_sync(file.writing.wait, 10)
    assert file.batches == [[1]]


async def test_many_entries_do_not_wait(file, monkeypatch):
    """The 50 ms are for those that come alone."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    monkeypatch.setattr(module, "LARGE_BATCH", 3)
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        assert await trio.to_thread.run_sync(file.writing.wait, 10)


async def test_what_cannot_be_written_waits_and_the_state_says_so(file):
    """Then it is written in one go, and the state says that too."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(look)
        put(writer, 2)
        await writer.ask(look)
        assert writer.state == LedgerState(
            "degraded",
            "/data/ledger.db: the disk is full (2 entries wait in memory, 0 attempts were lost)",
        )
        file.always = None
        await writer.ask(look)
        assert (file.batches, writer.state) == ([[1, 2]], LedgerState("ok"))


async def test_it_tries_again_by_itself(file, monkeypatch):
    """Nobody has to ask."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.failures = [None, FULL, FULL, FULL]
    with writing(file) as writer:
        put(writer, 1)
        await wait_for(lambda: file.batches, "it is written")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


async def test_it_does_not_try_for_every_entry(file, monkeypatch):
    """A full disk is asked once a second, however much there is to write."""
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


async def test_a_file_that_was_moved_aside_is_replaced_at_once(file):
    """What was to be written goes into the new one."""
    file.failures = [None, DamagedFileError("malformed")]
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(look)
        assert (file.batches, writer.state.status) == ([[1]], "ok")


async def test_the_state_says_what_the_file_says(file):
    """A refusal is a degraded ledger, a note is not."""
    with writing(file) as writer:
        file.note = "was damaged"
        assert writer.state == LedgerState("ok", "was damaged")
        file.refusal = "of a later version"
        assert writer.state == LedgerState("degraded", "of a later version")


async def test_a_question_that_cannot_be_answered_says_why(file):
    """To who asked, and the writer goes on."""

    def fail(_file):
        raise FULL

    with writing(file) as writer:
        with pytest.raises(LedgerUnavailable, match=r"cannot be read: .* the disk is full"):
            await writer.ask(fail)
        assert await writer.ask(lambda _: 7) == 7


async def test_who_does_not_wait_any_more_is_not_answered(file):
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


async def test_what_is_left_is_written_at_the_end(file):
    """Even when the last try was a moment ago and failed."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(look)
        put(writer, 2)
        file.always = None
    assert file.batches == [[1, 2]]


async def test_a_disk_that_stays_full_does_not_keep_it_from_ending(file):
    """What could not be written is gone, and said."""
    file.always = FULL
    with writing(file) as writer:
        put(writer, 1)
    assert (file.batches, writer.waiting) == ([], 1)


async def test_at_the_end_what_cannot_be_written_is_tried_again(file, monkeypatch):
    """Who has the file may let it go within the time that there is."""
    monkeypatch.setattr(module, "CLOSE_RETRY_SECONDS", 0)
    with writing(file) as writer:
        file.failures = [FULL] * 20
        put(writer, 1)
        writer.close(within=100)
    assert (file.batches, writer.waiting) == ([[1]], 0)


async def test_the_log_says_how_many_were_lost_at_the_end(file, monkeypatch):
    """When the time is over, not before."""
    monkeypatch.setattr(module, "CLOSE_RETRY_SECONDS", 0)
    with capture_logs() as logs, writing(file) as writer:
        file.always = FULL
        put(writer, 1, 2, 3)
        writer.close(within=0.2)
    (last,) = [entry for entry in logs if entry["event"] == "ledger_incomplete"]
    assert (last["not_written"], last["reason"]) == (3, str(FULL))
    assert file.tries > 1


async def test_a_closed_writer_answers_nobody(file):
    """Nobody waits for ever either."""
    with writing(file) as writer:
        pass
    with pytest.raises(LedgerUnavailable, match="the ledger is closed"):
        await writer.ask(look)


# -------------------------------------------------------------- faults of ours


async def test_an_entry_that_cannot_be_written_is_left_out(file):
    """The others of its batch are written; the state and the log say so, without what is in it."""
    file.poison = {3}
    with capture_logs() as logs, writing(file) as writer:
        put(writer, *range(1, 9))
        await writer.ask(look)
        put(writer, 9)
        await writer.ask(look)
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


async def test_an_attempt_under_way_that_cannot_be_written_is_not_lost(file):
    """It comes again when it ends."""
    file.poison = {1}
    with writing(file) as writer:
        writer.put(started(id=1))
        await writer.ask(look)
        file.poison = set()
        put(writer, 1)
        await writer.ask(look)
        assert (file.batches, writer.lost) == ([[1]], 0)


@pytest.mark.parametrize("error", [RuntimeError("of the moment"), MemoryError()])
async def test_a_fault_that_hits_everything_is_trouble(file, monkeypatch, error):
    """Nothing is lost by it: all waits until it is over."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.always = error
    file.failures = [None]
    with writing(file) as writer:
        put(writer, *range(1, 11))
        for _ in range(3):
            await writer.ask(look)
        assert writer.state.status == "degraded"
        assert f"{type(error).__name__} in" in writer.state.reason
        assert (writer.waiting, writer.lost) == (10, 0)
        file.always = None
        await writer.ask(look)
        assert (writer.state, writer.waiting) == (LedgerState("ok"), 0)
    assert sorted(file.batches[0]) == list(range(1, 11))


async def test_a_lack_of_memory_is_nobodys_fault(file, monkeypatch):
    """Were it taken for one, whoever comes while there is none would be left out."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.failures = [None, OverflowError(), None, MemoryError()]
    with writing(file) as writer:
        put(writer, 1, 2, 3)
        await writer.ask(look)
        assert (file.batches, writer.waiting, writer.lost) == ([[1]], 2, 0)
        await writer.ask(look)
        assert (writer.state, writer.waiting) == (LedgerState("ok"), 0)


async def test_an_entry_that_comes_alone_waits_for_another(file, monkeypatch):
    """Only where another can be written is it known to be the entry's fault."""
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    file.poison = {1}
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(look)
        assert (writer.state.status, writer.waiting, writer.lost) == ("degraded", 1, 0)
        put(writer, 2)
        await writer.ask(look)
        assert (file.batches, writer.waiting, writer.lost) == ([[2]], 0, 1)
        assert writer.state.status == "ok"


async def test_not_all_is_tried_in_one_turn(file, monkeypatch):
    """But in some turns: who can be written does not wait for ever behind those who cannot."""
    monkeypatch.setattr(write_queue, "MAX_FAILED", 3)
    monkeypatch.setattr(module, "BATCH_SECONDS", 1000)
    monkeypatch.setattr(module, "RETRY_SECONDS", 1000)
    file.poison = set(range(1, 9))
    with writing(file) as writer:
        put(writer, *range(1, 10))
        turns = []
        for more in ([], [], [], [10], [], [11], []):
            put(writer, *more)
            await writer.ask(look)
            turns.append((writer.written, writer.lost))
        assert (writer.state.status, writer.waiting) == ("ok", 0)
    assert turns == [(0, 0), (0, 0), (1, 3), (1, 3), (2, 6), (3, 8), (3, 8)]


async def test_a_fault_in_opening_is_tried_again(file, monkeypatch):
    """As a disk's is."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.failures = [ZeroDivisionError("a bug"), ZeroDivisionError("a bug")]
    with writing(file) as writer:
        await wait_for(lambda: file.is_open, "it is open")
        await writer.ask(look)
        assert writer.state == LedgerState("ok")


async def test_a_fault_in_an_answer_is_told_to_who_asked(file):
    """The next question is answered, and what is put is written."""
    with writing(file) as writer:
        with pytest.raises(LedgerUnavailable, match=r"internal error \(ZeroDivisionError in"):
            await writer.ask(lambda _: 1 / 0)
        put(writer, 1)
        assert await writer.ask(lambda found: found.batches) == [[1]]


async def test_a_fault_anywhere_else_does_not_end_the_thread(file, monkeypatch):
    """Who waits is told, the state says it, and a second later all goes on."""
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
            await writer.ask(look)
        put(writer, 1)
        await wait_for(lambda: file.batches, "it is written")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


async def test_a_loss_is_written_down(file, monkeypatch):
    """Once, and when it can be: the next start must know that limits lack something."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    file.poison = {1}
    with writing(file) as writer:
        put(writer, 1)
        await writer.ask(look)
        put(writer, 2)
        await writer.ask(look)
        assert (file.losses, writer.lost) == (1, 1)
        file.poison = {3}
        file.failures = [None, None, None, FULL]  # of both and each, and of writing the loss down
        put(writer, 3, 4)
        await wait_for(lambda: file.losses == 2, "it is written down")
        assert (await writer.ask(lambda _: writer.state)).status == "ok"


# -------------------------------------------------------------- the check


async def test_a_start_does_not_wait_for_the_check(file, monkeypatch):
    """What it asks for comes first."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 1000)
    with writing(file) as writer:
        await writer.ask(look)
        await writer.ask(look)
    assert file.checks == []


async def test_the_file_is_checked_once_soon_after_the_start(file, monkeypatch):
    """Nobody has to ask."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 0.05)
    monkeypatch.setattr(maintenance, "CHECK_RETRY_SECONDS", 0.01)
    with writing(file) as writer:
        await wait_for(lambda: file.checks, "it is checked")
        await trio.sleep(0.1)
        await writer.ask(look)
    assert file.checks == [False]


async def test_a_file_found_damaged_is_replaced_and_the_state_says_so(file, monkeypatch):
    """And the new one is looked through as well."""
    monkeypatch.setattr(maintenance, "CHECK_DELAY", 0)
    file.is_damaged = True
    with writing(file) as writer:
        await wait_for(lambda: len(file.checks) == 2, "it is checked")
        assert (await writer.ask(lambda _: writer.state)) == LedgerState("ok", "was damaged")


# -------------------------------------------------------------- old rows


async def test_old_rows_are_removed_step_by_step(file, monkeypatch):
    """At the start and every hour, never less than the days of a month."""
    monkeypatch.setattr(maintenance, "STEP_SECONDS", 0)
    file.old = 1200
    with writing(file, keep_days=7) as writer:
        await wait_for(lambda: len(file.removals) == 4, "all are removed")
        assert writer.removed == 1200
    hour = (739_942 - 32) * 24
    assert file.removals == [(hour, 500)] * 4


async def test_without_a_bound_nothing_is_removed(file):
    """Unless told otherwise a ledger forgets nothing."""
    with writing(file) as writer:
        await writer.ask(look)
        await writer.ask(look)
    assert file.removals == []


async def test_a_write_that_hangs_holds_up_nobody(file):
    """A put takes no lock that it holds."""
    with writing(file) as writer:
        file.may_write.clear()
        put(writer, 1)
        await trio.to_thread.run_sync(file.writing.wait, 10)
        put(writer, *range(2, 1002))
        assert writer.waiting == 1001
        file.may_write.set()
        await writer.ask(look)
        assert writer.waiting == 0


def test_an_answer_may_come_after_the_loop_has_ended(file):
    """The thread outlives a loop that did not wait for it."""
    with writing(file) as writer:
        file.may_write.clear()
        put(writer, 1)
        assert file.writing.wait(10)

        async def leave():
            with trio.move_on_after(0.01):
                await writer.ask(look)

        trio.run(leave)
        file.may_write.set()
    assert file.batches == [[1]]
