"""What is shared, under which hash, and what a hash is about on this machine."""

import msgspec
import pytest

from aircherd.providers.health.fleet.scopes import LEFT, MIN_KEY, SHARED, Scopes
from aircherd.routing.cooldown_rules import RULES
from aircherd.shared_state.names import SECRET_BYTES, Names
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import a_provider

KEY, OTHER = Secret("canary-first-0123456789abcdef"), Secret("canary-other-0123456789abcdef")
ORIGIN, LOCAL = "https://api.openai.com:443", "http://127.0.0.1:4000"
OF_KEY, OF_BOTH = ("key", "work", None), ("key+model", "work", "m")
OF_MODEL = ("model", None, "m")


@pytest.fixture
def scopes():
    return Scopes(Names(bytes(SECRET_BYTES)))


def test_scopes_differ_by_origin_key_and_model(scopes):
    """And not by the name that a key has."""
    found = [
        scopes.of(ORIGIN, KEY, OF_KEY),
        scopes.of("https://other.example:443", KEY, OF_KEY),
        scopes.of(ORIGIN, OTHER, OF_KEY),
        scopes.of(ORIGIN, KEY, OF_BOTH),
        scopes.of(ORIGIN, KEY, ("key+model", "work", "n")),
        scopes.of(ORIGIN, KEY, OF_MODEL),
    ]
    assert len(set(found)) == len(found)
    assert scopes.of(ORIGIN, KEY, ("key", "home", None)) == found[0]
    assert scopes.of(ORIGIN, None, OF_MODEL) == found[5]


@pytest.mark.parametrize(
    ("origin", "key", "scope"),
    [
        (ORIGIN, KEY, ("provider", None, None)),
        (ORIGIN, None, OF_KEY),
        (ORIGIN, Secret("x" * (MIN_KEY - 1)), OF_KEY),
        (LOCAL, KEY, OF_MODEL),
        (LOCAL, None, OF_MODEL),
        ("http://[::1]:4000", None, OF_MODEL),
        ("unix:///run/user/1000/aircher/laptop.sock", None, OF_MODEL),
    ],
)
def test_what_is_of_this_machine_alone_is_not_shared(scopes, origin, key, scope):
    """Its network, servers on it, and keys that are none."""
    assert scopes.of(origin, key, scope) is None


def test_a_key_of_a_local_server_is_an_account(scopes):
    """As that of a gateway that each machine runs."""
    assert scopes.of(LOCAL, KEY, OF_KEY) is not None


def test_a_hash_leads_to_all_providers_that_have_it(scopes):
    """A provider may be configured twice, and a key stored under two names."""
    first, second = (
        msgspec.structs.replace(a_provider("openai", base_url=ORIGIN), name=name)
        for name in ("first", "second")
    )
    keys = {"first": [("a", KEY), ("b", KEY)], "second": [("c", KEY), ("d", OTHER)]}
    providers = {"first": first, "second": second}
    scopes.set_places(providers, lambda provider: keys[provider.name])
    shared = scopes.of(ORIGIN, KEY, OF_BOTH)
    places = [("first", "a"), ("first", "b"), ("second", "c")]
    assert scopes.places(shared) == places
    assert scopes.places(scopes.of_key(ORIGIN, KEY) + LEFT) == places
    assert scopes.places(scopes.of(ORIGIN, None, OF_MODEL)) == [("first", None), ("second", None)]
    assert scopes.places("unknown") == []
    assert scopes.is_about(shared, "m")
    assert not scopes.is_about(shared, "n")
    assert not scopes.is_about(shared, None)
    scopes.set_places({}, lambda _: ())
    assert scopes.places(shared) == []


def test_a_key_is_known_by_its_object(scopes):
    """So that looking costs nothing, and the key itself is not kept."""
    provider = a_provider("openai")
    scopes.set_places({"openai": provider}, lambda _: [("work", KEY)])
    assert scopes.has("openai", "work", KEY)
    assert not scopes.has("openai", "work", OTHER)
    assert not scopes.has("openai", "home", KEY)
    scopes.note_seen("openai", "home", KEY)
    assert scopes.has("openai", "home", KEY)


def test_what_is_shared_cools():
    """Each kind has a rule."""
    assert all(RULES[kind].scope for kind in SHARED)
