"""What to do if no provider answers by default."""

import pytest

from aircher_cli.render.advice import no_default_lines, suggest_first_steps

Provider = dict[str, object]


def provider(name: str, state: str, kind: str = "openai") -> Provider:
    return {"provider": name, "state": state, "kind": kind}


OLLAMA = provider("ollama", "not_required", "ollama")
NO_KEY = provider("anthropic", "not_configured")
WORK = provider("work", "authenticated")
LAB = provider("lab", "unverified")
SONNET = "the default model sonnet"
NAME_ONE = "choose a model with `-m"
CURE = "or set default_model in the configuration."


@pytest.mark.parametrize(
    ("providers", "model", "expected"),
    [
        (
            [NO_KEY, OLLAMA, WORK],
            None,
            (
                "You are signed in to work, but there is no default model: "
                f"{NAME_ONE} work/MODEL`, {CURE}"
            ),
        ),
        (
            [LAB, WORK],
            None,
            (
                "You are signed in to lab and work, but there is no default model: "
                f"{NAME_ONE} lab/MODEL`, {CURE}"
            ),
        ),
        (
            [NO_KEY, WORK],
            "sonnet",
            (
                f"You are signed in to work, but not to one that serves {SONNET}: "
                f"{NAME_ONE} work/MODEL`, {CURE}"
            ),
        ),
    ],
)
def test_with_a_key_a_model_is_missing(
    providers: list[Provider], model: str, expected: str
) -> None:
    """If a provider has a key, the advice is to choose a model, not to sign in."""
    status: dict[str, object] = {"providers": providers, "default": {"model": model}}
    assert no_default_lines(status) == [expected]


def test_without_any_key_commands_are_suggested() -> None:
    """Ollama is suggested with a model, since it is never the default."""
    assert no_default_lines({"providers": [NO_KEY, OLLAMA]}) == [
        "You are not signed in to any provider yet. To start, use one of these:",
        "  aircher-cli auth login anthropic  or openai, gemini, openrouter: prompts for your key",
        "  aircher-cli ask -m ollama/MODEL   asks a model of your Ollama, without a key",
        "  aircher-cli demo                  shows how it works, without a key or a network",
    ]


def test_suggested_steps_depend_on_variables_and_servers() -> None:
    """Variables of the shell come first; every server that needs no key is named."""
    steps = suggest_first_steps([provider("lab", "not_required")], ["A_KEY", "B_KEY"])
    assert steps[0] == ("aircher-cli auth import", "stores A_KEY, B_KEY of this shell")
    assert steps[2] == ("aircher-cli ask -m lab/MODEL", "needs no key")


def test_without_a_valid_configuration_signing_in_does_not_help() -> None:
    """The providers are unknown until the configuration is fixed."""
    status: dict[str, object] = {"providers": [NO_KEY], "config": {"ok": False, "in_use": "none"}}
    assert no_default_lines(status) == ["No provider is asked until the configuration is fixed."]
