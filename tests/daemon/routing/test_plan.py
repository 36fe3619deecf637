"""From a name to the candidates: tables."""

import pytest

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import DEFAULT_CONFIG, Alias, Config, Provider, Route, builtin_providers
from aircherd.errors import BadRequest, UnknownModel
from aircherd.routing.plan import plan
from aircherd.vocabulary.attempt import Skipped
from aircherd.vocabulary.chat import RouteOptions
from aircherd.vocabulary.keys import KeyChoice, KeyState

OK = KeyState.AUTHENTICATED
WORK = Provider(name="work", kind="openai", base_url="http://gpu:8000/v1", needs_key=False)
CONFIG = Config(
    providers={**builtin_providers(), "work": WORK},
    models={
        "sonnet": Alias(
            "sonnet", (Route("anthropic", "claude-x"), Route("openrouter", "anthropic/claude-x"))
        )
    },
)


def keys(**states):
    """A view of the keys: provider -> one state, or a list of (name, state)."""

    def of(provider):
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        found = states.get(provider.name, [])
        found = [("default", found)] if isinstance(found, KeyState) else found
        return [KeyChoice(name, state) for name, state in found]

    return of


def decide(model, keys_of, config=CONFIG, **options):
    """Return the plan as short rows."""
    decided = plan(model, RouteOptions(**options), config, keys_of, Catalog())
    skipped = [step for step in decided.steps if isinstance(step, Skipped)]
    return (
        [(c.provider.name, c.model.id, c.key) for c in decided.candidates],
        [(s.provider, s.model, s.key, s.reason) for s in skipped],
    )


def test_an_alias_serves_its_routes_in_order():
    """The first route first."""
    assert decide("sonnet", keys(anthropic=OK, openrouter=OK)) == (
        [("anthropic", "claude-x", "default"), ("openrouter", "anthropic/claude-x", "default")],
        [],
    )


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (KeyState.REJECTED, "auth_rejected"),
        (KeyState.LOCKED, "keyring_locked"),
        ([], "not_authenticated"),
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over_with_its_reason(state, reason):
    """The next route serves."""
    name = None if state == [] else "default"
    assert decide("sonnet", keys(anthropic=state, openrouter=OK)) == (
        [("openrouter", "anthropic/claude-x", "default")],
        [("anthropic", "claude-x", name, reason)],
    )


def test_who_is_passed_over_stands_where_they_would_have_been_asked():
    """So an answer tells whom it passed over, and leaves out whom it never came to."""
    two = [("default", KeyState.REJECTED), ("work", OK)]
    decided = plan("sonnet", RouteOptions(), CONFIG, keys(anthropic=two), Catalog())
    assert [type(step).__name__ for step in decided.steps] == ["Skipped", "Candidate", "Skipped"]


def test_an_unverified_key_is_tried():
    """Only a refusal takes a key out."""
    assert decide("anthropic/m", keys(anthropic=KeyState.UNVERIFIED))[0] == [
        ("anthropic", "m", "default")
    ]


def test_another_key_of_the_provider_comes_before_another_provider():
    """Keys are rotated before the provider is left."""
    two = [("default", OK), ("work", OK)]
    assert decide("sonnet", keys(anthropic=two, openrouter=OK))[0] == [
        ("anthropic", "claude-x", "default"),
        ("anthropic", "claude-x", "work"),
        ("openrouter", "anthropic/claude-x", "default"),
    ]


def test_provider_slash_model_pins_the_provider_and_keeps_the_rest_of_the_name():
    """The model's own name may hold slashes, known or not."""
    assert decide("openrouter/a/b:free", keys(openrouter=OK, openai=OK))[0] == [
        ("openrouter", "a/b:free", "default")
    ]


def test_a_local_provider_needs_no_key():
    """It is a candidate without one."""
    assert decide("work/llama", keys())[0] == [("work", "llama", None)]


def test_without_a_name_the_signed_in_providers_serve_with_their_defaults():
    """A newcomer with two keys has a fallback; who never signed in is not mentioned."""
    defaults = DEFAULT_CONFIG.providers
    assert decide(None, keys(openai=OK, openrouter=OK)) == (
        [
            ("openai", defaults["openai"].default_model, "default"),
            ("openrouter", defaults["openrouter"].default_model, "default"),
        ],
        [],
    )


def test_without_a_name_and_without_any_key_everybody_is_named():
    """So the newcomer learns what could be signed in."""
    candidates, skipped = decide(None, keys())
    assert candidates == []
    assert {row[0] for row in skipped} == {"anthropic", "openai", "openrouter"}
    assert {row[3] for row in skipped} == {"not_authenticated"}


def test_a_locked_first_provider_is_reported_before_the_default_chain_goes_on():
    """Locked is not the same as never signed in."""
    candidates, skipped = decide(None, keys(anthropic=KeyState.LOCKED, openai=OK))
    assert [row[0] for row in candidates] == ["openai"]
    assert [(row[0], row[3]) for row in skipped] == [("anthropic", "keyring_locked")]


def test_the_configured_default_is_used_when_no_model_is_named():
    """`default_model` may be an alias or provider/model."""
    config = Config(providers=CONFIG.providers, models=CONFIG.models, default_model="sonnet")
    assert decide(None, keys(anthropic=OK), config)[0] == [("anthropic", "claude-x", "default")]


def test_the_name_of_a_providers_default_model_is_known():
    """`-m gpt-...` works without the provider."""
    name = DEFAULT_CONFIG.providers["openai"].default_model
    assert decide(name, keys(openai=OK))[0] == [("openai", name, "default")]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("sonet", "did you mean 'sonnet'?"),
        ("antropic/claude", "did you mean 'anthropic'?"),
        ("/claude", "not of the form provider/model"),
        ("openai/", "not of the form provider/model"),
        ("zzz", "write provider/model to pass a name on as it is: openai/zzz"),
        ("work", "write provider/model to pass a name on as it is: work/MODEL"),
    ],
)
def test_an_unknown_name_is_explained(model, said):
    """The message says what to write instead."""
    with pytest.raises(UnknownModel) as caught:
        decide(model, keys(anthropic=OK))
    assert said in caught.value.message


def test_no_fallback_keeps_the_first_candidate_only():
    """The client asked for one try."""
    assert decide("sonnet", keys(anthropic=OK, openrouter=OK), no_fallback=True)[0] == [
        ("anthropic", "claude-x", "default")
    ]


def test_only_the_providers_that_the_client_allows_are_asked():
    """The order stays the alias's."""
    assert decide("sonnet", keys(anthropic=OK, openrouter=OK), providers=["openrouter"])[0] == [
        ("openrouter", "anthropic/claude-x", "default")
    ]


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        (["openruter"], "did you mean 'openrouter'?"),
        (["openai"], "none of anthropic/claude-x, openrouter/anthropic/claude-x"),
        ([], "nobody"),
    ],
)
def test_a_route_that_leaves_nobody_is_a_bad_request(providers, said):
    """It is the client's own contradiction."""
    with pytest.raises(BadRequest) as caught:
        decide("sonnet", keys(anthropic=OK), providers=providers)
    assert said in caught.value.message
