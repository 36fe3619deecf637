"""`StoredKeys`: what login, logout and import store, remove and refuse."""

import os
import traceback

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.auth.stores.base import StoreHealth
from aircherd.auth.stores.keyring_store import KeyringStore
from aircherd.errors import BadRequest, KeyRejected, KeyringLocked, ProviderFailed
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import (
    KEY,
    NO_NETWORK,
    OTHER,
    REFUSED,
    Rig,
    config,
    key_id,
    key_of,
    login,
    row,
    states,
)
from helpers.secret_service import secret_service

FROM_ENV = "canary-environment-01234"


# ------------------------------------------------------------------ login


async def test_login_with_a_locked_keyring_stores_nothing(rig, auth):
    """Not even in the file."""
    rig.keyring.health = StoreHealth.LOCKED
    with pytest.raises(KeyringLocked, match="nothing was stored"):
        await login(auth)
    assert (rig.file.keys, auth.stored.labels("work")) == ({}, ())


async def test_login_verifies_stores_and_publishes(rig, auth):
    """One free call, then the write, then one event."""
    await auth.preload()
    rig.auth_events()
    found = await login(auth, f" {KEY}\n")
    assert (found.state, found.checked_how, found.masked) == (
        KeyState.AUTHENTICATED,
        "GET /v1/models",
        "…6789",
    )
    assert rig.checked == [("work", KEY)]
    assert rig.auth_events() == [("default", "authenticated")]


@pytest.mark.parametrize(("check", "error"), [(REFUSED, KeyRejected), (NO_NETWORK, ProviderFailed)])
async def test_key_that_is_not_accepted_is_not_stored(rig, auth, check, error):
    """The old key stays, and the message says so where there is one."""
    accepting = rig.check
    rig.check = lambda _provider, _secret: check
    with pytest.raises(error, match="; nothing was stored"):
        await login(auth)
    rig.check = accepting
    await login(auth)
    rig.check = lambda _provider, _secret: check
    with pytest.raises(error, match="; the old key is kept"):
        await login(auth, OTHER)
    assert await key_of(rig) == ("default", KEY, "keyring")


async def test_login_without_verify_stores_an_unverified_key(rig, auth):
    """The provider is not called."""
    found = await login(auth, verify=False)
    assert (found.state, rig.checked) == (KeyState.UNVERIFIED, [])


@pytest.mark.parametrize(
    ("name", "key", "label", "message"),
    [
        ("wrok", KEY, "default", "did you mean 'work'"),
        ("ollama", KEY, "default", "needs no key"),
        ("work", "canary two", "default", "white space"),
        ("work", "", "default", "empty"),
        ("work", "canary-\udc80", "default", "not a key"),
        ("work", KEY, "env:X", "is not a valid label"),
    ],
)
async def test_invalid_login_is_refused_before_any_call(rig, name, key, label, message):
    """The key is never repeated."""
    with pytest.raises(BadRequest, match=message) as caught:
        await rig.auth.stored.login(name, Secret(key), label=label)
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert (rig.checked, rig.keyring.keys) == ([], {})


async def test_cancelled_login_leaves_the_old_key(rig, auth):
    """The client disconnected while the keyring was slow."""
    await login(auth)
    rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(login, auth, OTHER)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    rig.keyring.gate = None
    assert await key_of(rig) == ("default", KEY, "keyring")
    assert (await login(auth, OTHER)).state is KeyState.AUTHENTICATED


async def keys_while_writing(rig, store, **options):
    """Sign in with a slow `store`; return which keys are available while it writes."""
    store.gate, offered = None, []
    write = store.write

    async def slow(name, secret):
        offered.extend(states(rig.auth, rig.work))
        try:
            offered.append(await key_of(rig))
        except KeyringLocked as error:
            offered.append(type(error))
        await write(name, secret)

    store.write = slow
    await login(rig.auth, OTHER, **options)
    return offered


