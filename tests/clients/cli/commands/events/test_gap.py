"""Attempts of the ledger that no event reported."""

import pytest

from aircher_cli.commands.events.gap import LONGEST, MAX_HEARD, MAX_ROWS, Heard, is_cut
from aircher_cli.values import Map

BEGAN, LOST = 1_000_000.0, 1_000_100.0
ROW: Map = {
    "at": LOST - 5,
    "provider": "work",
    "model": "m",
    "key": "default",
    "client": "nvim",
    "outcome": "ok",
    "ms": 6000,
    "then": {"provider": "spare"},
}


def event_of(row: Map, *, end: float) -> Map:
    return {"topic": "attempt", **{n: row[n] for n in row if n != "then"}, "at": end, "seq": 3}


@pytest.mark.parametrize(
    ("changes", "is_missed"),
    [
        ({}, True),  # began before the loss, and ended after it
        ({"ms": 2000}, False),  # its event came: this is an old one of many
        ({"at": LOST + 1, "ms": 3}, True),
        ({"at": BEGAN + 1, "outcome": "unknown", "ms": None}, True),
        ({"at": BEGAN - 1, "outcome": "unknown", "ms": None}, False),  # an earlier daemon's
    ],
)
def test_what_ended_after_the_loss_was_missed(changes: Map, *, is_missed: bool) -> None:
    """And what its daemon left unfinished."""
    assert bool(Heard(BEGAN).take_missed([{**ROW, **changes}], LOST)) is is_missed


def test_a_row_becomes_an_event() -> None:
    """With the time of its end; what answered then has an event of its own."""
    [event] = Heard(BEGAN).take_missed([ROW], LOST)
    assert event == {"topic": "attempt", **{n: ROW[n] for n in ROW if n != "then"}, "at": LOST + 1}


def test_what_an_event_reported_is_not_missed() -> None:
    """The daemon sent it while it ended."""
    heard = Heard(BEGAN)
    assert heard.add(event_of(ROW, end=LOST + 1.2))
    assert heard.take_missed([ROW], LOST) == []
    assert heard.take_missed([{**ROW, "ms": 6001}], LOST) != []


def test_what_was_read_is_not_reported_again() -> None:
    """The next daemon's event may come while the ledger is read; a second attempt is another."""
    heard = Heard(BEGAN)
    assert len(heard.take_missed([ROW], LOST)) == 1
    assert not heard.add(event_of(ROW, end=LOST + 1))
    assert heard.add(event_of(ROW, end=LOST + 1))
    assert heard.take_missed([ROW], LOST) == []


def test_other_topics_are_no_attempts() -> None:
    """They are news always."""
    heard = Heard(BEGAN)
    assert heard.add({"topic": "config", "at": LOST})
    assert repr(heard) == "<Heard 0 attempts>"


def test_what_is_asked_for_began_long_before() -> None:
    """An attempt takes minutes, and the ledger has the time of its beginning."""
    assert Heard(BEGAN).read_params() == {"since": BEGAN - LONGEST, "limit": MAX_ROWS}


def test_what_a_daemon_left_unfinished_is_reported_at_its_own_end_only() -> None:
    """Also after more attempts than are remembered."""
    heard, left = Heard(BEGAN), {**ROW, "at": BEGAN + 1, "outcome": "unknown", "ms": None}
    later = {**left, "at": LOST + 2}
    assert len(heard.take_missed([left], LOST)) == 1
    for at in range(MAX_HEARD):
        heard.add(event_of(ROW, end=LOST + 60 + at))

    [event] = heard.take_missed([left, later], LOST + 1000)

    assert event["at"] == later["at"]


def test_a_gap_begins_with_the_first_loss_until_the_ledger_was_read() -> None:
    """The next daemon may end at once, too."""
    heard = Heard(BEGAN)
    assert [heard.note_loss(LOST), heard.note_loss(LOST + 30)] == [LOST, LOST]
    heard.take_missed([], LOST)
    assert heard.note_loss(LOST + 60) == LOST + 60


@pytest.mark.parametrize(
    ("listed", "is_missing"),
    [
        ({"rows": [{"at": LOST + 1}, {"at": LOST + 2}], "more": True}, True),
        ({"rows": [{"at": LOST - 1}, {"at": LOST + 2}], "more": True}, False),
        ({"rows": [{"at": LOST + 1}]}, False),
        ({"rows": [], "more": True}, False),
    ],
)
def test_a_long_gap_has_more_attempts_than_the_answer(listed: Map, *, is_missing: bool) -> None:
    """The latest ones are printed."""
    assert is_cut(listed, LOST) is is_missing


def test_memory_is_bounded() -> None:
    """A view is open for weeks."""
    heard = Heard(BEGAN)
    for at in range(MAX_HEARD + 10):
        heard.add(event_of(ROW, end=BEGAN + at))
    assert repr(heard) == f"<Heard {MAX_HEARD} attempts>"
