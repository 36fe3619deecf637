"""An attempt as a row."""

import msgspec
import pytest

from aircherd.usage.ledger.rows import MAX_COUNT, MAX_NAME, LedgerEntry, row, stored_name
from aircherd.usage.ledger.schema import COLUMNS
from aircherd.vocabulary.reply import Usage
from helpers.ledger.attempts import NOW, settled, started


def cells(begun, end=None):
    return dict(
        zip(COLUMNS, row(LedgerEntry(1, begun, end), row_id=9, party=4, hour=7), strict=True)
    )


def test_an_attempt_in_progress_has_its_estimates():
    """They remain if its end stays unknown."""
    assert cells(started()) == {
        "id": 9,
        "at_ms": int(NOW * 1000),
        "hour": 7,
        "party": 4,
        "outcome": "started",
        "ms": None,
        "first_ms": None,
        "input_tokens": 100,
        "output_tokens": 50,
        "cached_tokens": None,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "cost_nano": 7_000,
        "cost_source": None,
        "estimated": 3,
    }
    assert cells(started(cost_estimate_nano=None))["estimated"] == 1


def test_a_settled_attempt_has_its_usage():
    """No estimate remains."""
    found = cells(started(), settled())
    assert list(found.values())[4:] == ["ok", 1200, 300, 80, 40, 20, 10, 5, 5_000, "catalog", 0]


def test_unknown_values_are_null():
    """Never 0."""
    found = cells(started(), settled("timeout", usage=None, cost_nano=None, cost_source=None))
    assert list(found.values())[4:] == ["timeout", 1200, 300, *[None] * 7, 0]


@pytest.mark.parametrize(("tokens", "cost", "mark"), [(True, False, 1), (False, True, 2)])
def test_estimated_values_are_marked(tokens, cost, mark):
    """Tokens and cost separately."""
    end = settled("cancelled", tokens_estimated=tokens, cost_estimated=cost)
    assert cells(started(), end)["estimated"] == mark


def test_numbers_are_clamped():
    """Anything that a provider sends can be written and summed."""
    found = cells(started(), settled(usage=Usage(10**30, -5), cost_nano=10**40, ms=-1))
    assert (found["input_tokens"], found["output_tokens"]) == (MAX_COUNT, 0)
    assert (found["cost_nano"], found["ms"]) == (MAX_COUNT, 0)


def test_the_outcome_started_is_stored_as_unknown():
    """It would look like an attempt in progress."""
    assert cells(started(), settled("started"))["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (None, ""),
        ("nvim", "nvim"),
        ("\udcff/src", "?/src"),
        ("a\0b", "ab"),
        ("ü" * 1000, "ü" * MAX_NAME),
    ],
)
def test_names_are_stored_as_valid_text(text, kept):
    """Clients send paths, which may contain any bytes."""
    assert stored_name(text) == kept
    assert msgspec.json.encode(stored_name(text))