async def test_old_key_is_used_while_a_key_moves_to_the_keyring(rig, auth):
    """Never the environment's."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.keyring.health = StoreHealth.UNAVAILABLE
    await login(auth)
    rig.keyring.health = StoreHealth.USABLE
    offered = await keys_while_writing(rig, rig.keyring)
    assert offered == [("default", "authenticated"), ("default", KEY, "file")]
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_no_key_is_used_while_one_of_another_origin_is_replaced(rig, auth):
    """Neither the one being stored, nor the environment's."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.change(base_url="https://elsewhere.example.com/v1")
    assert await keys_while_writing(rig, rig.keyring) == [("default", "locked"), KeyringLocked]
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_login_that_fails_during_the_write_locks_the_key(rig, auth):
    """It is unknown what is stored: the key is not read until a new login."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.change(base_url="https://elsewhere.example.com/v1")
    write = rig.keyring.write

    async def fail(name, secret):
        await write(name, secret)
        raise KeyringLocked("it did not answer within 3 s")

    rig.keyring.write = fail
    rig.auth_events()
    with pytest.raises(KeyringLocked, match="3 s"):
        await login(auth, OTHER)
    assert rig.auth_events() == [("default", "locked")]
    rig.auth, reads = rig.new_manager(), rig.keyring.reads
    await rig.auth.preload()
    assert states(rig.auth, rig.work) == [("default", "locked")]
    with pytest.raises(KeyringLocked, match=r"interrupted.*sign in again"):
        await key_of(rig)
    found = await row(rig.auth)
    assert (found.masked, rig.keyring.reads) == (None, reads)
    rig.keyring.write = write
    await login(rig.auth, OTHER)
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_login_cancelled_during_the_write_is_finished(rig, auth):
    """The new key is used."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.keyring.health = StoreHealth.UNAVAILABLE
    await login(auth)
    rig.keyring.health = StoreHealth.USABLE
    write = rig.keyring.write
    with trio.CancelScope() as scope:

        async def slow(name, secret):
            scope.cancel()
            await write(name, secret)

        rig.keyring.write = slow
        await login(auth, OTHER)
    assert await key_of(rig) == ("default", OTHER, "keyring")
    assert rig.file.keys == {}


async def test_login_acknowledges_the_damage_for_its_provider(rig, auth):
    """For no other."""
    rig.environ.update(WORK_KEY=FROM_ENV, OPENAI_API_KEY=FROM_ENV)
    rig.index_file.write_text("{")
    rig.auth = rig.new_manager()
    await login(rig.auth)
    assert await key_of(rig) == ("default", KEY, "keyring")
    await rig.auth.stored.logout("work")
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")
    openai = rig.config.providers["openai"]
    assert states(rig.auth, openai) == [("env:OPENAI_API_KEY", "locked")]


# ------------------------------------------------------------------ logout


async def test_logout_removes_all_keys_or_one(rig, auth):
    """It returns the provider's remaining rows; each removal is published."""
    for label in ("default", "b", "c"):
        await login(auth, label=label)
    rig.auth_events()
    left = await auth.stored.logout("work", "b")
    assert ([r.key for r in left], rig.auth_events()) == (
        ["default", "c"],
        [("b", "not_configured")],
    )
    (left,) = await auth.stored.logout("work")
    assert (left.key, left.state) == (None, KeyState.NOT_CONFIGURED)
    assert rig.keyring.keys == {}
    (same,) = await auth.stored.logout("work")
    assert same.state is KeyState.NOT_CONFIGURED


async def test_invalid_logout_is_refused(rig, auth):
    """The message lists the stored labels."""
    await login(auth)
    with pytest.raises(BadRequest, match="no key 'b'; stored: default"):
        await auth.stored.logout("work", "b")
    with pytest.raises(BadRequest, match="no provider 'wrok'"):
        await auth.stored.logout("wrok")
    rig.keyring.health = StoreHealth.LOCKED
    with pytest.raises(KeyringLocked):
        await auth.stored.logout("work")
    assert auth.stored.labels("work") == ("default",)


