"""From a model name to its routes: tables."""

import msgspec
import pytest

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import DEFAULT_CONFIG, Alias, Config, Provider, Route
from aircherd.errors import BadRequest, UnknownModel
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


def test_an_alias_leads_along_its_routes_in_order() -> None:
    """Whoever is signed in: the user wrote them down."""
    assert chain("sonnet", keys()) == ["anthropic/claude-x", "openrouter/anthropic/claude-x"]


def test_an_aliass_strategy_goes_with_its_routes() -> None:
    """None where it has none, and for every other name."""
    dear = Alias("dear", (Route("openai", "x"),), "cheapest")
    config = msgspec.structs.replace(CONFIG, models={**ALIASES, "dear": dear})
    strategies = [
        resolve_chain(name, RouteOptions(), config, keys().keys_of, Listed()).strategy
        for name in ("dear", "sonnet", "openai/x")
    ]
    assert strategies == ["cheapest", None, None]


def test_provider_slash_model_pins_the_provider_and_keeps_the_rest_of_the_name() -> None:
    """The model's own name may hold slashes, known or not, signed in or not."""
    assert chain("openrouter/a/b:free", keys(openai=OK)) == ["openrouter/a/b:free"]


def test_the_configured_default_is_used_when_no_model_is_named() -> None:
    """`default_model` may be an alias or provider/model."""
    for default in ("sonnet", "openai/gpt-9"):
        config = msgspec.structs.replace(CONFIG, default_model=default)
        assert chain(None, config=config) == chain(default)


# ------------------------------------------------------------------ no name at all


def test_without_a_name_the_signed_in_providers_serve_with_their_defaults() -> None:
    """A newcomer with two keys has a fallback; who never signed in is not mentioned."""
    assert chain(None, keys(openai=OK, openrouter=OK)) == [
        f"openai/{DEFAULTS['openai']}",
        f"openrouter/{DEFAULTS['openrouter']}",
    ]


def test_without_a_name_and_without_any_key_everybody_is_named() -> None:
    """So the newcomer learns what could be signed in."""
    everybody = [f"{name}/{model}" for name, model in DEFAULTS.items() if model]
    assert len(everybody) == 4
    assert chain(None, keys()) == everybody


def test_without_a_name_and_without_any_key_an_installed_model_serves() -> None:
    """Whoever runs an Ollama needs nothing else; the first in a server's list is taken."""
    models = Listed(ollama=["llama3.2:latest", "qwen3:8b"], work=["local"], openai=["gpt-9"])
    assert chain(None, keys(models)) == ["ollama/llama3.2:latest", "work/local"]


def test_installed_models_come_after_the_signed_in_providers() -> None:
    """They are the last resort of those who have a key."""
    found = chain(None, keys(Listed(ollama=["llama3.2:latest"]), openai=OK))
    assert found == [f"openai/{DEFAULTS['openai']}", "ollama/llama3.2:latest"]


@pytest.mark.parametrize("state", [KeyState.LOCKED, KeyState.REJECTED])
def test_a_key_that_cannot_be_used_is_one_all_the_same(state: KeyState) -> None:
    """Locked or refused is not the same as never signed in."""
    found = chain(None, keys(Listed(ollama=["llama3.2:latest"]), openai=state))
    assert found == [f"openai/{DEFAULTS['openai']}", "ollama/llama3.2:latest"]


def test_those_who_need_no_key_and_have_no_default_are_open_to_all() -> None:
    """What is there, only they know."""
    assert [provider.name for provider in keyless_providers(CONFIG)] == ["ollama", "work"]


# ------------------------------------------------------------------ a model's name alone


def test_the_name_of_a_providers_default_model_is_known() -> None:
    """`-m gpt-...` works without the provider, and without a catalogue."""
    assert chain(DEFAULTS["openai"], keys(Known())) == [f"openai/{DEFAULTS['openai']}"]


def test_a_models_name_alone_leads_to_those_who_serve_it() -> None:
    """In the catalogue's order, as each of them calls it; who is not configured is left out."""
    state = keys(Known(*SERVED), openai=OK, openrouter=OK)
    assert chain("gpt-9", state) == ["openai/gpt-9", "work/gpt-9", "openrouter/openai/gpt-9"]


def test_a_models_name_alone_leads_past_those_nobody_is_signed_in_to() -> None:
    """They are not mentioned; only where there is nobody else they are."""
    assert chain("gpt-9", keys(Known(*SERVED), openrouter=OK)) == [
        "work/gpt-9",
        "openrouter/openai/gpt-9",
    ]
    assert chain("gpt-9", keys(Known("openai/gpt-9"))) == ["openai/gpt-9"]


