"""The default model, aliases, fallbacks, the strategy and presets."""

import pytest

from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.plan.providers import plan_providers
from aircher_cli.commands.migrate.plan.routes import (
    plan_aliases,
    plan_default,
    plan_fallbacks,
    plan_strategy,
    plan_tasks,
)
from helpers.old_aircher.samples import FORM_A

WHOLE = "[ui]\n[database]\n[intelligence]\n[hosts]\n[providers]\n[global]\n"
"""Makes a file look saved by the program."""
STRATEGY = "[multi_provider.fallback_strategy]\n"


@pytest.fixture
def decide():
    """Call a planner with an old configuration; return its result, and the notes."""

    def decide(planner, text, *arguments):
        config = read_old_config(text.encode(), "old.toml")
        providers = plan_providers(config, set())
        notes = []
        return planner(config, providers, *arguments, notes), notes, providers

    return decide


def values(section):
    return {entry.name: entry.value for entry in section.entries}


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('default_provider = "google"\ndefault_model = "g"', "gemini/g"),
        ('default_provider = "openrouter"\ndefault_model = "a/b"', "openrouter/a/b"),
        ('default_provider = "mistral"\ndefault_model = "m"', None),
        ('default_provider = "openai"', None),
        ('default_model = "m"', None),
        ('default_provider = "openai"\ndefault_model = "sk-canary-0123456789"', None),
        ("x = 1", None),
    ],
)
def test_default_model(decide, text, model):
    """Provider and model become one; an unknown provider gives none."""
    section, notes, _ = decide(plan_default, f"[global]\n{text}\n")
    assert values(section).get("default_model") == model
    assert "canary" not in repr(notes)
    if model is None and text != "x = 1":
        assert "aircher-cli models use" in notes[0].message or "not the name" in notes[0].message


def test_aliases_have_their_routes_by_priority(decide):
    """The preferred provider is first, under its new name."""
    sections, notes, _ = decide(plan_aliases, FORM_A)
    (section,) = sections
    assert section.header == "[models.team-coder]"
    assert values(section) == {"routes": ["openai/team-coder", "gemini/team-coder"]}
    assert notes == []


@pytest.mark.parametrize(
    ("model", "provider", "message"),
    [
        ("m", "mistral", "names mistral, which is not carried over"),
        ("sk-canary-0123456789", "openai", "cannot be the name of an alias"),
        ("a\\u0001", "openai", "cannot be the name of an alias"),
    ],
)
def test_aliases_that_cannot_be_carried_over(decide, model, provider, message):
    """An unknown provider or an impossible name is a problem."""
    text = f'[[multi_provider.model_preferences."{model}"]]\nprovider = "{provider}"\n'
    sections, notes, _ = decide(plan_aliases, text)
    assert sections == []
    assert message in notes[0].message


def test_default_preferences_are_not_carried_over(decide):
    """What the program saved by itself was not chosen; by hand, the same was."""
    text = "".join(
        "[[multi_provider.model_preferences.claude-3-5-sonnet-20241022]]\n"
        f'provider = "{name}"\npriority = {number}\n'
        for number, name in enumerate(("anthropic", "openrouter"), 1)
    )
    sections, notes, _ = decide(plan_aliases, WHOLE + text)
    assert sections == []
    assert [note.kind for note in notes] == ["default"]
    assert len(decide(plan_aliases, text)[0]) == 1


def test_fallbacks(decide):
    """A provider's fallbacks are written into its section."""
    _, notes, providers = decide(plan_fallbacks, FORM_A)
    assert values(providers.known["anthropic"].section)["fallback"] == ["openai", "gemini"]
    assert notes == []


def test_a_cycle_is_broken(decide):
    """The new configuration refuses cycles, so the last link is left out and listed."""
    text = "".join(
        f'[multi_provider.provider_fallbacks.{name}]\nfallback_to = ["{target}"]\n'
        for name, target in (("openai", "google"), ("google", "claude"), ("claude", "openai"))
    )
    _, notes, providers = decide(plan_fallbacks, text)
    assert values(providers.known["anthropic"].section) == {}
    assert "openai would lead back to anthropic" in notes[0].message


def test_a_provider_is_not_its_own_fallback(decide):
    """A fallback to itself is left out."""
    text = '[multi_provider.provider_fallbacks.claude]\nfallback_to = ["anthropic"]\n'
    _, notes, providers = decide(plan_fallbacks, text)
    assert values(providers.known["anthropic"].section) == {}
    assert len(notes) == 1


