"""Which key is stored for which provider."""

import pytest

from aircher_cli.commands.migrate.old_files.auth_json import OldKey
from aircher_cli.commands.migrate.old_files.config_b import STORED_MARKER
from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.old_files.old_config import OldConfig
from aircher_cli.commands.migrate.plan.keys import note_variables, plan_keys, usable_providers
from aircher_cli.commands.migrate.plan.providers import plan_providers

A, B = "sk-canary-a-0123456789", "sk-canary-b-0123456789"


def plan(keys, config=None):
    config = config or OldConfig("old.toml")
    providers = plan_providers(config, usable_providers(keys, config))
    return plan_keys(keys, providers, config), providers


def stored(planned):
    return {key.provider: key.value for key in planned.keys}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([OldKey("claude", A, "f")], {"anthropic": A}),
        ([OldKey("google", A, "f")], {"gemini": A}),
        ([OldKey("claude", A, "f"), OldKey("anthropic", B, "f")], {"anthropic": B}),
        ([OldKey("claude", A, "new"), OldKey("anthropic", B, "old")], {"anthropic": A}),
        ([OldKey("openai", A, "new"), OldKey("openai", A, "old")], {"openai": A}),
        ([OldKey("openai", "sk canary", "f")], {}),
        ([OldKey("mistral", A, "f")], {}),
    ],
)
def test_chosen_keys(keys, expected):
    """The newest file wins, in it the newest name; what is no key is not stored."""
    planned, _ = plan(keys)
    assert stored(planned) == expected
    assert not any(key in repr(planned) for key in (A, B))


def test_superseded_keys_are_listed():
    """Which of two keys is used is said, with the ends of both files' keys only."""
    planned, _ = plan([OldKey("claude", A, "f"), OldKey("anthropic", B, "f")])
    (note,) = planned.notes
    assert note.kind == "no_counterpart"
    assert "anthropic is the newer name of the same provider" in note.message
    assert [key.value for key in planned.not_stored] == [A]  # its file is not removed
    older, _ = plan([OldKey("claude", A, "new"), OldKey("claude", B, "old")])
    assert older.not_stored == []  # the earlier aircher did not use it any more
    same, _ = plan([OldKey("claude", A, "f"), OldKey("anthropic", A, "f")])
    assert same.notes == []


def test_an_unknown_provider_is_a_problem_with_a_cure():
    """The commands to add the provider and its key are named."""
    planned, _ = plan([OldKey("mistral", A, "f")])
    (note,) = planned.notes
    assert "aircher-cli providers add mistral --kind openai --base-url URL" in note.message
    assert "run again" in note.message
    assert [key.provider for key in planned.not_stored] == ["mistral"]


def test_a_key_for_a_provider_that_needs_none():
    """It has no counterpart, and its file stays, because the key is nowhere else."""
    planned, _ = plan([OldKey("ollama", A, "f")])
    assert [note.kind for note in planned.notes] == ["no_counterpart"]
    assert len(planned.not_stored) == 1


def test_a_damaged_configuration_holds_keys_back():
    """The damaged part may say that a key belongs to another server."""
    config = read_old_config(b'[providers.openai]\napi_key_env = "X"\n[providers.cl', "old.toml")
    planned, _ = plan([OldKey("openai", A, "f"), OldKey("claude", B, "f")], config)
    assert stored(planned) == {"openai": A}
    assert "the damaged part of old.toml may say" in planned.notes[0].message


def test_a_server_that_is_not_carried_over_holds_its_key_back():
    """A key is not stored for another server than its own."""
    text = b'[providers.openai]\napi_key_env = "X"\nbase_url = "ftp://x"\n'
    planned, _ = plan([OldKey("openai", A, "f")], read_old_config(text, "old.toml"))
    assert stored(planned) == {}
    assert len(planned.not_stored) == 1


@pytest.mark.parametrize(
    ("url", "is_stored"),
    [
        ("", True),
        ("https://api.openai.com/v1/", True),
        ("https://other.example/v1", False),
        ("ftp://x", False),
    ],
)
def test_a_key_of_an_unused_configuration(url, is_stored):
    """It is stored only if it belongs to the server that is carried over."""
    planned, _ = plan([OldKey("openai", A, "f", url)])
    assert bool(planned.keys) is is_stored


def test_a_key_that_is_in_the_keyring_already_counts():
    """An interrupted run gives the same configuration when it is repeated."""
    text = (
        f'[providers.x]\napi_key = "{STORED_MARKER}"\nbase_url = "https://x.example"\n'
        'default_model = "m"\n'
    )
    config = read_old_config(text.encode(), "old.toml")
    assert usable_providers([], config) == {"x"}


@pytest.mark.parametrize(("value", "count"), [(B, 1), (A, 0), (" ", 0)])
def test_variables_that_were_used_instead(value, count):
    """The order of variables and stored keys is reversed now; that matters if they differ."""
    planned, providers = plan([OldKey("openai", A, "f")])
    notes = note_variables(planned.keys, providers, {"OPENAI_API_KEY": value})
    assert len(notes) == count
    assert B not in repr(notes)
