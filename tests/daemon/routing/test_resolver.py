"""From a model name to its routes: tables."""

import msgspec
import pytest

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import (
    DEFAULT_CONFIG,
    Alias,
    Config,
    Provider,
    Refused,
    RefusedEntry,
    Route,
)
from aircherd.config.problems import Problem
from aircherd.errors import BadRequest, ConfigInvalid, UnknownModel
from aircherd.routing.resolver import keyless_providers, resolve_chain
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model
from helpers.routing import ALIASES, CONFIG, OK, WORK, FakeRoutingState, Known, Listed, keys

DEFAULTS = {name: p.default_model for name, p in DEFAULT_CONFIG.providers.items()}
SERVED = ("openai/gpt-9", "work/gpt-9", "openrouter/openai/gpt-9", "gone/gpt-9")


def chain(
    name: str | None,
    state: FakeRoutingState | None = None,
    config: Config = CONFIG,
    **options: object,
) -> list[str]:
    """Return the routes as text."""
    state = state or keys(anthropic=OK, openai=OK, gemini=OK, openrouter=OK)
    found = resolve_chain(name, RouteOptions(**options), config, state.keys_of, state.models)
    return [str(route) for route in found.routes]


# ------------------------------------------------------------------ aliases and full names


def test_alias_keeps_its_routes_in_order() -> None:
    """Missing keys do not matter: the user wrote the routes."""
    assert chain("sonnet", keys()) == ["anthropic/claude-x", "openrouter/anthropic/claude-x"]


def test_chain_has_the_strategy_of_its_alias() -> None:
    """It is None if the alias has none, and for other names."""
    cheapest = Alias("cheapest", (Route("openai", "x"),), "cheapest")
    config = msgspec.structs.replace(CONFIG, models={**ALIASES, "cheapest": cheapest})
    strategies = [
        resolve_chain(name, RouteOptions(), config, keys().keys_of, Listed()).strategy
        for name in ("cheapest", "sonnet", "openai/x")
    ]
    assert strategies == ["cheapest", None, None]


def test_provider_slash_model_selects_the_provider() -> None:
    """The model's own name may contain slashes; neither it nor a key has to be known."""
    assert chain("openrouter/a/b:free", keys(openai=OK)) == ["openrouter/a/b:free"]


def test_missing_name_uses_the_configured_default() -> None:
    """`default_model` may be an alias or provider/model."""
    for default in ("sonnet", "openai/gpt-9"):
        config = msgspec.structs.replace(CONFIG, default_model=default)
        assert chain(None, config=config) == chain(default)


# ------------------------------------------------------------------ no name


def test_missing_name_uses_the_defaults_of_signed_in_providers() -> None:
    """Providers without a key are not mentioned."""
    assert chain(None, keys(openai=OK, openrouter=OK)) == [
        f"openai/{DEFAULTS['openai']}",
        f"openrouter/{DEFAULTS['openrouter']}",
    ]


def test_missing_name_without_keys_lists_all_defaults() -> None:
    """New users learn where they can sign in."""
    all_defaults = [f"{name}/{model}" for name, model in DEFAULTS.items() if model]
    assert len(all_defaults) == 4
    assert chain(None, keys()) == all_defaults


def test_missing_name_without_keys_uses_a_local_model() -> None:
    """The first model of the server's list is used."""
    models = Listed(ollama=["llama3.2:latest", "qwen3:8b"], work=["local"], openai=["gpt-9"])
    assert chain(None, keys(models)) == ["ollama/llama3.2:latest", "work/local"]


def test_local_models_come_after_signed_in_providers() -> None:
    """They are the last fallback for users with a key."""
    found = chain(None, keys(Listed(ollama=["llama3.2:latest"]), openai=OK))
    assert found == [f"openai/{DEFAULTS['openai']}", "ollama/llama3.2:latest"]


