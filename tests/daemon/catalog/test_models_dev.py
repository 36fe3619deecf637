"""Parsing the file of models.dev."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.catalog.models_dev import read_models_dev
from aircherd.catalog.table import TableRow
from aircherd.vocabulary.models import Prices, Rates, Tier

FULL = {
    "id": "claude-9",
    "name": "Claude 9",
    "family": "claude",
    "attachment": True,
    "reasoning": True,
    "tool_call": True,
    "temperature": False,
    "structured_output": True,
    "knowledge": "2026-06",
    "release_date": "2026-10-07",
    "last_updated": "2026-10-07",
    "open_weights": False,
    "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
    "limit": {"context": 1_000_000, "output": 128_000},
    "cost": {"input": 0.1, "output": 0.5, "cache_read": 0.01, "cache_write": 0.125},
}


def read(**models: object) -> list[TableRow]:
    """Return the parsed models of one vendor."""
    data = {"anthropic": {"id": "anthropic", "env": ["X"], "models": models}}
    return read_models_dev(msgspec.json.encode(data))["anthropic"]


def test_all_fields_of_a_model_are_read():
    """Sizes, capabilities and exact prices."""
    assert read(**{"claude-9": FULL}) == [
        TableRow(
            id="claude-9",
            name="Claude 9",
            window=1_000_000,
            max_output=128_000,
            tools=True,
            images=True,
            documents=True,
            audio=False,
            reasoning=True,
            json_schema=True,
            sampling=False,
            released="2026-10-07",
            prices=Prices(
                rates=Rates(
                    input=Decimal("0.1"),
                    output=Decimal("0.5"),
                    cached=Decimal("0.01"),
                    cache_write=Decimal("0.125"),
                )
            ),
        )
    ]


def test_missing_fields_are_unknown():
    """They are None, neither 0 nor False; a size of 0 is unknown, too."""
    assert read(a={}, b={"limit": {"context": 0, "output": 0}}) == [
        TableRow(id="a"),
        TableRow(id="b"),
    ]


def test_price_tiers_are_read_in_both_formats():
    """The current format is sorted by size; the older one has a single threshold."""
    base = {"input": 1, "output": 2}
    high, low = ({**base, "input": n, "tier": {"size": n}} for n in (900, 500))
    (new, old) = read(
        new={"cost": {**base, "tiers": [high, low], "context_over_200k": {**base, "input": 7}}},
        old={"cost": {**base, "context_over_200k": {"input": 3, "output": 4}}},
    )
    assert [(t.above, t.rates.input) for t in new.prices.tiers] == [(500, 500), (900, 900)]
    assert old.prices.tiers == (
        Tier(above=200_000, rates=Rates(input=Decimal(3), output=Decimal(4))),
    )


@pytest.mark.parametrize(
    "cost", [{"input": 1}, {"input": -1, "output": 1}, {"output": 1, "cache_read": 0.1}]
)
def test_half_a_price_or_a_negative_one_is_unknown(cost):
    """The model is kept without prices."""
    assert read(a={"cost": cost}) == [TableRow(id="a")]


@pytest.mark.parametrize(("tool_call", "tools"), [({"supported": True}, True), (False, False)])
def test_tool_support_is_read_in_both_formats(tool_call, tools):
    """A boolean or a map with details."""
    assert read(a={"tool_call": tool_call}) == [TableRow(id="a", tools=tools)]


def test_an_invalid_model_is_skipped():
    """The other models are read."""
    assert read(a={"limit": "large"}, b={"name": "B"}, c=5) == [TableRow(id="b", name="B")]


def test_unknown_vendors_are_not_decoded():
    """They are most of the file."""
    data = b'{"unknown": 5, "google": {"models": {"g": {}}}}'
    assert read_models_dev(data) == {"gemini": [TableRow(id="g")]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"openai": {"models": {}}}',
        b'{"openai": 5}',
        b'{"openai": {"models": {"m": 5}}}',
        b"[" * 100_000,
    ],
)
def test_data_in_another_format_is_refused(data):
    """It must not replace the previous data."""
    with pytest.raises(ValueError, match=r"JSON|Expected|no model|Input data|nests"):
        read_models_dev(data)


@pytest.mark.parametrize(
    ("outputs", "chats"),
    [(["text"], None), (["text", "image"], None), (["image"], False), ([], None), ("text", None)],
)
def test_a_model_that_gives_no_text_does_not_chat(outputs: object, chats: bool | None):
    """An unknown output says nothing."""
    (row,) = read(m={**FULL, "modalities": {"input": ["text"], "output": outputs}})
    assert row.chats is chats


@pytest.mark.parametrize(
    ("date", "released"),
    [("2025-02", "2025-02"), ("soon", None), (20250202, None), ("2025-13-01", None), (None, None)],
)
def test_an_invalid_date_of_release_is_left_out(date: object, released: str | None):
    """The model itself stays."""
    (row,) = read(m={**FULL, "release_date": date})
    assert row.released == released