def test_nobodys_keys_are_asked_for_before_he_is_come_to() -> None:
    """Most requests need the first one only."""
    state = keys(Known(*SERVED), openai=OK, openrouter=OK)
    asked: list[str] = []

    def keys_of(provider: Provider) -> list[KeyChoice]:
        asked.append(provider.name)
        return state.keys_of(provider)

    routes = resolve_chain("gpt-9", RouteOptions(), CONFIG, keys_of, state.models).routes
    assert (str(routes[0]), asked) == ("openai/gpt-9", ["openai"])
    assert str(next(iter(routes))) == "openai/gpt-9"
    assert asked == ["openai"]
    assert len(routes) == 3
    assert asked == ["openai", "work", "openrouter"]


def test_a_name_that_is_somebodys_default_leads_there_first() -> None:
    """Then to the others who have it; nobody is there twice."""
    name = DEFAULTS["openai"]
    state = keys(Known(f"work/{name}", f"openai/{name}"), openai=OK)
    assert chain(name, state) == [f"openai/{name}", f"work/{name}"]


def test_an_alias_comes_before_a_model_of_the_same_name() -> None:
    """The user's own word."""
    assert chain("sonnet", keys(Known("openai/sonnet"), openai=OK))[0] == "anthropic/claude-x"


# ------------------------------------------------------------------ names nobody knows


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gtp-9", "did you mean 'gpt-9'?"),
        ("openai2/gpt-9", "did you mean 'openai'?"),
        ("maker/model", "did you mean 'openrouter/maker/model'?"),
        ("twin", "is the name of several models: write openrouter/a/twin or openrouter/b/twin"),
    ],
)
def test_the_catalogue_knows_what_was_meant(model: str, said: str) -> None:
    """A typing error, a model's maker taken for its provider, a name of several models."""
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
def test_the_example_is_somebody_who_could_be_asked(state: FakeRoutingState, example: str) -> None:
    """Signed in, or else a server that is there without a key."""
    with pytest.raises(UnknownModel) as caught:
        chain("zzz", state)
    assert caught.value.message.endswith(f"to pass a name on unchanged: {example}")


# ------------------------------------------------------------------ the request's own route


def test_only_the_providers_that_the_client_allows_are_asked() -> None:
    """The order stays the alias's, whatever the order of the wish."""
    assert chain("sonnet", providers=["openrouter"]) == ["openrouter/anthropic/claude-x"]
    assert chain("sonnet", providers=["openrouter", "anthropic"]) == chain("sonnet")


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        (["openruter"], "did you mean 'openrouter'?"),
        (["openai"], "none of anthropic/claude-x, openrouter/anthropic/claude-x"),
        ([], "route.providers: is empty; leave it out"),
    ],
)
def test_a_route_that_leaves_nobody_is_a_bad_request(providers: list[str], said: str) -> None:
    """It is the client's own contradiction."""
    with pytest.raises(BadRequest) as caught:
        chain("sonnet", providers=providers)
    assert said in caught.value.message


# ------------------------------------------------------------------ providers' own stand-ins


def with_fallbacks(**fallbacks: list[str]) -> Config:
    """The configuration in which these providers have these `fallback` lists."""
    changed = {
        name: msgspec.structs.replace(CONFIG.providers[name], fallback=tuple(targets))
        for name, targets in fallbacks.items()
    }
    return msgspec.structs.replace(CONFIG, providers={**CONFIG.providers, **changed})


@pytest.mark.parametrize(
    ("asked", "target", "leads_to"),
    [
        ("openai/x", "work/llama", "work/llama"),  # as it is written
        ("openai/x", "openrouter/a/b", "openrouter/a/b"),
        ("openai/gpt-9", "openrouter", "openrouter/openai/gpt-9"),  # the same, by its name there
        ("openrouter/openai/gpt-9", "openai", "openai/gpt-9"),
        ("openai/twin", "openrouter", f"openrouter/{DEFAULTS['openrouter']}"),  # which of the two?
        ("openai/x", "anthropic", f"anthropic/{DEFAULTS['anthropic']}"),  # who does not have it
        ("openai/x", "ollama", "ollama/llama3.2:latest"),  # a local server's first
        ("openai/x", "work", "work/x"),  # of whom nothing is known
    ],
)
def test_a_stand_in_serves_what_it_has(asked: str, target: str, leads_to: str) -> None:
    """The model that is written, the same one, its default, the first it lists, or that name."""
    provider = asked.partition("/")[0]
    known = Known(
        "openai/gpt-9", "openrouter/openai/gpt-9", "openrouter/a/twin", "openrouter/b/twin"
    )
    known.listed = Listed(ollama=["llama3.2:latest"]).listed  # type: ignore[method-assign]
    config = with_fallbacks(**{provider: [target]})
    assert chain(asked, FakeRoutingState(models=known), config) == [asked, leads_to]


