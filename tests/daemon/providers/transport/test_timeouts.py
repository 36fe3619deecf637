"""The time each phase of a request has."""

import httpx
import pytest
import trio

from aircherd.providers.transport.timeouts import Phase, RequestDeadlines, seconds_for


def deadlines(**timeouts: float | None) -> RequestDeadlines:
    return RequestDeadlines(timeouts, "h:80")


@pytest.mark.parametrize(
    ("phase", "timeouts", "expected"),
    [
        ("connect", {"connect": 3.0}, 3.0),
        ("connect", {}, float("inf")),
        ("write", {"write": None}, float("inf")),
        ("first_byte", {"first_byte": 9.0, "read": 1.0}, 9.0),
        ("first_byte", {"read": 1.0}, 1.0),
        ("first_byte", {"first_byte": None, "read": 1.0}, float("inf")),
    ],
)
def test_seconds(phase: Phase, timeouts: dict[str, float | None], expected: float) -> None:
    """A phase has its own time; what is not stated has none, and `read` stands in for the first."""
    assert expected == seconds_for(phase, timeouts)


async def test_each_phase_begins_anew(autojump_clock: trio.abc.Clock) -> None:
    """A phase's time counts from its beginning, and progress renews it."""
    limits = deadlines(connect=1.0, write=2.0)
    with limits.open_scope("connect") as scope:
        await trio.sleep(0.9)
        limits.begin("write")
        await trio.sleep(1.9)
        limits.renew()
        await trio.sleep(1.9)
    assert not scope.cancelled_caught


async def test_a_scope_ends_with_its_phase(autojump_clock: trio.abc.Clock) -> None:
    """What takes longer than the present phase is cancelled, and the error names the phase."""
    limits = deadlines(connect=1.0, write=2.0)
    with limits.open_scope("connect") as scope:
        await trio.sleep(0.5)
        limits.begin("write")
        await trio.sleep_forever()
    assert (scope.cancelled_caught, trio.current_time()) == (True, 2.5)
    assert isinstance(limits.error(), httpx.WriteTimeout)


async def test_the_answer_is_awaited_by_a_moment(autojump_clock: trio.abc.Clock) -> None:
    """The first byte's deadline is kept, for it goes on into the body."""
    limits = deadlines(first_byte=3.0)
    await trio.sleep(1.0)
    assert limits.await_answer() == limits.answer_by == 4.0
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
def test_sentences(phase: Phase, kind: type[Exception], message: str) -> None:
    """Each phase has its exception, which names the server and the seconds."""
    error = deadlines(connect=1, write=2, first_byte=3, read=4.5).error(phase)
    assert (kind, message) == (type(error), str(error))
