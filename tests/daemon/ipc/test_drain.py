"""Sessions at shutdown, in virtual time."""

import trio

from aircherd.ipc.drain import DRAIN_TIMEOUT, drain_sessions


class SlowSession:
    """A session whose requests take `seconds`."""

    def __init__(self, seconds):
        self._seconds = seconds
        self.drained_at = self.closed_at = None

    async def wait_drained(self):
        await trio.sleep(self._seconds)
        self.drained_at = trio.current_time()

    async def close(self):
        self.closed_at = trio.current_time()


async def test_sessions_are_closed_when_all_are_drained(autojump_clock):
    """Not before: a client may still wait for its last response."""
    sessions = [SlowSession(1), SlowSession(5)]
    await drain_sessions(sessions, trio.Event())
    assert [each.drained_at for each in sessions] == [1, 5]
    assert [each.closed_at for each in sessions] == [5, 5]


async def test_requests_have_a_limited_time(autojump_clock):
    """What takes longer is closed all the same."""
    session = SlowSession(1000)
    await drain_sessions([session], trio.Event())
    assert (session.drained_at, session.closed_at) == (None, DRAIN_TIMEOUT)


async def test_a_forced_shutdown_does_not_wait(autojump_clock):
    """The second signal ends the wait at once."""
    session, forced = SlowSession(1000), trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(drain_sessions, [session], forced)
        await trio.sleep(2)
        forced.set()
    assert session.closed_at == 2
