"""`AuthManager`: the source of a key, when it is given out, and what answers change."""

import logging
import os
import sys
import traceback

import msgspec
import pytest
import trio
import trio.lowlevel
from trio.testing import wait_all_tasks_blocked

from aircherd.auth.key_cache import REREAD_SECONDS, RETRY_SECONDS
from aircherd.auth.stores.base import StoreHealth
from aircherd.auth.stores.keyring_store import KeyringStore
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.errors import (
    BadRequest,
    KeyRejected,
    KeyringLocked,
    NotAuthenticated,
    ProviderFailed,
)
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NO_NETWORK, OTHER, REFUSED, WORKS, Rig, config, key_id, provider
from helpers.secret_service import secret_service

FROM_ENV = "canary-environment-01234"


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def auth(rig):
    return rig.auth


async def login(auth, key=KEY, **options):
    return await auth.login("work", Secret(key), **options)


async def key_of(rig, name=None):
    """Return name, value and source of the key that a request would get."""
    key = await rig.auth.get_api_key(rig.work, name)
    return key.name, key.secret.reveal(), key.source


def states(auth, work):
    return [(choice.name, choice.state.value) for choice in auth.key_choices(work)]


async def row(auth, label="default"):
    """Return the row of a stored key, or of the key of this name."""
    (found,) = [r for r in await auth.status() if (r.provider, r.key) == ("work", label)]
    return found


# ------------------------------------------------------------------ the source of a key


async def test_stored_key_without_an_environment_variable(rig, auth):
    """The usual case."""
    await login(auth)
    assert await key_of(rig) == ("default", KEY, "keyring")


async def test_stored_key_shadows_the_environment(rig, auth):
    """Its row names the shadowed variable."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    assert await key_of(rig) == ("default", KEY, "keyring")
    assert (await row(auth)).shadowed == ["environment variable WORK_KEY"]


async def test_environment_is_used_if_there_is_no_other_source(rig, auth):
    """The key is named after its variable."""
    rig.environ["WORK_KEY"] = FROM_ENV
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")
    assert states(auth, rig.work) == [("env:WORK_KEY", "unverified")]


async def test_command_shadows_the_environment(rig, auth):
    """It was configured; the variable may be set by chance."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.change(key_command=(sys.executable, "-c", f"print({OTHER!r})"))
    assert await key_of(rig) == ("command", OTHER, "command")
    assert (await row(auth, "command")).shadowed == ["environment variable WORK_KEY"]


async def test_failing_command_still_shadows_the_environment(rig, auth):
    """As a locked keyring does."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.change(key_command=("/no/such/program",))
    with pytest.raises(KeyringLocked, match="cannot be started"):
        await key_of(rig)


async def test_missing_key_error_says_how_to_sign_in(rig, auth):
    """Routing gets no choices."""
    assert auth.key_choices(rig.work) == []
    with pytest.raises(NotAuthenticated, match="aircher-cli auth login work"):
        await auth.get_api_key(rig.work)


async def test_local_server_needs_no_key(auth):
    """Routing gets one choice without a key."""
    ollama = DEFAULT_CONFIG.providers["ollama"]
    assert auth.key_choices(ollama) == [KeyChoice(None, KeyState.NOT_REQUIRED)]


async def test_key_survives_a_restart(rig, auth):
    """`preload` reads it before the first request, and it is used without another check."""
    await login(auth)
    again = rig.new_manager()
    await again.preload()
    assert rig.keyring.reads == 1
    assert (await again.get_api_key(rig.work)).secret == Secret(KEY)
    assert (rig.keyring.reads, len(rig.checked)) == (1, 1)
    assert states(again, rig.work) == [("default", "unverified")]


async def test_concurrent_requests_read_the_keyring_once(rig, auth):
    """Even while `preload` is running."""
    await login(auth)
    again, got = rig.new_manager(), []
    rig.keyring.gate = trio.Event()

    async def request():
        got.append((await again.get_api_key(rig.work)).secret.reveal())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(again.preload)
        for _ in range(50):
            nursery.start_soon(request)
        await wait_all_tasks_blocked()
        rig.keyring.gate.set()
    assert (got, rig.keyring.reads) == ([KEY] * 50, 1)


async def test_labelled_keys_are_used_in_order(rig, auth):
    """The default first, then by label; each can be requested by name."""
    await login(auth, "canary-b-0123456789", label="b")
    await login(auth)
    assert [name for name, _ in states(auth, rig.work)] == ["default", "b"]
    assert await key_of(rig, "b") == ("b", "canary-b-0123456789", "keyring")
    with pytest.raises(NotAuthenticated, match="'c'"):
        await key_of(rig, "c")


# ------------------------------------------------------------------ locked and missing keys


@pytest.mark.parametrize("health", [StoreHealth.LOCKED, StoreHealth.UNAVAILABLE])
async def test_unreadable_keyring_still_shadows_the_environment(rig, auth, health):
    """The variable is not used silently; the row says why."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.keyring.health = health
    again = rig.new_manager()
    await again.preload()
    assert states(again, rig.work) == [("default", "locked")]
    with pytest.raises(KeyringLocked, match="keyring cannot be read"):
        await again.get_api_key(rig.work)
    found = await row(again)
    assert (found.state, found.shadowed) == (
        KeyState.LOCKED,
        ["environment variable WORK_KEY"],
    )
    assert "unlock or start the keyring" in found.hint


