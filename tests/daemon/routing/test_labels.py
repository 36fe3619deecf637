"""Labels of keys: which keys a request may use, and that no others are ever used."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import Alias, Config, Route
from aircherd.errors import BadRequest, NotAuthenticated
from aircherd.routing.candidate import Candidate
from aircherd.routing.labels import check_label, how_to_get
from aircherd.routing.plan import RouteQuery, make_plan
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.availability import Cooling
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyState
from helpers.routing import CONFIG, OK, FakeRoutingState, Known, Listed, keys, rows

A, B = "claude-x", "anthropic/claude-x"
TWO = [("default", OK), ("work", OK)]


def asking(model: str | None, key: str | None = None, **options: object) -> RouteQuery:
    return RouteQuery(model=model, options=RouteOptions(key=key, **options))


def with_alias(*routes: str, **fallbacks: list[str]) -> Config:
    """Return a configuration with the alias `mine`, and with these `fallback` lists."""
    alias = Alias("mine", tuple(map(Route.parse, routes)))
    changed = {
        name: msgspec.structs.replace(CONFIG.providers[name], fallback=tuple(targets))
        for name, targets in fallbacks.items()
    }
    return msgspec.structs.replace(
        CONFIG, models={"mine": alias}, providers={**CONFIG.providers, **changed}
    )


# ------------------------------------------------------------------ naming a key


def test_a_route_names_its_key() -> None:
    """Only that key serves it."""
    assert rows(asking("openai@work/gpt"), keys(openai=TWO)) == [("openai", "gpt", "work")]


def test_a_request_names_the_key_of_all_routes() -> None:
    """A provider without such a key is skipped, and says so."""
    state = keys(anthropic=TWO, openrouter=OK)
    steps = list(make_plan(asking("sonnet", "work"), CONFIG, state).steps())
    assert [(s.provider.name, s.key) for s in steps if isinstance(s, Candidate)] == [
        ("anthropic", "work")
    ]
    (skipped,) = [s for s in steps if isinstance(s, Skipped)]
    assert skipped.reason == "not_authenticated"
    assert skipped.message == (
        "no key 'work' for openrouter: "
        "sign in with 'aircher-cli auth login openrouter --label work'"
    )


def test_the_key_of_a_route_takes_precedence() -> None:
    """The chain says that both accounts may be used."""
    config = with_alias("openai@private/a", "openai/a")
    state = keys(openai=[("default", OK), ("private", OK), ("work", OK)])
    assert rows(asking("mine", "work"), state, config) == [
        ("openai", "a", "private"),
        ("openai", "a", "work"),
    ]


def test_a_key_that_is_named_and_implied_is_tried_once() -> None:
    """The second route adds the other keys."""
    config = with_alias("openai@work/a", "openai/a")
    assert rows(asking("mine"), keys(openai=TWO), config) == [
        ("openai", "a", "work"),
        ("openai", "a", "default"),
    ]


def test_without_a_model_the_signed_in_providers_are_those_with_the_key() -> None:
    """The default chain starts at the first of them."""
    state = keys(anthropic=OK, openai=TWO)
    assert [row[0] for row in rows(asking(None, "work"), state)] == ["openai"]


def test_a_fallback_keeps_the_key() -> None:
    """Unless it names another one."""
    config = with_alias("openai@work/a", openai=["openrouter/a", "anthropic@default/b", "work/c"])
    state = keys(openai=TWO, openrouter=TWO, anthropic=TWO)
    assert rows(asking("mine"), state, config) == [
        ("openai", "a", "work"),
        ("openrouter", "a", "work"),
        ("anthropic", "b", "default"),
        ("work", "c", None),
    ]


def test_a_fallback_may_be_a_provider_with_a_key() -> None:
    """It is asked for the same model, or for its default model."""
    config = with_alias("openai/a", openai=["openrouter@work"])
    state = keys(openai=OK, openrouter=TWO)
    model = CONFIG.providers["openrouter"].default_model
    assert rows(asking("mine"), state, config)[1:] == [("openrouter", model, "work")]


def test_the_preferred_key_must_be_allowed() -> None:
    """The last answer of the conversation came from another account."""
    state = replace(
        keys(anthropic=TWO, openrouter=TWO),
        preferred_by={"tea": ("anthropic", A, "default")},
    )
    query = msgspec.structs.replace(asking("sonnet", "work"), conversation="tea")
    assert rows(query, state) == [("anthropic", A, "work"), ("openrouter", B, "work")]


def test_a_locked_keyring_is_said() -> None:
    """Whether there is such a key is not known."""
    state = keys(openai=[(None, KeyState.LOCKED)])  # type: ignore[list-item]
    assert rows(asking("openai@work/a"), state) == [("openai", "a", None, "keyring_locked")]


def test_a_provider_without_a_key_names_none() -> None:
    """A label on it is a mistake; one of the whole request is not."""
    (step,) = make_plan(asking("work@private/llama"), CONFIG, keys()).steps()
    assert isinstance(step, Skipped)
    assert step.message == "work needs no key: name the model without @private"
    assert rows(asking("work/llama", "private"), keys()) == [("work", "llama", None)]


# ------------------------------------------------------------------ no such key


@pytest.mark.parametrize(
    ("model", "key", "said"),
    [
        (
            "openai@wrk/gpt",
            None,
            (
                "no key 'wrk' for openai (openai has default, work): sign in with "
                "'aircher-cli auth login openai --label wrk'"
            ),
        ),
        (
            "openai/gpt",
            "wrk",
            (
                "no key 'wrk' for openai (openai has default, work): sign in with "
                "'aircher-cli auth login openai --label wrk'"
            ),
        ),
        (
            "sonnet",
            "wrk",
            (
                "no key 'wrk' for any of the providers that would be asked "
                "(anthropic has default): sign in with "
                "'aircher-cli auth login anthropic --label wrk'"
            ),
        ),
        ("openai/gpt", "env:W", "set W in the file 'environment' beside config.toml"),
        ("openai/gpt", "command", "add a key_command to [providers.openai]"),
        ("gemini/x", "default", "sign in with 'aircher-cli auth login gemini'"),
    ],
)
def test_no_provider_has_the_key(model: str, key: str | None, said: str) -> None:
    """The error says which labels there are, and how to have this one."""
    with pytest.raises(NotAuthenticated) as caught:
        make_plan(asking(model, key), CONFIG, keys(openai=TWO, anthropic=OK))
    assert said in caught.value.message


def test_a_local_server_does_not_hide_a_misspelt_label() -> None:
    """But a chain that names the key itself may end with one."""
    state = keys(openai=TWO)
    with pytest.raises(NotAuthenticated):
        make_plan(asking("mine", "wrk"), with_alias("openai/a", "work/b"), state)
    assert rows(asking("mine"), state, with_alias("openai@wrk/a", "work/b")) == [
        ("openai", "a", "wrk", "not_authenticated"),
        ("work", "b", None),
    ]


@pytest.mark.parametrize(
    ("model", "models"),
    [
        (None, Listed(work=["llama-4"])),
        ("llama-4", Known("openai/llama-4", "work/llama-4")),
    ],
)
def test_no_local_server_answers_in_place_of_a_misspelt_label(
    model: str | None, models: Catalog
) -> None:
    """Neither in the default chain nor for a bare name, whose routes are those with a key."""
    with pytest.raises(NotAuthenticated, match="openai has default, work"):
        make_plan(asking(model, "wrk"), CONFIG, keys(models, openai=TWO))
    found = rows(asking(model, "work"), keys(models, openai=TWO))
    assert [(provider, key) for provider, _, key in found] == [("openai", "work"), ("work", None)]


def test_a_local_server_alone_has_no_account_to_name() -> None:
    """A label restricts nothing there."""
    only = Known("work/llama-4")
    assert rows(asking("llama-4", "wrk"), keys(only, openai=TWO)) == [("work", "llama-4", None)]


@pytest.mark.parametrize("label", ["sk-proj-" + "a1B2" * 12, "two words", "-x", "ab/c"])
def test_what_is_no_label_is_not_repeated(label: str) -> None:
    """It may be a key."""
    with pytest.raises(BadRequest) as caught:
        check_label(label)
    assert label not in caught.value.message
    with pytest.raises(BadRequest) as caught:
        make_plan(asking("openai/y", label), CONFIG, keys(openai=OK))
    assert label not in caught.value.message


def test_how_to_get_the_default_key() -> None:
    """Its label is not needed."""
    assert how_to_get("openai", "default") == "sign in with 'aircher-cli auth login openai'"


# ------------------------------------------------------------------ accounts never mix

LABELS = ("default", "work", "private")
KEYED = ("anthropic", "openai", "openrouter")
STATES = st.sampled_from([OK, KeyState.UNVERIFIED, KeyState.REJECTED, KeyState.LOCKED])
KEYS = st.dictionaries(
    st.sampled_from(KEYED),
    st.lists(st.tuples(st.sampled_from(LABELS), STATES), unique_by=lambda each: each[0]),
)
NAMES = st.builds(
    lambda provider, label, model: f"{provider}{label}/{model}",
    st.sampled_from((*KEYED, "work")),
    st.sampled_from(("", "", *(f"@{label}" for label in LABELS))),
    st.sampled_from("ab"),
)
ROUTES = st.lists(NAMES, min_size=1, max_size=4)
FALLBACKS = st.lists(
    NAMES | st.sampled_from(KEYED) | st.sampled_from([f"{name}@private" for name in KEYED]),
    max_size=3,
)
COOLINGS = st.dictionaries(
    st.tuples(st.sampled_from(KEYED), st.sampled_from(LABELS), st.sampled_from("ab")),
    st.builds(
        lambda is_guess, is_probe: Cooling(
            reason="rate_limited",
            message="cooling",
            until=2.0,
            is_guess=is_guess,
            is_probe_due=is_probe,
        ),
        st.booleans(),
        st.booleans(),
    ),
)
PREFERRED = st.none() | st.tuples(
    st.sampled_from(KEYED), st.sampled_from("ab"), st.sampled_from(LABELS)
)


def acyclic(fallbacks: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the lists with those targets only that come later, as the configuration demands."""
    order = {name: KEYED[at + 1 :] for at, name in enumerate(KEYED)}
    return {
        name: [
            t for t in targets if t.partition("/")[0].partition("@")[0] in (*order[name], "work")
        ]
        for name, targets in fallbacks.items()
    }


