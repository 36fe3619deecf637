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

from aircherd.auth.key_cache import MAX_RETRY_SECONDS, REREAD_SECONDS, RETRY_SECONDS
from aircherd.auth.stores.base import StoreHealth
from aircherd.auth.stores.checked_keys import CheckedKeys
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.errors import (
    BadRequest,
    KeyRejected,
    KeyringLocked,
    NotAuthenticated,
)
from aircherd.files.background_files import BackgroundFiles
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import (
    KEY,
    OTHER,
    REFUSED,
    key_id,
    key_of,
    login,
    provider,
    row,
    states,
)

FROM_ENV = "canary-environment-01234"


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


async def test_known_keys_are_those_that_were_read(rig, auth):
    """Nothing is read for them, and a command is not run."""
    rig.change(key_command=(sys.executable, "-c", f"print({OTHER!r})"))
    assert list(auth.known_keys(rig.work)) == []
    assert await key_of(rig) == ("command", OTHER, "command")
    assert list(auth.known_keys(rig.work)) == [("command", Secret(OTHER))]


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
    with pytest.raises(NotAuthenticated, match="cannot be started"):
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
    (found,) = await again.tester.test("work")
    assert (found.key, found.state) == ("command", KeyState.LOCKED)
    assert not (tmp_path / "ran").exists()


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
        await rig.auth.stored.logout("work")
    assert rig.keyring.keys == {key_id(): Secret(KEY)}
    rig.index_file.chmod(0o600)
    assert (await row(rig.auth)).state is KeyState.UNVERIFIED
    assert await key_of(rig) == ("default", KEY, "keyring")


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


async def test_command_is_run_again_when_access_is_denied(rig, auth, tmp_path, mock_clock):
    """A 403 may mean an expired token. The key stays usable; the command runs at intervals."""
    path, runs = tmp_path / "key", tmp_path / "runs"
    path.write_text(KEY)
    rig.change(key_command=("sh", "-c", f"echo -n x >> {runs}; cat {path}"))
    rig.environ["PATH"] = os.environ["PATH"]
    key = await auth.get_api_key(rig.work)
    given = []

    async def ask():
        given.append(await auth.note_denied(key))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(ask)
    assert (given, len(runs.read_text())) == ([None] * 20, 2)
    assert states(auth, rig.work) == [("command", "unverified")]
    path.write_text(OTHER)
    assert await auth.note_denied(key) is None
    mock_clock.jump(RETRY_SECONDS)
    fresh = await auth.note_denied(key)
    assert (fresh.secret, len(runs.read_text())) == (Secret(OTHER), 3)
    assert await auth.note_denied(fresh) is None
    mock_clock.jump(RETRY_SECONDS)
    assert await auth.note_denied(fresh) is None
    assert len(runs.read_text()) == 3  # the second pause is twice as long
    mock_clock.jump(MAX_RETRY_SECONDS)
    assert await auth.note_denied(fresh) is None
    assert len(runs.read_text()) == 4


async def test_variable_is_not_read_again_when_access_is_denied(rig, auth):
    """It changes only with the environment file, which is watched; nor is a key that is gone."""
    rig.environ["WORK_KEY"] = KEY
    key = await auth.get_api_key(rig.work)
    assert await auth.note_denied(key) is None
    await login(auth)
    stored = await auth.get_api_key(rig.work)
    await auth.stored.logout("work")
    assert await auth.note_denied(stored) is None


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
    await auth.stored.logout("work")
    assert await auth.note_rejected(key, "refused") is None
    auth.note_accepted(key)
    assert states(auth, rig.work) == []


# ------------------------------------------------------------------ reading again


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
        auth.stored.logout("work", "b"),
        auth.stored.import_keys({"WORK_KEY": KEY}),
        auth.tester.test("work"),
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
    await auth.stored.login("work", Secret(KEY))
    work = rig.config.providers["work"]
    assert await auth.get_api_key(work, "default") is await auth.get_api_key(work, "default")


