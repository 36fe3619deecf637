"""Rows and messages for people, from what is known about keys."""

import msgspec
import pytest

from aircherd.auth import status, verification
from aircherd.auth.key_sources import sources_of, stored_source
from aircherd.auth.stores.base import FileProtection
from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.auth.variables.key_variables import KeyVariables
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, provider

ORIGIN = "https://work.example.com:443"
REFUSED = verification.rejected(
    verification.UNVERIFIED, 5.0, "a request", "refused the key (HTTP 401)"
)
LOCKED = verification.unreadable(verification.UNVERIFIED, 5.0, "it is locked")
FAILED = verification.command_failed(verification.UNVERIFIED, 5.0, "op failed with exit status 1")
GONE = verification.missing(verification.UNVERIFIED, 5.0, "no longer there")


def stored(label="default", store="keyring", origin=ORIGIN):
    return stored_source(
        IndexEntry(provider="work", label=label, origin=origin, store=store, stored_at=0)
    )


CLOSED = SourceBlock("closed", "keys.json is open to other users: chmod 600 keys.json")
DAMAGED = SourceBlock("damaged", "the list is now keys.json.damaged-1")
UNFINISHED = SourceBlock("unfinished", "a login was cut short")
FROM_ENV = sources_of(provider(env=("WORK_KEY",)), [], KeyVariables({"WORK_KEY": "x"}))[0]
FROM_COMMAND = sources_of(provider(key_command=("op",)), [], KeyVariables({}))[0]


def row(source, known, **fields):
    return status.key_row(
        fields.pop("provider", provider()),
        source,
        known,
        **{"secret": None, "shadowed": [], "file": FileProtection(), **fields},
    )


def test_row_of_an_accepted_key():
    """Everything but the key."""
    known = verification.accepted(5.0, "GET /v1/models")
    found = row(stored(), known, secret=Secret(KEY), shadowed=["environment variable WORK_KEY"])
    assert status.to_wire(found) == {
        "provider": "work",
        "key": "default",
        "state": "authenticated",
        "source": "keyring",
        "masked": "…6789",
        "shadowed": ["environment variable WORK_KEY"],
        "origin": ORIGIN,
        "checked_at": 5.0,
        "checked_how": "GET /v1/models",
    }


@pytest.mark.parametrize(
    ("source", "known", "hint"),
    [
        (stored(), REFUSED, "sign in again with 'aircher-cli auth login work'"),
        (stored("b"), REFUSED, "sign in again with 'aircher-cli auth login work --label b'"),
        (FROM_ENV, REFUSED, "set WORK_KEY in ~/.aircher/environment"),
        (FROM_COMMAND, REFUSED, "aircher-cli auth test work"),
        (stored(), LOCKED, "unlock or start the keyring"),
        (FROM_COMMAND, FAILED, "run it in a shell to see why"),
        (stored(), GONE, "aircher-cli auth logout work --label default"),
        (stored("b"), GONE, "aircher-cli auth logout work --label b"),
    ],
)
def test_hint_says_what_to_do(source, known, hint):
    """For every kind of source and every problem."""
    assert hint in row(source, known).hint


def test_hint_names_the_file_of_variables_in_the_home_in_use(monkeypatch):
    """In a row, and in the error of a request."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("AIRCHER_HOME", "/home/me/work")
    assert "set WORK_KEY in ~/work/environment, or" in row(FROM_ENV, REFUSED).hint
    assert "set KEY in ~/work/environment, or" in status.rejection_hint("work", "env:KEY")


def test_no_hint_for_a_usable_key_in_the_keyring():
    """There is nothing to do."""
    assert row(stored(), verification.UNVERIFIED).hint is None


def test_key_for_another_origin_is_rejected():
    """Even if it was accepted a moment ago."""
    moved = provider(base_url="https://elsewhere.example.com/v1")
    found = row(stored(), verification.accepted(5.0, "a request"), provider=moved)
    assert (found.state, found.origin) == (KeyState.REJECTED, ORIGIN)
    assert "stored for https://work.example.com:443" in found.reason
    assert "sign in again" in found.hint


def test_plain_http_has_no_sign_in_hint():
    """Signing in again would not help."""
    plain = provider(base_url="http://work.example.com/v1", env=("WORK_KEY",))
    source = sources_of(plain, [], KeyVariables({"WORK_KEY": "x"}))[0]
    found = row(source, verification.UNVERIFIED, provider=plain)
    assert (found.state, found.hint) == (KeyState.REJECTED, None)
    assert "use https" in found.reason


def test_choice_has_a_message_only_if_it_is_unusable():
    """The message has the key, the reason and a hint."""
    assert status.choice(provider(), stored(), verification.UNVERIFIED) == KeyChoice(
        "default", KeyState.UNVERIFIED
    )
    assert status.choice(provider(), stored(), LOCKED) == KeyChoice(
        "default",
        KeyState.LOCKED,
        "key 'default' of work: it is locked; unlock or start the keyring (log in to the desktop, "
        "or open its keyring application)",
    )


def test_hint_is_not_repeated():
    """A provider's rejection may contain it already."""
    reason = "refused; sign in again with 'aircher-cli auth login work'"
    known = verification.rejected(verification.UNVERIFIED, 5.0, "a request", reason)
    assert (
        status.unusable_message(provider(), stored(), known) == f"key 'default' of work: {reason}"
    )


def test_row_of_a_provider_without_keys():
    """The hint says how to get and store one."""
    bare = status.keyless_row(provider(keys_page="https://keys.example.com"), None)
    assert bare == KeyStatus(
        provider="work",
        state=KeyState.NOT_CONFIGURED,
        origin=ORIGIN,
        hint="sign in with 'aircher-cli auth login work'; keys: https://keys.example.com",
    )
    local = status.keyless_row(provider(needs_key=False), CLOSED)
    assert (local.state, local.hint, local.reason) == (KeyState.NOT_REQUIRED, None, None)


