"""The account of a fleet's engine: its password is kept like a key."""

import msgspec
import pytest

from aircherd.config.accounts import PASSWORD_VARIABLE, accounts, engine_account
from aircherd.config.model import DEFAULT_CONFIG, EngineAddress, Shared
from aircherd.errors import BadRequest, KeyRejected, KeyringLocked, NotAuthenticated
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import Rig, key_id

ADDRESS = EngineAddress(scheme="rediss", host="valkey.example.com")
PASSWORD = "canary horse, battery; staple!"
"""What would be a mistake in a key may be a password."""


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def fleet(rig):
    """A rig whose configuration has `[shared]`."""
    use(rig)
    return rig


def use(rig, **fields):
    """Change the section of a rig."""
    shared = Shared(**{"address": ADDRESS, **fields})
    rig.config = msgspec.structs.replace(rig.config, shared=shared)


async def sign_in(rig, password=PASSWORD, **options):
    return await rig.auth.stored.login("shared", Secret(password), **options)


def test_without_a_fleet_there_are_only_providers() -> None:
    """Nothing is copied."""
    assert accounts(DEFAULT_CONFIG) is DEFAULT_CONFIG.providers


def test_account_is_bound_to_where_the_engine_is() -> None:
    """The same section has the same account, as caches need it."""
    shared = Shared(address=ADDRESS)
    account = engine_account(shared)
    assert account is engine_account(Shared(address=ADDRESS))
    assert (account.name, account.origin) == ("shared", "rediss://valkey.example.com:6379")


async def test_no_password_is_no_error(fleet) -> None:
    """Many engines within a machine have none; the row says what to do if one is wanted."""
    assert await fleet.auth.engine_password() is None
    row = fleet.auth.engine_row()
    assert row.state is KeyState.NOT_CONFIGURED
    assert row.hint == (
        "if the engine asks for a password, sign in with 'aircher-cli auth login shared'"
    )


async def test_password_is_stored_like_a_key(fleet) -> None:
    """In the keyring; a restart finds it there."""
    row = await sign_in(fleet)
    assert (row.provider, row.source, row.state) == ("shared", "keyring", KeyState.UNVERIFIED)
    assert list(fleet.keyring.keys) == [key_id(name="shared")]
    again = fleet.new_manager()
    await again.preload()
    found = await again.engine_password()
    assert found.secret.reveal() == PASSWORD


async def test_password_is_in_no_list_of_providers(fleet) -> None:
    """Nor in an event about one, which clients would show as a provider."""
    await sign_in(fleet)
    assert "shared" not in {row.provider for row in await fleet.auth.status()}
    assert fleet.auth_events("shared") == []
    assert fleet.auth.engine_row().masked is not None
    assert PASSWORD not in repr(fleet.auth.engine_row())


async def test_those_who_need_the_password_learn_of_a_change(fleet) -> None:
    """The connection to the engine is opened again."""
    calls = []
    fleet.auth.on_password_change(lambda: calls.append("changed"))
    await sign_in(fleet)
    assert calls == ["changed"]
    await fleet.auth.stored.logout("shared")
    assert calls == ["changed"] * 2
    assert await fleet.auth.engine_password() is None


async def test_command_prints_the_password(fleet) -> None:
    """A stored one takes precedence, as with providers."""
    use(fleet, key_command=("printf", f"{PASSWORD}\n"))
    found = await fleet.auth.engine_password()
    assert (found.secret.reveal(), found.source) == (PASSWORD, "command")
    await sign_in(fleet, "another-canary")
    assert (await fleet.auth.engine_password()).secret.reveal() == "another-canary"


async def test_command_that_fails_is_an_error(fleet) -> None:
    """It is not as if there were no password."""
    use(fleet, key_command=("false",))
    with pytest.raises(NotAuthenticated, match="false failed with exit status 1"):
        await fleet.auth.engine_password()


async def test_variable_may_have_the_password(fleet) -> None:
    """On a machine without a keyring, such as CI."""
    fleet.environ[PASSWORD_VARIABLE] = PASSWORD
    auth = fleet.new_manager()
    found = await auth.engine_password()
    assert (found.secret.reveal(), found.name) == (PASSWORD, f"env:{PASSWORD_VARIABLE}")


