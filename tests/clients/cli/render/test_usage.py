"""Usage as a table."""

import time

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.render.usage import (
    describe_period,
    estimated_note,
    format_cost,
    sort_rows,
    unpriced_note,
    usage_lines,
)

Map = dict[str, object]

SONNET: Map = {
    "provider": "anthropic",
    "model": "sonnet",
    "requests": 1200,
    "failed": 3,
    "input_tokens": 1_234_567,
    "output_tokens": 85_000,
    "cost": "3.4213",
    "unknown_cost": 0,
}
GPT: Map = {**SONNET, "provider": "openai", "model": "gpt-5.5", "failed": 0, "cost": "0.8553"}
LLAMA: Map = {
    "provider": "ollama",
    "model": "llama3.2",
    "requests": 1,
    "failed": 0,
    "input_tokens": 12,
    "output_tokens": 0,
    "cost": "0",
    "unknown_cost": 1,
}
LONG: Map = {**LLAMA, "model": "a-model-with-quite-a-long-name", "unknown_cost": 0}
TOTALS: Map = {
    "requests": 2401,
    "failed": 3,
    "input_tokens": 2_469_146,
    "output_tokens": 170_000,
    "cost": "4.2766",
    "unknown_cost": 1,
}
BY = ["provider", "model"]


def shown(
    rows: list[Map], width: int, by: list[str] = BY, *, draws: bool = True, totals: Map = TOTALS
) -> list[str]:
    report = {"rows": rows, "totals": totals}
    return plain(usage_lines(report, by, width, draws=draws, has_unicode=True))


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_a_table_at_80() -> None:
    """The most expensive row comes first, with the longest bar."""
    assert shown([LLAMA, GPT, SONNET], 80) == [
        "model             requests  failed  tokens in   out     cost  by cost",
        "anthropic/sonnet     1,200       3      1.23M   85k    $3.42  █████████████████",
        "openai/gpt-5.5       1,200       0      1.23M   85k    $0.86  ████▎",
        "ollama/llama3.2          1       0         12     0        ?",
        "total                2,401       3      2.47M  170k  $4.28+?",
    ]


def test_a_table_at_50() -> None:
    """Figures are dropped before names, and a name that is too long has its own line."""
    assert shown([SONNET, LONG], 50) == [
        "model  requests  tokens in   out     cost",
        "anthropic/sonnet",
        "          1,200      1.23M   85k    $3.42",
        "ollama/a-model-with-quite-a-long-name",
        "              1         12     0       $0",
        "total     2,401      2.47M  170k  $4.28+?",
    ]


@pytest.mark.parametrize("width", range(30, 120, 6))
def test_a_table_fits_the_terminal(width: int) -> None:
    """No line is as wide as the terminal, except for long names."""
    lines = shown([SONNET, GPT, LLAMA, LONG], width)
    assert [line for line in lines if len(line) >= width and "long-name" not in line] == []


def test_a_pipe_has_no_bars() -> None:
    """Each row is one line, however long its name is."""
    lines = shown([SONNET, LONG], 10_000, draws=False)
    assert len(lines) == 4
    assert "█" not in "".join(lines)


def test_without_failures_there_is_no_column_for_them() -> None:
    """A column of zeros is left out."""
    assert "failed" not in shown([GPT, LLAMA], 80, totals={**TOTALS, "failed": 0})[0]


def test_a_single_row_needs_no_total() -> None:
    """A single row equals the total, and has no bar."""
    _, row = shown([GPT], 80)
    assert row.endswith("$0.86")


def test_bars_compare_tokens_if_nothing_costs() -> None:
    """Local models are compared by their tokens."""
    free = [{**LONG, "input_tokens": count} for count in (100, 50)]
    head, first, second, _ = shown(free, 100)
    assert head.endswith("  by tokens")
    assert first.count("█") == 2 * second.count("█") > 0


def test_groups_have_a_column_each() -> None:
    """Requests without a project have a row of their own."""
    rows = [{**GPT, "day": "2026-11-01", "project": "tea"}, {**SONNET, "day": "2026-11-02"}]
    _, first, second, _ = shown(rows, 80, ["day", "project"])
    assert first.startswith("2026-11-01  tea   ")
    assert second.startswith("2026-11-02  (none)  ")


