"""What to do where nobody can answer a request that names no model: from the daemon's `status`."""

from aircher_cli.render.formatting import join_names
from aircher_cli.render.problems import NOTHING_IN_USE
from aircher_cli.values import as_map, records, text

SIGNED_IN_STATES = frozenset({"authenticated", "unverified"})
"""States of a provider that is asked, if only somebody names it."""

Suggestion = tuple[str, str]
"""A command, and what it does."""


def no_default_lines(status: dict[str, object], *, variables: list[str] | None = None) -> list[str]:
    """Return why nobody answers by default, and what to do: a sentence, perhaps commands below it.

    Args:
        status: The daemon's answer to `status`; an empty one is a newcomer's.
        variables: Environment variables of the caller's shell that hold keys.
    """
    if as_map(status.get("config")).get("in_use") == NOTHING_IN_USE:
        return ["Nobody answers until the configuration is mended."]
    providers = records(status.get("providers"))
    if ready := [_name(each) for each in providers if each.get("state") in SIGNED_IN_STATES]:
        return [_signed_in(ready, text(as_map(status.get("default")).get("model")))]
    steps = suggest_first_steps(providers, variables or [])
    return ["Nobody is signed in yet. Any of these is a start:", *_suggestion_lines(steps)]


def _signed_in(ready: list[str], default_model: str) -> str:
    """Say how those who are signed in are asked; the default names others, or there is none."""
    verb = "is" if len(ready) == 1 else "are"
    if default_model:
        why = f"nobody who serves the default model {default_model} is"
    else:
        why = f"{'has' if verb == 'is' else 'have'} no default model"
    return (
        f"{join_names(ready)} {verb} signed in, but {why}: "
        f"name one with `-m {ready[0]}/MODEL`, or set default_model in the configuration."
    )


def suggest_first_steps(
    providers: list[dict[str, object]], variables: list[str]
) -> list[Suggestion]:
    """Return commands for somebody who has no key anywhere."""
    imports = [("aircher-cli auth import", f"takes {', '.join(variables)} from this shell")]
    keyless = [
        (f"aircher-cli ask -m {_name(each)}/MODEL", _about_keyless(each))
        for each in providers
        if each.get("state") == "not_required"
    ]
    return [
        *(imports if variables else []),
        ("aircher-cli auth login anthropic", "or openai, gemini, openrouter: asks for your key"),
        *keyless,
        ("aircher-cli demo", "see how it works, without key or network"),
    ]


def _about_keyless(provider: dict[str, object]) -> str:
    if provider.get("kind") == "ollama":
        return "a model that your Ollama serves, without any key"
    return "needs no key"


def _suggestion_lines(steps: list[Suggestion]) -> list[str]:
    column = max(len(command) for command, _ in steps)
    return [f"  {command:<{column}}  {about}" for command, about in steps]


def _name(provider: dict[str, object]) -> str:
    return text(provider.get("provider"))
