"""From a request's wishes to the candidates: tables, and what holds for every plan."""

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
    Route,
    Strategy,
)
from aircherd.errors import BadRequest, UnknownModel
from aircherd.routing.candidate import Candidate, Step
from aircherd.routing.filters import SIZE_TOLERANCE
from aircherd.routing.plan import RouteQuery, make_plan, skipped_steps
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Cooling, Limited
from aircherd.vocabulary.chat import Requirements, RouteOptions
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.models import Model
from helpers.routing import CONFIG, OK, Described, FakeRoutingState, Listed, keys, place, rows

A, B = "claude-x", "anthropic/claude-x"
SONNET = RouteQuery(model="sonnet")
BOTH = {"anthropic": OK, "openrouter": OK}


def asking(name: str | None = "sonnet", **options: object) -> RouteQuery:
    return RouteQuery(model=name, options=RouteOptions(**options))


# ------------------------------------------------------------------ keys


def test_the_first_route_is_asked_first() -> None:
    """With the provider's key by its name."""
    assert rows(SONNET, keys(**BOTH)) == [("anthropic", A, "default"), ("openrouter", B, "default")]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (KeyState.REJECTED, "auth_rejected"),
        (KeyState.LOCKED, "keyring_locked"),
        (KeyState.NOT_CONFIGURED, "not_authenticated"),
        ([], "not_authenticated"),
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over_with_its_reason(
    state: KeyState | list[tuple[str, KeyState]], reason: str
) -> None:
    """The next route serves."""
    name = None if state == [] else "default"
    assert rows(SONNET, keys(anthropic=state, openrouter=OK)) == [
        ("anthropic", A, name, reason),
        ("openrouter", B, "default"),
    ]


def test_without_any_key_it_is_said_how_to_sign_in() -> None:
    """Where the key itself has nothing to say."""
    step = next(make_plan(SONNET, CONFIG, keys()).steps())
    assert isinstance(step, Skipped)
    assert step.message == "no key for anthropic: sign in with 'aircher-cli auth login anthropic'"


@pytest.mark.parametrize("state", [OK, KeyState.UNVERIFIED])
def test_a_key_that_nobody_refused_is_tried(state: KeyState) -> None:
    """Only a refusal takes a key out."""
    query = RouteQuery(model="anthropic/m")
    assert rows(query, keys(anthropic=state)) == [("anthropic", "m", "default")]


def test_a_local_provider_needs_no_key() -> None:
    """It is a candidate without one."""
    assert rows(RouteQuery(model="work/llama"), keys()) == [("work", "llama", None)]


def test_another_key_of_the_provider_comes_before_another_provider() -> None:
    """Keys are rotated before the provider is left."""
    two = [("default", OK), ("work", OK)]
    assert rows(SONNET, keys(anthropic=two, openrouter=OK)) == [
        ("anthropic", A, "default"),
        ("anthropic", A, "work"),
        ("openrouter", B, "default"),
    ]


def test_who_is_passed_over_stands_where_they_would_have_been_asked() -> None:
    """So an answer tells whom it passed over, and leaves out whom it never came to."""
    two = [("default", KeyState.REJECTED), ("work", OK)]
    assert rows(SONNET, keys(anthropic=two)) == [
        ("anthropic", A, "default", "auth_rejected"),
        ("anthropic", A, "work"),
        ("openrouter", B, None, "not_authenticated"),
    ]


def test_installed_models_do_not_hide_a_key_that_cannot_be_used() -> None:
    """A locked key is told of, and the local server answers."""
    state = keys(Listed(ollama=["llama3.2:latest"]), openai=KeyState.LOCKED)
    default = DEFAULT_CONFIG.providers["openai"].default_model
    assert rows(RouteQuery(), state) == [
        ("openai", default, "default", "keyring_locked"),
        ("ollama", "llama3.2:latest", None),
    ]