async def test_commands_do_not_get_the_variable(fleet) -> None:
    """No program that prints a provider's key sees the password."""
    fleet.environ.update({PASSWORD_VARIABLE: PASSWORD, "PATH": "/usr/bin:/bin"})
    fleet.change(key_command=("sh", "-c", f"printf %s ${{{PASSWORD_VARIABLE}:-none-of-it}}"))
    use(fleet)
    auth = fleet.new_manager()
    key = await auth.get_api_key(fleet.work)
    assert key.secret.reveal() == "none-of-it"


async def test_password_goes_nowhere_else(fleet) -> None:
    """A changed url does not take it to another server; the same host with another user does."""
    await sign_in(fleet)
    use(fleet, address=EngineAddress(scheme="rediss", host="valkey.example.com", user="mine"))
    assert (await fleet.auth.engine_password()).secret.reveal() == PASSWORD
    use(fleet, address=EngineAddress(scheme="rediss", host="evil.example.com"))
    with pytest.raises(KeyRejected, match=r"stored for rediss://valkey\.example\.com:6379"):
        await fleet.auth.engine_password()


async def test_password_is_never_sent_unencrypted(fleet) -> None:
    """It is neither stored for such an engine, nor taken from a variable."""
    use(fleet, address=EngineAddress(scheme="redis", host="valkey.example.com"))
    with pytest.raises(BadRequest, match=r"never sent unencrypted.*rediss:"):
        await sign_in(fleet)
    assert fleet.keyring.keys == {}
    fleet.environ[PASSWORD_VARIABLE] = PASSWORD
    with pytest.raises(KeyRejected, match="never sent unencrypted"):
        await fleet.new_manager().engine_password()


async def test_locked_keys_are_no_missing_password(fleet) -> None:
    """The daemon must not try without one."""
    await sign_in(fleet)
    await fleet.auth.locker.lock(None)
    with pytest.raises(KeyringLocked, match="auth unlock"):
        await fleet.auth.engine_password()


async def test_sign_in_needs_the_section_first(rig) -> None:
    """A password is bound to an address."""
    with pytest.raises(BadRequest, match=r"the configuration has no \[shared\]"):
        await sign_in(rig)


async def test_password_that_is_left_over_can_be_removed(fleet) -> None:
    """After the section was removed."""
    await sign_in(fleet)
    fleet.config = msgspec.structs.replace(fleet.config, shared=None)
    [row] = [each for each in fleet.auth.rows() if each.provider == "shared"]
    assert row.reason == "the configuration has no [shared]"
    await fleet.auth.stored.logout("shared")
    assert fleet.keyring.keys == {}


async def test_engine_has_one_password(fleet) -> None:
    """With several, which one is used would be a guess."""
    with pytest.raises(BadRequest, match="has one password"):
        await sign_in(fleet, label="work")


@pytest.mark.parametrize("password", ["", " ", "two\nlines", "g\u00fcnstig", "x" * 9000])
async def test_what_cannot_be_a_password_is_not_stored(fleet, password: str) -> None:
    """The message does not repeat it."""
    with pytest.raises(BadRequest, match="that is not a password") as caught:
        await sign_in(fleet, password)
    assert "x" * 100 not in caught.value.message


async def test_password_is_tried_where_the_engine_can_be_asked(fleet) -> None:
    """One that is refused is not stored."""
    asked = []

    async def check(account, secret) -> KeyCheck:
        asked.append((account.origin, secret.reveal()))
        if secret.reveal() == PASSWORD:
            return KeyCheck(True, "AUTH")
        failure = Failure(kind=FailureClass.AUTH, message="refused the password")
        return KeyCheck(False, "AUTH", failure)

    auth = fleet.new_manager(check_password=check)
    with pytest.raises(KeyRejected, match="shared refused the password; nothing was stored"):
        await auth.stored.login("shared", Secret("wrong-canary"))
    row = await auth.stored.login("shared", Secret(PASSWORD))
    assert (row.state, row.checked_how) == (KeyState.AUTHENTICATED, "AUTH")
    await auth.tester.test("shared")
    assert asked == [(ADDRESS.origin, each) for each in ("wrong-canary", PASSWORD, PASSWORD)]
    assert fleet.checked == []  # no provider was asked


async def test_password_is_redacted(fleet) -> None:
    """Wherever it may stand."""
    await sign_in(fleet)
    assert "canary" not in fleet.redactor.redact(f"WRONGPASS {PASSWORD}")
