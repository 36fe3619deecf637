"""One source's models of one vendor, and their file format."""

from decimal import Decimal

import pytest

from aircherd.catalog.priced_vendors import CATALOG_VENDORS
from aircherd.catalog.table import Table, TableFile, TableRow, encode_tables
from aircherd.vocabulary.models import Model, Prices, Rates

ROWS = [
    TableRow(id="gpt-9", window=9, names=("gpt-9-preview", "gpt-9-mini")),
    TableRow(id="gpt-9-mini", window=1),
    TableRow(id="claude-9-latest", window=3, names=("claude-9",)),
]


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("gpt-9", 9),
        ("gpt-9-preview", 9),
        ("gpt-9-mini", 1),  # a model's name takes precedence over an alias
        ("gpt-9-2026-11-01", 9),
        ("gpt-9-20261101", 9),
        ("gpt-9@20261101", 9),
        ("gpt-9-mini-2026-11-01", 1),
        ("claude-9-20261101", 3),
        ("claude-9-latest", 3),
        ("gpt-9-latest", 9),
        ("gpt-9-turbo", None),
        ("gpt-99", None),
        ("gpt-9-2026", None),
        ("", None),
    ],
)
def test_a_model_is_found_by_name_alias_and_dated_version(name, window):
    """A similar name does not match."""
    found = Table(ROWS).find(name)
    assert (found and found.window) == window


def test_the_vendors_prefix_is_optional():
    """A model is found with and without it."""
    table = Table(ROWS, prefix="models/")
    assert table.find("models/gpt-9") == table.find("gpt-9") == Model(id="gpt-9", window=9)


def test_a_file_round_trips():
    """Prices stay exact, and a vendor that is not in the file has no models."""
    prices = Prices(rates=Rates(input=Decimal("0.1"), output=Decimal("0.30")))
    data = encode_tables(
        {"openai": [TableRow(id="m", prices=prices)]}, about={"source": "here"}, fetched_at=5.0
    )
    file = TableFile(data)
    assert (file.about, file.fetched_at) == ({"source": "here"}, 5.0)
    assert file.table(CATALOG_VENDORS["openai"]).find("m") == Model(id="m", prices=prices)
    assert list(file.table(CATALOG_VENDORS["anthropic"]).ids) == []


def test_encoding_is_deterministic():
    """The order of the input does not matter, so a diff of the shipped file shows data only."""
    one = encode_tables({"a": ROWS, "b": []}, about={"x": "1", "y": "2"})
    other = encode_tables({"b": [], "a": ROWS[::-1]}, about={"y": "2", "x": "1"})
    assert one == other


def test_an_unused_vendor_is_not_decoded():
    """Damage in its part does not affect the others."""
    file = TableFile(b'{"vendors": {"openai": [{"id": "m"}], "anthropic": [{"id": 5}]}}')
    assert list(file.table(CATALOG_VENDORS["openai"]).ids) == ["m"]
    with pytest.raises(ValueError, match="Expected `str`"):
        file.table(CATALOG_VENDORS["anthropic"])


@pytest.mark.parametrize("data", [b"", b"[]", b'{"vendors": 5}', b"\xff", b'{"vendors": {"a": [}}'])
def test_data_in_another_format_is_refused(data):
    """The caller gets a ValueError and keeps its previous data."""
    with pytest.raises(ValueError, match=r"JSON|Expected|Input data|utf-8"):
        TableFile(data)


def test_rows_of_a_table_are_sanitized():
    """Fetched data is untrusted: invalid names and prices are dropped."""
    rates = Rates(input=Decimal("NaN"), output=Decimal(1))
    table = Table([TableRow(id="a\x1b[2J"), TableRow(id="m", window=5, prices=Prices(rates=rates))])
    assert (list(table.ids), table.find("m")) == (["m"], Model(id="m", window=5))
