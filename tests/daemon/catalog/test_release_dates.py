"""Dates of release, from sources that often say something else."""

import pytest

from aircherd.catalog.release_dates import (
    date_in_name,
    date_of_time,
    drop_implausible,
    release_date,
)
from aircherd.vocabulary.models import Model

NOW = 1_795_000_000.0
"""18 November 2026."""


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-09-29", "2025-09-29"),
        ("2025-09", "2025-09"),
        ("2025-09-29T00:00:00Z", "2025-09-29"),
        ("1970-01-01T00:00:00Z", None),
        ("2025-02-30", None),
        ("2025-00", None),
        ("2024-01-01", None),
        ("2024-01", "2024-01"),
        ("٢٠٢٥-٠٩-٢٩", None),
        ("", None),
        (None, None),
        (20250929, None),
    ],
)
def test_a_date_is_read_from_text(text, date):
    """Anthropic sends 1970 for an unknown date."""
    assert release_date(text) == date


@pytest.mark.parametrize(
    ("created", "date"),
    [
        (1_715_367_049, "2024-05-10"),
        (0, None),
        (-5, None),
        (1, None),
        (True, None),
        (1_715_367_049_000, None),
        (2**70, None),
        (1.5, None),
        ("1715367049", None),
        (None, None),
    ],
)
def test_a_date_is_read_from_a_unix_time(created, date):
    """Servers without a date send 0, and some milliseconds."""
    assert date_of_time(created) == date


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("claude-haiku-4-5-20251001", "2025-10-01"),
        ("anthropic/claude-haiku-4.5@20251001", "2025-10-01"),
        ("gpt-4o-2024-08-06", "2024-08-06"),
        ("ft:gpt-4o-2024-08-06:acme::abc", "2024-08-06"),
        ("mistral-large-2512", "2025-12"),
        ("Qwen/Qwen3-30B-A3B-2507:free", "2025-07"),
        ("gpt-4-0613", None),
        ("gpt-4-1106-preview", None),
        ("m-2513", None),
        ("m-2512b", None),
        ("m-2201", None),
        ("model-12345678", None),
        ("model-20251301", None),
        ("model-٢٠٢٥١٠٠١", None),
        ("llama-3.1-405b", None),
    ],
)
def test_the_name_of_a_version_has_its_date(name, date):
    """With or without the day, but not without the year."""
    assert date_in_name(name) == date


def dated(*dates: str | None) -> list[Model]:
    return [Model(id=f"m{n}", released=date) for n, date in enumerate(dates)]


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        (["2025-01-02", "2024-03-04", None], ["2025-01-02", "2024-03-04", None]),
        (["2025-01-02", "2026-11-18"], ["2025-01-02", None]),  # the time of the request
        (["2025-01-02", "2027-01-01"], ["2025-01-02", None]),
        (["2023-02-28"] * 3, [None] * 3),  # one constant
        (["2023-02-28"] * 2, ["2023-02-28"] * 2),
        ([None], [None]),
        ([], []),
    ],
)
def test_dates_of_a_list_that_are_no_release_are_dropped(dates, kept):
    """Those of today and later, and one date for all."""
    found = drop_implausible(dated(*dates), is_vendor=True, now=NOW)
    assert [model.released for model in found] == kept


def test_dates_of_an_unknown_server_are_dropped():
    """LiteLLM sends the date of an old model for each."""
    found = drop_implausible(dated("2023-02-28"), is_vendor=False, now=NOW)
    assert [model.released for model in found] == [None]
