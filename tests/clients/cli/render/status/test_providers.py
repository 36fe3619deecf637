"""The providers on the status screen. With the other parts of it: `test_screen`."""

import pytest

from aircher_cli.render.layout import Line
from aircher_cli.render.status import detail
from aircher_cli.render.status.providers import describe, provider_lines
from aircher_cli.values import Map

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "local"),
        ({"base_url": "http://127.0.0.1:11434"}, "local"),
        ({"base_url": "http://[::1]:8000/v1"}, "local"),
        ({"base_url": "http://[::1]"}, "local"),
        ({"base_url": "http://box.localhost:1/v1"}, "local"),
        ({"base_url": "https://127.example.com"}, "ready"),
        ({"base_url": "http://gpu-box:11434"}, "ready"),
        ({"base_url": "unix:///run/laptop.sock", "kind": "socket"}, "ready"),
        ({"kind": "socket", "health": "unreachable"}, "unreachable"),
    ],
)
def test_what_needs_no_key_is_not_always_local(changes: Map, word: str) -> None:
    """A server may be on another machine, and a socket may lead to one."""
    assert describe({"provider": "x", "state": "not_required", **changes})[1] == word


def shown(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_what_is_fine_is_folded_by_state() -> None:
    """A provider with anything to say keeps its row."""
    providers = [
        {"provider": "a", "state": "authenticated"},
        {"provider": "b", "state": "unverified"},
        {"provider": "c", "state": "rejected", "reason": "no such key"},
        {"provider": "d", "state": "authenticated"},
        {"provider": "e", "state": "authenticated"},
        {"provider": "f", "state": "not_configured"},
        {"provider": "g", "state": "not_configured", "builtin": True},
    ]
    cooling = {"provider": "e", "model": "m", "health": "cooling", "health_reason": "busy"}
    record: Map = {"providers": providers, "cooling": [cooling]}
    rows, others = provider_lines(record, 80, NOW, step=detail.PROVIDERS_FOLDED)
    assert shown(rows) == [
        "✗ c  refused",
        "    no such key",
        "    → sign in again: aircher-cli auth login c",
        "✓ e  ready",
        "    ⚠ m: cooling",
        "        busy",
    ]
    assert shown(others) == [
        "✓ ready: a, d",
        "? not checked: b",
        "○ not signed in: f, g (aircher-cli auth login NAME)",
    ]
    record_of_few: Map = {"providers": providers[:2]}
    rows, others = provider_lines(record_of_few, 80, NOW, step=detail.PROVIDERS_FOLDED)
    assert (shown(rows), others) == (["✓ a  ready", "? b  not checked"], [])  # no row is saved
    rows, _ = provider_lines(record, 80, NOW, step=detail.NO_REASONS)
    assert shown(rows) == [
        "✗ c  refused",
        "    → sign in again: aircher-cli auth login c",
        "✓ e  ready",
        "    ⚠ m: cooling",
    ]


LIMIT: Map = {"limit": "a: 5.00 USD a day", "provider": "a", "counted": "usd", "share": 1.0}


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({}, "⚠ a  limited"),
        ({"provider": ""}, "⚠ a  limited"),
        ({"share": 0.2, "refuses": True}, "⚠ a  limited"),
        ({"share": 0.99}, "✓ a  ready"),
        ({"provider": "b"}, "✓ a  ready"),
        ({"key": "work"}, "✓ a  ready"),
        ({"model": "a/m"}, "✓ a  ready"),
        ({"others": True}, "✓ a  ready"),
    ],
)
def test_a_provider_without_anything_left_is_limited(changes: Map, head: str) -> None:
    """It was ready, above a limit that let nothing through. A limit of a key leaves others."""
    limit = {**LIMIT, **changes}
    record: Map = {"providers": [{"provider": "a", "state": "authenticated"}], "limits": [limit]}
    rows, _ = provider_lines(record, 80, NOW, step=detail.ALL)
    assert shown(rows) == [head]


def test_no_budget_stops_what_needs_no_key() -> None:
    """Local models are free; a limit on requests counts theirs as well."""
    for changes, word in (({}, "local"), ({"counted": "requests"}, "limited")):
        providers: list[Map] = [{"provider": "a", "state": "not_required"}]
        record: Map = {"providers": providers, "limits": [{**LIMIT, **changes}]}
        rows, _ = provider_lines(record, 80, NOW, step=detail.ALL)
        assert shown(rows)[0].endswith(word)