@pytest.mark.parametrize("state", [KeyState.LOCKED, KeyState.REJECTED])
def test_unusable_key_counts_as_signed_in(state: KeyState) -> None:
    """Locked or rejected is not the same as missing."""
    found = chain(None, keys(Listed(ollama=["llama3.2:latest"]), openai=state))
    assert found == [f"openai/{DEFAULTS['openai']}", "ollama/llama3.2:latest"]


def test_keyless_providers_have_no_default_model() -> None:
    """Only their list says what they serve."""
    assert [provider.name for provider in keyless_providers(CONFIG)] == ["ollama", "work"]


# ------------------------------------------------------------------ bare model names


def test_default_models_are_known_names() -> None:
    """`-m gpt-...` works without the provider's name and without a catalog."""
    assert chain(DEFAULTS["openai"], keys(Known())) == [f"openai/{DEFAULTS['openai']}"]


def test_bare_name_leads_to_the_providers_that_serve_it() -> None:
    """They come in the catalog's order, without those that are not configured."""
    state = keys(Known(*SERVED), openai=OK, openrouter=OK)
    assert chain("gpt-9", state) == ["openai/gpt-9", "work/gpt-9", "openrouter/openai/gpt-9"]


def test_bare_name_skips_providers_without_a_key() -> None:
    """They are used only if no provider has a key."""
    assert chain("gpt-9", keys(Known(*SERVED), openrouter=OK)) == [
        "work/gpt-9",
        "openrouter/openai/gpt-9",
    ]
    assert chain("gpt-9", keys(Known("openai/gpt-9"))) == ["openai/gpt-9"]


def test_keys_are_read_only_when_a_route_is_reached() -> None:
    """Most requests need only the first route."""
    state = keys(Known(*SERVED), openai=OK, openrouter=OK)
    read: list[str] = []

    def keys_of(provider: Provider) -> list[KeyChoice]:
        read.append(provider.name)
        return state.keys_of(provider)

    routes = resolve_chain("gpt-9", RouteOptions(), CONFIG, keys_of, state.models).routes
    assert (str(routes[0]), read) == ("openai/gpt-9", ["openai"])
    assert str(next(iter(routes))) == "openai/gpt-9"
    assert read == ["openai"]
    assert len(routes) == 3
    assert read == ["openai", "work", "openrouter"]


def test_default_models_come_first_for_a_bare_name() -> None:
    """Then the other providers follow, without duplicates."""
    name = DEFAULTS["openai"]
    state = keys(Known(f"work/{name}", f"openai/{name}"), openai=OK)
    assert chain(name, state) == [f"openai/{name}", f"work/{name}"]


def test_an_alias_comes_before_a_model_of_the_same_name() -> None:
    """The user's configuration wins."""
    assert chain("sonnet", keys(Known("openai/sonnet"), openai=OK))[0] == "anthropic/claude-x"


# ------------------------------------------------------------------ unknown names


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gtp-9", "did you mean 'gpt-9'?"),
        ("openai2/gpt-9", "did you mean 'openai'?"),
        ("maker/model", "did you mean 'openrouter/maker/model'?"),
        ("twin", "is the name of several models: write openrouter/a/twin or openrouter/b/twin"),
    ],
)
def test_catalog_suggests_the_intended_name(model: str, said: str) -> None:
    """It finds misspellings, makers used as providers, and ambiguous names."""
    names = ("openai/gpt-9", "maker/model", "a/twin", "b/twin")
    known = Known(*(n if n.startswith("openai") else f"openrouter/{n}" for n in names))
    with pytest.raises(UnknownModel) as caught:
        chain(model, keys(known, openai=OK))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("sonet", "did you mean 'sonnet'?"),
        ("antropic/claude", "did you mean 'anthropic'?"),
        ("/claude", "not of the form provider/model"),
        ("openai/", "not of the form provider/model"),
        ("zzz", "write provider/model to pass a name on unchanged: anthropic/zzz"),
        ("work", "write provider/model to pass a name on unchanged: work/MODEL"),
    ],
)
def test_an_unknown_name_is_explained(model: str, said: str) -> None:
    """The message says what to write instead."""
    with pytest.raises(UnknownModel) as caught:
        chain(model, keys(anthropic=OK))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("state", "example"),
    [
        (keys(gemini=OK), "gemini/zzz"),
        (keys(Listed(ollama=["llama3.2:latest"])), "ollama/zzz"),
        (keys(), "openai/zzz"),
    ],
)
def test_example_uses_a_ready_provider(state: FakeRoutingState, example: str) -> None:
    """It is signed in, or else a running local server."""
    with pytest.raises(UnknownModel) as caught:
        chain("zzz", state)
    assert caught.value.message.endswith(f"to pass a name on unchanged: {example}")


