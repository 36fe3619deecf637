"""The picture that clients get: pure readings of the services."""

from types import SimpleNamespace

import pytest

from aircherd.api import status as overview
from aircherd.catalog.catalog import Catalog
from aircherd.chat.affinity import Recall
from aircherd.config.model import DEFAULT_CONFIG, Config, builtin_providers
from aircherd.errors import ConfigInvalid
from aircherd.events import EventBus
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus


class Store(SimpleNamespace):
    """What a ConfigStore shows."""


def services(tmp_path, *, config=DEFAULT_CONFIG, problem=None, has_good=True, states=None, ill=()):
    """Services with one file, one problem, one key a provider, some providers unreachable."""
    states = states or {}

    def choices(provider):
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        return [KeyChoice("default", state) for state in states.get(provider.name, [])]

    cooldowns = CooldownManager(EventBus())
    for name in ill:
        failure = Failure(kind=FailureClass.NETWORK, message="refused")
        cooldowns.note_failure(DEFAULT_CONFIG.providers[name], None, None, failure)
    rows = [KeyStatus(provider="openai", state=KeyState.REJECTED, key="default", reason="refused")]
    auth = SimpleNamespace(key_choices=choices, rows=lambda: rows)
    provider_client = SimpleNamespace(cooldowns=cooldowns)
    means = SimpleNamespace(
        auth=auth,
        catalog=Catalog(),
        provider_client=provider_client,
        recall=Recall(),
        accounting=SimpleNamespace(room_for=lambda *_: None),
    )
    return SimpleNamespace(
        chat=SimpleNamespace(services=means),
        config=Store(
            file=tmp_path / "config.toml", current=config, problem=problem, has_good=has_good
        ),
        auth=auth,
        catalog=means.catalog,
        provider_client=provider_client,
    )


def test_a_config_without_problems(tmp_path):
    """Whether there is a file at all is told too."""
    made = services(tmp_path)
    assert overview.config_state(made) == {
        "file": str(tmp_path / "config.toml"),
        "exists": False,
        "ok": True,
    }


@pytest.mark.parametrize(("has_good", "in_use"), [(True, "the last good one"), (False, "none")])
def test_a_config_with_problems_says_what_is_in_use(tmp_path, has_good, in_use):
    """The problems go along, with file and line."""
    problem = ConfigInvalid("line 3 is wrong", file="f", problems=[{"line": 3}])
    state = overview.config_state(services(tmp_path, problem=problem, has_good=has_good))
    assert (state["ok"], state["in_use"]) == (False, in_use)
    assert state["problem"] == {
        "message": "line 3 is wrong",
        "file": "f",
        "problems": [{"line": 3}],
    }


def test_rows_join_authentication_and_availability(tmp_path):
    """Two fields: the key's state, the provider's health."""
    made = services(tmp_path, ill=("openai",))
    (row,) = overview.snapshot(made, ["auth"])["snapshot"]["auth"]
    assert (row["state"], row["reason"]) == ("rejected", "refused")
    assert (row["health"], row["health_reason"]) == ("unreachable", "refused")


def test_a_snapshot_has_the_topics_that_were_asked_for(tmp_path):
    """In the form of the events that follow."""
    snapshot = overview.snapshot(services(tmp_path, ill=("ollama",)), ["provider", "attempt"])
    assert set(snapshot["snapshot"]) == {"provider", "attempt"}
    assert snapshot["snapshot"]["attempt"] == []
    assert {"provider": "openai", "health": "ok"} in snapshot["snapshot"]["provider"]


def test_a_provider_shows_its_best_key(tmp_path):
    """One good key among bad ones is enough to be signed in."""
    made = services(tmp_path, states={"openai": [KeyState.REJECTED, KeyState.AUTHENTICATED]})
    provider = DEFAULT_CONFIG.providers["openai"]
    assert overview._provider_row(made, provider)["state"] == "authenticated"
    anthropic = DEFAULT_CONFIG.providers["anthropic"]
    assert overview._provider_row(made, anthropic)["state"] == "not_configured"


def test_the_default_names_who_would_answer(tmp_path):
    """In order; and the problem where nobody can know."""
    made = services(tmp_path, states={"openai": [KeyState.AUTHENTICATED]})
    assert overview._default(made)["candidates"] == ["openai/gpt-5.5"]
    unknown = Config(providers=builtin_providers(), default_model="nobody-knows")
    told = overview._default(services(tmp_path, config=unknown))
    assert (told["candidates"], told["model"]) == ([], "nobody-knows")
    assert "nobody knows" in told["problem"]


def test_the_variables_that_the_daemon_reads(tmp_path):
    """Each once, for a client to compare with its shell."""
    assert overview.environment_names(services(tmp_path)) == [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
        "OPENROUTER_API_KEY",
    ]
