"""From a query to the candidates: tables, and properties of every plan."""

from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.model import (
    DEFAULT_CONFIG,
    Alias,
    Config,
    Fallback,
    Provider,
    Refused,
    RefusedEntry,
    Route,
    Strategy,
)
from aircherd.config.problems import Problem
from aircherd.errors import BadRequest, UnknownModel
from aircherd.routing.candidate import Candidate, Step
from aircherd.routing.filters import SIZE_TOLERANCE
from aircherd.routing.plan import RouteQuery, make_plan, skipped_steps
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.models import Model
from helpers.routing import (
    CONFIG,
    OK,
    Described,
    FakeRoutingState,
    Listed,
    keys,
    names_of_step,
    rows,
)

A, B = "claude-x", "anthropic/claude-x"
SONNET = RouteQuery(model="sonnet")
BOTH = {"anthropic": OK, "openrouter": OK}


def asking(name: str | None = "sonnet", **options: object) -> RouteQuery:
    return RouteQuery(model=name, options=RouteOptions(**options))


# ------------------------------------------------------------------ keys


def test_first_route_comes_first() -> None:
    """The candidate has the name of the provider's key."""
    assert rows(SONNET, keys(**BOTH)) == [("anthropic", A, "default"), ("openrouter", B, "default")]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (KeyState.REJECTED, "auth_rejected"),
        (KeyState.LOCKED, "keyring_locked"),
        (KeyState.UNREADABLE, "not_authenticated"),
        (KeyState.NOT_CONFIGURED, "not_authenticated"),
        ([], "not_authenticated"),
    ],
)
def test_unusable_key_is_skipped_with_its_reason(
    state: KeyState | list[tuple[str, KeyState]], reason: str
) -> None:
    """The next route serves."""
    name = None if state == [] else "default"
    assert rows(SONNET, keys(anthropic=state, openrouter=OK)) == [
        ("anthropic", A, name, reason),
        ("openrouter", B, "default"),
    ]


def test_missing_key_says_how_to_sign_in() -> None:
    """This is the default if the key has no message of its own."""
    step = next(make_plan(SONNET, CONFIG, keys()).steps())
    assert isinstance(step, Skipped)
    assert step.message == "no key for anthropic: sign in with 'aircher-cli auth login anthropic'"


@pytest.mark.parametrize("state", [OK, KeyState.UNVERIFIED])
def test_unverified_key_is_tried(state: KeyState) -> None:
    """Only a rejection takes a key out."""
    query = RouteQuery(model="anthropic/m")
    assert rows(query, keys(anthropic=state)) == [("anthropic", "m", "default")]


def test_a_local_provider_needs_no_key() -> None:
    """It is a candidate without a key."""
    assert rows(RouteQuery(model="work/llama"), keys()) == [("work", "llama", None)]


def test_other_keys_come_before_other_providers() -> None:
    """All keys of a provider are tried first."""
    two = [("default", OK), ("work", OK)]
    assert rows(SONNET, keys(anthropic=two, openrouter=OK)) == [
        ("anthropic", A, "default"),
        ("anthropic", A, "work"),
        ("openrouter", B, "default"),
    ]


def test_skips_keep_their_position() -> None:
    """A response lists the skipped candidates, but not those that were never reached."""
    two = [("default", KeyState.REJECTED), ("work", OK)]
    assert rows(SONNET, keys(anthropic=two)) == [
        ("anthropic", A, "default", "auth_rejected"),
        ("anthropic", A, "work"),
        ("openrouter", B, None, "not_authenticated"),
    ]


def test_local_models_do_not_hide_an_unusable_key() -> None:
    """The locked key is reported, and the local server answers."""
    state = keys(Listed(ollama=["llama3.2:latest"]), openai=KeyState.LOCKED)
    default = DEFAULT_CONFIG.providers["openai"].default_model
    assert rows(RouteQuery(), state) == [
        ("openai", default, "default", "keyring_locked"),
        ("ollama", "llama3.2:latest", None),
    ]


def test_locked_provider_is_reported_in_the_default_chain() -> None:
    """A locked key is not the same as no key."""
    found = rows(RouteQuery(), keys(anthropic=KeyState.LOCKED, openai=OK))
    assert [(row[0], *row[3:]) for row in found] == [("anthropic", "keyring_locked"), ("openai",)]


# ------------------------------------------------------------------ the request's own options