# ------------------------------------------------------------------ the request's own route


def test_request_restricts_the_providers() -> None:
    """The order of the alias is kept."""
    assert chain("sonnet", providers=["openrouter"]) == ["openrouter/anthropic/claude-x"]
    assert chain("sonnet", providers=["openrouter", "anthropic"]) == chain("sonnet")


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        (["openruter"], "did you mean 'openrouter'?"),
        (["openai"], "openai does not serve 'sonnet', which is asked of anthropic or openrouter"),
        ([], "the list of providers to ask is empty"),
    ],
)
def test_route_without_providers_is_a_bad_request(providers: list[str], said: str) -> None:
    """The client's request contradicts itself."""
    with pytest.raises(BadRequest) as caught:
        chain("sonnet", providers=providers)
    assert said in caught.value.message


# ------------------------------------------------------------------ fallbacks of providers


def with_fallbacks(**fallbacks: list[str]) -> Config:
    """Return a configuration in which these providers have these `fallback` lists."""
    changed = {
        name: msgspec.structs.replace(CONFIG.providers[name], fallback=tuple(targets))
        for name, targets in fallbacks.items()
    }
    return msgspec.structs.replace(CONFIG, providers={**CONFIG.providers, **changed})


@pytest.mark.parametrize(
    ("route", "target", "leads_to"),
    [
        ("openai/x", "work/llama", "work/llama"),  # a full route
        ("openai/x", "openrouter/a/b", "openrouter/a/b"),
        ("openai/gpt-9", "openrouter", "openrouter/openai/gpt-9"),  # the same model
        ("openrouter/openai/gpt-9", "openai", "openai/gpt-9"),
        ("openai/twin", "openrouter", f"openrouter/{DEFAULTS['openrouter']}"),  # ambiguous
        (
            "openai/x",
            "anthropic",
            f"anthropic/{DEFAULTS['anthropic']}",
        ),  # not served there
        ("openai/x", "ollama", "ollama/llama3.2:latest"),  # the first of a local server
        ("openai/x", "work", "work/x"),  # unknown
    ],
)
def test_fallback_provider_serves_what_it_has(route: str, target: str, leads_to: str) -> None:
    """The written model, the same one, its default, the first listed one, or the same name."""
    provider = route.partition("/")[0]
    known = Known(
        "openai/gpt-9", "openrouter/openai/gpt-9", "openrouter/a/twin", "openrouter/b/twin"
    )
    known.listed = Listed(ollama=["llama3.2:latest"]).listed  # type: ignore[method-assign]
    config = with_fallbacks(**{provider: [target]})
    assert chain(route, FakeRoutingState(models=known), config) == [route, leads_to]


def test_shipped_catalog_maps_models_to_resellers_and_back() -> None:
    """No name is made up."""
    default = DEFAULTS["anthropic"]
    config = with_fallbacks(anthropic=["openrouter"])
    state = FakeRoutingState(models=Catalog(config=lambda: config))
    there = [f"anthropic/{default}", f"openrouter/anthropic/{default}"]
    assert chain(f"anthropic/{default}", state, config) == there
    back = with_fallbacks(openrouter=["anthropic"])
    assert chain(there[1], state, back) == there[::-1]