CASES = st.fixed_dictionaries(
    {
        "held": KEYS,
        "routes": ROUTES,
        "fallbacks": st.dictionaries(st.sampled_from(KEYED), FALLBACKS),
        "cooldowns": COOLINGS,
        "preferred": PREFERRED,
        "label": st.sampled_from(LABELS),
        "strategy": st.sampled_from(["priority", "cheapest", "fastest"]),
        "name": st.sampled_from(["mine", None]) | NAMES,
    }
)


@given(CASES)
def test_no_other_account_is_used(case: dict[str, Any]) -> None:
    """Whatever fails, cools, is probed or answered last: only what is named with `@` differs."""
    lists, name, label = acyclic(case["fallbacks"]), case["name"], case["label"]
    config = with_alias(*case["routes"], **lists)
    state = FakeRoutingState(
        keys=dict(case["held"]),
        cooldowns=case["cooldowns"],
        preferred_by={"tea": case["preferred"]} if case["preferred"] else {},
    )
    query = RouteQuery(
        model=name,
        options=RouteOptions(key=label, strategy=case["strategy"]),
        conversation="tea",
    )
    try:
        steps = list(make_plan(query, config, state).steps())
    except (BadRequest, NotAuthenticated):
        return
    written = [
        *case["routes"],
        *([name] if name else []),
        *(t for each in lists.values() for t in each),
    ]
    named = {
        (head.partition("@")[0], head.partition("@")[2])
        for head in (text.partition("/")[0] for text in written)
        if "@" in head
    }
    for step in steps:
        if isinstance(step, Candidate) and step.key != label:
            provider = step.provider
            assert not provider.needs_key or (provider.name, step.key) in named
            assert provider.needs_key or step.key is None


@given(held=KEYS, fallbacks=st.dictionaries(st.sampled_from(KEYED), FALLBACKS), first=NAMES)
def test_a_fallback_changes_the_account_only_if_it_names_another(
    held: dict[str, list[tuple[str, KeyState]]], fallbacks: dict[str, list[str]], first: str
) -> None:
    """Without `@` in any list, a request for one key stays with it."""
    plain = {
        name: [target for target in targets if "@" not in target]
        for name, targets in acyclic(fallbacks).items()
    }
    route = Route.parse(first)
    label = route.key
    if label is None:
        return
    try:
        plan = make_plan(RouteQuery(model=first), with_alias("openai/a", **plain), keys(**held))
    except NotAuthenticated:
        return
    used = [step.key for step in plan.candidates]
    assert {key for key in used if key is not None} <= {label}
    assert all(one != other for one, other in pairwise(plan.candidates))