def test_a_locked_first_provider_is_reported_before_the_default_chain_goes_on() -> None:
    """Locked is not the same as never signed in."""
    found = rows(RouteQuery(), keys(anthropic=KeyState.LOCKED, openai=OK))
    assert [(row[0], *row[3:]) for row in found] == [("anthropic", "keyring_locked"), ("openai",)]


# ------------------------------------------------------------------ the request's own words


@pytest.mark.parametrize("name", ["sonet", "antropic/claude", "zzz"])
def test_a_name_that_nobody_knows_makes_no_plan(name: str) -> None:
    """It is refused before anybody is looked at."""
    with pytest.raises(UnknownModel):
        make_plan(RouteQuery(model=name), CONFIG, keys())


def test_a_route_that_leaves_nobody_makes_no_plan() -> None:
    """It is the client's own contradiction."""
    with pytest.raises(BadRequest):
        make_plan(asking(providers=["openai"]), CONFIG, keys())


def test_no_fallback_keeps_the_first_candidate_only() -> None:
    """The client asked for one try; who was passed over before it is told."""
    assert rows(asking(no_fallback=True), keys(**BOTH)) == [("anthropic", A, "default")]
    assert rows(asking(no_fallback=True), keys(openrouter=OK)) == [
        ("anthropic", A, None, "not_authenticated"),
        ("openrouter", B, "default"),
    ]


def test_what_the_request_needs_is_held_against_each_candidate() -> None:
    """The reasons are those of `filters`."""
    models = Described(Model(id=A, images=False), Model(id=B, window=10))
    query = RouteQuery(
        model="sonnet", requirements=Requirements(abilities=("images",), input_tokens=1000)
    )
    assert rows(query, keys(models, **BOTH)) == [
        ("anthropic", A, "default", "bad_request"),
        ("openrouter", B, "default", "context_too_long"),
    ]


def test_a_key_that_cools_leaves_the_others_of_its_provider() -> None:
    """It is passed over alone, until it is back."""
    state = keys(anthropic=[("default", OK), ("work", OK)], openrouter=OK)
    state.cold["anthropic", "default", A] = Cooling("rate_limited", 60.0, "too fast")
    assert rows(SONNET, state) == [
        ("anthropic", A, "default", "rate_limited"),
        ("anthropic", A, "work"),
        ("openrouter", B, "default"),
    ]


def test_who_was_passed_over_on_a_guess_is_asked_after_all_others() -> None:
    """Better than nobody; one whose vendor named a time is not."""
    state = keys(anthropic=[("default", OK), ("work", OK)], openrouter=OK)
    state.cold["anthropic", "default", A] = Cooling("overloaded", 60.0, "no room", is_guess=True)
    state.cold["anthropic", "work", A] = Cooling("rate_limited", 60.0, "too fast")
    assert rows(SONNET, state) == [
        ("anthropic", A, "default", "overloaded"),
        ("anthropic", A, "work", "rate_limited"),
        ("openrouter", B, "default"),
        ("anthropic", A, "default"),
    ]


def test_without_fallback_one_last_resort_is_asked() -> None:
    """And only if nobody else is left."""
    state = keys(**BOTH)
    for where in (("anthropic", "default", A), ("openrouter", "default", B)):
        state.cold[where] = Cooling("overloaded", 60.0, "no room", is_guess=True)
    assert rows(asking(no_fallback=True), state) == [
        ("anthropic", A, "default", "overloaded"),
        ("openrouter", B, "default", "overloaded"),
        ("anthropic", A, "default"),
    ]


def test_things_are_looked_at_when_their_turn_comes() -> None:
    """A plan is walked for minutes: what changed meanwhile counts."""
    state = keys(**BOTH)
    steps = make_plan(SONNET, CONFIG, state).steps()
    next(steps)
    state.cold["openrouter", "default", B] = Cooling("rate_limited", 60.0, "too fast")
    (second,) = steps
    assert isinstance(second, Skipped)


# ------------------------------------------------------------------ strategies and prices