def test_full_name_comes_before_the_short_one() -> None:
    """A server may have both: the user's own copy and the resold one."""
    config = with_fallbacks(openrouter=["work"])
    models = Catalog(config=lambda: config)
    models.store_list(WORK, [Model(id="gpt-9"), Model(id="openai/gpt-9")], now=0.0)
    state = FakeRoutingState(models=models)
    assert chain("openrouter/openai/gpt-9", state, config)[1:] == ["work/openai/gpt-9"]
    assert chain("openrouter/other/gpt-9", state, config)[1:] == ["work/gpt-9"]


def test_first_listed_model_is_used_only_for_keyless_providers() -> None:
    """A paid model is never chosen by chance."""
    paid = msgspec.structs.replace(WORK, needs_key=True)
    config = with_fallbacks(openai=["work"])
    config = msgspec.structs.replace(config, providers={**config.providers, "work": paid})
    assert chain("openai/x", keys(Listed(work=["cheapest"])), config) == ["openai/x", "work/x"]


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (None, ["work/gpt-9", "openrouter/openai/gpt-9"]),
        ([], []),
        (["openai/*"], ["openrouter/openai/gpt-9"]),
        (["openrouter/*"], ["openrouter/openai/gpt-9"]),
        (["gpt-9"], ["work/gpt-9", "openrouter/openai/gpt-9"]),
        (["work/gpt-9"], ["work/gpt-9"]),
        (["other"], []),
    ],
)
def test_fallbacks_can_be_restricted_to_some_models(names, left) -> None:
    """What the name itself stands for is not: an alias has the routes that its user wrote."""
    known = Known("openai/gpt-9", "openrouter/openai/gpt-9", "work/gpt-9")
    config = with_fallbacks(openai=["work", "openrouter"])
    alias = Alias("mine", (Route("openai", "gpt-9"),))
    config = msgspec.structs.replace(config, models={"mine": alias})
    for name in ("openai/gpt-9", "mine"):
        found = chain(name, FakeRoutingState(models=known), config, fallbacks=names)
        assert found == ["openai/gpt-9", *left]


def test_fallbacks_come_right_after_their_provider() -> None:
    """They come before the next route of the alias."""
    config = with_fallbacks(anthropic=["work/a", "work/b"], openrouter=["work/c"])
    assert chain("sonnet", config=config) == [
        "anthropic/claude-x",
        "work/a",
        "work/b",
        "openrouter/anthropic/claude-x",
        "work/c",
    ]


def test_fallbacks_of_fallbacks_are_included() -> None:
    """Each route appears once, in its first position."""
    config = with_fallbacks(anthropic=["openai/x", "work/m"], openai=["gemini/y", "work/m"])
    assert chain("anthropic/a", config=config) == ["anthropic/a", "openai/x", "gemini/y", "work/m"]


def test_fallbacks_apply_to_the_default_chain() -> None:
    """They come before the next provider."""
    config = with_fallbacks(openai=["work/m"])
    assert chain(None, keys(openai=OK, gemini=OK), config) == [
        f"openai/{DEFAULTS['openai']}",
        "work/m",
        f"gemini/{DEFAULTS['gemini']}",
    ]


def test_selected_provider_without_fallback_is_alone() -> None:
    """Other providers are used only if the configuration says so."""
    assert chain("openai/x", config=with_fallbacks(anthropic=["openai/x"])) == ["openai/x"]


def test_request_may_exclude_fallbacks() -> None:
    """`route.providers` may also leave only the fallbacks."""
    config = with_fallbacks(openai=["work/m"])
    assert chain("openai/x", config=config, providers=["openai"]) == ["openai/x"]
    assert chain("openai/x", config=config, providers=["work"]) == ["work/m"]