@pytest.mark.parametrize("name", ["sonet", "antropic/claude", "zzz"])
def test_unknown_name_makes_no_plan(name: str) -> None:
    """It is rejected before any provider is considered."""
    with pytest.raises(UnknownModel):
        make_plan(RouteQuery(model=name), CONFIG, keys())


def test_route_without_providers_makes_no_plan() -> None:
    """The client's request contradicts itself."""
    with pytest.raises(BadRequest):
        make_plan(asking(providers=["openai"]), CONFIG, keys())


def test_no_fallback_keeps_only_the_first_candidate() -> None:
    """Skips before it are still reported."""
    assert rows(asking(no_fallback=True), keys(**BOTH)) == [("anthropic", A, "default")]
    assert rows(asking(no_fallback=True), keys(openrouter=OK)) == [
        ("anthropic", A, None, "not_authenticated"),
        ("openrouter", B, "default"),
    ]


def test_each_candidate_is_checked_against_the_requirements() -> None:
    """The reasons are those of `filters`."""
    models = Described(Model(id=A, images=False), Model(id=B, window=10))
    query = RouteQuery(
        model="sonnet", requirements=Requirements(abilities=("images",), input_tokens=1000)
    )
    assert rows(query, keys(models, **BOTH)) == [
        ("anthropic", A, "default", "bad_request"),
        ("openrouter", B, "default", "context_too_long"),
    ]


def test_cooling_key_leaves_the_other_keys() -> None:
    """Only that key is skipped."""
    state = keys(anthropic=[("default", OK), ("work", OK)], openrouter=OK)
    state.cooldowns["anthropic", "default", A] = Cooling("rate_limited", 60.0, "too fast")
    assert rows(SONNET, state) == [
        ("anthropic", A, "default", "rate_limited"),
        ("anthropic", A, "work"),
        ("openrouter", B, "default"),
    ]


def test_last_resorts_come_after_all_others() -> None:
    """A cooldown with a vendor's time is not repeated."""
    state = keys(anthropic=[("default", OK), ("work", OK)], openrouter=OK)
    state.cooldowns["anthropic", "default", A] = Cooling(
        "overloaded", 60.0, "no room", is_guess=True
    )
    state.cooldowns["anthropic", "work", A] = Cooling("rate_limited", 60.0, "too fast")
    assert rows(SONNET, state) == [
        ("anthropic", A, "default", "overloaded"),
        ("anthropic", A, "work", "rate_limited"),
        ("openrouter", B, "default"),
        ("anthropic", A, "default"),
    ]


def test_no_fallback_keeps_one_last_resort() -> None:
    """It is used only if no other candidate is left."""
    state = keys(**BOTH)
    for where in (("anthropic", "default", A), ("openrouter", "default", B)):
        state.cooldowns[where] = Cooling("overloaded", 60.0, "no room", is_guess=True)
    assert rows(asking(no_fallback=True), state) == [
        ("anthropic", A, "default", "overloaded"),
        ("openrouter", B, "default", "overloaded"),
        ("anthropic", A, "default"),
    ]


def test_candidates_are_checked_when_reached() -> None:
    """A plan may be used for minutes, and changes in the meantime count."""
    state = keys(**BOTH)
    steps = make_plan(SONNET, CONFIG, state).steps()
    next(steps)
    state.cooldowns["openrouter", "default", B] = Cooling("rate_limited", 60.0, "too fast")
    (second,) = steps
    assert isinstance(second, Skipped)


# ------------------------------------------------------------------ strategies and prices


def configured(
    strategy: Strategy | None, alias: Strategy | None, increase: object = None
) -> Config:
    """Return a configuration with these strategies in `[fallback]` and in the alias `sonnet`."""
    section = Fallback(strategy=strategy or "priority", max_cost_increase=increase)
    sonnet = msgspec.structs.replace(CONFIG.models["sonnet"], strategy=alias)
    return msgspec.structs.replace(CONFIG, fallback=section, models={"sonnet": sonnet})


@pytest.mark.parametrize(
    ("section", "alias", "request_", "used"),
    [
        (None, None, None, "priority"),
        ("cheapest", None, None, "cheapest"),
        ("cheapest", "fastest", None, "fastest"),
        ("cheapest", "priority", None, "priority"),
        ("cheapest", "fastest", "priority", "priority"),
        (None, None, "cheapest", "cheapest"),
    ],
)
def test_request_overrides_alias_overrides_config(
    section: Strategy | None, alias: Strategy | None, request_: Strategy | None, used: Strategy
) -> None:
    """The strategy comes from the most specific of the three."""
    config = configured(section, alias)
    assert make_plan(asking(strategy=request_), config, keys()).strategy == used


