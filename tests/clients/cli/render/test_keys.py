"""Rows of `auth.status` as text."""

import pytest

from aircher_cli.render.keys import (
    SYMBOLS,
    describe_state,
    folded_lines,
    is_in_use,
    key_lines,
)

NOW = 1_000_000.0
STORED: dict[str, object] = {
    "provider": "anthropic",
    "key": "work",
    "state": "rejected",
    "health": "ok",
    "source": "keyring",
    "masked": "…ab12",
    "reason": "the key was refused",
    "shadowed": ["environment variable ANTHROPIC_API_KEY"],
    "checked_at": NOW - 180,
    "checked_how": "GET /v1/models",
    "hint": "aircher-cli auth login anthropic",
}
NONE: dict[str, object] = {"provider": "openai", "state": "not_configured", "shadowed": []}


def shown(rows: list[dict[str, object]], width: int) -> list[str]:
    return ["".join(text for text, _ in line) for line in key_lines(rows, width=width, now=NOW)]


def test_a_row_shows_all_details() -> None:
    """It has state, source, check, reason, shadowed sources, and what to do."""
    assert shown([STORED, NONE], 80) == [
        "✗ anthropic  work  rejected        …ab12",
        "    keyring; checked 3 min ago by GET /v1/models",
        "    the key was refused",
        "    hides: environment variable ANTHROPIC_API_KEY",
        "    → aircher-cli auth login anthropic",
        "– openai           not configured",  # noqa: RUF001 -- a dash
    ]


def test_a_reason_that_ends_with_a_full_stop() -> None:
    """The full stop is dropped before a comma."""
    row = {**STORED, "reason": "At most 50 requests per minute.", "until": NOW}
    assert any(
        line.startswith("    At most 50 requests per minute, until ") for line in shown([row], 80)
    )


def test_the_health_of_a_provider_has_a_reason() -> None:
    """State and health have a reason each."""
    unhealthy = {**NONE, "health": "unreachable", "health_reason": "no route"}
    assert shown([unhealthy], 80) == ["! openai  not configured, unreachable", "    no route"]
    assert shown([{**unhealthy, "health": "ok"}], 80) == ["– openai  not configured"]  # noqa: RUF001 -- a dash


def test_a_reason_that_state_and_health_share_is_shown_once() -> None:
    """A check that could not connect is why the key is unverified, and the provider unreachable."""
    shared = {"health": "unreachable", "health_reason": "no route"}
    row = {**NONE, **shared, "reason": "could not be verified: no route"}
    assert shown([row], 80)[1:] == ["    could not be verified: no route"]


@pytest.mark.parametrize("width", [30, 45, 60, 80])
def test_rows_fit_the_terminal(width: int) -> None:
    """No line is wider than the terminal, except for single words."""
    assert [
        line for line in shown([STORED, NONE], width) if len(line) >= width and " " in line.strip()
    ] == []


def test_a_local_server_that_runs_does_not_look_like_one_that_does_not() -> None:
    """The first is as good as a key."""
    local: dict[str, object] = {"provider": "ollama", "state": "not_required", "health": "ok"}
    assert shown([local], 80) == ["⌂ ollama  needs no key"]
    assert shown([{**local, "absent": True}], 80) == ["⌂ ollama  not running"]


def test_a_hint_of_several_keys_is_shown_once() -> None:
    """It says the same of each."""
    keys = [{**STORED, "key": name, "hint": "restart the keyring"} for name in ("a", "b")]
    assert shown(keys, 80).count("    → restart the keyring") == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"state": "not_configured", "builtin": True}, False),
        ({"state": "not_configured"}, True),
        ({"state": "not_configured", "builtin": True, "reason": "the list was damaged"}, True),
        ({"state": "rejected", "builtin": True}, True),
        ({"state": "not_required", "builtin": True}, True),
        ({"state": "not_required", "builtin": True, "absent": True}, False),
        ({"state": "not_required", "builtin": True, "health": "unreachable"}, False),
        ({"state": "not_required", "absent": True}, True),
        ({"provider": "named", "state": "not_configured", "builtin": True}, True),
    ],
)
def test_providers_in_use_are_shown(row: dict[str, object], expected: bool) -> None:
    """Signed in, running, in the configuration, or part of the default chain."""
    assert is_in_use({"provider": "p", **row}, frozenset({"named"})) is expected


def test_others_are_in_a_line() -> None:
    """By name, with what to do."""
    rows: list[dict[str, object]] = [
        {"provider": "openai", "state": "not_configured"},
        {"provider": "gemini", "state": "not_configured"},
        {"provider": "ollama", "state": "not_required"},
    ]
    assert ["".join(text for text, _ in line) for line in folded_lines(rows, 80)] == [
        "○ not signed in: openai, gemini (aircher-cli auth login NAME)",
        "○ not running: ollama",
    ]


def test_a_narrow_terminal_shows_keys_below() -> None:
    """If the column of the keys does not fit, the key is named below the row."""
    lines = shown([STORED, {**STORED, "key": "home"}], 25)
    assert [line for line in lines if "work" in line or "home" in line] == [
        "    key work; keyring;",
        "    key home; keyring;",
    ]


def test_every_state_has_a_symbol_of_its_own_in_ascii() -> None:
    """States that need different actions differ without colours."""
    assert {state: symbol for state, (symbol, _) in SYMBOLS.items()} == {
        "authenticated": "✓",
        "unverified": "?",
        "not_configured": "–",  # noqa: RUF001 -- a dash
        "rejected": "✗",
        "locked": "!",
        "unreadable": "!",
        "not_required": "⌂",
        "refused": "✗",
    }


@pytest.mark.parametrize(
    ("state", "health", "expected"),
    [
        ("authenticated", "ok", "authenticated"),
        ("not_configured", "", "not configured"),
        ("unverified", "quota_exhausted", "unverified, quota exhausted"),
    ],
)
def test_describe_state(state: str, health: str, expected: str) -> None:
    """The health is shown only if it is not ok."""
    assert expected == describe_state(state, health)
