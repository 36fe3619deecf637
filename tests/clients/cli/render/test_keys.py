"""Rows of `auth.status` as text."""

import pytest

from aircher_cli.render.keys import SYMBOLS, describe_state, key_lines, unseen_variables

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


def test_a_row_says_everything() -> None:
    """State, source, check, reason, what is hidden, and what to do."""
    assert shown([STORED, NONE], 80) == [
        "✗ anthropic  work  rejected        …ab12",
        "    keyring; checked 3 min ago by GET /v1/models",
        "    the key was refused",
        "    hides: environment variable ANTHROPIC_API_KEY",
        "    → aircher-cli auth login anthropic",
        "– openai           not configured",  # noqa: RUF001 -- a dash it is
    ]


def test_a_reason_that_is_a_sentence_of_its_own() -> None:
    """What follows it begins with a comma, not with a full stop and a comma."""
    row = {**STORED, "reason": "At most 50 requests per minute.", "until": NOW}
    assert any(
        line.startswith("    At most 50 requests per minute, until ") for line in shown([row], 80)
    )


def test_what_ails_the_provider_is_told_too() -> None:
    """State and health have a reason each."""
    ill = {**NONE, "health": "unreachable", "health_reason": "no route"}
    assert shown([ill], 80) == ["! openai  not configured, unreachable", "    no route"]
    assert shown([{**ill, "health": "ok"}], 80) == ["– openai  not configured"]  # noqa: RUF001 -- a dash


@pytest.mark.parametrize("width", [30, 45, 60, 80])
def test_rows_fit(width: int) -> None:
    """No line is wider than the terminal, unless a single word is."""
    assert [
        line for line in shown([STORED, NONE], width) if len(line) >= width and " " in line.strip()
    ] == []


def test_a_narrow_terminal_still_tells_keys_apart() -> None:
    """Where the key's column does not fit, the key is named under the row."""
    lines = shown([STORED, {**STORED, "key": "home"}], 25)
    assert [line for line in lines if "work" in line or "home" in line] == [
        "    key work; keyring;",
        "    key home; keyring;",
    ]


def test_every_state_has_a_symbol_of_its_own_in_ascii() -> None:
    """States that differ in what is to be done look different without colours."""
    assert {state: symbol for state, (symbol, _) in SYMBOLS.items()} == {
        "authenticated": "✓",
        "unverified": "?",
        "not_configured": "–",  # noqa: RUF001 -- a dash it is
        "rejected": "✗",
        "locked": "!",
        "not_required": "–",  # noqa: RUF001 -- a dash it is: nothing is to be done there either
    }


@pytest.mark.parametrize(
    ("state", "health", "expected"),
    [
        ("authenticated", "ok", "authenticated"),
        ("not_configured", "", "not configured"),
        ("unverified", "quota_exhausted", "unverified, quota exhausted"),
    ],
)
def test_state_words(state: str, health: str, expected: str) -> None:
    """Health is worth a word only when it is not well."""
    assert expected == describe_state(state, health)


NAME = "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("rows", "environ", "expected"),
    [
        ([NONE], {NAME: "k-1"}, [NAME]),
        ([NONE], {}, []),
        ([NONE], {NAME: "  "}, []),
        ([{"key": f"env:{NAME}"}], {NAME: "k-1"}, []),
        ([{"source": f"environment variable {NAME}"}], {NAME: "k-1"}, []),
        ([{"shadowed": [f"environment variable {NAME}"]}], {NAME: "k-1"}, []),
        ([{"shadowed": [f"environment variable MY_{NAME}"]}], {NAME: "k-1"}, [NAME]),
        ([{"masked": "…6789"}], {NAME: "k-0123456789abcdef6789"}, []),
        ([{"masked": "…6789"}], {NAME: "another-key-altogether"}, [NAME]),
        ([{"masked": "…"}], {NAME: "k-0123456789abcdef6789"}, [NAME]),
    ],
)
def test_unseen_variables(
    rows: list[dict[str, object]], environ: dict[str, str], expected: list[str]
) -> None:
    """Named are variables that the shell has, no row mentions and no stored key equals."""
    assert expected == unseen_variables([NAME], rows, environ)