def configured(
    strategy: Strategy | None, alias: Strategy | None, increase: object = None
) -> Config:
    """The configuration with these strategies of `[fallback]` and of the alias `sonnet`."""
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
def test_who_speaks_last_chooses_the_strategy(
    section: Strategy | None, alias: Strategy | None, request_: Strategy | None, used: Strategy
) -> None:
    """The request before the alias, the alias before `[fallback]`."""
    config = configured(section, alias)
    assert make_plan(asking(strategy=request_), config, keys()).strategy == used


def test_the_cheapest_is_asked_first() -> None:
    """With all of its keys, before the next."""
    state = keys(anthropic=OK, openrouter=[("a", OK), ("b", OK)])
    state.prices = {A: Decimal(2), B: Decimal(1)}
    assert [row[0] for row in rows(asking(strategy="cheapest"), state)] == [
        "openrouter",
        "openrouter",
        "anthropic",
    ]


def test_nobody_dearer_than_allowed_is_asked() -> None:
    """`max_cost_increase` times the price of the first choice is the most."""
    state = keys(**BOTH)
    state.prices = {A: Decimal(2), B: Decimal("4.01")}
    for increase, dear in ((2, True), (Decimal("2.005"), False), (None, False)):
        config = configured(None, None, Decimal(increase) if increase else None)
        assert ("too_expensive" in rows(SONNET, state, config)[1]) is dear


def test_a_first_choice_that_cannot_serve_says_what_is_dear_all_the_same() -> None:
    """An outage is no reason to pay more than was meant."""
    state = keys(openrouter=OK)
    state.prices = {A: Decimal(1), B: Decimal(3)}
    assert rows(SONNET, state, configured(None, None, Decimal(2))) == [
        ("anthropic", A, None, "not_authenticated"),
        ("openrouter", B, "default", "too_expensive"),
    ]


@pytest.mark.parametrize("prices", [{B: Decimal(9)}, {A: Decimal(1)}, {}])
def test_unknown_prices_are_not_compared(prices: dict[str, Decimal]) -> None:
    """Neither the first choice's nor another's."""
    state = keys(**BOTH)
    state.prices = prices
    found = rows(SONNET, state, configured(None, None, Decimal(1)))
    assert [row[0] for row in found if len(row) == 3] == ["anthropic", "openrouter"]


# ------------------------------------------------------------------ conversations


HELD = RouteQuery(model="sonnet", conversation="c")


def test_a_conversation_stays_with_who_answered_last() -> None:
    """And with his key; the others follow in their order."""
    state = keys(anthropic=OK, openrouter=[("a", OK), ("b", OK)])
    state.preferred_by["c"] = ("openrouter", B, "b")
    assert rows(HELD, state) == [
        ("openrouter", B, "b"),
        ("openrouter", B, "a"),
        ("anthropic", A, "default"),
    ]
    assert rows(SONNET, state)[0] == ("anthropic", A, "default")


def test_a_conversation_goes_on_elsewhere_while_who_held_it_cannot() -> None:
    """He is passed over like anybody."""
    state = keys(**BOTH)
    state.preferred_by["c"] = ("openrouter", B, "default")
    state.cold["openrouter", "default", B] = Cooling("overloaded", 60.0, "no room")
    assert rows(HELD, state) == [
        ("openrouter", B, "default", "overloaded"),
        ("anthropic", A, "default"),
    ]


@pytest.mark.parametrize(
    "preferred", [("openai", "gpt", "default"), ("anthropic", "other", "default")]
)
def test_who_does_not_serve_the_model_is_not_brought_in_by_a_conversation(
    preferred: tuple[str, str, str],
) -> None:
    """The user changed the model in the middle."""
    state = keys(openai=OK, **BOTH)
    state.preferred_by["c"] = preferred
    assert rows(HELD, state) == rows(SONNET, state)


def test_a_conversation_comes_before_a_strategy() -> None:
    """Its cache is worth more than a list price says."""
    state = keys(**BOTH)
    state.preferred_by["c"] = ("anthropic", A, "default")
    state.prices = {A: Decimal(2), B: Decimal(1)}
    query = msgspec.structs.replace(HELD, options=RouteOptions(strategy="cheapest"))
    assert [row[0] for row in rows(query, state)] == ["anthropic", "openrouter"]