def test_cheapest_comes_first() -> None:
    """All of its keys come before the next route."""
    state = keys(anthropic=OK, openrouter=[("a", OK), ("b", OK)])
    state.prices = {A: Decimal(2), B: Decimal(1)}
    assert [row[0] for row in rows(asking(strategy="cheapest"), state)] == [
        "openrouter",
        "openrouter",
        "anthropic",
    ]


def test_too_expensive_candidates_are_skipped() -> None:
    """The maximum is `max_cost_increase` times the price of the first choice."""
    state = keys(**BOTH)
    state.prices = {A: Decimal(2), B: Decimal("4.01")}
    for increase, is_too_expensive in ((2, True), (Decimal("2.005"), False), (None, False)):
        config = configured(None, None, Decimal(increase) if increase else None)
        assert ("too_expensive" in rows(SONNET, state, config)[1]) is is_too_expensive


def test_unavailable_first_choice_still_sets_the_maximum_price() -> None:
    """An outage is no reason to pay more."""
    state = keys(openrouter=OK)
    state.prices = {A: Decimal(1), B: Decimal(3)}
    assert rows(SONNET, state, configured(None, None, Decimal(2))) == [
        ("anthropic", A, None, "not_authenticated"),
        ("openrouter", B, "default", "too_expensive"),
    ]


@pytest.mark.parametrize("prices", [{B: Decimal(9)}, {A: Decimal(1)}, {}])
def test_unknown_prices_are_not_compared(prices: dict[str, Decimal]) -> None:
    """This holds for the first choice and for the others."""
    state = keys(**BOTH)
    state.prices = prices
    found = rows(SONNET, state, configured(None, None, Decimal(1)))
    assert [row[0] for row in found if len(row) == 3] == ["anthropic", "openrouter"]


# ------------------------------------------------------------------ conversations


HELD = RouteQuery(model="sonnet", conversation="c")


def test_conversation_stays_with_the_last_candidate() -> None:
    """Its key comes first too; the others follow in order."""
    state = keys(anthropic=OK, openrouter=[("a", OK), ("b", OK)])
    state.preferred_by["c"] = ("openrouter", B, "b")
    assert rows(HELD, state) == [
        ("openrouter", B, "b"),
        ("openrouter", B, "a"),
        ("anthropic", A, "default"),
    ]
    assert rows(SONNET, state)[0] == ("anthropic", A, "default")


def test_cooling_preferred_candidate_is_skipped() -> None:
    """The conversation continues with the next candidate."""
    state = keys(**BOTH)
    state.preferred_by["c"] = ("openrouter", B, "default")
    state.cooldowns["openrouter", "default", B] = Cooling("overloaded", 60.0, "no room")
    assert rows(HELD, state) == [
        ("openrouter", B, "default", "overloaded"),
        ("anthropic", A, "default"),
    ]


@pytest.mark.parametrize(
    "preferred", [("openai", "gpt", "default"), ("anthropic", "other", "default")]
)
def test_preferred_candidate_outside_the_chain_is_ignored(
    preferred: tuple[str, str, str],
) -> None:
    """The user changed the model during the conversation."""
    state = keys(openai=OK, **BOTH)
    state.preferred_by["c"] = preferred
    assert rows(HELD, state) == rows(SONNET, state)


def test_conversation_overrides_the_strategy() -> None:
    """Its prompt cache is worth more than the list price shows."""
    state = keys(**BOTH)
    state.preferred_by["c"] = ("anthropic", A, "default")
    state.prices = {A: Decimal(2), B: Decimal(1)}
    query = msgspec.structs.replace(HELD, options=RouteOptions(strategy="cheapest"))
    assert [row[0] for row in rows(query, state)] == ["anthropic", "openrouter"]


