"""The whole plan: valid, deterministic, and without a key in what is shown."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircher_cli.commands.migrate.old_files.auth_json import read_auth_json
from aircher_cli.commands.migrate.old_files.configs import config_of, read_old_config
from aircher_cli.commands.migrate.old_files.toml_text import Parsed
from aircher_cli.commands.migrate.plan.plan import make_plan
from aircher_wire.config_forms import OLD_FORMS
from aircherd.config.load import parse_config
from helpers.old_aircher.samples import ALL_KEYS, FORM_A, FORM_B, auth_json

KEYS = read_auth_json(auth_json(), "auth.json").keys


def plan(text, environ=None):
    data = text if isinstance(text, bytes) else text.encode()
    return make_plan(read_old_config(data, "/h/old.toml"), KEYS, environ or {}, "/h")


@pytest.mark.parametrize("text", [FORM_A, FORM_B])
def test_the_new_configuration_is_valid(text):
    """The daemon accepts it, and it contains no key."""
    planned = plan(text)
    parse_config(planned.text, file="config.toml")
    assert "# Made from ~/old.toml." in planned.text
    assert not any(key in planned.text for key in ALL_KEYS)
    assert not any(key in repr(planned) for key in ALL_KEYS)


def test_form_a():
    """Everything that has a counterpart is carried over."""
    assert tomllib.loads(plan(FORM_A).text) == {
        "default_model": "anthropic/claude-3-5-haiku-20241022",
        "providers": {
            "anthropic": {"fallback": ["openai", "gemini"]},
            "openai": {
                "base_url": "https://proxy.team.example/openai/v1",
                "env": "TEAM_OPENAI_KEY",
            },
        },
        "models": {"team-coder": {"routes": ["openai/team-coder", "gemini/team-coder"]}},
        "fallback": {"strategy": "fastest", "max_cost_increase": 1.8, "max_attempts": 5},
        "limits": [
            {"usd": 44.5, "per": "month", "warn_at": 0.7},
            {"provider": "openai", "usd": 6.25, "per": "day", "warn_at": 0.7},
        ],
        "catalog": {
            "openai/team-coder": {
                "window": 65536,
                "input_price": 0.5,
                "output_price": 2.0,
                "tools": False,
            }
        },
        "tasks": {
            "review": {
                "model": "team-coder",
                "system": "Find mistakes.",
                "temperature": 0.2,
                "max_tokens": 2500,
            }
        },
    }


def test_form_b():
    """Servers and the default are carried over."""
    assert tomllib.loads(plan(FORM_B).text) == {
        "default_model": "anthropic/claude-3-5-sonnet-20241022",
        "providers": {"ollama": {"base_url": "http://box.lan:11434"}},
    }


def test_the_same_files_give_the_same_text():
    """A repeated run recognises its own work."""
    assert plan(FORM_A).text == plan(FORM_A).text


def test_without_a_configuration_only_keys_are_planned():
    """No configuration is written then: the built-in one serves."""
    planned = make_plan(None, KEYS, {})
    assert planned.text is None
    assert [key.provider for key in planned.keys] == ["anthropic", "openai", "gemini"]


def test_old_variables_are_listed():
    """A variable of the earlier aircher that is set has no effect here."""
    planned = plan(FORM_A, {"AIRCHER_DEFAULT_MODEL": "m", "AIRCHER_HOME": "/x"})
    assert "AIRCHER_DEFAULT_MODEL" in [note.subject for note in planned.notes]
    assert "AIRCHER_HOME" not in [note.subject for note in planned.notes]


@given(st.integers(0, len(FORM_A)), st.integers(0, 30), st.sampled_from([FORM_A, FORM_B]))
def test_every_damaged_file_gives_a_valid_configuration(start, length, text):
    """Whatever piece is missing from an old file, the new one is valid."""
    config = read_old_config((text[:start] + text[start + length :]).encode(), "old.toml")
    if config.form in OLD_FORMS:
        parse_config(make_plan(config, KEYS, {}).text, file="config.toml")


VALUES = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"[a-z0-9]{15,18}(/[a-z0-9]{0,3})?", fullmatch=True),
    st.from_regex(r"sk-[a-z0-9]{4,8}", fullmatch=True),
    st.integers(-5, 10**7),
    st.floats(),
    st.booleans(),
    st.just([]),
)
NAMES = st.one_of(
    st.sampled_from(["claude", "anthropic", "google", "openai", "ollama", "house", "My Server"]),
    st.text(max_size=6),
)
PROVIDERS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {},
        optional={
            "api_key_env": st.one_of(st.sampled_from(["", "A_KEY", "OPENAI_API_KEY"]), VALUES),
            "base_url": st.one_of(
                st.sampled_from(["", "https://x.example/v1", "http://10.0.0.1/v1", "ftp://x"]),
                VALUES,
            ),
            "default_model": VALUES,
            "enabled": VALUES,
            "models": st.lists(
                st.dictionaries(
                    st.sampled_from(["name", "context_window", "input_cost_per_1m"]), VALUES
                ),
                max_size=2,
            ),
        },
    ),
    max_size=3,
)
MULTI = st.fixed_dictionaries(
    {},
    optional={
        "model_preferences": st.dictionaries(
            st.one_of(st.text(max_size=6), st.from_regex(r"[a-z0-9]{15,18}", fullmatch=True)),
            st.lists(st.fixed_dictionaries({"provider": NAMES, "priority": VALUES}), max_size=3),
            max_size=2,
        ),
        "task_preferences": st.dictionaries(
            st.text(max_size=5),
            st.dictionaries(
                st.sampled_from(["model", "temperature", "max_tokens", "system_prompt_override"]),
                VALUES,
            ),
            max_size=2,
        ),
        "provider_fallbacks": st.dictionaries(
            NAMES, st.fixed_dictionaries({"fallback_to": st.lists(NAMES, max_size=3)}), max_size=3
        ),
        "fallback_strategy": st.dictionaries(
            st.sampled_from(["strategy", "max_cost_increase", "max_fallback_attempts"]), VALUES
        ),
    },
)
OLD = st.fixed_dictionaries(
    {
        "global": st.fixed_dictionaries(
            {}, optional={"default_provider": NAMES, "default_model": VALUES}
        )
    },
    optional={
        "providers": PROVIDERS,
        "multi_provider": MULTI,
        "cost": st.fixed_dictionaries(
            {},
            optional={
                "monthly_budget": VALUES,
                "alert_threshold": VALUES,
                "provider_limits": st.dictionaries(NAMES, VALUES, max_size=2),
            },
        ),
    },
)


@settings(max_examples=300)
@given(OLD)
def test_every_old_configuration_gives_a_valid_new_one(table):
    """Whatever values an old file has, the daemon accepts what is made of it."""
    config = config_of(Parsed(table), "old.toml")
    parse_config(make_plan(config, KEYS, {}).text, file="config.toml")
