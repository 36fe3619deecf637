"""What the script `sync` takes and returns."""

import pytest

from aircherd.shared_state.base import CounterView, DayUse, FleetView
from aircherd.shared_state.engine.encoding import (
    MAX_DIFFERING,
    MAX_LABEL,
    pack_day,
    pack_report,
    refusal,
    unpack_day,
    unpack_view,
)
from helpers.engines.using import HOUR, counter, report

NEW_EPOCH = 7
"""Where it is among the words."""


def test_a_report_is_words_in_order():
    """The script reads them one after another, so lists begin with their length."""
    asked = counter(HOUR, {"4": 9, "5": 1}, 3, least=1, most=2)
    words = pack_report(report("a", 7, asked, machines=2, days={"2026-11-30": DayUse(1, 2, 3)}))
    assert len(str(words.pop(NEW_EPOCH))) == 16
    assert words == [
        *("a", "a", 7, "same", "UTC", 2, "10.0"),
        *(1, "2026-11-30", "1 2 3"),
        *("requests", 100, 3600, 10, "", "0.0", "0.0", 1, 3, 1, 2, ""),
        *(2, "4", 9, "5", 1),
    ]


def test_an_answer_is_a_view():
    """The marks of a counter are letters in its last word."""
    answer = [
        *(b"12.5", b"abc", b"2", [b"z", b"b", b"b"], b"0"),
        [b"9", b"3", b"2", b"", b""],
        [b"10", b"0", b"0", b"99.5", b"lw"],
        [b"1", b"0", b"0", b"", b"o"],
    ]
    assert unpack_view(answer) == FleetView(
        now=12.5,
        epoch="abc",
        machines=2,
        differing=["b", "z"],
        counters=[
            CounterView(used=9, held=3, granted=2),
            CounterView(used=10, held=0, frees_at=99.5, is_learning=True, wants_whole=True),
            CounterView(used=1, held=0, is_over=True),
        ],
    )


def test_a_day_is_read_as_it_was_written():
    """A day's use is three numbers."""
    assert unpack_day(pack_day(DayUse(1, 2, 2**60)).encode()) == DayUse(1, 2, 2**60)


def test_a_refusal_says_what_to_do():
    """Both name what the others have, and what can be changed."""
    assert "Asia/Tokyo, this one in UTC: write the same time_zone" in refusal(
        b"zone", b"Asia/Tokyo", "UTC"
    )
    assert "format 2, which this version" in refusal(b"format", b"2", "UTC")


GOOD = [b"12.5", b"abc", b"2", [b"z"], b"0", [b"9", b"3", b"2", b"99.5", b""]]


@pytest.mark.parametrize(
    ("place", "word"),
    [
        *((0, word) for word in (b"nan", b"inf", b"-1", b"1e308", b"", None, 7)),
        *((2, word) for word in (b"nan", b"9" * 30, None)),
        *((3, word) for word in (b"z", {})),
    ],
)
def test_an_answer_that_no_engine_gives_is_refused(place, word):
    """No matter who has answered it: nothing of it is believed."""
    answer = [*GOOD[:place], word, *GOOD[place + 1 :]]
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        unpack_view(answer)


@pytest.mark.parametrize(
    ("place", "word"),
    [(0, b"9" * 4000), (1, b"nan"), (2, b"1e5"), (3, b"nan"), (3, b"inf"), (3, b"1e300")],
)
def test_amounts_and_times_have_bounds(place, word):
    """Beyond them, sums and clocks would fail later, far from here."""
    words = GOOD[-1]
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        unpack_view([*GOOD[:-1], [*words[:place], word, *words[place + 1 :]]])


def test_nothing_is_negative():
    """A counter that was made negative would let a fleet use more than its limit."""
    [found] = unpack_view([*GOOD[:-1], [b"-9", b"-3", b"-2", b"", b""]]).counters
    assert found == CounterView(used=0, held=0)


def test_labels_of_machines_are_text_that_can_be_shown():
    """They go to terminals and logs, so their number and their length are bounded, too."""
    labels = [b"\x1b[31mred\n", b"x" * 1000, *(b"%04d" % number for number in range(1000))]
    found = unpack_view([*GOOD[:3], labels, *GOOD[4:]]).differing
    assert len(found) == MAX_DIFFERING
    assert "?[31mred?" in found
    assert max(map(len, found)) == MAX_LABEL


def test_a_refusal_repeats_little():
    """What the others have is their word."""
    found = refusal(b"zone", b"\x1b]0;title\x07" * 1000, "UTC")
    assert found.isprintable()
    assert len(found) < 500