def test_preferred_candidate_does_not_raise_the_maximum_price() -> None:
    """Otherwise each fallback would allow a more expensive one."""
    routes = (Route("anthropic", "one"), Route("openai", "two"), Route("gemini", "four"))
    config = configured(None, None, Decimal(2))
    config = msgspec.structs.replace(config, models={"sonnet": Alias("sonnet", routes)})
    state = keys(anthropic=OK, openai=OK, gemini=OK)
    state.prices = {"one": Decimal(1), "two": Decimal(2), "four": Decimal(4)}
    state.preferred_by["c"] = ("openai", "two", "default")
    assert rows(HELD, state, config) == [
        ("openai", "two", "default"),
        ("anthropic", "one", "default"),
        ("gemini", "four", "default", "too_expensive"),
    ]


# ------------------------------------------------------------------ properties of every plan


NAMES = ("p0", "p1", "p2", "local")
LABELS = ("default", "a", "b")
MODELS = ("m0", "m1", "m2")
PROVIDERS = {
    name: Provider(name=name, kind="openai", base_url=f"http://{name}", needs_key=name != "local")
    for name in NAMES
}
UNUSABLE = {KeyState.NOT_CONFIGURED, KeyState.REJECTED, KeyState.LOCKED, KeyState.UNREADABLE}
PRICES = st.dictionaries(st.sampled_from(MODELS), st.decimals(0, 9, places=2))
KEYS_AND_MODELS = st.tuples(
    st.sampled_from(NAMES), st.sampled_from((*LABELS, None)), st.sampled_from(MODELS)
)
ROUTES = st.builds(Route, st.sampled_from(NAMES), st.sampled_from(MODELS))
KEYS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(KeyState)), unique_by=lambda key: key[0]
)


@st.composite
def described(draw: st.DrawFn) -> Described:
    """A catalog that knows more about one model and less about another."""
    maybe = st.sampled_from((True, False, None))
    return Described(
        *(
            Model(id=name, images=draw(maybe), tools=draw(maybe), window=draw(st.none() | SIZES))
            for name in MODELS
        )
    )


SIZES = st.sampled_from((10, 100, 1000))
STATES = st.builds(
    FakeRoutingState,
    keys=st.fixed_dictionaries({name: KEYS for name in NAMES if name != "local"}),
    models=described(),
    cooldowns=st.dictionaries(
        KEYS_AND_MODELS,
        st.builds(Cooling, st.just("r"), st.none(), st.just("why"), st.booleans(), st.booleans()),
    ),
    limits_reached=st.dictionaries(
        KEYS_AND_MODELS, st.builds(Limited, st.just("limit_reached"), st.just("full"))
    ),
    prices=PRICES,
    latencies=st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(MODELS)), st.floats(0, 9)
    ),
    preferred_by=st.dictionaries(st.just("c"), KEYS_AND_MODELS.map(lambda p: (p[0], p[2], p[1]))),
)
CONFIGS = st.builds(
    Config,
    providers=st.just(PROVIDERS),
    models=st.builds(
        lambda routes, strategy: {"alias": Alias("alias", tuple(routes), strategy)},
        st.lists(ROUTES, min_size=1, unique=True),
        st.none() | st.sampled_from(get_args(Strategy)),
    ),
    fallback=st.builds(
        Fallback, max_cost_increase=st.none() | st.sampled_from((Decimal(1), Decimal(2)))
    ),
)
QUERIES = st.builds(
    RouteQuery,
    model=st.just("alias"),
    options=st.builds(
        RouteOptions,
        strategy=st.none() | st.sampled_from(get_args(Strategy)),
        no_fallback=st.just(False),
    ),
    requirements=st.builds(
        Requirements,
        abilities=st.lists(st.sampled_from(("images", "tools")), unique=True).map(tuple),
        input_tokens=SIZES,
    ),
    conversation=st.sampled_from((None, "c")),
)


def routes_of(config: Config) -> Sequence[Route]:
    return config.models["alias"].routes


