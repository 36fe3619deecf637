"""One source's models of one vendor, and the files they come in."""

from decimal import Decimal

import pytest

from aircherd.catalog.known_vendors import CATALOG_VENDORS
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
        ("gpt-9-mini", 1),  # a model's own name comes before what others call another one
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
def test_a_model_is_found_by_its_names_and_its_dated_versions(name, window):
    """A version is like the model; another model is not, however alike its name."""
    found = Table(ROWS).find(name)
    assert (found and found.window) == window


def test_what_a_vendors_api_puts_in_front_of_names_is_no_matter():
    """Both forms are found."""
    table = Table(ROWS, prefix="models/")
    assert table.find("models/gpt-9") == table.find("gpt-9") == Model(id="gpt-9", window=9)


def test_a_file_holds_what_was_put_into_it():
    """Prices exactly, each vendor by itself; a vendor that is not in it has no models."""
    prices = Prices(rates=Rates(input=Decimal("0.1"), output=Decimal("0.30")))
    data = encode_tables(
        {"openai": [TableRow(id="m", prices=prices)]}, about={"source": "here"}, fetched_at=5.0
    )
    file = TableFile(data)
    assert (file.about, file.fetched_at) == ({"source": "here"}, 5.0)
    assert file.table(CATALOG_VENDORS["openai"]).find("m") == Model(id="m", prices=prices)
    assert list(file.table(CATALOG_VENDORS["anthropic"]).ids) == []


def test_the_same_models_give_the_same_bytes():
    """Whatever their order, so that a difference in the shipped file is one in the data."""
    one = encode_tables({"a": ROWS, "b": []}, about={"x": "1", "y": "2"})
    other = encode_tables({"b": [], "a": ROWS[::-1]}, about={"y": "2", "x": "1"})
    assert one == other


def test_a_vendor_nobody_asks_for_is_not_read():
    """Damage in its part is no matter to the others."""
    file = TableFile(b'{"vendors": {"openai": [{"id": "m"}], "anthropic": [{"id": 5}]}}')
    assert list(file.table(CATALOG_VENDORS["openai"]).ids) == ["m"]
    with pytest.raises(ValueError, match="Expected `str`"):
        file.table(CATALOG_VENDORS["anthropic"])


@pytest.mark.parametrize("data", [b"", b"[]", b'{"vendors": 5}', b"\xff", b'{"vendors": {"a": [}}'])
def test_what_is_no_such_file_is_refused(data):
    """The caller has something to fall back on."""
    with pytest.raises(ValueError, match=r"JSON|Expected|Input data|utf-8"):
        TableFile(data)


def test_of_a_table_only_what_is_fit_is_taken():
    """What was fetched is somebody else's: no name that is none, no price that is none."""
    rates = Rates(input=Decimal("NaN"), output=Decimal(1))
    table = Table([TableRow(id="a\x1b[2J"), TableRow(id="m", window=5, prices=Prices(rates=rates))])
    assert (list(table.ids), table.find("m")) == (["m"], Model(id="m", window=5))
