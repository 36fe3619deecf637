"""Providers and the models of the user's own servers."""

import pytest

from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.plan.providers import catalog_sections, plan_providers
from helpers.old_aircher.samples import FORM_A

OWN = "https://own.example/v1"


def plan(text, with_key=()):
    config = read_old_config(text.encode(), "old.toml")
    return plan_providers(config, set(with_key)), config


def entries(text, name, with_key=()):
    """Return the entries of a provider in the new configuration."""
    planned, _ = plan(text, with_key)
    return {e.name: e.value for e in planned.known[name].section.entries}


def provider(name, **fields):
    lines = "".join(f'{field} = "{value}"\n' for field, value in fields.items())
    return f'[providers."{name}"]\napi_key_env = ""\n{lines}'.replace(
        'api_key_env = ""\n' if "api_key_env" in fields else "\0", ""
    )


@pytest.mark.parametrize(
    ("text", "name", "with_key", "expected"),
    [
        # the vendor's own server and variable are left out
        (provider("claude", base_url="https://api.anthropic.com/v1"), "anthropic", (), {}),
        (
            provider("openai", api_key_env="OPENAI_API_KEY", base_url="https://api.openai.com/v1"),
            "openai",
            (),
            {},
        ),
        (provider("google", api_key_env="GOOGLE_API_KEY"), "gemini", (), {}),
        (provider("ollama", base_url="http://localhost:11434"), "ollama", (), {}),
        # another variable, another server
        (provider("openai", api_key_env="MY_KEY"), "openai", (), {"env": "MY_KEY"}),
        (
            provider("openai", api_key_env="MY_KEY", base_url=OWN),
            "openai",
            (),
            {"base_url": OWN, "env": "MY_KEY"},
        ),
        # the vendor's variable for another server must be named, or it would not be used
        (
            provider("openai", api_key_env="OPENAI_API_KEY", base_url=OWN),
            "openai",
            (),
            {"base_url": OWN, "env": "OPENAI_API_KEY"},
        ),
        # a server of the user's own
        (
            provider("house", base_url=f"{OWN}/"),
            "house",
            (),
            {"kind": "openai", "base_url": OWN, "auth": "none"},
        ),
        (
            provider("house", base_url=OWN),
            "house",
            ("house",),
            {"kind": "openai", "base_url": OWN},
        ),
        (
            provider("house", base_url="http://10.1.2.3:8080/v1"),
            "house",
            (),
            {"kind": "openai", "base_url": "http://10.1.2.3:8080/v1", "auth": "none"},
        ),
        (
            provider("ollama", base_url="http://box:11434"),
            "ollama",
            (),
            {"base_url": "http://box:11434"},
        ),
        (
            provider("ollama", base_url="https://box.example"),
            "ollama",
            ("ollama",),
            {"base_url": "https://box.example", "env": "OLLAMA_API_KEY"},
        ),
    ],
)
def test_entries(text, name, with_key, expected):
    """Only what differs from the built-in provider is written."""
    assert entries(text, name, with_key) == expected


def test_a_strange_name_is_simplified_and_reported():
    """The new name is said, in the report and in the file."""
    planned, _ = plan(provider("My Server/é", base_url=OWN))
    new = planned.known["my-server-e"]
    assert planned.new_name("My Server/é") == "my-server-e"
    assert "The earlier aircher called it My Server/é." in new.section.comments
    assert any("is named my-server-e now" in note.message for note in planned.notes)


@pytest.mark.parametrize("url", ["ftp://files.example", "https://u:canary@x.example", ""])
def test_a_server_that_cannot_be_used_is_a_problem(url):
    """Such a provider is not carried over, and nothing of its URL is shown."""
    planned, _ = plan(provider("house", base_url=url))
    assert "house" not in planned.known
    assert "house" in planned.rejected
    (note,) = planned.notes
    assert note.kind == "problem"
    assert "canary" not in note.message


def test_a_key_in_the_place_of_a_variable_is_not_shown():
    """A key was written into api_key_env: it is a problem, and not repeated."""
    planned, _ = plan(provider("openai", api_key_env="sk-canary-0123456789"))
    (note,) = planned.notes
    assert (note.kind, note.subject) == ("problem", "[providers.openai] api_key_env")
    assert "canary" not in repr(planned)


def test_a_key_for_a_plain_http_server_is_a_problem():
    """Keys are never sent unencrypted, so it is not stored."""
    planned, _ = plan(provider("house", base_url="http://10.1.2.3/v1"), ("house",))
    assert planned.known["house"].no_key_reason is not None
    assert [note.kind for note in planned.notes] == ["problem"]


def test_of_two_names_of_one_provider_the_newer_is_used():
    """Claude and anthropic are the same provider."""
    text = provider("claude", base_url=OWN) + provider("anthropic", api_key_env="MY_KEY")
    for ordered in (text, provider("anthropic", api_key_env="MY_KEY") + provider("claude")):
        assert entries(ordered, "anthropic") == {"env": "MY_KEY"}
        planned, _ = plan(ordered)
        assert any("anthropic, the newer name" in note.message for note in planned.notes)


def test_a_provider_that_was_switched_off_is_reported():
    """There is no such switch, so the report says how to keep it from being used."""
    planned, _ = plan('[providers.openai]\ndefault_model = "m"\nenabled = false\n')
    assert any(note.subject == "[providers.openai] enabled" for note in planned.notes)


def test_models_of_own_servers_only():
    """The catalogue knows the vendors' models better than an old file."""
    planned, config = plan(FORM_A)
    (section,) = catalog_sections(planned, config)
    assert section.header == '[catalog."openai/team-coder"]'
    assert {e.name: e.value for e in section.entries} == {
        "window": 65536,
        "input_price": 0.5,
        "output_price": 2.0,
        "tools": False,
    }


def test_impossible_values_of_models_are_problems():
    """A negative price or window is not carried over."""
    text = (
        f'[providers.house]\napi_key_env = ""\nbase_url = "{OWN}"\n[[providers.house.models]]\n'
        'name = "m"\ncontext_window = -1\ninput_cost_per_1m = -2.0\n'
    )
    planned, config = plan(text)
    assert catalog_sections(planned, config) == []
    assert len([note for note in planned.notes if note.kind == "problem"]) == 2


def test_a_model_with_a_name_that_may_be_a_key():
    """The new configuration refuses such a name, so it is a problem."""
    text = (
        f'[providers.house]\napi_key_env = ""\nbase_url = "{OWN}"\n[[providers.house.models]]\n'
        'name = "abcdefgh01234567"\ncontext_window = 1000\n'
    )
    planned, config = plan(text)
    assert catalog_sections(planned, config) == []
    assert [note.kind for note in planned.notes][-1] == "problem"