def test_with_the_shipped_catalogue_a_vendors_model_is_found_at_who_passes_it_on() -> None:
    """And the other way round: no name is made up."""
    default = DEFAULTS["anthropic"]
    config = with_fallbacks(anthropic=["openrouter"])
    state = FakeRoutingState(models=Catalog(config=lambda: config))
    there = [f"anthropic/{default}", f"openrouter/anthropic/{default}"]
    assert chain(f"anthropic/{default}", state, config) == there
    back = with_fallbacks(openrouter=["anthropic"])
    assert chain(there[1], state, back) == there[::-1]


def test_a_name_in_full_is_meant_before_a_short_one() -> None:
    """A server may have both: the user's own copy, and the one that it passes on."""
    config = with_fallbacks(openrouter=["work"])
    models = Catalog(config=lambda: config)
    models.store_list(WORK, [Model(id="gpt-9"), Model(id="openai/gpt-9")], now=0.0)
    state = FakeRoutingState(models=models)
    assert chain("openrouter/openai/gpt-9", state, config)[1:] == ["work/openai/gpt-9"]
    assert chain("openrouter/other/gpt-9", state, config)[1:] == ["work/gpt-9"]


def test_what_has_its_price_is_not_chosen_by_chance() -> None:
    """The first of a list serves only where no key is needed."""
    paid = msgspec.structs.replace(WORK, needs_key=True)
    config = with_fallbacks(openai=["work"])
    config = msgspec.structs.replace(config, providers={**config.providers, "work": paid})
    assert chain("openai/x", keys(Listed(work=["dear"])), config) == ["openai/x", "work/x"]


def test_stand_ins_come_right_after_their_provider() -> None:
    """Before the alias's next route: whoever wrote the list meant this provider."""
    config = with_fallbacks(anthropic=["work/a", "work/b"], openrouter=["work/c"])
    assert chain("sonnet", config=config) == [
        "anthropic/claude-x",
        "work/a",
        "work/b",
        "openrouter/anthropic/claude-x",
        "work/c",
    ]


def test_stand_ins_bring_their_own_along() -> None:
    """Each place once, where the first way leads to it."""
    config = with_fallbacks(anthropic=["openai/x", "work/m"], openai=["gemini/y", "work/m"])
    assert chain("anthropic/a", config=config) == ["anthropic/a", "openai/x", "gemini/y", "work/m"]


def test_stand_ins_serve_the_default_too() -> None:
    """Without a name, a provider's stand-ins come before the next provider."""
    config = with_fallbacks(openai=["work/m"])
    assert chain(None, keys(openai=OK, gemini=OK), config) == [
        f"openai/{DEFAULTS['openai']}",
        "work/m",
        f"gemini/{DEFAULTS['gemini']}",
    ]


def test_a_pinned_provider_without_stand_ins_has_none() -> None:
    """Other providers only where the configuration says so."""
    assert chain("openai/x", config=with_fallbacks(anthropic=["openai/x"])) == ["openai/x"]


def test_the_client_may_forbid_a_stand_in() -> None:
    """`route.providers` holds for them too, and may leave just them."""
    config = with_fallbacks(openai=["work/m"])
    assert chain("openai/x", config=config, providers=["openai"]) == ["openai/x"]
    assert chain("openai/x", config=config, providers=["work"]) == ["work/m"]


def test_a_chain_as_long_as_a_file_can_make_it_is_followed() -> None:
    """A thousand stand-ins in a row are no reason to fall over."""
    providers = {
        f"p{n}": msgspec.structs.replace(WORK, name=f"p{n}", fallback=(f"p{n + 1}/m",))
        for n in range(1000)
    }
    last = Provider(name="p1000", kind="openai", base_url="http://h")
    config = Config(providers={**providers, "p1000": last})
    assert len(chain("p0/m", config=config)) == 1001
