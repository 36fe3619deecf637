"""Which providers are offered; the question itself is tested end to end."""

from aircher_cli.signing_in.which import providers_to_choose


def test_the_providers_in_their_order() -> None:
    """Those without a key come first, of these the user's own; each is there once."""
    rows: list[dict[str, object]] = [
        {"provider": "openai", "state": "authenticated", "key": "default", "builtin": True},
        {"provider": "openai", "state": "rejected", "key": "old", "builtin": True},
        {"provider": "gemini", "state": "not_configured", "builtin": True},
        {"provider": "ollama", "state": "not_required"},
        {"provider": "broken", "state": "refused"},
        {"provider": "work", "state": "not_configured"},
    ]
    assert providers_to_choose(rows) == ["work", "gemini", "openai"]
