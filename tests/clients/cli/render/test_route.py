"""The plan of a request as text."""

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.render.route import describe_needs, route_lines

Map = dict[str, object]

NOW = 1_000_000.0
NEEDS: Map = {"abilities": [], "input_tokens": 1000, "output_tokens": 0}
FIRST: Map = {
    "provider": "anthropic",
    "model": "sonnet",
    "key": "work",
    "price": "0.003012",
    "why": "first in the chain",
}
SECOND: Map = {"provider": "ollama", "model": "llama3.2", "why": "next in the chain"}
COOLING: Map = {
    "provider": "openai",
    "model": "gpt-5.5",
    "key": "default",
    "reason": "rate_limited",
    "message": "too many requests",
    "until": NOW + 42,
}
BLIND: Map = {
    "provider": "work",
    "model": "tiny",
    "reason": "bad_request",
    "message": "work/tiny cannot see pictures",
}
NAMELESS: Map = {"provider": "work", "reason": "not_authenticated"}


def shown(width: int, candidates: list[Map], skipped: list[Map], **changes: object) -> list[str]:
    plan = {
        "strategy": "priority",
        "max_attempts": 4,
        "needs": NEEDS,
        "candidates": candidates,
        "skipped": skipped,
        **changes,
    }
    return plain(route_lines(plan, width, NOW))


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_a_plan_at_80() -> None:
    """Candidates have key, price and reason; skipped providers have key, time and reason."""
    assert shown(80, [FIRST, SECOND], [COOLING, BLIND, NAMELESS]) == [
        "Asked in this order (priority) for about 1,000 tokens in:",
        "1. anthropic/sonnet  key work  $0.0030  first in the chain",
        "2. ollama/llama3.2             ?        next in the chain",
        "",
        "Skipped:",
        "– openai/gpt-5.5  key default  available in 42 s  too many requests",  # noqa: RUF001 -- a dash it is
        "– work/tiny                                       cannot see pictures",  # noqa: RUF001 -- likewise
        "– work                                            has no key",  # noqa: RUF001 -- likewise
    ]


def test_a_plan_at_50() -> None:
    """If columns do not fit, the details are below the name."""
    assert shown(50, [FIRST, SECOND], [COOLING, BLIND]) == [
        "Asked in this order (priority) for about 1,000",
        "tokens in:",
        "1. anthropic/sonnet",
        "   key work, $0.0030, first in the chain",
        "2. ollama/llama3.2",
        "   price unknown, next in the chain",
        "",
        "Skipped:",
        "– openai/gpt-5.5",  # noqa: RUF001 -- a dash it is
        "    key default: too many requests; available in",
        "    42 s",
        "– work/tiny",  # noqa: RUF001 -- likewise
        "    cannot see pictures",
    ]


@pytest.mark.parametrize("width", range(40, 120, 7))
def test_a_plan_fits_the_terminal(width: int) -> None:
    """No line is as wide as the terminal."""
    long = {**COOLING, "message": "limit reached: everything: 5.00 USD a day (4.98 USD used)"}
    lines = shown(width, [FIRST, SECOND] * 6, [long, BLIND])
    assert [line for line in lines if len(line) >= width] == []


def test_candidates_beyond_max_attempts_are_dimmed() -> None:
    """The headline says how many are asked at most."""
    plan = {"max_attempts": 1, "needs": NEEDS, "candidates": [FIRST, SECOND], "skipped": []}
    headline, first, second = route_lines(plan, 80, NOW)
    assert plain([headline])[0].endswith(", at most 1 of them:")
    assert (first[0][1], second[0][1]) == ("good", "dim")


def test_a_price_is_not_repeated_as_the_reason() -> None:
    """With `cheapest` the reason is the price, which has a column of its own."""
    why = {**FIRST, "why": "about $0.003012"}
    assert shown(80, [why], [])[1] == "1. anthropic/sonnet  key work  $0.0030"


def test_no_candidates() -> None:
    """The headline says so, and each skipped provider has its reason."""
    lines = shown(80, [], [COOLING])
    assert lines[:3] == ["No provider can be asked for about 1,000 tokens in.", "", "Skipped:"]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({}, "about 0 tokens in"),
        ({"input_tokens": 12_345, "output_tokens": 500}, "about 12,345 tokens in and 500 out"),
        (
            {"abilities": ["images", "json_schema"]},
            "about 0 tokens in, with images and a JSON schema",
        ),
    ],
)
def test_needs(needs: Map, expected: str) -> None:
    """The text has the tokens and the required abilities."""
    assert expected == describe_needs(needs)


def test_a_last_resort_has_the_end_of_its_cooldown() -> None:
    """It is listed once, among the candidates."""
    resort = {**SECOND, "why": "the last resort: it failed", "until": NOW + 2}
    assert shown(80, [resort], [])[1:] == [
        "1. ollama/llama3.2  ?  the last resort: it failed; available in 2 s"
    ]


def test_a_reason_after_the_price_is_kept() -> None:
    """Only the price is removed from the reason."""
    why = {**FIRST, "why": "about $0.003012; too long for its window"}
    assert shown(80, [why], [])[1].endswith("  $0.0030  too long for its window")


def test_the_entry_for_the_folder_is_named() -> None:
    """It may be why a key or a model is used."""
    assert 'As [projects."~/src/acme"] says for this folder.' in shown(
        80, [FIRST], [], project="~/src/acme"
    )