def test_who_holds_a_conversation_does_not_raise_what_may_be_paid() -> None:
    """Else each fallback would allow a dearer one: twice the price, and twice that."""
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


# ------------------------------------------------------------------ what holds for every plan


NAMES = ("p0", "p1", "p2", "local")
LABELS = ("default", "a", "b")
MODELS = ("m0", "m1", "m2")
PROVIDERS = {
    name: Provider(name=name, kind="openai", base_url=f"http://{name}", needs_key=name != "local")
    for name in NAMES
}
UNUSABLE = {KeyState.NOT_CONFIGURED, KeyState.REJECTED, KeyState.LOCKED}
PRICES = st.dictionaries(st.sampled_from(MODELS), st.decimals(0, 9, places=2))
PLACES = st.tuples(
    st.sampled_from(NAMES), st.sampled_from((*LABELS, None)), st.sampled_from(MODELS)
)
ROUTES = st.builds(Route, st.sampled_from(NAMES), st.sampled_from(MODELS))
KEYS = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(KeyState)), unique_by=lambda key: key[0]
)


@st.composite
def described(draw: st.DrawFn) -> Described:
    """A catalogue that knows more of one model and less of another."""
    maybe = st.sampled_from((True, False, None))
    return Described(
        *(
            Model(id=name, images=draw(maybe), tools=draw(maybe), window=draw(st.none() | SIZES))
            for name in MODELS
        )
    )


