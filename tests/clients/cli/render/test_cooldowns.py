"""Cooldowns as text."""

import pytest

from aircher_cli.render.cooldowns import cooldown_lines, unhealthy_rows
from aircher_cli.render.layout import Line

Map = dict[str, object]

NOW = 1_000_000.0
WELL: Map = {"provider": "gemini", "health": "ok"}
AWAY: Map = {"provider": "ollama", "health": "unreachable", "health_reason": "no server listens"}
KEY: Map = {
    "provider": "openai",
    "key": "work",
    "health": "quota_exhausted",
    "health_reason": "no credit is left",
    "until": NOW + 600,
}
MODEL: Map = {**KEY, "key": "home", "model": "gpt-5.5", "health": "cooling", "until": NOW + 42}
WHOLE: Map = {"provider": "openai", "health": "cooling", "until": NOW + 42}


def plain(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([WELL], []),
        ([AWAY, WELL, AWAY], [AWAY]),
        ([WHOLE, WELL, KEY, MODEL], [KEY, MODEL]),
        ([WHOLE, {**KEY, "health": "ok"}], [WHOLE]),
    ],
)
def test_those_ill(rows: list[Map], expected: list[Map]) -> None:
    """Who is well is left out, and a provider's sum of its keys where the keys stand there."""
    assert expected == unhealthy_rows(rows)


def test_cooldowns_at_80() -> None:
    """Who, which key, what, until when; and why below it."""
    assert plain(cooldown_lines([AWAY, KEY, MODEL], 80, NOW)) == [
        "! ollama                    unreachable      used again by the next request",
        "    no server listens",
        "! openai          key work  quota exhausted  available in 10 min",
        "    no credit is left",
        "! openai/gpt-5.5  key home  cooling          available in 42 s",
        "    no credit is left",
    ]


def test_cooldowns_at_40() -> None:
    """What does not fit beside the name stands below it."""
    assert plain(cooldown_lines([MODEL, AWAY], 40, NOW)) == [
        "! openai/gpt-5.5",
        "    key home, cooling, available in 42",
        "    s",
        "    no credit is left",
        "! ollama",
        "    unreachable, used again by the next",
        "    request",
        "    no server listens",
    ]


def test_nothing_is_cooling_down() -> None:
    """Nothing is shown of nothing."""
    assert cooldown_lines([], 80, NOW) == []
