"""The password of a real engine, as `auth` keeps it."""

import sys

import msgspec
import pytest
import trio

from aircherd.errors import KeyRejected, ProviderFailed
from aircherd.fleet.password import EnginePassword, check_password, load_engine
from aircherd.shared_state.base import EngineRefused
from aircherd.shared_state.engine import open_engine
from aircherd.vocabulary.keys import KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import Rig
from helpers.engines import SILENCE, talker, valkey
from helpers.engines.using import report, settings

CANARY = "canary horse"


@pytest.fixture(scope="module")
def engine():
    with valkey(password=CANARY.replace(" ", "-")) as running:
        # A password may have a space, but not in a line of the engine's configuration.
        running.command("CONFIG", "SET", "requirepass", CANARY)
        yield running


@pytest.fixture
def rig(tmp_path, engine):
    rig = Rig(tmp_path)
    rig.config = msgspec.structs.replace(rig.config, shared=settings(engine))
    return rig


def checking(rig):
    """Return keys that are checked with the engine."""

    async def check(_account, secret):
        return await check_password(rig.config.shared, secret)

    return rig.new_manager(check_password=check)


async def test_a_wrong_password_is_not_stored(rig):
    """The engine is asked before; the reason has no advice to do what was just done."""
    auth = checking(rig)
    reason = "shared did not accept the password; nothing was stored"
    with pytest.raises(KeyRejected, match=f"^{reason}"):
        await auth.stored.login("shared", Secret("wrong-canary"))
    row = await auth.stored.login("shared", Secret(CANARY))
    assert (row.state, row.checked_how) == (KeyState.AUTHENTICATED, "AUTH")


async def test_a_password_is_not_stored_unchecked_where_the_engine_is_away(rig):
    """The reason, and how to store it nevertheless."""
    with talker(SILENCE) as url:
        rig.config = msgspec.structs.replace(rig.config, shared=settings(url))
    with pytest.raises(ProviderFailed, match=r"refuses connections.*--no-verify") as caught:
        await checking(rig).stored.login("shared", Secret(CANARY))
    assert CANARY not in str(caught.value)


async def test_what_the_engine_says_is_the_passwords_state(rig):
    """It is verified by use, and rejected by use; a new one is taken from its source at once."""
    await rig.auth.stored.login("shared", Secret("wrong-canary"), verify=False)
    password = EnginePassword(rig.auth)
    async with open_engine(rig.config.shared, password.read, password.judge) as engine:
        with pytest.raises(EngineRefused, match="does not accept the user or the password"):
            await engine.sync(report("a", 1), 10)
        assert rig.auth.engine_row().state is KeyState.REJECTED
        await rig.auth.stored.login("shared", Secret(CANARY), verify=False)
        engine.try_now()
        with trio.fail_after(10):
            while rig.auth.engine_row().state is not KeyState.AUTHENTICATED:  # noqa: ASYNC110 -- no event
                await trio.sleep(0.01)
        await engine.sync(report("a", 1), 10)


def test_a_missing_library_is_a_problem_with_its_command(monkeypatch):
    """The extra `shared` is not installed."""
    for name in [
        each for each in sys.modules if each.startswith(("aircherd.shared_state.engine", "coredis"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "coredis", None)
    with pytest.raises(EngineRefused, match=r"'\.\[shared\]', as docs/install"):
        load_engine()


async def test_another_engine_or_none_is_named_by_now(rig):
    """The section has changed while a connection to the old engine was being opened."""
    auth = checking(rig)
    await auth.stored.login("shared", Secret(CANARY))
    password = EnginePassword(auth)
    origin = rig.config.shared.address.origin
    assert await password.read(origin) == CANARY
    assert await password.read("redis://elsewhere:6379") is None
    rig.config = msgspec.structs.replace(rig.config, shared=None)
    assert await password.read(origin) is None
