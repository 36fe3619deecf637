"""The state of all keys, and the events about it."""

import pytest

from aircherd.auth import verification
from aircherd.auth.key_registry import KeyRegistry, unusable_key_error
from aircherd.auth.key_sources import sources_of
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.errors import KeyRejected, KeyringLocked, NotAuthenticated
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, config, key_id, provider


@pytest.fixture
def credentials(rig):
    return rig.new_credential_store()


@pytest.fixture
def cache(rig, credentials):
    return rig.new_cache(credentials)


@pytest.fixture
def registry(rig, credentials, cache):
    return KeyRegistry(
        config=lambda: rig.config,
        variables=KeyVariables(rig.environ),
        credentials=credentials,
        cache=cache,
        bus=rig.bus,
    )


def put(cache, source, known):
    cache.put(source, Secret(KEY), known)


async def test_key_is_found_by_its_names(rig, registry, credentials):
    """None if the provider or the key is gone."""
    await credentials.store(rig.work, "default", Secret(KEY))
    (source,) = registry.sources(rig.work)
    assert registry.find("work", "default") == (rig.work, source)
    assert registry.find("work", "other") is None
    assert registry.find("gone", "default") is None


async def test_choices_are_kept_until_they_change(rig, registry, credentials, cache):
    """A new verification or another origin of the provider gives new choices."""
    await credentials.store(rig.work, "default", Secret(KEY))
    once = registry.choices(rig.work)
    assert registry.choices(rig.work) is once
    (source,) = registry.sources(rig.work)
    put(cache, source, verification.rejected(verification.UNVERIFIED, 5.0, "a request", "why"))
    assert [choice.state for choice in registry.choices(rig.work)] == [KeyState.REJECTED]
    put(cache, source, verification.UNVERIFIED)
    assert registry.choices(rig.work) == once
    rig.change(base_url="https://elsewhere.example.com/v1")
    assert [choice.state for choice in registry.choices(rig.work)] == [KeyState.REJECTED]


async def test_pick_without_a_name_prefers_usable_keys(rig, registry, credentials, cache):
    """If none is usable it picks the first, for its error message."""
    for label in ("default", "b"):
        await credentials.store(rig.work, label, Secret(KEY))
    first, second = registry.sources(rig.work)
    rejected = verification.rejected(verification.UNVERIFIED, 5.0, "a request", "why")
    assert registry.pick(rig.work, None) == first
    put(cache, first, rejected)
    assert registry.pick(rig.work, None) == second
    put(cache, second, rejected)
    assert registry.pick(rig.work, None) == first
    assert registry.pick(rig.work, "b") == second


def test_missing_key_error_says_how_to_sign_in(rig, registry):
    """For any key and for a named one."""
    with pytest.raises(NotAuthenticated, match="no key for work: sign in with 'aircher-cli auth"):
        registry.pick(rig.work, None)
    with pytest.raises(NotAuthenticated, match="no key 'b' for work"):
        registry.pick(rig.work, "b")


async def test_rows_are_in_the_configurations_order_with_orphans_last(rig, registry, credentials):
    """A stored key whose provider is no longer configured has a row."""
    await credentials.store(provider("old"), "default", Secret(KEY))
    rows = [(row.provider, row.key, row.state.value) for row in registry.rows()]
    assert rows == [
        ("anthropic", None, "not_configured"),
        ("openai", None, "not_configured"),
        ("gemini", None, "not_configured"),
        ("openrouter", None, "not_configured"),
        ("ollama", None, "not_required"),
        ("work", None, "not_configured"),
        ("old", "default", "rejected"),
    ]
    rig.config = config()
    assert [row.provider for row in registry.rows()][-1] == "old"


async def test_only_changes_are_published_and_only_once(rig, registry, credentials, cache):
    """The event has the whole row, without unknown values."""
    registry.publish_all_changes()
    assert rig.auth_events() == [(None, "not_configured")]
    registry.publish_all_changes()
    assert rig.auth_events() == []
    await credentials.store(rig.work, "default", Secret(KEY))
    (source,) = registry.sources(rig.work)
    put(cache, source, verification.accepted(5.0, "a request"))
    registry.publish_changes("work")
    assert rig.events[-1].data == {
        "provider": "work",
        "key": "default",
        "state": "authenticated",
        "source": "keyring",
        "masked": "…6789",
        "shadowed": [],
        "origin": "https://work.example.com:443",
        "checked_at": 5.0,
        "checked_how": "a request",
    }
    assert rig.auth_events() == [("default", "authenticated")]


async def test_removed_key_is_published_as_removed(rig, registry, credentials):
    """In addition to the provider's new row."""
    await credentials.store(rig.work, "default", Secret(KEY))
    registry.publish_all_changes()
    rig.events.clear()
    await credentials.remove(key_id())
    registry.forget(key_id())
    assert [event.data.get("removed") for event in rig.events] == [None, True]
    assert rig.auth_events() == [(None, "not_configured"), ("default", "not_configured")]


async def test_repr_shows_states_and_no_key(rig, registry, credentials, cache):
    """For debugging the daemon."""
    await credentials.store(rig.work, "default", Secret(KEY))
    put(cache, registry.sources(rig.work)[0], verification.UNVERIFIED)
    assert repr(registry) == "<KeyRegistry work/default: unverified>"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (KeyState.NOT_CONFIGURED, NotAuthenticated),
        (KeyState.REJECTED, KeyRejected),
        (KeyState.LOCKED, KeyringLocked),
        (KeyState.UNREADABLE, NotAuthenticated),
    ],
)
def test_each_state_has_its_own_error(state, error):
    """Its data names provider and key for programs."""
    work = provider(env=("WORK_KEY",))
    source = sources_of(work, [], KeyVariables({"WORK_KEY": "x"}))[0]
    raised = unusable_key_error(work, source, verification.Verification(state=state, reason="why"))
    assert type(raised) is error
    assert raised.data == {"provider": "work", "key": "env:WORK_KEY"}
    assert "why" in raised.message
