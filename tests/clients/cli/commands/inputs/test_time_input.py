"""Times as one types them."""

import time

import pytest

from aircher_cli.commands.inputs.time_input import read_end, read_length, read_span
from aircher_cli.exit_codes import UsageError


def at(*moment: int) -> float:
    year, month, day, hour, minute = (*moment, 0, 0)[:5]
    return time.mktime((year, month, day, hour, minute, 0, 0, 0, -1))


NOW = at(2026, 11, 1, 15, 30)


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("30min", NOW - 1800, NOW - 1800),
        ("24h", NOW - 86_400, NOW - 86_400),
        ("7d", NOW - 7 * 86_400, NOW - 7 * 86_400),
        ("2w", NOW - 14 * 86_400, NOW - 14 * 86_400),
        ("today", at(2026, 11, 1), at(2026, 11, 2)),
        ("yesterday", at(2026, 10, 31), at(2026, 11, 1)),
        ("month", at(2026, 11, 1), at(2026, 11, 2)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("15:30", NOW, NOW),
        ("15:31", at(2026, 10, 31, 15, 31), at(2026, 10, 31, 15, 31)),
        ("9:05", at(2026, 11, 1, 9, 5), at(2026, 11, 1, 9, 5)),
        ("2026-10-31T23:59", at(2026, 10, 31, 23, 59), at(2026, 10, 31, 23, 59)),
        ("2026-10-31 8:00", at(2026, 10, 31, 8), at(2026, 10, 31, 8)),
    ],
)
def test_forms(typed: str, start: float, end: float) -> None:
    """A count of hours is a moment, the others have a beginning and an end."""
    assert (start, end) == read_span(typed, "--since", NOW)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "must be a time such as 30min, "),
        ("7", "must be a time such as 30min, "),
        ("0d", "must be a time such as 30min, "),
        ("-1d", "must be a time such as 30min, "),
        ("7 days", "must be a time such as 30min, "),
        ("5m", "must be a time such as 30min, "),
        ("01.11.2026", "must be a time such as 30min, "),
        ("1999-01-01", "must be a time such as 30min, "),
        ("2026-11-31", "2026-11-31 is not a date"),
        ("2026-11-02", "2026-11-02 is in the future"),
        ("2026-11-01T15:31", "2026-11-01T15:31 is in the future"),
        ("2026-11-31T10:00", "2026-11-31 is not a date"),
        ("24:00", "must be a time such as 30min, "),
        ("10:30:00", "must be a time such as 30min, "),
    ],
)
def test_anything_else_is_refused(typed: str, message: str) -> None:
    """With the option's name and what it takes: a guess would sum up something else."""
    with pytest.raises(UsageError) as caught:
        read_span(typed, "--since", NOW)
    assert caught.value.message.startswith(f"--since: {message}")


def test_minutes_are_not_months() -> None:
    """The letter that other programs take for minutes could mean either."""
    with pytest.raises(UsageError, match=r"did you mean 5min\?"):
        read_span("5m", "--since", NOW)


@pytest.mark.parametrize(
    ("typed", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
)
def test_days_on_which_clocks_are_changed(
    typed: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day is from midnight to midnight, however long it takes."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        start, end = read_span(typed, "--since", NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert end - start == hours * 3600


@pytest.mark.parametrize(
    ("typed", "end"),
    [
        ("15:31", at(2026, 11, 1, 15, 31)),
        ("15:30", at(2026, 11, 2, 15, 30)),
        ("9:05", at(2026, 11, 2, 9, 5)),
        ("2026-11-02", at(2026, 11, 2)),
        ("2026-12-24T18:00", at(2026, 12, 24, 18)),
    ],
)
def test_times_that_are_to_come(typed: str, end: float) -> None:
    """A time of day is the next one."""
    assert read_end(typed, "--until", NOW) == end


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "must be a time: "),
        ("24:00", "must be a time: "),
        ("18", "must be a time: "),
        ("2026-11-02 18:00", "must be a time: "),
        ("2026-11-31", "2026-11-31 is not a date"),
        ("2026-11-01T15:30", "2026-11-01T15:30 is over"),
    ],
)
def test_what_is_no_time_to_come_is_refused(typed: str, message: str) -> None:
    """The message says what it takes."""
    with pytest.raises(UsageError) as caught:
        read_end(typed, "--until", NOW)
    assert caught.value.message.startswith(f"--until: {message}")


def test_lengths_of_time() -> None:
    """With a unit, since a bare number could be minutes or hours."""
    assert [read_length(each, "--for") for each in ("30min", "2h", "1w")] == [1800, 7200, 604_800]
    with pytest.raises(UsageError, match="--for: must be a length of time"):
        read_length("2", "--for")