@pytest.mark.parametrize("change", ["login", "reload", "origin", "rejected", "logout"])
async def test_a_key_that_was_handed_out_is_checked_again_after_a_change(rig, change):
    """Another key, another origin, a rejection or a logout counts at once."""
    auth = rig.auth
    await auth.stored.login("work", Secret(KEY))
    work = rig.config.providers["work"]
    given = await auth.get_api_key(work, "default")
    if change == "login":
        await auth.stored.login("work", Secret(OTHER))
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
        await auth.stored.logout("work")
        with pytest.raises(NotAuthenticated):
            await auth.get_api_key(work, "default")
        assert not auth._issued  # nor is it in memory any more


# ------------------------------------------------------------------ locked keys


async def test_locked_keys_are_neither_given_out_nor_read(rig, auth):
    """From any source; the error says what to do."""
    await login(auth)
    assert await key_of(rig, "default") == ("default", KEY, "keyring")
    assert await auth.locker.lock() is None
    reads = rig.keyring.reads
    with pytest.raises(KeyringLocked, match="auth unlock"):
        await key_of(rig, "default")
    with pytest.raises(KeyringLocked, match="auth unlock"):
        await key_of(rig)
    await auth.status()
    await auth.reload()
    await auth.config_changed()
    await auth.keyring_state()
    assert rig.keyring.reads == reads
    assert states(auth, rig.work) == [("default", "locked")]
    await auth.locker.unlock()
    assert await key_of(rig, "default") == ("default", KEY, "keyring")


async def test_a_lock_is_reported_of_providers_without_a_key(rig, auth):
    """Clients offer to sign in to them, which is refused until the keys are unlocked."""
    for change in (auth.locker.lock, auth.locker.unlock):
        rig.events.clear()
        await change()
        events = [each.data for each in rig.events if each.data["provider"] == "work"]
        assert [each["state"] for each in events] == ["not_configured"]


async def test_keys_of_variables_and_commands_are_locked_too(rig, auth):
    """The names of variables are known all the time."""
    file = rig.folder / "environment"
    file.write_text(f"WORK_KEY={FROM_ENV}\n")
    file.chmod(0o600)
    await auth.refresh_variables()
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")
    await auth.locker.lock()
    with pytest.raises(KeyringLocked):
        await key_of(rig)
    assert states(auth, rig.work) == [("env:WORK_KEY", "locked")]
    assert auth.variables.get("WORK_KEY") != FROM_ENV
    rig.change(key_command=(sys.executable, "-c", f"print({OTHER!r})"))
    with pytest.raises(KeyringLocked):
        await key_of(rig)
    rig.change(key_command=None)
    await auth.locker.unlock()
    assert await key_of(rig) == ("env:WORK_KEY", FROM_ENV, "environment")


async def test_clients_learn_at_once_that_keys_are_locked(rig, auth):
    """The rows say why, and what to do."""
    await login(auth)
    rig.events.clear()
    await auth.locker.lock()
    data = next(event.data for event in rig.events if event.data["provider"] == "work")
    assert (data["key"], data["state"]) == ("default", "locked")
    assert "auth lock" in data["reason"]
    assert "aircher-cli auth unlock" in data["hint"]
    assert "masked" not in data
    rig.events.clear()
    await auth.locker.unlock()
    assert ("default", "unverified") in rig.auth_events()


async def test_nothing_is_stored_while_keys_are_locked(rig, auth):
    """Signing in must not be a way around the lock; signing out is possible."""
    await login(auth)
    await auth.locker.lock()
    rig.checked.clear()
    with pytest.raises(KeyringLocked, match="auth unlock"):
        await login(auth, OTHER)
    with pytest.raises(KeyringLocked):
        await auth.stored.matching_row("work", Secret(KEY), "default")
    with pytest.raises(KeyringLocked):
        await auth.stored.import_keys({"WORK_KEY": OTHER})
    assert [each.state for each in await auth.tester.test("work")] == [KeyState.LOCKED]
    assert rig.checked == []
    await auth.stored.logout("work")
    assert not rig.keyring.keys


