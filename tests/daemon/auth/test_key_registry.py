"""The picture of all keys, and the events that tell of it."""

import pytest

from aircherd.auth import verification
from aircherd.auth.key_registry import KeyRegistry, unusable
from aircherd.auth.key_sources import sources_of
from aircherd.errors import KeyRejected, KeyringLocked, NotAuthenticated
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, Rig, config, entry, provider


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def credentials(rig):
    return rig.new_vault()


@pytest.fixture
def reader(rig, credentials):
    return rig.new_reader(credentials)


@pytest.fixture
def registry(rig, credentials, reader):
    return KeyRegistry(
        config=lambda: rig.config,
        environ=rig.environ,
        credentials=credentials,
        reader=reader,
        bus=rig.bus,
    )


def hold(reader, slot, known):
    reader.put(slot, Secret(KEY), known)


async def test_a_key_is_found_by_its_names(rig, registry, credentials):
    """None when provider or key are gone."""
    await credentials.store(rig.work, "default", Secret(KEY))
    (slot,) = registry.slots(rig.work)
    assert registry.find("work", "default") == (rig.work, slot)
    assert registry.find("work", "other") is None
    assert registry.find("nobody", "default") is None


async def test_what_routing_sees_is_remembered_until_it_changes(rig, registry, credentials, reader):
    """Every request asks: a standing, another key or a provider that moved makes a new answer."""
    await credentials.store(rig.work, "default", Secret(KEY))
    once = registry.choices(rig.work)
    assert registry.choices(rig.work) is once
    (slot,) = registry.slots(rig.work)
    hold(reader, slot, verification.refused(verification.UNTRIED, 5.0, "a request", "why"))
    assert [choice.state for choice in registry.choices(rig.work)] == [KeyState.REJECTED]
    hold(reader, slot, verification.UNTRIED)
    assert registry.choices(rig.work) == once
    rig.change(base_url="https://elsewhere.example.com/v1")
    assert [choice.state for choice in registry.choices(rig.work)] == [KeyState.REJECTED]


async def test_without_a_name_the_first_key_that_may_be_tried_is_picked(
    rig, registry, credentials, reader
):
    """If none may, the first: its error says why."""
    for label in ("default", "b"):
        await credentials.store(rig.work, label, Secret(KEY))
    first, second = registry.slots(rig.work)
    refused = verification.refused(verification.UNTRIED, 5.0, "a request", "why")
    assert registry.pick(rig.work, None) == first
    hold(reader, first, refused)
    assert registry.pick(rig.work, None) == second
    hold(reader, second, refused)
    assert registry.pick(rig.work, None) == first
    assert registry.pick(rig.work, "b") == second


def test_no_key_to_pick_says_how_to_sign_in(rig, registry):
    """Whether any was asked for or a certain one."""
    with pytest.raises(NotAuthenticated, match="no key for work: sign in with 'aircher-cli auth"):
        registry.pick(rig.work, None)
    with pytest.raises(NotAuthenticated, match="no key 'b' for work"):
        registry.pick(rig.work, "b")


async def test_rows_come_in_the_configurations_order_with_orphans_last(rig, registry, credentials):
    """A key whose provider is gone from the configuration is not forgotten."""
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


async def test_only_changes_are_told_each_once(rig, registry, credentials, reader):
    """The whole row, without what is not known."""
    registry.announce_all()
    assert rig.told() == [(None, "not_configured")]
    registry.announce_all()
    assert rig.told() == []
    await credentials.store(rig.work, "default", Secret(KEY))
    (slot,) = registry.slots(rig.work)
    hold(reader, slot, verification.works(5.0, "a request"))
    registry.announce("work")
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
    assert rig.told() == [("default", "authenticated")]


async def test_a_removed_key_is_told_as_removed(rig, registry, credentials):
    """Beside what the provider has now."""
    await credentials.store(rig.work, "default", Secret(KEY))
    registry.announce_all()
    rig.events.clear()
    await credentials.remove(entry())
    registry.forget(entry())
    assert [event.data.get("removed") for event in rig.events] == [None, True]
    assert rig.told() == [(None, "not_configured"), ("default", "not_configured")]


async def test_it_shows_states_and_no_key(rig, registry, credentials, reader):
    """For whoever debugs the daemon."""
    await credentials.store(rig.work, "default", Secret(KEY))
    hold(reader, registry.slots(rig.work)[0], verification.UNTRIED)
    assert repr(registry) == "<KeyRegistry work/default: unverified>"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (KeyState.NOT_CONFIGURED, NotAuthenticated),
        (KeyState.REJECTED, KeyRejected),
        (KeyState.LOCKED, KeyringLocked),
    ],
)
def test_each_state_has_its_error(state, error):
    """With provider and key for programs."""
    work = provider(env=("WORK_KEY",))
    slot = sources_of(work, [], {"WORK_KEY": "x"})[0]
    raised = unusable(work, slot, verification.Verification(state=state, reason="why"))
    assert type(raised) is error
    assert raised.data == {"provider": "work", "key": "env:WORK_KEY"}
    assert "why" in raised.message