def test_sort_rows() -> None:
    """Days are in order; within a day the most expensive row comes first."""
    days = [{**GPT, "day": "2"}, {**LLAMA, "day": "1"}, {**SONNET, "day": "1"}]
    assert sort_rows(days, ["day", "model"]) == [days[2], days[1], days[0]]
    more = {**LONG, "input_tokens": 13}
    assert sort_rows([LLAMA, more], BY) == [more, LLAMA]


def test_a_group_stays_together() -> None:
    """By provider and outcome, the rows of a provider stay together, most expensive first."""
    ours = [{**GPT, "outcome": "ok", "cost": "2"}, {**GPT, "outcome": "timeout", "cost": "0"}]
    theirs = [{**SONNET, "outcome": "ok", "cost": "1"}, {**SONNET, "outcome": "network"}]
    order = sort_rows([ours[1], theirs[0], ours[0], theirs[1]], ["provider", "outcome"])
    assert order == [theirs[1], theirs[0], *ours]


class Counted(dict[str, object]):
    """A row that counts how often it is read."""

    reads = 0

    def get(self, key: str, default: object = None) -> object:
        Counted.reads += 1
        return super().get(key, default)


def test_sorting_reads_each_row_as_often_however_many_there_are() -> None:
    """A report of a month by seven columns has thousands of groups, and took a minute."""

    def reads(count: int) -> int:
        Counted.reads = 0
        rows = [Counted({**GPT, "model": f"m{at}", "project": f"p{at}"}) for at in range(count)]
        sort_rows(list(rows), ["project", "model"])
        return Counted.reads // count

    assert reads(200) == reads(10)


@pytest.mark.parametrize(
    ("cost", "unknown", "expected"),
    [
        ("1.5", 0, "$1.50"),
        ("1.5", 2, "$1.50+?"),
        ("0", 0, "$0"),
        ("0", 2, "?"),
        (None, 2, "?"),
        (None, 0, "?"),
    ],
)
def test_format_cost(cost: str | None, unknown: int, expected: str) -> None:
    """An unknown cost is never shown as zero or as part of the total."""
    assert expected == format_cost({"cost": cost, "unknown_cost": unknown})


CUT_OFF: Map = {
    **SONNET,
    "estimated": 2,
    "estimated_input_tokens": 1000,
    "estimated_output_tokens": 24,
    "estimated_cost": "0.25",
}


def test_what_is_estimated_is_marked() -> None:
    """Tokens and costs are each marked if a part of them is estimated."""
    _, row = shown([CUT_OFF], 80, totals=CUT_OFF)
    assert row.split() == ["anthropic/sonnet", "1,200", "3", "~1.23M", "~85k", "~$3.42"]
    only_cost = {**CUT_OFF, "estimated_input_tokens": 0, "estimated_output_tokens": 0}
    _, row = shown([only_cost], 80, totals=only_cost)
    assert row.split()[3:] == ["1.23M", "85k", "~$3.42"]
    assert format_cost({**CUT_OFF, "unknown_cost": 1}) == "~$3.42+?"


def test_estimated_requests_are_reported() -> None:
    """How many, and how much of the sums that is; silence where all is known."""
    said = estimated_note({"totals": CUT_OFF})
    assert said.startswith("~ 2 requests ended before the provider reported all usage")
    assert said.endswith("estimated, 1,024 tokens and $0.25 of the total.")
    assert estimated_note({"totals": {**CUT_OFF, "estimated": 0}}) == ""


def test_unpriced_requests_are_reported() -> None:
    """How many, and where a price can be set; silence where all is known."""
    said = unpriced_note({"totals": TOTALS})
    assert said.startswith("? the cost of 1 request is unknown")
    assert unpriced_note({"totals": {**TOTALS, "unknown_cost": 0}}) == ""


def day(number: int, hour: int = 0) -> float:
    return time.mktime((2026, 11, number, hour, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (day(1), None, "since 2026-11-01"),
        (day(1, 9), None, "since 2026-11-01 09:00"),
        (day(1), day(2), "on 2026-11-01"),
        (day(1), day(16), "from 2026-11-01 to 2026-11-15"),
        (day(1), day(15, 9), "from 2026-11-01 to 2026-11-15 09:00"),
    ],
)
def test_describe_period(since: float, until: float | None, expected: str) -> None:
    """If a period ends at midnight, its last day is the one before."""
    assert expected == describe_period(since, until)
