"""The timeouts of the phases of a request."""

import httpx
import pytest
import trio

from aircherd.providers.transport.timeouts import Phase, RequestDeadlines, Timeouts


def deadlines(**timeouts: float) -> RequestDeadlines:
    return RequestDeadlines(Timeouts(**timeouts), "h:80")


async def test_each_phase_has_its_whole_time(autojump_clock: trio.abc.Clock) -> None:
    """A phase counts from its beginning, and progress renews it."""
    limits = deadlines(connect=1.0, write=2.0)
    with limits.open_scope("connect") as scope:
        await trio.sleep(0.9)
        limits.begin("write")
        await trio.sleep(1.9)
        limits.renew()
        await trio.sleep(1.9)
    assert not scope.cancelled_caught


async def test_a_scope_ends_with_its_phase(autojump_clock: trio.abc.Clock) -> None:
    """A phase that takes too long is cancelled, and the error names it."""
    limits = deadlines(connect=1.0, write=2.0)
    with limits.open_scope("connect") as scope:
        await trio.sleep(0.5)
        limits.begin("write")
        await trio.sleep_forever()
    assert (scope.cancelled_caught, trio.current_time()) == (True, 2.5)
    assert isinstance(limits.error(), httpx.WriteTimeout)


async def test_beginning_a_phase_returns_its_end(autojump_clock: trio.abc.Clock) -> None:
    """The first byte's deadline goes on into the body."""
    limits = deadlines(first_byte=3.0)
    await trio.sleep(1.0)
    assert limits.begin("first_byte") == 4.0
    assert isinstance(limits.error(), httpx.ReadTimeout)


@pytest.mark.parametrize(
    ("phase", "kind", "message"),
    [
        ("connect", httpx.ConnectTimeout, "no connection to h:80 within 1 s"),
        ("write", httpx.WriteTimeout, "h:80 took no data for 2 s"),
        ("first_byte", httpx.ReadTimeout, "no answer from h:80 within 3 s"),
        ("read", httpx.ReadTimeout, "h:80 sent nothing more for 4.5 s"),
    ],
)
def test_messages(phase: Phase, kind: type[Exception], message: str) -> None:
    """Each phase has its exception, which names the server and the seconds."""
    error = deadlines(connect=1, write=2, first_byte=3, read=4.5).error(phase)
    assert (kind, message) == (type(error), str(error))
