"""Work that may hang, and who does not wait for it."""

import threading

import pytest
import trio

from aircherd.files.file_worker import Abandoned, DiskTimeout, FileWorker

LONG = 10.0
SHORT = 0.05


class Disk:
    """A disk that hangs until it is let go; `done` is what it did, in order."""

    def __init__(self):
        self.hangs = threading.Event()
        self.is_past = threading.Event()
        self.may_go_on = threading.Event()
        self.stopped = threading.Event()
        self.done = []

    def hang(self, check):
        self.hangs.set()
        assert self.may_go_on.wait(LONG)
        try:
            check()
        except Abandoned:
            self.stopped.set()
            raise
        self.done.append("old")

    def hang_late(self, check):
        check()
        self.is_past.set()
        assert self.may_go_on.wait(LONG)
        self.done.append("late")

    def work(self, check):
        check()
        self.done.append("new")
        return "done"


@pytest.fixture
def disk():
    disk = Disk()
    yield disk
    disk.may_go_on.set()


async def test_what_is_done_is_returned(disk):
    """And what it raises is raised."""
    worker = FileWorker()
    assert await worker.do(disk.work, LONG) == "done"
    with pytest.raises(PermissionError):
        await worker.do(lambda _: (_ for _ in ()).throw(PermissionError(13, "no")), LONG)
    assert repr(worker) == "<Lane free>"


async def test_who_waited_long_enough_goes_on(disk):
    """With an error of the file's kind, in words."""
    worker = FileWorker()
    with pytest.raises(DiskTimeout) as caught:
        await worker.do(disk.hang, SHORT)
    assert isinstance(caught.value, OSError)
    assert caught.value.strerror == "the disk has not answered for 0.05 s"
    assert not caught.value.may_change
    assert repr(worker) == "<Lane busy>"


async def test_who_is_cancelled_goes_on(disk):
    """A client that left, or the daemon's end."""
    worker = FileWorker()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker.do, disk.hang, LONG)
        assert await trio.to_thread.run_sync(disk.hangs.wait, LONG)
        nursery.cancel_scope.cancel()
    assert not disk.may_go_on.is_set()


async def test_what_was_given_up_changes_nothing(disk):
    """It is told so when it comes to what cannot be taken back."""
    with pytest.raises(DiskTimeout):
        await FileWorker().do(disk.hang, SHORT)
    disk.may_go_on.set()
    assert await trio.to_thread.run_sync(disk.stopped.wait, LONG)
    assert disk.done == []


async def test_what_could_not_be_stopped_may_still_be_done(disk, mock_clock):
    """Past the point of no return nobody can know: who waited is told so."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_jump_past, disk, mock_clock)
        with pytest.raises(DiskTimeout) as caught:
            await FileWorker().do(disk.hang_late, LONG)
    assert caught.value.may_change
    told = "the disk has not answered for 10 s; the file may still be changed"
    assert caught.value.strerror == told


async def _jump_past(disk, clock):
    assert await trio.to_thread.run_sync(disk.is_past.wait, LONG)
    clock.jump(LONG)


async def test_what_comes_later_begins_when_the_earlier_has_ended(disk):
    """Though the earlier was given up: it may have been past the point of no return."""
    worker = FileWorker()
    with pytest.raises(DiskTimeout):
        await worker.do(disk.hang, SHORT)
    with pytest.raises(DiskTimeout):
        await worker.do(disk.work, SHORT)
    assert disk.done == []
    disk.may_go_on.set()
    assert await worker.do(disk.work, LONG) == "done"
    assert disk.done == ["new"]
