"""The columns of the list."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from aircher_cli.picker.screen.columns import (
    ABILITY_LETTERS,
    Columns,
    cell,
    chain_names,
    fit,
    row_line,
    shorten,
    shown_name,
    title_line,
)
from aircher_cli.picker.view.listing.rows import Group, Row
from aircher_cli.render.marks import Mark
from aircher_cli.render.models.table import ABILITIES

ROW = Row(
    "work/claude-sonnet-5",
    "model",
    "work",
    "claude-sonnet-5",
    Mark.READY,
    window=200_000,
    price="$3/$15",
    abilities=("tools", "images"),
    left="82%",
    chain=("work/claude-sonnet-5", "spare/gpt-5.5"),
    latency=1.25,
)
PROVIDER = Group("work", (ROW,), Mark.READY, key="work", provider="work")
MATCHES = Group("Matches", (ROW,), key="matches")


def names(columns: Columns) -> list[str]:
    return [name for name, _ in columns.others]


def text(row: Row, width: int, group: Group = PROVIDER, *, sort: str = "best") -> str:
    columns = fit([(shown_name(row, group), row)], width, sort=sort)
    return "".join(piece for piece, _ in row_line(row, group, columns, is_selected=False))


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (120, ["word", "window", "price", "latency", "left", "abilities", "chain"]),
        (76, ["word", "window", "price", "latency", "left", "letters", "chain"]),
        (66, ["word", "window", "price", "left", "letters", "chain"]),
        (62, ["window", "price", "left", "letters", "chain"]),
        (51, ["window", "price", "left", "letters"]),
        (45, ["window", "price", "left"]),
        (36, ["window", "price"]),
        (30, ["price"]),
        (18, []),
    ],
)
def test_columns_are_dropped_in_order(width: int, expected: list[str]) -> None:
    """A narrow list keeps the name, then the price, the window, and what is left."""
    assert expected == names(fit([("claude-sonnet-5", ROW)], width, sort="best"))


@pytest.mark.parametrize(
    ("sort", "column"), [("speed", "latency"), ("price", "price"), ("window", "window")]
)
def test_sorted_column_stays_longest(sort: str, column: str) -> None:
    """What the list is sorted by is the last column to go."""
    assert [column] == names(fit([("claude-sonnet-5", ROW)], 29, sort=sort))


def test_empty_columns_take_no_room() -> None:
    """A column without a value in any row is left out."""
    bare = Row("work/a", "model", "work", "a", Mark.READY)
    assert names(fit([("a", bare)], 120, sort="best")) == ["word", "price"]


@pytest.mark.parametrize("width", range(1, 130))
def test_row_fits_any_width(width: int) -> None:
    """From the narrowest width at which a name is shown, no row is wider than the list."""
    assert cell_len(text(ROW, width)) <= max(width, 7)


def test_few_long_names_cost_no_column() -> None:
    """One very long name is shortened, instead of hiding a column of all rows."""
    rows = [(f"model-{n}", ROW) for n in range(20)] + [("long" * 30, ROW)]
    assert names(fit(rows, 60, sort="best")) == ["word", "window", "price", "left", "letters"]


def test_titles_are_above_their_columns() -> None:
    """Each title begins or ends where the texts of its column do."""
    columns = fit([(ROW.model, ROW)], 72, sort="best", has_titles=True)
    titles = title_line(columns)[0][0]
    row = "".join(piece for piece, _ in row_line(ROW, PROVIDER, columns, is_selected=False))
    for title, found in (("model", "claude"), ("$ in/out", "$3"), ("can do", "TI"), ("then", "→")):
        assert titles.index(title) == row.index(found)
    for title, found in (("window", "200k"), ("left", "82%")):
        assert titles.index(title) + len(title) == row.index(found) + len(found)


def test_letters_have_a_cell_each() -> None:
    """Abilities as letters stand below each other, also in rows without some of them."""
    assert cell(ROW, "letters") == "TI····"
    assert cell(replace(ROW, abilities=("json", "pdf")), "letters") == "··P··J"
    assert cell(replace(ROW, abilities=()), "letters") == ""
    assert tuple(ABILITY_LETTERS) == tuple(ABILITIES.values())
    assert len(set(ABILITY_LETTERS.values())) == len(ABILITY_LETTERS)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (("a/m",), []),
        (("a/m", "b/n", "c/n"), ["b", "c"]),
        (("a/m", "a/n", "b/n"), ["n", "b"]),
        (("a/m", "openrouter/b/n"), ["openrouter"]),
        (("odd", "odd"), ["odd"]),
    ],
)
def test_chain_names_providers(chain: tuple[str, ...], expected: list[str]) -> None:
    """A fallback is shown as its provider, or as its model if the provider stays the same."""
    assert expected == chain_names(chain)


def test_chain_gets_the_rest_of_the_width() -> None:
    """A long chain is cut instead of dropped."""
    long = replace(ROW, chain=(ROW.name, *(f"provider-{n}/x" for n in range(9))))
    assert text(long, 90).endswith("tools images  → provider-0 → prov…")


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.02, "<0.1 s"), (0.1, "0.1 s"), (2.345, "2.3 s")]
)
def test_latency_is_never_zero(seconds: float, expected: str) -> None:
    """A quick answer is not shown as none."""
    assert cell(replace(ROW, latency=seconds), "latency") == expected


def test_provider_is_named_once() -> None:
    """Under the heading of its provider a model has its own name only."""
    assert shown_name(ROW, PROVIDER) == "claude-sonnet-5"
    assert shown_name(ROW, MATCHES) == "work/claude-sonnet-5"


@pytest.mark.parametrize(
    ("is_default", "is_favourite", "symbol"),
    [(True, False, "●"), (True, True, "●"), (False, True, "★"), (False, False, " ")],
)
def test_default_and_favourites_have_symbols(
    is_default: bool, is_favourite: bool, symbol: str
) -> None:
    """The default and favourites are marked by shape."""
    row = replace(ROW, model="a", is_default=is_default, is_favourite=is_favourite)
    assert f"  ✓ {symbol} a" in text(row, 80)


def test_matched_characters_have_a_style() -> None:
    """What the filter matched stands out, also where the provider is not shown."""
    row = Row("work/abc", "model", "work", "abc", Mark.READY, matched=(0, 6))
    columns = Columns(12, ())
    assert row_line(row, PROVIDER, columns, is_selected=False)[3:6] == [
        ("a", ""),
        ("b", "match"),
        ("c", ""),
    ]


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("claude", 6, "claude"),
        ("claude-haiku-4-5-20251001", 16, "claude-ha…251001"),
        ("模型模型模型", 7, "模…模型"),
        ("abc", 2, "…"),
        ("abc", 0, ""),
    ],
)
def test_shorten_keeps_start_and_end(name: str, width: int, expected: str) -> None:
    """A long name keeps its start and its end, where versions and dates are."""
    shown, positions = shorten(name, width)
    assert expected == shown
    assert len(shown) == len(positions)
    assert all(at < 0 or name[at] == each for at, each in zip(positions, shown, strict=True))
