"""The state of the daemon as clients see it."""

import time
from types import SimpleNamespace

import msgspec
import pytest

from aircherd.api.status import (
    _default_route,
    _provider_row,
    _refused_rows,
    config_state,
    environment_names,
    key_row,
    snapshot,
)
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import FetchError
from aircherd.chat.affinity import SessionAffinity
from aircherd.chat.caller import Caller
from aircherd.chat.last_failures import LastFailures
from aircherd.chat.latency import LatencyTracker
from aircherd.config.model import (
    DEFAULT_CONFIG,
    Config,
    Refused,
    RefusedEntry,
    builtin_providers,
)
from aircherd.config.problems import Problem
from aircherd.config.watcher.file_watcher import FileWatcher
from aircherd.errors import ConfigInvalid
from aircherd.events import EventBus
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus

CALLER = Caller("test")


class Store(SimpleNamespace):
    """The attributes of a ConfigStore."""

    keeps_roles = True


def services(
    tmp_path,
    *,
    config=DEFAULT_CONFIG,
    problem=None,
    in_use="the file",
    states=None,
    ill=(),
    list_errors=None,
):
    """Services with a config file, a problem, keys by state, and unreachable `ill` providers."""
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
        affinity=SessionAffinity(),
        latency=LatencyTracker(),
        last_failures=LastFailures(),
        accounting=SimpleNamespace(room_for=lambda *_: None),
    )
    return SimpleNamespace(
        chat=SimpleNamespace(services=means),
        config=Store(file=tmp_path / "config.toml", current=config, problem=problem, in_use=in_use),
        auth=auth,
        catalog=means.catalog,
        provider_client=provider_client,
        fetcher=SimpleNamespace(last_error=lambda provider: (list_errors or {}).get(provider.name)),
        watcher=FileWatcher(),
    )


def test_a_config_without_problems(tmp_path):
    """The state says whether the file exists."""
    made = services(tmp_path)
    assert config_state(made) == {
        "file": str(tmp_path / "config.toml"),
        "exists": False,
        "ok": True,
    }


@pytest.mark.parametrize("in_use", ["the last good one", "none"])
def test_an_invalid_config_says_which_one_is_in_use(tmp_path, in_use):
    """The problems are included with file and line."""
    problem = ConfigInvalid("line 3 is wrong", file="f", problems=[{"line": 3}])
    state = config_state(services(tmp_path, problem=problem, in_use=in_use))
    assert (state["ok"], state["in_use"]) == (False, in_use)
    assert state["problem"] == {
        "message": "line 3 is wrong",
        "file": "f",
        "problems": [{"line": 3}],
    }


def test_a_key_row_has_state_and_health(tmp_path):
    """Authentication and availability are separate fields."""
    made = services(tmp_path, ill=("openai",))
    (row,) = snapshot(made, ["auth"], CALLER)["snapshot"]["auth"]
    assert (row["state"], row["reason"]) == ("rejected", "refused")
    assert (row["health"], row["health_reason"]) == ("unreachable", "refused")


def test_a_key_row_names_the_page_for_keys(tmp_path):
    """It is that of the provider in effect; a server of the user's own has none."""
    made = services(tmp_path)
    vendor = key_row(made, KeyStatus(provider="openai", state=KeyState.NOT_CONFIGURED))
    own = key_row(made, KeyStatus(provider="work", state=KeyState.NOT_CONFIGURED))
    assert vendor["keys_page"] == "https://platform.openai.com/api-keys"
    assert "keys_page" not in own


def test_a_snapshot_has_the_requested_topics(tmp_path):
    """Rows have the same shape as events."""
    found = snapshot(services(tmp_path, ill=("ollama",)), ["provider", "attempt"], CALLER)
    assert set(found["snapshot"]) == {"provider", "attempt"}
    assert found["snapshot"]["attempt"] == []
    assert {"provider": "openai", "health": "ok"} in found["snapshot"]["provider"]


def test_a_provider_has_the_state_of_its_best_key(tmp_path):
    """One valid key among rejected ones is enough."""
    made = services(tmp_path, states={"openai": [KeyState.REJECTED, KeyState.AUTHENTICATED]})
    provider = DEFAULT_CONFIG.providers["openai"]
    assert _provider_row(made, provider)["state"] == "authenticated"
    anthropic = DEFAULT_CONFIG.providers["anthropic"]
    assert _provider_row(made, anthropic)["state"] == "not_configured"