SIZES = st.sampled_from((10, 100, 1000))
VIEWS = st.builds(
    FakeRoutingState,
    keys=st.fixed_dictionaries({name: KEYS for name in NAMES if name != "local"}),
    models=described(),
    cold=st.dictionaries(
        PLACES,
        st.builds(Cooling, st.just("r"), st.none(), st.just("why"), st.booleans(), st.booleans()),
    ),
    full=st.dictionaries(PLACES, st.builds(Limited, st.just("limit_reached"), st.just("full"))),
    prices=PRICES,
    speeds=st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(MODELS)), st.floats(0, 9)
    ),
    preferred_by=st.dictionaries(st.just("c"), PLACES.map(lambda p: (p[0], p[2], p[1]))),
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
WISHES = st.builds(
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


@given(WISHES, CONFIGS, VIEWS)
def test_everybody_is_in_a_plan_once_asked_or_passed_over(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """All keys of all routes; a provider without any stands for itself. Last resorts come again."""
    wanted = [
        (route.provider, route.model, key)
        for route in routes_of(config)
        for key in [c.name for c in state.keys_of(PROVIDERS[route.provider])] or [None]
    ]
    found = [place(step) for step in steps_of(query, config, state)]
    assert sorted(found, key=str) == sorted(wanted, key=str)


@given(WISHES, CONFIGS, VIEWS)
def test_nobody_is_asked_whom_a_filter_forbids(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """Each reason judged by itself, without the filters; nor is anybody left out without one."""
    for step in steps_of(query, config, state):
        assert isinstance(step, Skipped) == bool(objections(step, query, config, state)), step


@given(WISHES, CONFIGS, VIEWS)
def test_a_last_resort_is_who_only_a_guess_speaks_against(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """In their order, after everybody else."""
    everybody = list(make_plan(query, config, state).steps())
    first = steps_of(query, config, state)
    guessed = [
        place(step)
        for step in first
        if objections(step, query, config, state) == ["cooling"]
        and state.cold[place_in(step)].is_guess
    ]
    assert everybody[: len(first)] == first
    assert [place(step) for step in everybody[len(first) :]] == guessed


def steps_of(query: RouteQuery, config: Config, state: FakeRoutingState) -> list[Step]:
    """Return the plan without its last resorts."""
    steps = make_plan(query, config, state).steps()
    return [s for s in steps if isinstance(s, Skipped) or not s.is_last_resort]


def place_in(step: Step) -> tuple[str, str | None, str]:
    """Return what a view knows it by."""
    name, model, key = place(step)
    return (name, key, model)


def objections(step: Step, query: RouteQuery, config: Config, state: FakeRoutingState) -> list[str]:
    """Say in plain words what speaks against asking."""
    name, model_name, key = place(step)
    here = place_in(step)
    model = state.models.find(PROVIDERS[name], model_name)
    states = {choice.name: choice.state for choice in state.keys_of(PROVIDERS[name])}
    cooling = state.cold.get(here)
    price, max_price = state.prices.get(model_name), most(query, config, state)
    against = {
        "key": states.get(key, KeyState.NOT_CONFIGURED) in UNUSABLE,
        "ability": any(getattr(model, each) is False for each in query.requirements.abilities),
        "window": model.window is not None
        and query.requirements.input_tokens > SIZE_TOLERANCE * model.window,
        "cooling": cooling is not None and not cooling.is_probe_due,
        "limit": here in state.full,
        "price": None not in (price, max_price) and price > max_price,
    }
    return [reason for reason, holds in against.items() if holds]


def most(query: RouteQuery, config: Config, state: FakeRoutingState) -> Decimal | None:
    """Return what may be paid: by whoever is first without the conversation."""
    unheld = msgspec.structs.replace(query, conversation=None)
    first = make_plan(unheld, config, state).routes[0]
    price, increase = state.prices.get(first.model), config.fallback.max_cost_increase
    return None if price is None or increase is None else price * increase


@given(WISHES, CONFIGS, VIEWS)
def test_a_plan_is_the_same_each_time(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """As long as nothing changes; walking it twice changes nothing."""
    plan = make_plan(query, config, state)
    once = list(plan.steps())
    assert list(plan.steps()) == list(make_plan(query, config, state).steps()) == once
    assert plan.candidates == tuple(step for step in once if isinstance(step, Candidate))


@given(WISHES, CONFIGS, VIEWS)
def test_a_route_is_done_with_before_the_next_one_begins(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """All its keys stand together, in the order in which they serve, the conversation's first."""
    plan = make_plan(query, config, state)
    wanted = []
    for route in plan.routes:
        names = [choice.name for choice in state.keys_of(PROVIDERS[route.provider])] or [None]
        preferred = plan.preferred
        if preferred and preferred[:2] == (route.provider, route.model) and preferred[2] in names:
            names = [preferred[2], *(name for name in names if name != preferred[2])]
        wanted += [(route.provider, route.model, name) for name in names]
    assert [place(step) for step in steps_of(query, config, state)] == wanted


@given(WISHES, CONFIGS, VIEWS)
def test_without_fallback_a_plan_ends_with_its_first_candidate(
    query: RouteQuery, config: Config, state: FakeRoutingState
) -> None:
    """Up to there it is the same plan."""
    whole = list(make_plan(query, config, state).steps())
    only = msgspec.structs.replace(query.options, no_fallback=True)
    cut = list(make_plan(msgspec.structs.replace(query, options=only), config, state).steps())
    assert cut == whole[: len(cut)]
    assert [isinstance(step, Candidate) for step in cut[:-1]] == [False] * (len(cut) - 1)
    assert isinstance(cut[-1], Candidate) or cut == whole


def test_a_last_resort_is_not_passed_over() -> None:
    """It is at first, where it would have stood; whoever asks who is left out does not hear it."""
    guess = Cooling("provider_error", 9.0, "it failed", is_guess=True)
    told = Cooling("rate_limited", 60.0, "too fast")
    cold = {
        ("anthropic", "default", "claude-x"): guess,
        ("openrouter", "default", "anthropic/claude-x"): told,
    }
    state = FakeRoutingState(keys={"anthropic": OK, "openrouter": OK}, cold=cold)
    steps = list(make_plan(RouteQuery(model="sonnet"), CONFIG, state).steps())
    assert [place(step)[0] for step in steps] == ["anthropic", "openrouter", "anthropic"]
    assert [skip.provider for skip in skipped_steps(steps)] == ["openrouter"]
