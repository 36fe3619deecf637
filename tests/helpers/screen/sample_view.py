"""One fixed view with a provider in each common state, for snapshots of the picker's screen."""

from collections.abc import Iterator

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.values import Map
from helpers.picker.views import NOW, a_key, a_view

RATE: Map = {
    "counted": "requests",
    "limit": 4000,
    "remaining": 3280,
    "reset_at": NOW + 42,
}
BUDGET: Map = {
    "limit": "anthropic: 5 USD a day",
    "provider": "anthropic",
    "counted": "usd",
    "used": "3.20",
    "max": "5",
    "share": 0.64,
    "resets_at": NOW + 5 * 3600,
}
LAST_ERROR: Map = {
    "provider": "gemini",
    "model": "gemini-3.8-flash",
    "outcome": "auth_rejected",
    "message": "API key expired. Please renew the API key.",
    "at": NOW - 200,
}


def _model(full: str, prices: str, window: int, released: str, **more: object) -> Map:
    provider, _, model = full.partition("/")
    low, _, high = prices.partition("/")
    return {
        "provider": provider,
        "model": model,
        "state": "authenticated",
        "window": window,
        "prices": {"input": low, "output": high},
        "released": released,
        "tools": True,
        "chats": True,
        **more,
    }


def _models() -> Iterator[Map]:
    yield _model(
        *("anthropic/claude-sonnet-5", "3/15", 1_000_000, "2026-06-30"),
        images=True,
        reasoning=True,
        is_default=True,
        max_output=64_000,
        latency_s=0.8,
        name="Claude Sonnet 5",
    )
    yield _model("anthropic/claude-haiku-4-5", "1/5", 200_000, "2025-10-15", latency_s=0.4)
    yield _model("anthropic/claude-3-haiku", "0.25/1.25", 200_000, "2024-03-07")
    yield _model("openai/gpt-5.5", "5/30", 1_050_000, "2026-04-23", images=True)
    yield _model("openai/gpt-5-nano", "0.05/0.4", 400_000, "2025-08-07")
    yield _model("openai/text-embedding-3", "0.02/0", 8_192, "2024-01-25", chats=False)
    yield _model("gemini/gemini-3.8-flash", "0.3/2.5", 1_048_576, "2026-09-01", images=True)
    yield _model("ollama/qwen3:8b", "0/0", 40_960, "2025-04-28")
    for number in range(12):
        name = f"openrouter/vendor-{number}/model"
        yield _model(name, "1/2", 128_000, "2026-01-01", state="not_configured")


def _keys() -> Iterator[Map]:
    known = {"masked": "…7f3a", "checked_at": NOW - 30}
    yield a_key("anthropic", **known, rate_limit=[RATE], shadowed=["variable ANTHROPIC_API_KEY"])
    cooling = {"until": NOW + 252, "health_reason": "gpt-5.5: rate limit reached (HTTP 429)"}
    yield a_key("openai", health="cooling", **{**known, **cooling, "masked": "…c41e"})
    refused = {"reason": "refused the key (HTTP 400)", "failing_since": NOW - 200}
    yield a_key("gemini", "rejected", **{**known, **refused, "masked": "…90bd"})
    yield a_key("ollama", "not_required")
    yield a_key("openrouter", "not_configured", keys_page="https://openrouter.ai/settings/keys")
    yield a_key("work", "locked", reason="the keyring that has the key is locked")


def a_sample(**more: object) -> DaemonView:
    """Return the view; `more` replaces fields."""
    spent: Map = {"cost": "3.20", "requests": 41, "failed": 2}
    fields: dict[str, object] = {
        "aliases": (
            {"name": "main", "routes": ["anthropic/claude-sonnet-5", "openai/gpt-5.5"]},
            {"name": "quick", "routes": ["openai/gpt-5-nano", "ollama/qwen3:8b"]},
        ),
        "default": "anthropic/claude-sonnet-5",
        "limits": (BUDGET,),
        "spend_today": {"anthropic": spent},
        "spend_month": {"anthropic": {**spent, "cost": "48.75", "requests": 873}},
        "last_errors": {"gemini": LAST_ERROR},
        "providers": ({"provider": "ollama", "base_url": "http://127.0.0.1:11434"},),
        **more,
    }
    return a_view(tuple(_models()), tuple(_keys()), **fields)


EXPLAINED: dict[str, Map] = {
    "anthropic/claude-sonnet-5": {
        "candidates": [
            {
                "provider": "anthropic",
                "model": "claude-sonnet-5",
                "key": "default",
                "why": "first in the chain",
            }
        ],
        "skipped": [],
    },
    "main": {
        "candidates": [
            {"provider": "anthropic", "model": "claude-sonnet-5", "key": "default", "why": "first"}
        ],
        "skipped": [
            {
                "provider": "openai",
                "model": "gpt-5.5",
                "reason": "cooling",
                "message": "openai/gpt-5.5 is cooling down",
                "until": NOW + 252,
            }
        ],
    },
}
"""Name -> the answer of `route.explain`."""
