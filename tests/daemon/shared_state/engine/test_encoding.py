"""What the script `sync` takes and returns."""

from aircherd.shared_state.base import CounterView, DayUse, FleetView
from aircherd.shared_state.engine.encoding import (
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