async def test_a_read_that_is_under_way_brings_no_key(rig, auth):
    """The lock was closed while the keyring answered."""
    await login(auth)
    restarted = rig.new_manager()
    rig.keyring.gate = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(restarted.preload)
        await wait_all_tasks_blocked()
        await restarted.locker.lock()
        rig.keyring.gate.set()
    assert restarted._cache.peek("work", "default").secret is None


async def test_a_401_brings_no_key_while_keys_are_locked(rig, auth):
    """For a request that was under way."""
    await login(auth)
    key = await rig.auth.get_api_key(rig.work, "default")
    await auth.locker.lock()
    rig.keyring.keys[key_id()] = Secret(OTHER)
    assert await auth.note_rejected(key, "refused") is None
    auth.note_accepted(key)
    assert states(auth, rig.work) == [("default", "locked")]


async def test_a_key_that_changed_while_locked_is_another_key(rig, auth):
    """Nothing that the old one caused applies to it."""
    await login(auth)
    await auth.locker.lock()
    rig.keyring.keys[key_id()] = Secret(OTHER)
    await auth.locker.unlock()
    assert await key_of(rig, "default") == ("default", OTHER, "keyring")
    assert rig.replaced == [("work", "default")]


async def test_the_lifetime_ends_for_a_request_too(rig, auth):
    """It may come before the timer has noticed, such as after a suspension."""
    await login(auth)
    assert await key_of(rig, "default") == ("default", KEY, "keyring")
    auth.locker.expires_at = 0.0
    with pytest.raises(KeyringLocked, match="lifetime"):
        await key_of(rig, "default")


async def test_a_restart_finds_the_keys_locked(rig, auth):
    """And holds none of those in the environment file."""
    file = rig.folder / "environment"
    file.write_text(f"WORK_KEY={FROM_ENV}\n")
    file.chmod(0o600)
    await auth.locker.lock()
    restarted = rig.new_manager()
    await restarted.preload()
    assert states(restarted, rig.work) == [("env:WORK_KEY", "locked")]
    assert restarted.variables.get("WORK_KEY") != FROM_ENV


# ------------------------------------------------------------------ a restart


async def run_until_stopped(rig, tmp_path, *steps):
    """Run a manager that records what was checked, as a daemon between start and stop."""
    files = BackgroundFiles()
    checked = CheckedKeys(tmp_path / "checked_keys.json", files)
    checked.load()
    auth = rig.new_manager(checked)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(auth.record_checks)
        await auth.preload()
        await wait_all_tasks_blocked()
        for step in steps:
            await step(auth)
        nursery.cancel_scope.cancel()
    await files.aclose()
    return auth


async def test_checked_keys_keep_their_state_over_a_restart(rig, tmp_path):
    """With the time of the check; the first success of a request afterwards is a new check."""
    await run_until_stopped(rig, tmp_path, login)
    rig.now += 7200

    async def use(auth):
        before = await row(auth)
        assert (before.state, before.checked_at) == (KeyState.AUTHENTICATED, rig.now - 7200)
        auth.note_accepted(await auth.get_api_key(rig.work, "default"))
        after = await row(auth)
        assert (after.checked_at, after.checked_how) == (rig.now, "a request")

    await run_until_stopped(rig, tmp_path, use)
    rig.now += 60
    auth = await run_until_stopped(rig, tmp_path)
    assert (await row(auth)).checked_at == rig.now - 60


async def test_a_key_that_was_replaced_meanwhile_is_not_verified(rig, tmp_path):
    """Another program changed the keyring while no daemon ran."""
    await run_until_stopped(rig, tmp_path, login)
    await rig.keyring.write(key_id(), Secret(OTHER))
    auth = await run_until_stopped(rig, tmp_path)
    assert (await row(auth)).state is KeyState.UNVERIFIED


async def test_a_key_that_was_refused_is_tried_again_after_a_restart(rig, tmp_path):
    """As without the file: that it worked once does not count any more."""

    async def refuse(auth):
        await auth.note_rejected(await auth.get_api_key(rig.work, "default"), "HTTP 401")

    await run_until_stopped(rig, tmp_path, login, refuse)
    auth = await run_until_stopped(rig, tmp_path)
    assert (await row(auth)).state is KeyState.UNVERIFIED