def test_unknown_providers_in_fallbacks(decide):
    """They are problems, and the rest is carried over."""
    text = (
        '[multi_provider.provider_fallbacks.openai]\nfallback_to = ["mistral", "ollama"]\n'
        '[multi_provider.provider_fallbacks.mistral]\nfallback_to = ["openai"]\n'
    )
    _, notes, providers = decide(plan_fallbacks, text)
    assert values(providers.known["openai"].section)["fallback"] == ["ollama"]
    assert [note.kind for note in notes] == ["problem", "problem"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('strategy = "cheapest"', {"strategy": "cheapest"}),
        ('strategy = "fastest"', {"strategy": "fastest"}),
        ('strategy = "cost_aware"', {"strategy": "cheapest"}),
        ('strategy = "quality"', {"strategy": "priority"}),
        ('strategy = "best"', {}),
        ("max_cost_increase = 1.5", {"max_cost_increase": 1.5}),
        ("max_cost_increase = 0.5", {}),
        ("max_fallback_attempts = 2", {"max_attempts": 3}),
        ("max_fallback_attempts = 0", {"max_attempts": 1}),
        ("max_fallback_attempts = 100", {}),
    ],
)
def test_strategy(text, expected):
    """Each value has its counterpart; an impossible one is a problem."""
    config = read_old_config(f"{STRATEGY}{text}\n".encode(), "old.toml")
    notes = []
    sections = plan_strategy(config, notes)
    assert {k: v for section in sections for k, v in values(section).items()} == expected
    assert [note.kind for note in notes] == ([] if expected else ["problem"])


@pytest.mark.parametrize(
    ("strategy", "target", "kinds"),
    [
        ("cost_aware", "ollama", ["hint"]),
        ("quality", "ollama", []),
        ("cost_aware", "openai", []),
    ],
)
def test_a_bound_of_costs_after_a_free_model(strategy, target, kinds):
    """Whose Ollama does not run gets no answer at all then, and has to know why."""
    fallback = f'[multi_provider.provider_fallbacks.claude]\nfallback_to = ["{target}"]\n'
    text = f'{fallback}{STRATEGY}strategy = "{strategy}"\nmax_cost_increase = 1.5\n'
    notes = []
    plan_strategy(read_old_config(text.encode(), "old.toml"), notes)
    assert [note.kind for note in notes] == kinds


@pytest.mark.parametrize(("attempts", "is_default"), [(3, True), (2, False)])
def test_a_strategy_that_was_not_chosen(attempts, is_default):
    """The section is left out only if nothing in it differs from what the program saved."""
    text = f'{WHOLE}{STRATEGY}strategy = "cost_aware"\nmax_cost_increase = 2.0\n'
    config = read_old_config(f"{text}max_fallback_attempts = {attempts}\n".encode(), "old.toml")
    notes = []
    assert (plan_strategy(config, notes) == []) is is_default
    assert [note.kind for note in notes] == (["default"] if is_default else [])


TASK = "[multi_provider.task_preferences."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'{TASK}a]\nsystem_prompt_override = "\\u0001"\n', {}),
        (f'{TASK}a]\nsystem_prompt_override = "sk-canary-0123456789"\n', {}),
        (f'{TASK}a]\nmodel = "m"\n', {}),
        (f'[global]\ndefault_provider = "google"\n{TASK}a]\nmodel = "m"\n', {"model": "gemini/m"}),
        (f'{TASK}a]\nmodel = ""\ntemperature = 0.5\n', {"temperature": 0.5}),
        (f'{TASK}a]\nmodel = ""\ntemperature = 5.0\nmax_tokens = 0\n', {}),
        (f'{TASK}"a b"]\nmodel = ""\ntemperature = 0.5\n', {}),
    ],
)
def test_presets(text, expected):
    """A task becomes a preset; its model gets a provider."""
    config = read_old_config(text.encode(), "old.toml")
    sections = plan_tasks(config, plan_providers(config, set()), [], [])
    assert {k: v for section in sections for k, v in values(section).items()} == expected


def test_the_model_of_a_preset_may_be_an_alias(decide):
    """An alias of the same name comes first."""
    aliases, _, _ = decide(plan_aliases, FORM_A)
    sections, notes, _ = decide(plan_tasks, FORM_A, aliases)
    assert values(sections[0]) == {
        "model": "team-coder",
        "system": "Find mistakes.",
        "temperature": 0.2,
        "max_tokens": 2500,
    }
    assert notes == []
