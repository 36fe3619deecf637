"""Sessions at shutdown, in virtual time."""

from types import SimpleNamespace

import trio
from structlog.testing import capture_logs

from aircherd.ipc.drain import DRAIN_TIMEOUT, drain_sessions


class SlowSession:
    """A session with a request that takes `seconds`."""

    def __init__(self, seconds, client="editor"):
        self._seconds = seconds
        self.caller = SimpleNamespace(client=client)
        self.active = 1
        self.drained_at = self.closed_at = None

    async def wait_drained(self):
        await trio.sleep(self._seconds)
        self.drained_at = trio.current_time()
        self.active = 0

    async def close(self):
        self.active = 0
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


async def test_the_log_says_what_is_waited_for(autojump_clock):
    """By client, at the start and then every few seconds, with the time that is left."""
    sessions = [SlowSession(6), SlowSession(7), SlowSession(2, client="script")]
    with capture_logs() as logs:
        await drain_sessions(sessions, trio.Event())
    assert logs == [
        {
            "event": "draining",
            "waits_for": {"editor": 2, "script": 1},
            "seconds_left": 18,
            "log_level": "info",
        },
        {
            "event": "draining",
            "waits_for": {"editor": 2},
            "seconds_left": 13,
            "log_level": "info",
        },
    ]


async def test_requests_that_are_cancelled_are_in_the_log(autojump_clock):
    """Their clients see `shutting_down`; the log says how many there were."""
    with capture_logs() as logs:
        await drain_sessions([SlowSession(1000)], trio.Event())
    assert (logs[-1]["event"], logs[-1]["by_client"]) == ("requests_cancelled", {"editor": 1})


async def test_idle_clients_are_not_waited_for(autojump_clock):
    """Nothing is logged about them."""
    session = SlowSession(0)
    session.active = 0
    with capture_logs() as logs:
        await drain_sessions([session], trio.Event())
    assert logs == []