@given(QUERIES, CONFIGS, STATES)
def test_every_key_of_every_route_appears_once(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """Last resorts appear twice; a provider without keys has one entry."""
    expected = [
        (route.provider, route.model, key)
        for route in routes_of(config)
        for key in [c.name for c in state.keys_of(PROVIDERS[route.provider])] or [None]
    ]
    found = [names_of_step(step) for step in steps_of(query, config, state)]
    assert sorted(found, key=str) == sorted(expected, key=str)


@given(QUERIES, CONFIGS, STATES)
def test_a_candidate_is_skipped_exactly_if_there_is_a_reason(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """Each reason is computed here without the filters."""
    for step in steps_of(query, config, state):
        assert isinstance(step, Skipped) == bool(reasons_to_skip(step, query, config, state)), step


@given(QUERIES, CONFIGS, STATES)
def test_last_resorts_are_skipped_only_for_a_guess(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """They keep their order, after all others."""
    all_steps = list(make_plan(query, config, state).steps())
    first = steps_of(query, config, state)
    guessed = [
        names_of_step(step)
        for step in first
        if reasons_to_skip(step, query, config, state) == ["cooling"]
        and state.cooldowns[state_key(step)].is_guess
    ]
    assert all_steps[: len(first)] == first
    assert [names_of_step(step) for step in all_steps[len(first) :]] == guessed


def steps_of(query: RouteQuery, config: Config, state: FakeRoutingState) -> list[Step]:
    """Return the steps of the plan without its last resorts."""
    steps = make_plan(query, config, state).steps()
    return [s for s in steps if isinstance(s, Skipped) or not s.is_last_resort]


def state_key(step: Step) -> tuple[str, str | None, str]:
    """Return the key of a step in the fake state."""
    name, model, key = names_of_step(step)
    return (name, key, model)


def reasons_to_skip(
    step: Step, query: RouteQuery, config: Config, state: FakeRoutingState
) -> list[str]:
    """Return the reasons to skip a step, computed without the filters."""
    name, model_name, key = names_of_step(step)
    key_in_state = state_key(step)
    model = state.models.find(PROVIDERS[name], model_name)
    states = {choice.name: choice.state for choice in state.keys_of(PROVIDERS[name])}
    cooling = state.cooldowns.get(key_in_state)
    price, max_price = state.prices.get(model_name), highest_price(query, config, state)
    against = {
        "key": states.get(key, KeyState.NOT_CONFIGURED) in UNUSABLE,
        "ability": any(getattr(model, each) is False for each in query.requirements.abilities),
        "window": model.window is not None
        and query.requirements.input_tokens > SIZE_TOLERANCE * model.window,
        "cooling": cooling is not None and not cooling.is_probe_due,
        "limit": key_in_state in state.limits_reached,
        "price": None not in (price, max_price) and price > max_price,
    }
    return [reason for reason, holds in against.items() if holds]


def highest_price(query: RouteQuery, config: Config, state: FakeRoutingState) -> Decimal | None:
    """Return the highest allowed price, from the first choice without the conversation."""
    without_conversation = msgspec.structs.replace(query, conversation=None)
    first = make_plan(without_conversation, config, state).routes[0]
    price, increase = state.prices.get(first.model), config.fallback.max_cost_increase
    return None if price is None or increase is None else price * increase


@given(QUERIES, CONFIGS, STATES)
def test_plan_is_repeatable(query: RouteQuery, config: Config, state: FakeRoutingState) -> None:
    """Iterating twice changes nothing as long as the state is the same."""
    plan = make_plan(query, config, state)
    once = list(plan.steps())
    assert list(plan.steps()) == list(make_plan(query, config, state).steps()) == once
    assert plan.candidates == tuple(step for step in once if isinstance(step, Candidate))


@given(QUERIES, CONFIGS, STATES)
def test_keys_of_a_route_stay_together(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """They keep the order of use, with the conversation's key first."""
    plan = make_plan(query, config, state)
    expected = []
    for route in plan.routes:
        names = [choice.name for choice in state.keys_of(PROVIDERS[route.provider])] or [None]
        preferred = plan.preferred
        if preferred and preferred[:2] == (route.provider, route.model) and preferred[2] in names:
            names = [preferred[2], *(name for name in names if name != preferred[2])]
        expected += [(route.provider, route.model, name) for name in names]
    assert [names_of_step(step) for step in steps_of(query, config, state)] == expected


@given(QUERIES, CONFIGS, STATES)
def test_no_fallback_is_a_prefix_of_the_plan(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """It ends with the first candidate."""
    full = list(make_plan(query, config, state).steps())
    only = msgspec.structs.replace(query.options, no_fallback=True)
    without_fallback = msgspec.structs.replace(query, options=only)
    shortened = list(make_plan(without_fallback, config, state).steps())
    assert shortened == full[: len(shortened)]
    assert [isinstance(step, Candidate) for step in shortened[:-1]] == [False] * (
        len(shortened) - 1
    )
    assert isinstance(shortened[-1], Candidate) or shortened == full


def test_last_resort_is_not_a_skipped_step() -> None:
    """It is skipped first and called later."""
    guess = Cooling("provider_error", 9.0, "it failed", is_guess=True)
    vendor_cooldown = Cooling("rate_limited", 60.0, "too fast")
    cooldowns = {
        ("anthropic", "default", "claude-x"): guess,
        ("openrouter", "default", "anthropic/claude-x"): vendor_cooldown,
    }
    state = FakeRoutingState(keys={"anthropic": OK, "openrouter": OK}, cooldowns=cooldowns)
    steps = list(make_plan(RouteQuery(model="sonnet"), CONFIG, state).steps())
    assert [names_of_step(step)[0] for step in steps] == ["anthropic", "openrouter", "anthropic"]
    assert [skip.provider for skip in skipped_steps(steps)] == ["openrouter"]


# ------------------------------------------------------------------ refused entries


PROBLEM = Problem(file="f.toml", line=3, path="x", message="is wrong")


def with_refused(**changes: object) -> Config:
    """Return a configuration in which `anthropic` is refused, and one of openrouter's models."""
    refused = Refused(
        providers={"anthropic": RefusedEntry("providers.anthropic", (PROBLEM,))},
        catalog={"openrouter/bad": RefusedEntry("catalog.'openrouter/bad'", (PROBLEM,))},
    )
    others = {name: each for name, each in CONFIG.providers.items() if name != "anthropic"}
    return msgspec.structs.replace(CONFIG, providers=others, refused=refused, **changes)


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_a_refused_provider_is_skipped_with_its_problem(strategy: Strategy) -> None:
    """With every strategy the others of the chain serve, and the skip has the line."""
    steps = list(make_plan(asking(strategy=strategy), with_refused(), keys(**BOTH)).steps())
    (skipped,) = (step for step in steps if isinstance(step, Skipped))
    assert (skipped.provider, skipped.model, skipped.reason) == ("anthropic", A, "config_invalid")
    assert skipped.message == "anthropic is refused: f.toml, line 3: x: is wrong"
    assert [names_of_step(step) for step in steps if isinstance(step, Candidate)] == [
        ("openrouter", B, "default")
    ]


def test_a_model_with_invalid_data_is_skipped() -> None:
    """Other models of its provider serve."""
    bad, good = asking("openrouter/bad"), asking("openrouter/good")
    assert rows(bad, keys(**BOTH), with_refused()) == [
        ("openrouter", "bad", None, "config_invalid")
    ]
    assert rows(good, keys(**BOTH), with_refused()) == [("openrouter", "good", "default")]


def test_a_price_limit_is_relative_to_the_first_route_that_can_be_asked() -> None:
    """Without it there would be no limit, as the price of a refused route is unknown."""
    routes = (Route("anthropic", "a"), Route("openrouter", "b"), Route("openai", "c"))
    config = with_refused(
        models={"m": Alias("m", routes)}, fallback=Fallback(max_cost_increase=Decimal(2))
    )
    state = keys(anthropic=OK, openrouter=OK, openai=OK)
    state.prices = {"a": Decimal(100), "b": Decimal(1), "c": Decimal(3)}
    assert rows(asking("m"), state, config) == [
        ("anthropic", "a", None, "config_invalid"),
        ("openrouter", "b", "default"),
        ("openai", "c", "default", "too_expensive"),
    ]


@given(QUERIES, CONFIGS, STATES, st.sets(st.sampled_from(sorted(PROVIDERS))))
def test_refused_providers_are_skipped_and_the_others_as_before(
    query: RouteQuery, config: Config, state: FakeRoutingState, names: set[str]
) -> None:
    """Every plan has one skip for each of their routes, and no candidate of theirs."""
    refused = Refused(providers={name: RefusedEntry(name, (PROBLEM,)) for name in names})
    others = {name: each for name, each in config.providers.items() if name not in names}
    partial = msgspec.structs.replace(config, providers=others, refused=refused)
    steps = list(make_plan(query, partial, state).steps())
    skipped = [
        (step.provider, step.model)
        for step in steps
        if isinstance(step, Skipped) and step.reason == "config_invalid"
    ]
    theirs = [r for r in routes_of(config) if r.provider in names]
    assert sorted(skipped) == sorted((route.provider, route.model) for route in theirs)
    assert not any(isinstance(s, Candidate) and s.provider.name in names for s in steps)
