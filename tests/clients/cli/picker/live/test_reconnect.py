"""What a lost connection means, and when a daemon may be started."""

import pytest

from aircher_cli.picker.live.reconnect import (
    LOST,
    START_AFTER,
    STOPPED,
    STOPPED_AFTER,
    STOPPING,
    Absence,
    begin,
)
from aircher_client.errors import ConnectionLost, DaemonError, NoAnswer

STOP = DaemonError("shutting_down", "aircherd is stopping", {})


@pytest.mark.parametrize(
    ("error", "later", "link", "may_start"),
    [
        pytest.param(STOP, 0.0, ("reconnecting", STOPPING), False, id="stopping"),
        pytest.param(STOP, STOPPED_AFTER, ("stopped", STOPPED), False, id="stopped"),
        pytest.param(STOP, 999.0, ("stopped", STOPPED), False, id="stopped for good"),
        pytest.param(ConnectionLost("eof"), 0.0, ("reconnecting", LOST), False, id="crashed"),
        pytest.param(
            ConnectionLost("eof"), START_AFTER, ("reconnecting", LOST), True, id="crashed, alone"
        ),
        pytest.param(
            NoAnswer("it hangs"), 0.0, ("reconnecting", "it hangs"), False, id="does not answer"
        ),
        pytest.param(
            DaemonError("internal", "a bug", {}), 0.0, ("reconnecting", "a bug"), False, id="bug"
        ),
    ],
)
def test_a_lost_connection(error, later, link, may_start):
    """A daemon that was stopped is never started; one that crashed may be, after a moment."""
    absence = begin(error, 100.0)
    assert absence.link(100.0 + later) == link
    assert absence.may_start(100.0 + later) is may_start


def test_the_first_connection_may_start_a_daemon():
    """As every command does."""
    absence = Absence(0.0, is_first=True)
    assert (absence.link(0.0), absence.may_start(0.0)) == (("connecting", ""), True)


def test_a_daemon_that_cannot_start_is_not_started_again_and_again():
    """The reason is shown, and the picker waits for one that the user starts."""
    absence = Absence(0.0, is_first=True).failed("its log says why", tried_to_start=True)
    assert absence.link(50.0) == ("stopped", "its log says why")
    assert absence.may_start(50.0) is False


def test_a_try_without_an_explanation_keeps_the_reason():
    """That no process listens is no news."""
    absence = begin(ConnectionLost("eof"), 0.0).failed("", tried_to_start=False)
    assert absence.link(0.5) == ("reconnecting", LOST)


def test_tries_become_rarer_up_to_one_a_second():
    """The first ones come fast: a restart takes a fraction of a second."""
    absence, delays = Absence(0.0), []
    for _ in range(10):
        delays.append(absence.delay())
        absence = absence.failed("", tried_to_start=False)
    assert delays == sorted(delays)
    assert (delays[0] < 0.05, delays[-1]) == (True, 1.0)
