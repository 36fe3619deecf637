"""What the user has added to the configuration in use decides where a key belongs."""

import tomllib

import pytest

from aircher_cli.commands.migrate.old_files.auth_json import OldKey
from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.plan.added import NO_KEY_WANTED, read_in_use
from aircher_cli.commands.migrate.plan.key_source import PLAIN_HTTP
from aircher_cli.commands.migrate.plan.plan import make_plan

KEY = "mistral-canary-0123456789"
ADDED = {"providers": {"mistral": {"kind": "openai", "base_url": "https://mistral.example/v1"}}}


def plan(old, added, name="mistral"):
    config = read_old_config(old.encode(), "/h/old.toml") if old else None
    keys = [OldKey(name, KEY, "/h/auth.json")]
    return make_plan(config, keys, {}, "/h", read_in_use(added))


@pytest.mark.parametrize(
    "old",
    [
        "",
        "[global]\ndefault_host = 'x'\n",
        "[providers.mistral]\napi_key_env = 'MISTRAL_KEY'\n",
        "[providers.mistral]\napi_key_env = 'MISTRAL_KEY'\nbase_url = 'ftp://x.example'\n",
        "[providers.claude]\napi_key_env = ''\n[providers.mis",
    ],
)
def test_the_key_of_an_added_provider_is_stored(old):
    """The advice to add it holds: with it, the next run has nothing against the key."""
    before = plan(old, {})
    assert not before.keys
    (note,) = [note for note in before.notes if note.subject == "key of mistral"]
    assert "aircher-cli providers add mistral --kind openai --base-url URL" in note.message
    after = plan(old, ADDED)
    assert [(key.provider, after.servers[key.provider]) for key in after.keys] == [
        ("mistral", "https://mistral.example/v1")
    ]
    assert not [note for note in after.notes if note.kind == "problem" and note.subject]


def test_a_name_is_the_one_of_the_advice():
    """An old name that is none here is looked for under the name that the report gave it."""
    added = {"providers": {"my-house": {"kind": "openai", "base_url": "https://h.example"}}}
    (note,) = [n for n in plan("", {}, "My House!").notes if n.kind == "problem"]
    assert "providers add my-house " in note.message
    assert [key.provider for key in plan("", added, "My House!").keys] == ["my-house"]


def test_it_stays_in_a_configuration_that_replaces_the_one_in_use():
    """--force does not take away the server that a key is stored for."""
    text = plan("[global]\ndefault_host = 'x'\n", ADDED).text
    assert tomllib.loads(text)["providers"] == ADDED["providers"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"base_url": "https://h.example", "auth": "none"}, NO_KEY_WANTED),
        ({"base_url": "http://h.example"}, PLAIN_HTTP),
        ({"base_url": "http://127.0.0.1:8080"}, None),
    ],
)
def test_an_entry_that_takes_no_key(entry, reason):
    """No key is stored for it."""
    assert read_in_use({"providers": {"house": entry}}).providers["house"].no_key_reason == reason


@pytest.mark.parametrize("table", [{}, {"providers": 1}, {"providers": {"x": 1, "y": {}}}])
def test_nothing_is_added(table):
    """Anything else is the daemon's to judge."""
    assert read_in_use(table).providers == {}


def test_a_chosen_default_settles_an_unknown_one():
    """After `models use`, the old default is no problem any more."""
    old = "[global]\ndefault_provider = 'nope'\ndefault_model = 'm'\n"
    assert [note for note in plan(old, {}).notes if "models use" in note.message]
    after = plan(old, {"default_model": "anthropic/claude-x"})
    assert not [note for note in after.notes if "models use" in note.message]
