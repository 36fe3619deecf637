"""One line per event."""

import time

import pytest

from aircher_cli.render.events import PAST, attempt_lines, event_line, event_style, format_ms
from aircher_cli.values import Map
from aircher_wire import codes

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"topic": "auth", "provider": "openai", "key": "work", "state": "not_configured"},
            "auth      openai (key work): not configured",
        ),
        (
            {
                "topic": "auth",
                "provider": "openai",
                "state": "rejected",
                "reason": "401",
                "removed": True,
            },
            "auth      openai: rejected (removed) (401)",
        ),
        (
            {
                "topic": "provider",
                "provider": "ollama",
                "health": "unreachable",
                "health_reason": "refused",
            },
            "provider  ollama: unreachable (refused)",
        ),
        (
            {
                "topic": "attempt",
                "provider": "a",
                "model": "m",
                "outcome": "timeout",
                "ms": 30,
                "message": "x",
            },
            "attempt   a/m took too long after 30 ms: x",
        ),
        (
            {"topic": "attempt", "provider": "a", "outcome": "auth_rejected"},
            "attempt   a refused the key",
        ),
        ({"topic": "config", "ok": True}, "config    loaded"),
        (
            {"topic": "config", "ok": True, "changes": [{"path": "a.b", "before": 1, "after": 2}]},
            "config    loaded: ~ a.b 1 → 2",
        ),
        (
            {
                "topic": "config",
                "ok": False,
                "problem": {"problems": [{"file": "c", "line": 1, "message": "m"}]},
            },
            "config    invalid: c:1: m",
        ),
        (
            {"topic": "config", "ok": False, "problem": {"message": "two\nlines"}},
            "config    invalid: two lines",
        ),
        (
            {"topic": "shared", "state": "ok", "namespace": "a", "engine": "redis://b:1"},
            "shared    a on redis://b:1",
        ),
        (
            {"topic": "shared", "state": "away", "engine": "redis://b:1", "reason": "no way"},
            (
                "shared    the engine at redis://b:1 is away: no way; meanwhile this machine uses "
                "its part of what was left"
            ),
        ),
        (
            {"topic": "usage", "limit": "openai: 5.00 USD a day", "share": 0.8123},
            "usage     openai: 5.00 USD a day, 81% used",
        ),
        ({"topic": "moon", "seq": 3, "at": NOW, "usd": "1", "by": ["a"]}, "moon      usd=1  by=a"),
        (
            {"topic": "models", "providers": ["openai", "work"]},
            "models    list of models of openai, work was updated",
        ),
        ({"topic": "models", "default": "work/m"}, "models    default model: work/m"),
        ({"topic": "models", "default": ""}, "models    default model: none"),
        (
            {"topic": "lagged", "dropped": 1200},
            "lagged    1,200 events lost: they were not read fast enough",
        ),
    ],
)
def test_event_line(event: dict[str, object], expected: str) -> None:
    """Each event is one line, also if its topic is unknown."""
    line = event_line({"at": NOW, **event}, NOW)
    assert expected == line.partition("  ")[2]
    assert line.count(":", 0, 8) == 2  # the time of day comes first


FAILED: Map = {
    "at": NOW,
    "provider": "work",
    "model": "large",
    "key": "default",
    "client": "nvim",
    "outcome": "timeout",
    "ms": 1234,
    "then": {"provider": "spare", "model": "m", "key": "default", "outcome": "ok"},
}


def shown(row: Map, width: int) -> list[str]:
    lines = attempt_lines(row, NOW, width, clients=4)
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_a_failure_is_given_in_the_same_words_live_and_later() -> None:
    """Only an event has the provider's own reason: the ledger keeps no messages."""
    event = {**FAILED, "topic": "attempt", "message": "no answer within 1 s"}
    [line] = shown({**FAILED, "then": None}, 200)
    assert event_line(event, NOW).endswith(f"  {line[16:]}: no answer within 1 s")


