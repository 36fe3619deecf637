"""What to do if no provider can answer a request without a model; from the daemon's `status`."""

from aircher_cli.render.config.problems import NOTHING_IN_USE
from aircher_cli.render.formatting import join_names
from aircher_cli.values import as_map, records, text

SIGNED_IN_STATES = frozenset({"authenticated", "unverified"})
"""States of a provider that has a usable key."""

Suggestion = tuple[str, str]
"""(command, what it does)."""


def no_default_lines(status: dict[str, object], *, variables: list[str] | None = None) -> list[str]:
    """Return why no provider answers by default, and what to do: a sentence, or one with commands.

    Args:
        status: The daemon's `status`; empty if it is unknown.
        variables: Environment variables of the caller's shell that contain keys.
    """
    if as_map(status.get("config")).get("in_use") == NOTHING_IN_USE:
        return ["No provider is asked until the configuration is fixed."]
    providers = records(status.get("providers"))
    if ready := [_name(each) for each in providers if each.get("state") in SIGNED_IN_STATES]:
        return [_signed_in(ready, text(as_map(status.get("default")).get("model")))]
    steps = suggest_first_steps(providers, variables or [])
    return [
        "You are not signed in to any provider yet. To start, use one of these:",
        *_suggestion_lines(steps),
    ]


def _signed_in(ready: list[str], default_model: str) -> str:
    """Return how to use the providers with a key if the default model is not one of theirs."""
    if default_model:
        why = f"not to one that serves the default model {default_model}"
    else:
        why = "there is no default model"
    return (
        f"You are signed in to {join_names(ready)}, but {why}: choose a model with "
        f"`-m {ready[0]}/MODEL`, or set default_model in the configuration."
    )


def suggest_first_steps(
    providers: list[dict[str, object]], variables: list[str]
) -> list[Suggestion]:
    """Return commands for a user without any key."""
    imports = [("aircher-cli auth import", f"stores {', '.join(variables)} of this shell")]
    keyless = [
        (f"aircher-cli ask -m {_name(each)}/MODEL", _about_keyless(each))
        for each in providers
        if each.get("state") == "not_required"
    ]
    return [
        *(imports if variables else []),
        ("aircher-cli auth login anthropic", "or openai, gemini, openrouter: prompts for your key"),
        *keyless,
        ("aircher-cli demo", "shows how it works, without a key or a network"),
    ]


def _about_keyless(provider: dict[str, object]) -> str:
    if provider.get("kind") == "ollama":
        return "asks a model of your Ollama, without a key"
    return "needs no key"


def _suggestion_lines(steps: list[Suggestion]) -> list[str]:
    column = max(len(command) for command, _ in steps)
    return [f"  {command:<{column}}  {about}" for command, about in steps]


def _name(provider: dict[str, object]) -> str:
    return text(provider.get("provider"))