async def test_environment_is_used_again_after_logout(rig, auth):
    """The stored key no longer shadows it."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    (left,) = await auth.stored.logout("work")
    assert left.key == "env:WORK_KEY"
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")


async def test_logout_reports_an_unreachable_keyring(rig, auth):
    """The key may still be in it."""
    await login(auth)
    rig.keyring.health = StoreHealth.UNAVAILABLE
    (left,) = await auth.stored.logout("work")
    assert "may still be in it" in left.hint


async def test_key_of_an_unconfigured_provider_can_be_removed(rig, auth):
    """It has a row, and logout accepts its name."""
    await login(auth)
    rig.config = config()
    (orphan,) = [r for r in auth.rows() if r.provider == "work"]
    assert orphan.reason == "the configuration has no provider of this name"
    assert await auth.stored.logout("work") == []
    assert rig.keyring.keys == {}


async def test_logout_acknowledges_the_damage_without_storing_a_key(rig, auth):
    """The environment is used again; this survives a restart."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.index_file.write_text("{")
    rig.auth = rig.new_manager()
    await rig.auth.preload()
    rig.auth_events()
    with pytest.raises(BadRequest):
        await rig.auth.stored.logout("work", "b")
    assert states(rig.auth, rig.work) == [("env:WORK_KEY", "locked")]
    (left,) = await rig.auth.stored.logout("work")
    assert (left.key, left.state) == ("env:WORK_KEY", KeyState.UNVERIFIED)
    assert rig.auth_events() == [("env:WORK_KEY", "unverified")]
    rig.auth = rig.new_manager()
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")


# ------------------------------------------------------------------ a real keyring


@pytest.fixture
def service():
    # Not in the test itself: trio would lose the reason of a skip.
    with secret_service() as running:
        yield running


@pytest.mark.secret_service
async def test_real_keyring_from_login_to_logout(rig, service):
    """Login, restart, lock, unlock and logout with a real Secret Service."""
    rig.keyring = KeyringStore({**os.environ, **service.environ}, "aircher")
    await login(rig.new_manager())
    assert service.stored("aircher") == {"work/default": KEY}
    service.lock()
    again = rig.new_manager()
    await again.preload()
    assert states(again, rig.work) == [("default", "locked")]
    service.unlock()
    assert (await row(again)).state is KeyState.UNVERIFIED
    await again.stored.logout("work")
    assert service.stored("aircher") == {}


# ------------------------------------------------------------------ import


async def test_import_stores_the_variables_that_providers_name(rig, auth):
    """One invalid key does not stop the others."""
    rig.check = lambda provider, secret: (
        REFUSED if provider.name == "openai" else Rig.check(provider, secret)
    )
    variables = {
        "WORK_KEY": KEY,
        "OPENAI_API_KEY": OTHER,
        "ANTHROPIC_API_KEY": "canary two",
        "HOME": "/",
    }
    outcomes = await auth.stored.import_keys(variables)
    assert {o.variable: (o.provider, o.outcome) for o in outcomes} == {
        "WORK_KEY": ("work", "stored"),
        "OPENAI_API_KEY": ("openai", "refused"),
        "ANTHROPIC_API_KEY": ("anthropic", "failed"),
        "HOME": (None, "unknown"),
    }
    assert "canary" not in repr(outcomes)
    assert await key_of(rig) == ("default", KEY, "keyring")


async def test_import_skips_keys_that_are_stored_already(rig, auth):
    """Under any label, unless rejected since."""
    await login(auth, label="b")
    (again,) = await auth.stored.import_keys({"WORK_KEY": KEY})
    assert (again.outcome, len(rig.checked)) == ("already", 1)
    await auth.note_rejected(await auth.get_api_key(rig.work, "b"), "refused")
    (again,) = await auth.stored.import_keys({"WORK_KEY": KEY})
    assert again.outcome == "stored"


# ------------------------------------------------------------------ storing without replacing


async def matching_row(rig, key=KEY):
    return await rig.auth.stored.matching_row("work", Secret(key), "default")


async def test_matching_row_is_none_without_a_stored_key(rig):
    """Without a stored key there is no row, so the key can be stored."""
    assert await matching_row(rig) is None


async def test_matching_row_of_the_same_key(rig):
    """The row of the same key is returned, after a restart, too."""
    await login(rig.auth, verify=False)
    rig.auth = rig.new_manager()
    row = await matching_row(rig)
    assert row is not None
    assert (row.provider, row.key) == ("work", "default")


async def test_matching_row_refuses_another_key(rig):
    """Another stored key is an error that says so and contains neither key."""
    await login(rig.auth, verify=False)
    with pytest.raises(BadRequest, match="another key") as caught:
        await matching_row(rig, OTHER)
    assert caught.value.data == {"reason": "exists"}
    assert KEY not in str(caught.value)
    assert OTHER not in str(caught.value)


async def test_matching_row_of_a_key_that_is_gone_from_the_keyring(rig):
    """A listed key that is no longer in the keyring can be stored again."""
    await login(rig.auth, verify=False)
    await rig.keyring.delete(key_id())
    rig.auth = rig.new_manager()
    assert await matching_row(rig) is None


async def test_matching_row_of_a_locked_keyring(rig):
    """A stored key that cannot be read may be another one, so it is not replaced."""
    await login(rig.auth, verify=False)
    rig.keyring.health = StoreHealth.LOCKED
    rig.auth = rig.new_manager()
    with pytest.raises(KeyringLocked):
        await matching_row(rig)


async def test_matching_row_of_another_server(rig):
    """The same key for another server is stored again, for the server that is configured now."""
    await login(rig.auth, verify=False)
    rig.change(base_url="https://elsewhere.example/v1")
    assert await matching_row(rig) is None
