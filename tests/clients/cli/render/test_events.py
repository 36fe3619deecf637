"""One line per event."""

import pytest

from aircher_cli.render.events import event_line

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
            "attempt   a/m failed after 30 ms: x",
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
    ],
)
def test_event_line(event: dict[str, object], expected: str) -> None:
    """Each event is one line, also if its topic is unknown."""
    line = event_line({"at": NOW, **event}, NOW)
    assert expected == line.partition("  ")[2]
    assert line.count(":", 0, 8) == 2  # the time of day comes first
