"""Models as text."""

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.render.models.table import (
    format_abilities,
    format_prices,
    format_tokens,
    legend,
    table_lines,
)

Map = dict[str, object]

SONNET: Map = {
    "provider": "anthropic",
    "model": "claude-sonnet-5",
    "name": "Claude Sonnet 5",
    "window": 1_000_000,
    "max_output": 64_000,
    "prices": {
        "input": "3",
        "output": "15",
        "cached": "0.3",
        "tiers": [{"above": 200_000, "input": "6", "output": "22.5"}],
    },
    "tools": True,
    "images": True,
    "reasoning": True,
    "json_schema": True,
    "sampling": False,
    "state": "authenticated",
    "is_default": True,
    "aliases": ["sonnet"],
    "source": ["shipped", "provider"],
}
LLAMA: Map = {"provider": "ollama", "model": "llama3.2", "state": "not_required"}
LONG: Map = {
    "provider": "openrouter",
    "model": "meta-llama/llama-4-maverick-17b:free",
    "window": 128_000,
    "prices": {"input": "0", "output": "0"},
    "tools": True,
    "images": False,
    "json_schema": True,
    "state": "not_configured",
}
MODELS = [SONNET, LLAMA, LONG]


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


@pytest.mark.parametrize("health", ["cooling", "quota_exhausted", "unreachable"])
def test_a_model_that_is_skipped_now_is_not_shown_as_ready(health: str) -> None:
    """Although its key is valid."""
    [line] = plain(table_lines([{**SONNET, "health": health}], 80))
    assert line.startswith("⚠ anthropic/claude-sonnet-5 *")


def test_a_table_at_80() -> None:
    """Columns are aligned; a name that is too long has a line of its own."""
    assert plain(table_lines(MODELS, 80)) == [
        "✓ anthropic/claude-sonnet-5 *    1M  $3 / $15+  tools images reasoning json",
        "⌂ ollama/llama3.2                 ?  ?          ?",
        "○ openrouter/meta-llama/llama-4-maverick-17b:free",
        "                               128k  free       tools                  json",
    ]


def test_a_table_at_50() -> None:
    """If columns do not fit, each model has two lines."""
    assert plain(table_lines(MODELS, 50)) == [
        "✓ anthropic/claude-sonnet-5 *",
        "    1M, $3 / $15+, tools images reasoning json",
        "⌂ ollama/llama3.2",
        "    ?, ?, ?",
        "○ openrouter/meta-llama/llama-4-maverick-17b:free",
        "    128k, free, tools json",
    ]


@pytest.mark.parametrize("width", [50, 60, 70, 80, 100, 200])
def test_a_table_fits(width: int) -> None:
    """No line is as wide as the terminal."""
    assert [line for line in plain(table_lines(MODELS, width)) if len(line) >= width] == []


def test_without_a_terminal_each_model_is_one_line() -> None:
    """`grep` then finds whole models."""
    assert len(table_lines(MODELS, 10_000)) == 3


def test_wide_tables_show_what_models_read() -> None:
    """PDFs and sound have columns if there is room; abilities that no model has do not."""
    models: list[Map] = [{**SONNET, "documents": True}, LLAMA]
    assert plain(table_lines(models, 100)) == [
        "✓ anthropic/claude-sonnet-5 *  1M  $3 / $15+  tools images pdf reasoning json",
        "⌂ ollama/llama3.2               ?  ?          ?",
    ]
    assert "pdf" not in plain(table_lines(models, 76))[0]


def test_no_models() -> None:
    """Without models there are no lines."""
    assert table_lines([], 80) == []


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (None, "?"),
        (512, "512"),
        (2048, "2k"),
        (8192, "8.2k"),
        (9990, "10k"),
        (131_072, "131k"),
        (200_000, "200k"),
        (999_999, "1M"),
        (1_048_576, "1.05M"),
        (10_000_000, "10M"),
    ],
)
def test_format_tokens(tokens: object, expected: str) -> None:
    """A count has about three digits."""
    assert expected == format_tokens(tokens)


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({}, "?"),
        ({"input": "3", "output": "15"}, "$3 / $15"),
        ({"input": "0.3", "output": "10.00"}, "$0.30 / $10"),
        ({"input": "0.075", "output": "100"}, "$0.075 / $100"),
        ({"input": "0.018149999999999997", "output": "12345.6"}, "$0.01815 / $12346"),
        ({"input": "0.00", "output": "0"}, "free"),
        ({"input": "0", "output": "1"}, "$0 / $1"),
        ({"input": "1"}, "$1 / ?"),
        ({"input": "soon", "output": None}, "?"),
        ({"input": "1", "output": "2", "tiers": [{"above": 1}]}, "$1 / $2+"),
    ],
)
def test_format_prices(prices: Map, expected: str) -> None:
    """Only a model that is known to cost nothing is free."""
    assert expected == format_prices(prices)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({}, "?"),
        ({"tools": False}, ""),
        ({"tools": True, "images": None}, "tools"),
        (SONNET, "tools images reasoning json"),
    ],
)
def test_format_abilities(model: Map, expected: str) -> None:
    """It lists the abilities; `?` means that none is known."""
    assert expected == format_abilities(model)


def test_the_legend_explains_the_table() -> None:
    """It explains every symbol in the table, and no others."""
    signs, figures = legend(MODELS)
    assert signs == ("✓ signed in; ⌂ needs no key; ○ not signed in; * the default")
    assert figures == (
        "context window in tokens; prices in USD per million tokens, input / output; ? is unknown; "
        "+: long prompts cost more"
    )
    cooling = {**SONNET, "health": "cooling", "is_default": False}
    assert legend([cooling, {**cooling, "state": "unverified"}])[0] == "⚠ cooling"
    signs, figures = legend([{**LLAMA, "state": "locked"}])
    assert (signs, figures.endswith("? is unknown")) == ("⚠ locked", True)