async def test_status_notices_an_unlocked_keyring_at_once(rig, auth):
    """Without reload or restart."""
    await login(auth)
    rig.keyring.health = StoreHealth.LOCKED
    again = rig.new_manager()
    await again.preload()
    rig.keyring.health = StoreHealth.USABLE
    assert (await row(again)).state is KeyState.UNVERIFIED


async def test_requests_notice_an_unlocked_keyring_after_a_while(rig, auth, autojump_clock):
    """The key is UNVERIFIED for routing when its source may be read again."""
    await login(auth)
    rig.keyring.health = StoreHealth.LOCKED
    again = rig.new_manager()
    await again.preload()
    assert states(again, rig.work) == [("default", "locked")]
    rig.keyring.health = StoreHealth.USABLE
    await trio.sleep(REREAD_SECONDS)
    assert states(again, rig.work) == [("default", "unverified")]
    assert (await again.get_api_key(rig.work)).secret == Secret(KEY)


async def test_key_missing_from_the_keyring_still_shadows_the_environment(rig, auth):
    """It was removed there; the error says so."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.keyring.keys.clear()
    again = rig.new_manager()
    with pytest.raises(NotAuthenticated, match="no longer has this key"):
        await again.get_api_key(rig.work)
    assert (await row(again)).state is KeyState.NOT_CONFIGURED


async def test_without_a_keyring_the_file_is_used(rig, auth):
    """The row says so, and how to encrypt the key."""
    rig.keyring.health = StoreHealth.UNAVAILABLE
    found = await login(auth)
    assert found.source == "file, not encrypted"
    assert "start a keyring" in found.hint
    assert await key_of(rig) == ("default", KEY, "file")
    assert (await auth.keyring_state()).health is StoreHealth.UNAVAILABLE


async def test_login_with_a_locked_keyring_stores_nothing(rig, auth):
    """Not even in the file."""
    rig.keyring.health = StoreHealth.LOCKED
    with pytest.raises(KeyringLocked, match="nothing was stored"):
        await login(auth)
    assert (rig.file.keys, auth.stored_labels("work")) == ({}, ())


async def test_damaged_index_blocks_other_sources(rig, auth):
    """In status and for requests, after every restart: another account would be charged."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.index_file.write_text("{")
    rig.new_manager()
    rig.auth = rig.new_manager()
    await rig.auth.preload()
    assert states(rig.auth, rig.work) == [("env:WORK_KEY", "locked")]
    with pytest.raises(KeyringLocked, match=r"keys\.json\.damaged-1"):
        await key_of(rig)
    found = await row(rig.auth, "env:WORK_KEY")
    assert ("damaged" in found.reason, "auth logout work" in found.hint) == (True, True)
    assert (found.masked, rig.auth.key_choices(rig.config.providers["openai"])) == (None, [])


async def test_damaged_index_prevents_commands_from_running(rig, auth, tmp_path):
    """For a request, and for a test."""
    rig.change(key_command=("touch", str(tmp_path / "ran")))
    rig.index_file.write_text("{")
    again = rig.new_manager()
    with pytest.raises(KeyringLocked, match="damaged"):
        await again.get_api_key(rig.work)
    (found,) = await again.test("work")
    assert (found.key, found.state) == ("command", KeyState.LOCKED)
    assert not (tmp_path / "ran").exists()


async def test_login_acknowledges_the_damage_for_its_provider(rig, auth):
    """For no other."""
    rig.environ.update(WORK_KEY=FROM_ENV, OPENAI_API_KEY=FROM_ENV)
    rig.index_file.write_text("{")
    rig.auth = rig.new_manager()
    await login(rig.auth)
    assert await key_of(rig) == ("default", KEY, "keyring")
    await rig.auth.logout("work")
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")
    openai = rig.config.providers["openai"]
    assert states(rig.auth, openai) == [("env:OPENAI_API_KEY", "locked")]


async def test_logout_acknowledges_the_damage_without_storing_a_key(rig, auth):
    """The environment is used again; this survives a restart."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.index_file.write_text("{")
    rig.auth = rig.new_manager()
    await rig.auth.preload()
    rig.auth_events()
    with pytest.raises(BadRequest):
        await rig.auth.logout("work", "b")
    assert states(rig.auth, rig.work) == [("env:WORK_KEY", "locked")]
    (left,) = await rig.auth.logout("work")
    assert (left.key, left.state) == ("env:WORK_KEY", KeyState.UNVERIFIED)
    assert rig.auth_events() == [("env:WORK_KEY", "unverified")]
    rig.auth = rig.new_manager()
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")


async def test_index_open_to_others_locks_all_keys_until_it_is_fixed(rig, auth):
    """Nothing is lost: after chmod and `status` everything is as before."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    rig.index_file.chmod(0o666)
    rig.auth = rig.new_manager()
    await rig.auth.preload()
    openai = rig.config.providers["openai"]
    assert states(rig.auth, rig.work) == [("env:WORK_KEY", "locked")]
    assert states(rig.auth, openai) == [(None, "locked")]
    for refused in (key_of(rig), rig.auth.get_api_key(openai), login(rig.auth, OTHER)):
        with pytest.raises(KeyringLocked, match=f"chmod 600 {rig.index_file}"):
            await refused
    with pytest.raises(KeyringLocked, match="chmod 600"):
        await rig.auth.logout("work")
    assert rig.keyring.keys == {key_id(): Secret(KEY)}
    rig.index_file.chmod(0o600)
    assert (await row(rig.auth)).state is KeyState.UNVERIFIED
    assert await key_of(rig) == ("default", KEY, "keyring")


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
    await again.logout("work")
    assert service.stored("aircher") == {}


# ------------------------------------------------------------------ the origin of a key


async def test_key_is_bound_to_the_origin_it_was_stored_for(rig, auth):
    """A changed base_url makes it rejected until the user signs in again."""
    await login(auth)
    rig.change(base_url="https://elsewhere.example.com/v1")
    assert states(auth, rig.work) == [("default", "rejected")]
    with pytest.raises(KeyRejected, match=r"stored for https://work\.example\.com:443"):
        await key_of(rig)
    await login(auth, OTHER)
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_new_key_is_not_given_to_a_request_for_the_old_origin(rig, auth):
    """A request keeps its configuration; after a 401 it gets no key for another origin."""
    await login(auth)
    before, key = rig.work, await rig.auth.get_api_key(rig.work)
    rig.change(base_url="https://elsewhere.example.com/v1")
    await login(auth, OTHER)
    assert await auth.note_rejected(key, "refused") is None
    assert states(auth, rig.work) == [("default", "authenticated")]
    with pytest.raises(KeyRejected):
        await auth.get_api_key(before)


async def test_no_key_over_plain_http(rig, auth):
    """It is neither stored nor given out."""
    rig.environ["WORK_KEY"] = FROM_ENV
    rig.change(base_url="http://work.example.com/v1")
    with pytest.raises(BadRequest, match="use https"):
        await login(auth)
    with pytest.raises(KeyRejected, match="use https"):
        await key_of(rig)
    assert rig.checked == []


# ------------------------------------------------------------------ what answers change


async def test_acceptance_and_rejection_take_effect_at_once(rig, auth):
    """In the state, and with one event each."""
    await login(auth, verify=False)
    key = await auth.get_api_key(rig.work)
    rig.auth_events()
    auth.note_accepted(key)
    assert (rig.auth_events(), states(auth, rig.work)) == (
        [("default", "authenticated")],
        [("default", "authenticated")],
    )
    auth.note_accepted(key)
    assert rig.auth_events() == []
    rig.now += 60
    assert await auth.note_rejected(key, "refused the key (HTTP 401)") is None
    assert rig.auth_events() == [("default", "rejected")]
    found = await row(auth)
    assert (found.reason, found.checked_how, found.failing_since) == (
        "refused the key (HTTP 401)",
        "a request",
        rig.now,
    )


async def test_rejected_key_shadows_the_environment_and_is_not_retried(rig, auth):
    """Until the user signs in again."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    assert states(auth, rig.work) == [("default", "rejected")]
    with pytest.raises(KeyRejected, match="sign in again"):
        await key_of(rig)
    await login(auth, OTHER)
    assert (await key_of(rig), states(auth, rig.work)) == (
        ("default", OTHER, "keyring"),
        [("default", "authenticated")],
    )


async def test_after_a_rejection_the_next_label_is_used(rig, auth):
    """Without a name, the first usable key is given out."""
    await login(auth)
    await login(auth, OTHER, label="b")
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    assert await key_of(rig) == ("b", OTHER, "keyring")


async def test_key_renewed_in_its_source_is_tried_once_after_a_401(rig, auth):
    """The source is read again; a later success makes it authenticated."""
    await login(auth)
    key = await auth.get_api_key(rig.work)
    rig.keyring.keys[key_id()] = Secret(OTHER)
    fresh = await auth.note_rejected(key, "refused")
    assert (fresh.name, fresh.secret) == ("default", Secret(OTHER))
    assert states(auth, rig.work) == [("default", "unverified")]
    auth.note_accepted(key)
    assert states(auth, rig.work) == [("default", "unverified")]
    auth.note_accepted(fresh)
    assert states(auth, rig.work) == [("default", "authenticated")]
    assert await auth.note_rejected(fresh, "refused") is None
    assert states(auth, rig.work) == [("default", "rejected")]


async def test_command_is_run_again_after_a_401(rig, auth, tmp_path):
    """Its new key is tried once, like a stored one."""
    path = tmp_path / "key"
    path.write_text(KEY)
    rig.change(key_command=("cat", str(path)))
    rig.environ["PATH"] = os.environ["PATH"]
    key = await auth.get_api_key(rig.work)
    path.write_text(OTHER)
    assert (await auth.note_rejected(key, "refused")).secret == Secret(OTHER)


async def test_concurrent_rejections_read_the_source_once(rig, auth):
    """And publish one event."""
    await login(auth)
    key = await auth.get_api_key(rig.work)
    before = rig.keyring.reads
    rig.auth_events()
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(auth.note_rejected, key, "refused")
    assert (rig.keyring.reads - before, rig.auth_events()) == (1, [("default", "rejected")])


async def test_answer_about_a_replaced_key_changes_nothing(rig, auth):
    """The user signed out, or in again, while the request was running."""
    await login(auth)
    key = await auth.get_api_key(rig.work)
    await login(auth, OTHER)
    assert (await auth.note_rejected(key, "refused")).secret == Secret(OTHER)
    assert states(auth, rig.work) == [("default", "authenticated")]
    await auth.logout("work")
    assert await auth.note_rejected(key, "refused") is None
    auth.note_accepted(key)
    assert states(auth, rig.work) == []


# ------------------------------------------------------------------ login, logout, test, import


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
    """The old key stays."""
    await login(auth)
    rig.check = lambda _provider, _secret: check
    with pytest.raises(error, match="nothing was stored"):
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
        await rig.auth.login(name, Secret(key), label=label)
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


async def test_logout_removes_all_keys_or_one(rig, auth):
    """It returns the provider's remaining rows; each removal is published."""
    for label in ("default", "b", "c"):
        await login(auth, label=label)
    rig.auth_events()
    left = await auth.logout("work", "b")
    assert ([r.key for r in left], rig.auth_events()) == (
        ["default", "c"],
        [("b", "not_configured")],
    )
    (left,) = await auth.logout("work")
    assert (left.key, left.state) == (None, KeyState.NOT_CONFIGURED)
    assert rig.keyring.keys == {}
    (same,) = await auth.logout("work")
    assert same.state is KeyState.NOT_CONFIGURED


async def test_invalid_logout_is_refused(rig, auth):
    """The message lists the stored labels."""
    await login(auth)
    with pytest.raises(BadRequest, match="no key 'b'; stored: default"):
        await auth.logout("work", "b")
    with pytest.raises(BadRequest, match="no provider 'wrok'"):
        await auth.logout("wrok")
    rig.keyring.health = StoreHealth.LOCKED
    with pytest.raises(KeyringLocked):
        await auth.logout("work")
    assert auth.stored_labels("work") == ("default",)


async def test_environment_is_used_again_after_logout(rig, auth):
    """The stored key no longer shadows it."""
    rig.environ["WORK_KEY"] = FROM_ENV
    await login(auth)
    (left,) = await auth.logout("work")
    assert left.key == "env:WORK_KEY"
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")


async def test_logout_reports_an_unreachable_keyring(rig, auth):
    """The key may still be in it."""
    await login(auth)
    rig.keyring.health = StoreHealth.UNAVAILABLE
    (left,) = await auth.logout("work")
    assert "may still be in it" in left.hint


async def test_key_of_an_unconfigured_provider_can_be_removed(rig, auth):
    """It has a row, and logout accepts its name."""
    await login(auth)
    rig.config = config()
    (orphan,) = [r for r in auth.rows() if r.provider == "work"]
    assert orphan.reason == "the configuration has no provider of this name"
    assert await auth.logout("work") == []
    assert rig.keyring.keys == {}


async def test_test_verifies_all_keys_including_rejected_ones(rig, auth):
    """With one call each; only changes are published."""
    await login(auth)
    await login(auth, OTHER, label="b")
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    rig.auth_events()
    rig.checked.clear()
    rig.check = lambda _provider, secret: REFUSED if secret == Secret(OTHER) else NO_NETWORK
    rows = {r.key: (r.state.value, r.reason) for r in await auth.test("work")}
    assert rows == {
        "default": ("rejected", "could not be verified: cannot connect"),
        "b": ("rejected", "refused the key (HTTP 401)"),
    }
    assert sorted(rig.checked) == [("work", KEY), ("work", OTHER)]
    rig.auth_events()
    rig.check = Rig.check
    await auth.test()
    assert sorted(rig.auth_events()) == [("b", "authenticated"), ("default", "authenticated")]


async def test_test_reads_a_rejected_key_again(rig, auth):
    """It may have been renewed in its source."""
    await login(auth)
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    rig.keyring.keys[key_id()] = Secret(OTHER)
    await auth.test("work")
    assert rig.checked[-1] == ("work", OTHER)
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_test_calls_no_provider_for_unusable_keys(rig, auth):
    """Neither an unreadable key nor one of another origin is sent."""
    await login(auth)
    rig.keyring.health = StoreHealth.LOCKED
    again = rig.new_manager()
    rig.checked.clear()
    (found,) = await again.test("work")
    assert found.state is KeyState.LOCKED
    rig.keyring.health = StoreHealth.USABLE
    rig.change(base_url="https://elsewhere.example.com")
    (found,) = await again.test("work")
    assert (found.state, rig.checked) == (KeyState.REJECTED, [])
    with pytest.raises(BadRequest, match="no provider"):
        await again.test("wrok")


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
    outcomes = await auth.import_keys(variables)
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
    (again,) = await auth.import_keys({"WORK_KEY": KEY})
    assert (again.outcome, len(rig.checked)) == ("already", 1)
    await auth.note_rejected(await auth.get_api_key(rig.work, "b"), "refused")
    (again,) = await auth.import_keys({"WORK_KEY": KEY})
    assert again.outcome == "stored"


async def test_reload_reads_all_sources_again(rig, auth):
    """A rejected key gets another try; a changed one is used."""
    await login(auth)
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    await auth.reload()
    assert states(auth, rig.work) == [("default", "unverified")]
    rig.keyring.keys[key_id()] = Secret(OTHER)
    await auth.reload()
    assert await key_of(rig) == ("default", OTHER, "keyring")


# ------------------------------------------------------------------ changed outside


def write_environment(rig, text, mode=0o600):
    path = rig.folder / "environment"
    path.write_text(text)
    path.chmod(mode)


async def test_environment_file_is_a_source_that_comes_before_the_environment(rig, auth):
    """Its row names the file; a change is used at once, and reported as another key."""
    rig.environ["WORK_KEY"] = FROM_ENV
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")
    write_environment(rig, f"WORK_KEY={KEY}\n")
    await auth.refresh_variables()
    assert await key_of(rig) == ("env:WORK_KEY", KEY, "environment")
    found = await row(auth, "env:WORK_KEY")
    assert found.source == f"environment variable WORK_KEY from {rig.folder / 'environment'}"
    assert rig.replaced == [("work", "env:WORK_KEY")]


async def test_environment_file_is_read_again_when_its_key_is_rejected(rig, auth):
    """The edit may be so new that the watcher has not noticed it."""
    write_environment(rig, f"WORK_KEY={KEY}\n")
    await auth.refresh_variables()
    key = await auth.get_api_key(rig.work)
    write_environment(rig, f"WORK_KEY={OTHER}\n")
    fresh = await auth.note_rejected(key, "refused")
    assert fresh is not None
    assert fresh.secret == Secret(OTHER)
    write_environment(rig, "")
    assert await auth.note_rejected(fresh, "refused") is None
    assert states(auth, rig.work) == []


async def test_variable_that_appears_and_disappears_is_an_event_each(rig, auth):
    """Without a command or a restart."""
    auth.rows()
    write_environment(rig, f"WORK_KEY={KEY}\n")
    rig.auth_events()
    await auth.refresh_variables()
    assert rig.auth_events() == [("env:WORK_KEY", "unverified")]
    (rig.folder / "environment").unlink()
    await auth.refresh_variables()
    assert set(rig.auth_events()) == {(None, "not_configured"), ("env:WORK_KEY", "not_configured")}


async def test_refused_environment_file_locks_its_variables(rig, auth):
    """Status says how to fix it, and notices that it was fixed."""
    rig.environ["WORK_KEY"] = FROM_ENV
    write_environment(rig, f"WORK_KEY={KEY}\n", 0o644)
    await auth.refresh_variables()
    with pytest.raises(KeyringLocked, match="chmod 600"):
        await key_of(rig)
    assert (await row(auth, "env:WORK_KEY")).state is KeyState.LOCKED
    (rig.folder / "environment").chmod(0o600)
    assert (await row(auth, "env:WORK_KEY")).state is KeyState.UNVERIFIED
    assert await key_of(rig) == ("env:WORK_KEY", KEY, "environment")


async def test_status_reads_stored_keys_again(rig, auth):
    """A key that was replaced in the keyring is used, and its cooldowns are another key's."""
    await login(auth)
    rig.keyring.keys[key_id()] = Secret(OTHER)
    rig.auth_events()
    assert (await row(auth)).state is KeyState.UNVERIFIED
    assert rig.auth_events() == [("default", "unverified")]
    assert rig.replaced == [("work", "default")]
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_replaced_key_is_an_event_even_if_its_row_looks_the_same(rig, auth):
    """Prepared calls contain the old key."""
    await login(auth, "canary-one-same", verify=False)
    rig.auth_events()
    rig.keyring.keys[key_id()] = Secret("canary-two-same")
    await auth.refresh_stored()
    assert rig.auth_events() == [("default", "unverified")]


async def test_state_of_the_keyring_comes_with_its_keys(rig, auth):
    """One child process gives both."""
    await login(auth)
    before = rig.keyring.reads
    assert (await auth.keyring_state()).health is StoreHealth.USABLE
    assert rig.keyring.reads == before + 1
    rig.keyring.health = StoreHealth.LOCKED
    await trio.lowlevel.checkpoint()
    rig.auth = rig.new_manager()
    assert (await rig.auth.keyring_state()).health is StoreHealth.LOCKED


async def test_locked_keyring_takes_no_key_away(rig, auth):
    """Screens lock all the time; the key in memory is as good as before."""
    await login(auth)
    rig.keyring.health = StoreHealth.LOCKED
    await auth.refresh_stored()
    await auth.reload()
    assert await key_of(rig) == ("default", KEY, "keyring")


async def test_index_changed_outside_is_used(rig, auth):
    """A restored backup lists other keys."""
    await login(auth)
    backup = rig.index_file.read_bytes()
    await login(auth, OTHER, label="second")
    rig.index_file.write_bytes(backup)
    await auth.refresh_stored()
    assert states(auth, rig.work) == [("default", "authenticated")]


async def test_second_rejection_in_a_request_does_not_read_the_source_again(rig, auth):
    """It was read after the first one."""
    await login(auth)
    key = await auth.get_api_key(rig.work)
    before = rig.keyring.reads
    assert await auth.note_rejected(key, "refused", may_read=False) is None
    assert (rig.keyring.reads, states(auth, rig.work)) == (before, [("default", "rejected")])


async def test_rejected_key_is_read_again_after_a_while(rig, auth, mock_clock):
    """When a request needs it: its source may have another one by then."""
    await login(auth)
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    rig.keyring.keys[key_id()] = Secret(OTHER)
    assert states(auth, rig.work) == [("default", "rejected")]
    mock_clock.jump(RETRY_SECONDS)
    assert states(auth, rig.work) == [("default", "unverified")]
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_test_uses_the_new_key_of_a_source(rig, auth, tmp_path):
    """An expired token is renewed, as in a request."""
    path = tmp_path / "key"
    path.write_text(KEY)
    rig.change(key_command=("cat", str(path)))
    rig.environ["PATH"] = os.environ["PATH"]
    await auth.get_api_key(rig.work)
    path.write_text(OTHER)
    rig.check = lambda _provider, secret: WORKS if secret == Secret(OTHER) else REFUSED
    (found,) = await auth.test("work")
    assert found.state is KeyState.AUTHENTICATED


# ------------------------------------------------------------------ no key in any output


async def test_no_key_in_any_repr_log_error_event_or_row(rig, auth, caplog, capsys):
    """Canary keys take every path, and then all output is searched for them."""
    caplog.set_level(logging.DEBUG)
    seen = [await login(auth, OTHER)]
    key = await auth.get_api_key(rig.work)
    seen += [key, auth, await auth.status(), auth.rows(), auth.key_choices(rig.work)]
    rig.check = lambda _provider, _secret: REFUSED
    refused = msgspec.structs.replace(
        REFUSED.failure, message=f"Incorrect API key provided: {KEY} and {OTHER}"
    )
    rig.check = lambda _provider, _secret: msgspec.structs.replace(REFUSED, failure=refused)
    errors = []
    for attempt in (
        login(auth),
        login(auth, f"{KEY} {KEY}"),
        auth.logout("work", "b"),
        auth.import_keys({"WORK_KEY": KEY}),
        auth.test("work"),
        auth.note_rejected(key, f"Incorrect API key provided: {OTHER}"),
        auth.get_api_key(rig.work),
    ):
        try:
            seen.append(await attempt)
        except Exception as error:  # noqa: BLE001 - any error is searched
            errors.append(error)
            seen.append(getattr(error, "data", None))
    rig.keyring.health = StoreHealth.LOCKED
    seen += [rig.new_manager(), await rig.new_manager().status(), rig.events, rig.index_file]
    text = "".join(
        [
            *(repr(item) for item in seen),
            *("".join(traceback.format_exception(error)) for error in errors),
            caplog.text,
            *capsys.readouterr(),
            rig.index_file.read_text(),
        ]
    )
    assert len(errors) == 4
    assert KEY not in text
    assert OTHER not in text


async def test_a_key_that_nothing_changed_about_is_handed_out_again(rig):
    """Every request asks: the same object comes back, without another check."""
    auth = rig.auth
    await auth.login("work", Secret(KEY))
    work = rig.config.providers["work"]
    assert await auth.get_api_key(work, "default") is await auth.get_api_key(work, "default")


@pytest.mark.parametrize("change", ["login", "reload", "origin", "rejected", "logout"])
async def test_a_key_that_was_handed_out_is_checked_again_after_a_change(rig, change):
    """Another key, another origin, a rejection or a logout counts at once."""
    auth = rig.auth
    await auth.login("work", Secret(KEY))
    work = rig.config.providers["work"]
    given = await auth.get_api_key(work, "default")
    if change == "login":
        await auth.login("work", Secret(OTHER))
        assert (await auth.get_api_key(work, "default")).secret == Secret(OTHER)
    elif change == "reload":
        await auth.reload()
        assert await auth.get_api_key(work, "default") == given
    elif change == "origin":
        moved = provider(base_url="https://elsewhere.example.com/v1")
        with pytest.raises(KeyRejected):
            await auth.get_api_key(moved, "default")
    elif change == "rejected":
        await auth.note_rejected(given, "refused")
        with pytest.raises(KeyRejected):
            await auth.get_api_key(work, "default")
    else:
        await auth.logout("work")
        with pytest.raises(NotAuthenticated):
            await auth.get_api_key(work, "default")
        assert not auth._issued  # nor is it in memory any more


# ------------------------------------------------------------------ storing without replacing


async def stored_row(rig, key=KEY):
    return await rig.auth.stored_row("work", Secret(key), "default")


async def test_stored_row_is_none_without_a_stored_key(rig):
    """Without a stored key there is no row, so the key can be stored."""
    assert await stored_row(rig) is None


async def test_stored_row_of_the_same_key(rig):
    """The row of the same key is returned, after a restart, too."""
    await login(rig.auth, verify=False)
    rig.auth = rig.new_manager()
    row = await stored_row(rig)
    assert row is not None
    assert (row.provider, row.key) == ("work", "default")


async def test_stored_row_refuses_another_key(rig):
    """Another stored key is an error that says so and contains neither key."""
    await login(rig.auth, verify=False)
    with pytest.raises(BadRequest, match="another key") as caught:
        await stored_row(rig, OTHER)
    assert caught.value.data == {"reason": "exists"}
    assert KEY not in str(caught.value)
    assert OTHER not in str(caught.value)


async def test_stored_row_of_a_key_that_is_gone_from_the_keyring(rig):
    """A listed key that is no longer in the keyring can be stored again."""
    await login(rig.auth, verify=False)
    await rig.keyring.delete(key_id())
    rig.auth = rig.new_manager()
    assert await stored_row(rig) is None


async def test_stored_row_of_a_locked_keyring(rig):
    """A stored key that cannot be read may be another one, so it is not replaced."""
    await login(rig.auth, verify=False)
    rig.keyring.health = StoreHealth.LOCKED
    rig.auth = rig.new_manager()
    with pytest.raises(KeyringLocked):
        await stored_row(rig)


async def test_stored_row_of_another_server(rig):
    """The same key for another server is stored again, for the server that is configured now."""
    await login(rig.auth, verify=False)
    rig.change(base_url="https://elsewhere.example/v1")
    assert await stored_row(rig) is None