def test_very_long_fallback_chain_is_followed() -> None:
    """A thousand in a row do not exceed the recursion limit."""
    providers = {
        f"p{n}": msgspec.structs.replace(WORK, name=f"p{n}", fallback=(f"p{n + 1}/m",))
        for n in range(1000)
    }
    last = Provider(name="p1000", kind="openai", base_url="http://h")
    config = Config(providers={**providers, "p1000": last})
    assert len(chain("p0/m", config=config)) == 1001


# ------------------------------------------------------------------ refused entries


PROBLEM = Problem(file="f.toml", line=3, path="x", message="is wrong")


def with_refused(**refused: object) -> Config:
    """Return the configuration without `work` and `openai`, which are refused, and other entries.

    Each of `refused` is a section, with the names of its entries.
    """
    sections = {
        section: {name: RefusedEntry(f"{section}.{name}", (PROBLEM,)) for name in names}
        for section, names in {"providers": ("work", "openai"), **refused}.items()
    }
    others = {n: p for n, p in CONFIG.providers.items() if n not in {"work", "openai"}}
    return msgspec.structs.replace(CONFIG, providers=others, refused=Refused(**sections))


def test_a_refused_provider_stays_in_the_chain() -> None:
    """So that the response says why it is skipped."""
    routes = (Route("work", "a"), Route("anthropic", "b"))
    config = msgspec.structs.replace(with_refused(), models={"m": Alias("m", routes)})
    assert chain("work/a", config=config) == ["work/a"]
    assert chain("m", config=config) == ["work/a", "anthropic/b"]
    assert chain("m", config=config, providers=["work"]) == ["work/a"]


def test_the_model_of_a_refused_provider_is_not_unknown() -> None:
    """A bare name still means the built-in provider, even if only others have a key."""
    config = with_refused()
    default = DEFAULTS["openai"]
    assert default is not None
    assert chain(default, keys(), config)[0] == f"openai/{default}"
    models = Known("openai/gpt-9", "openrouter/openai/gpt-9")
    assert chain("gpt-9", keys(models, openrouter=OK), config) == [
        "openai/gpt-9",
        "openrouter/openai/gpt-9",
    ]


def test_refused_providers_come_last_in_the_default() -> None:
    """A request without a model does not depend on them; without any other it is refused."""
    openai = f"openai/{DEFAULTS['openai']}"
    state = keys(anthropic=OK, gemini=OK)
    assert chain(None, state, with_refused()) == [*chain(None, state), openai]
    assert chain(None, keys(), with_refused()) == [openai]


def test_a_refused_provider_has_no_fallback_and_may_be_one() -> None:
    """Its own list belongs to the invalid entry."""
    config = with_refused()
    spare = msgspec.structs.replace(WORK, name="spare", fallback=("work", "anthropic/b"))
    config = msgspec.structs.replace(config, providers={**config.providers, "spare": spare})
    assert chain("spare/x", config=config) == ["spare/x", "work/x", "anthropic/b"]
    assert chain("work/x", config=config) == ["work/x"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("m", "the alias 'm' is refused"), (None, "the default model is refused")],
)
def test_a_refused_alias_or_default_is_an_error(name: str | None, expected: str) -> None:
    """Its routes are not known; the error has the problem with its line."""
    config = with_refused(models=("m",))
    refused = msgspec.structs.replace(
        config.refused, default_model=RefusedEntry("default_model", (PROBLEM,))
    )
    config = msgspec.structs.replace(config, refused=refused)
    with pytest.raises(ConfigInvalid, match=f"^{expected}: f.toml, line 3: x: is wrong") as caught:
        chain(name, config=config)
    assert caught.value.data["problems"] == [
        {"file": "f.toml", "line": 3, "path": "x", "message": "is wrong"}
    ]
    assert chain("anthropic/b", config=config) == ["anthropic/b"]