def test_a_builtin_provider_says_so(tmp_path):
    """One with an entry in the configuration is what the user works with."""
    ollama = DEFAULT_CONFIG.providers["ollama"]
    made = services(tmp_path)
    assert _provider_row(made, ollama)["builtin"] is True
    changed = msgspec.structs.replace(ollama, base_url="http://127.0.0.1:1")
    assert "builtin" not in _provider_row(made, changed)


@pytest.mark.parametrize("is_absent", [True, False])
def test_a_local_server_that_does_not_run_is_absent(tmp_path, is_absent):
    """A server that runs and answers with an error is not."""
    error = FetchError("http://127.0.0.1:11434", "refused", 0.0, is_absent)
    made = services(tmp_path, list_errors={"ollama": error})
    assert _provider_row(made, DEFAULT_CONFIG.providers["ollama"]).get("absent", False) is is_absent


def test_a_local_server_that_has_answered_since_is_not_absent(tmp_path):
    """Its list is fetched again later only."""
    error = FetchError("http://127.0.0.1:11434", "refused", time.time() - 60, is_absent=True)
    made = services(tmp_path, list_errors={"ollama": error})
    provider, latency = DEFAULT_CONFIG.providers["ollama"], made.chat.services.latency
    latency.note(latency.average_of("another", "m"), 0.1)
    assert _provider_row(made, provider)["absent"] is True
    latency.note(latency.average_of("ollama", "m"), 0.1)
    assert "absent" not in _provider_row(made, provider)


def test_the_default_route_lists_candidates_or_a_problem(tmp_path):
    """Candidates are in order; an unknown default model is reported as a problem."""
    made = services(tmp_path, states={"openai": [KeyState.AUTHENTICATED]})
    assert _default_route(made)["candidates"] == ["openai/gpt-5.5"]
    unknown = Config(providers=builtin_providers(), default_model="no-such-model")
    route = _default_route(services(tmp_path, config=unknown))
    assert (route["candidates"], route["model"]) == ([], "no-such-model")
    assert "no-such-model" in route["problem"]


def test_environment_names_lists_each_variable_once(tmp_path):
    """Clients compare them with their own environment."""
    assert environment_names(services(tmp_path)) == [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "GOOGLE_API_KEY",
        "GEMINI_API_KEY",
        "OPENROUTER_API_KEY",
    ]


def with_refused(*names):
    """Return a configuration in which these providers are refused."""
    problem = Problem(file="f.toml", line=3, path="providers.x.kind", message="is wrong")
    entries = {name: RefusedEntry(f"providers.{name}", (problem,)) for name in names}
    others = {n: p for n, p in DEFAULT_CONFIG.providers.items() if n not in names}
    return Config(providers=others, refused=Refused(providers=entries))


REASON = "f.toml, line 3: providers.x.kind: is wrong"


def test_keys_of_a_refused_provider_are_refused(tmp_path):
    """Each stored key, and one row for a provider without any; both with the problem."""
    made = services(tmp_path, config=with_refused("openai", "work"), in_use="the valid entries")
    rows = snapshot(made, ["auth"], CALLER)["snapshot"]["auth"]
    assert [(row["provider"], row.get("key"), row["state"], row["reason"]) for row in rows] == [
        ("openai", "default", "refused", REASON),
        ("work", None, "refused", REASON),
    ]


def test_the_state_of_the_config_names_what_is_refused(tmp_path):
    """As paths in the file."""
    made = services(tmp_path, config=with_refused("openai"), in_use="the valid entries")
    assert config_state(made)["refused"] == ["providers.openai"]


def test_a_refused_provider_has_a_row(tmp_path):
    """Its address is unknown; the reason has file and line."""
    made = services(tmp_path, config=with_refused("work"), in_use="the valid entries")
    assert _refused_rows(made) == [{"provider": "work", "state": "refused", "reason": REASON}]


def test_a_default_that_is_refused_is_a_problem(tmp_path):
    """Without another provider, `status` says why there is no answer by default."""
    config = msgspec.structs.replace(with_refused("openai"), default_model="openai/x")
    made = services(tmp_path, config=config, in_use="the valid entries")
    assert _default_route(made) == {
        "model": "openai/x",
        "candidates": [],
        "problem": f"openai is refused: {REASON}",
    }


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (msgspec.structs.replace(DEFAULT_CONFIG, default_model="sonnet"), {"default": "sonnet"}),
        (msgspec.structs.replace(DEFAULT_CONFIG, providers={}), {}),
    ],
)
def test_the_snapshot_of_models_has_the_default_and_the_providers(tmp_path, config, expected):
    """Their lists are what `models.list` returns; without any provider there is no default."""
    found = snapshot(services(tmp_path, config=config), ["models"], CALLER)["snapshot"]["models"]
    assert found == {**expected, "providers": list(config.providers)}