def blocked(source, block):
    return msgspec.structs.replace(source, block=block)


@pytest.mark.parametrize(
    ("source", "block", "hint"),
    [
        (FROM_ENV, DAMAGED, "sign in again with 'aircher-cli auth login work', or confirm"),
        (FROM_ENV, DAMAGED, "'aircher-cli auth logout work'"),
        (FROM_COMMAND, CLOSED, "then 'aircher-cli auth status'"),
        (stored("b"), UNFINISHED, "sign in again with 'aircher-cli auth login work --label b'"),
    ],
)
def test_blocked_key_is_locked_with_reason_and_hint(source, block, hint):
    """Whatever was known about it; each kind of block has its own hint."""
    found = row(blocked(source, block), verification.accepted(5.0, "a request"))
    assert (found.state, found.reason) == (KeyState.LOCKED, block.reason)
    assert hint in found.hint
    (seen,) = [status.choice(provider(), blocked(source, block), verification.UNVERIFIED)]
    assert (seen.state, block.reason in seen.message) == (KeyState.LOCKED, True)


def test_provider_without_keys_is_locked_if_the_list_is_closed():
    """With a damaged list it is not configured: the entries are lost."""
    closed, damaged = (status.keyless_row(provider(), known) for known in (CLOSED, DAMAGED))
    assert (closed.state, closed.reason) == (KeyState.LOCKED, CLOSED.reason)
    assert closed.hint == "then 'aircher-cli auth status'"
    assert (damaged.state, damaged.reason) == (KeyState.NOT_CONFIGURED, DAMAGED.reason)
    assert "auth login work" in damaged.hint
    assert status.choices_without_key(provider(), DAMAGED) == []
    assert status.choices_without_key(provider(), CLOSED) == [
        KeyChoice(
            None,
            KeyState.LOCKED,
            f"no key for work: {CLOSED.reason}; then 'aircher-cli auth status'",
        )
    ]


def test_provider_that_needs_no_key_ignores_blocks():
    """For example a local server."""
    local = provider(needs_key=False)
    assert status.choices_without_key(local, CLOSED) == [KeyChoice(None, KeyState.NOT_REQUIRED)]


@pytest.mark.parametrize(
    ("name", "key", "hint"),
    [
        ("work", "default", "sign in again with '{login}'"),
        ("work", "b", "sign in again with '{login} --label b'"),
        ("work", "command", "renew it there, then 'aircher-cli auth test work'"),
        ("work", "env:KEY", "set KEY in ~/.aircher/environment, or sign in with '{login}'"),
        (
            "work",
            None,
            (
                "it wants a key: run 'aircher-cli config set --unset providers.work.auth "
                "providers.work.env WORK_API_KEY', then '{login}'"
            ),
        ),
        (
            "9-lab",
            None,
            (
                "it wants a key: run 'aircher-cli config set --unset providers.9-lab.auth "
                "providers.9-lab.env KEY_OF_9_LAB', then '{login}'"
            ),
        ),
    ],
)
def test_rejection_hint_depends_on_the_source(name, key, hint):
    """Signing in would not help if the variable or the command is wrong."""
    expected = hint.format(login=f"aircher-cli auth login {name}")
    assert status.rejection_hint(name, key) == expected


def test_row_of_a_key_without_provider_says_how_to_remove_it():
    """The provider is no longer configured, but the key is still stored."""
    entry = IndexEntry(provider="old", label="b", origin=ORIGIN, store="keyring", stored_at=0)
    found = status.orphan_row(entry, stored_source(entry), FileProtection())
    assert (found.provider, found.key, found.state) == ("old", "b", KeyState.REJECTED)
    assert found.hint == "'aircher-cli auth logout old --label b' removes the key"


@pytest.mark.parametrize(
    ("file", "source", "hint"),
    [
        (FileProtection(), "file, not encrypted", None),
        (FileProtection("age"), "file, encrypted with age", None),
        (FileProtection("", "no token"), "file, not encrypted", "encrypt_with says: no token"),
        (FileProtection("age", "no TPM"), "file, encrypted with age", "encrypt_with says: no TPM"),
    ],
)
def test_row_of_a_key_in_the_file_says_whether_it_is_encrypted(file, source, hint):
    """And what to do, or why it is not as the configuration says."""
    found = row(stored(store="file"), verification.UNVERIFIED, file=file)
    assert found.source == source
    assert (hint in found.hint) if hint else found.hint is None


@pytest.mark.parametrize(
    ("source", "file", "hint"),
    [
        (
            stored("b", store="file"),
            FileProtection(),
            "'aircher-cli auth login work --label b' again",
        ),
        (stored(store="file"), FileProtection(), "'aircher-cli auth login work' again"),
        (stored(store="file"), FileProtection("age"), None),
        (stored(store="file"), FileProtection("", "no token"), None),
        (stored(), FileProtection(), None),
    ],
)
def test_hint_of_a_key_that_was_just_stored_in_a_plain_file(source, file, hint):
    """It names the label, so that no other key is stored; the row does not repeat it later."""
    found = status.encryption_hint(source, file)
    assert (hint in found) if hint else found is None


def test_a_file_that_cannot_be_read_gets_no_hint_about_its_encryption():
    """The reason says what to do; the file may well be encrypted."""
    file = FileProtection("age", "no identity")
    found = row(stored(store="file"), LOCKED, file=file)
    assert (found.source, found.hint) == ("file, encrypted with age", None)
