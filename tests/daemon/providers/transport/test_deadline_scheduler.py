"""Waits that last too long are interrupted at their deadline, however many there are."""

import pytest
import trio

from aircherd.providers.transport.deadline_scheduler import DeadlineScheduler, deadline_scheduler


class Wait:
    """A wait that records when it was interrupted."""

    def __init__(self) -> None:
        self.interrupted_at: float | None = None

    def interrupt(self) -> None:
        self.interrupted_at = trio.current_time()


@pytest.mark.parametrize("order", [(3.0, 5.0), (5.0, 3.0)])
async def test_each_wait_is_interrupted_at_its_own_time(
    autojump_clock: trio.abc.Clock, order: tuple[float, float]
) -> None:
    """Neither early nor late, also when a shorter one comes after a longer one."""
    keeper, waits = DeadlineScheduler(), {until: Wait() for until in order}
    for until, wait in waits.items():
        keeper.watch(wait, until)
        await trio.testing.wait_all_tasks_blocked()
    await trio.sleep(10)
    assert {until: wait.interrupted_at for until, wait in waits.items()} == {3.0: 3.0, 5.0: 5.0}
    assert all(keeper.forget(wait) for wait in waits.values())


async def test_a_wait_that_ended_in_time_is_not_interrupted(autojump_clock: trio.abc.Clock) -> None:
    """The same one may wait again, for longer."""
    keeper, wait = DeadlineScheduler(), Wait()
    keeper.watch(wait, 3.0)
    await trio.sleep(2)
    assert not keeper.forget(wait)
    keeper.watch(wait, 8.0)
    await trio.sleep(5)
    assert wait.interrupted_at is None
    await trio.sleep(5)
    assert wait.interrupted_at == 8.0


async def test_its_task_ends_without_waits_and_starts_again(
    autojump_clock: trio.abc.Clock,
) -> None:
    """No task is left behind."""
    before = trio.lowlevel.current_statistics().tasks_living
    keeper, wait = DeadlineScheduler(), Wait()
    for _ in range(2):
        keeper.watch(wait, trio.current_time() + 1)
        assert trio.lowlevel.current_statistics().tasks_living == before + 1
        assert not keeper.forget(wait)
        await trio.sleep(2)
        assert trio.lowlevel.current_statistics().tasks_living == before
    keeper.watch(wait, trio.current_time() + 1)
    await trio.sleep(2)
    assert wait.interrupted_at == 5.0
    assert repr(keeper) == "<DeadlineScheduler of 0 waits>"


async def test_there_is_one_per_run() -> None:
    """Connections of all transports share it."""
    assert deadline_scheduler() is deadline_scheduler()