@pytest.mark.parametrize(
    ("event", "style"),
    [
        ({"topic": "attempt", "outcome": "ok"}, ""),
        ({"topic": "attempt", "outcome": "cancelled"}, ""),
        ({"topic": "attempt", "outcome": "unknown"}, "bad"),
        ({"topic": "config", "ok": True}, ""),
        ({"topic": "config", "ok": False}, "bad"),
        ({"topic": "provider", "health": "ok"}, ""),
        ({"topic": "provider", "health": "cooling"}, "warn"),
        ({"topic": "auth", "state": "authenticated"}, ""),
        ({"topic": "auth", "state": "rejected"}, "bad"),
        ({"topic": "lagged"}, "warn"),
        ({"topic": "models"}, ""),
    ],
)
def test_what_failed_is_seen(event: Map, style: str) -> None:
    """Among many lines, by its colour as well."""
    assert event_style(event) == style


def test_the_end_of_a_cooldown_is_a_time() -> None:
    """What is printed stays, so it is no countdown."""
    event = {"topic": "provider", "at": NOW, "provider": "a", "health": "cooling"}
    line = event_line({**event, "until": NOW + 60, "health_reason": "busy"}, NOW)
    ends = time.strftime("%H:%M:%S", time.localtime(NOW + 60))
    assert line.endswith(f"a: cooling until {ends} (busy)")


def test_an_attempt_of_the_history_is_a_line() -> None:
    """The usual key is not named."""
    [line] = shown(FAILED, 100)
    assert line[8:] == "  nvim  work/large took too long after 1.2 s → spare/m answered"


def test_an_attempt_that_nothing_followed_ends_its_line() -> None:
    """Without a space at the end."""
    [line] = attempt_lines({**FAILED, "then": {}}, NOW, 100, clients=4)
    assert "".join(text for text, _ in line).endswith("took too long after 1.2 s")


def test_a_line_that_is_too_long_goes_on_below() -> None:
    """What answered begins a line."""
    assert [line[16:] for line in shown(FAILED, 60)] == [
        "work/large took too long after 1.2 s",
        "→ spare/m answered",
    ]


def test_a_narrow_terminal_has_the_sentence_below_its_time() -> None:
    """There is no room next to it."""
    lines = shown(FAILED, 40)
    assert lines[0].endswith("  nvim")
    assert lines[1:] == ["  work/large took too long after 1.2 s", "  → spare/m answered"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key": "old"}, "work/large (key old) took too long after 1.2 s → spare/m answered"),
        ({"then": None}, "work/large took too long after 1.2 s"),
        ({"then": {"provider": "b", "outcome": "network"}}, "work/large took too long after 1.2 s"),
        ({"then": None, "outcome": "odd_end", "ms": None}, "work/large odd end"),
    ],
)
def test_what_an_attempt_says(changes: Map, expected: str) -> None:
    """A failure after a failure has a line of its own; a code of a later daemon is shown."""
    [line] = shown({**FAILED, **changes}, 200)
    assert line[16:] == expected


def test_every_code_of_a_failed_attempt_has_its_words() -> None:
    """Other codes are of requests that were not sent."""
    never_sent = {
        *(codes.UNKNOWN_METHOD, codes.NOT_AUTHENTICATED, codes.KEYRING_LOCKED, codes.ALL_FAILED),
        *(codes.LIMIT_REACHED, codes.PRICE_UNKNOWN, codes.TOO_EXPENSIVE, codes.CONFIG_INVALID),
        *(codes.SHUTTING_DOWN, codes.INTERNAL, codes.FORBIDDEN),
    }
    known = {
        value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)
    }
    assert known - never_sent == set(PAST) - {"ok", "unknown"}


@pytest.mark.parametrize(("ms", "expected"), [(5, "5 ms"), (999, "999 ms"), (61_250, "61.2 s")])
def test_durations(ms: float, expected: str) -> None:
    """Seconds from one second on."""
    assert format_ms(ms) == expected
