"""From what is known about keys to rows for people."""

import msgspec
import pytest

from aircherd.auth import status, verification
from aircherd.auth.key_sources import sources_of, stored_source
from aircherd.auth.stores.index import IndexEntry, SourceBlock
from aircherd.vocabulary.keys import KeyChoice, KeyState, KeyStatus
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, provider

ORIGIN = "https://work.example.com:443"
REFUSED = verification.refused(verification.UNTRIED, 5.0, "a request", "refused the key (HTTP 401)")
LOCKED = verification.unreadable(verification.UNTRIED, 5.0, "it is locked")
GONE = verification.missing(verification.UNTRIED, 5.0, "no longer there")


def stored(label="default", store="keyring", origin=ORIGIN):
    return stored_source(
        IndexEntry(provider="work", label=label, origin=origin, store=store, stored_at=0)
    )


CLOSED = SourceBlock("closed", "keys.json is open to other users: chmod 600 keys.json")
DAMAGED = SourceBlock("damaged", "the list is now keys.json.damaged-1")
UNFINISHED = SourceBlock("unfinished", "a login was cut short")
FROM_ENV = sources_of(provider(env=("WORK_KEY",)), [], {"WORK_KEY": "x"})[0]
FROM_COMMAND = sources_of(provider(key_command=("op",)), [], {})[0]


def row(slot, known, **fields):
    return status.key_row(
        fields.pop("provider", provider()),
        slot,
        known,
        **{"secret": None, "hidden": [], **fields},
    )


def test_the_row_of_a_key_that_works():
    """Everything but the key."""
    known = verification.works(5.0, "GET /v1/models")
    found = row(stored(), known, secret=Secret(KEY), hidden=["environment variable WORK_KEY"])
    assert status.as_data(found) == {
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
    ("slot", "known", "hint"),
    [
        (stored(), REFUSED, "sign in again with 'aircher-cli auth login work'"),
        (stored("b"), REFUSED, "sign in again with 'aircher-cli auth login work --label b'"),
        (FROM_ENV, REFUSED, "set WORK_KEY right and restart the daemon"),
        (FROM_COMMAND, REFUSED, "aircher-cli auth test work"),
        (stored(), LOCKED, "unlock or start the keyring"),
        (FROM_COMMAND, LOCKED, "run it by hand"),
        (stored(), GONE, "aircher-cli auth logout work"),
        (stored(store="file"), verification.UNTRIED, "to have it encrypted"),
    ],
)
def test_a_hint_says_what_to_do(slot, known, hint):
    """Whatever the source and whatever is wrong."""
    assert hint in row(slot, known).hint


def test_no_hint_where_nothing_is_to_be_done():
    """A key in the keyring that works."""
    assert row(stored(), verification.UNTRIED).hint is None


def test_a_key_for_another_origin_is_rejected_whatever_was_known():
    """Even one that worked a moment ago."""
    moved = provider(base_url="https://elsewhere.example.com/v1")
    found = row(stored(), verification.works(5.0, "a request"), provider=moved)
    assert (found.state, found.origin) == (KeyState.REJECTED, ORIGIN)
    assert "stored for https://work.example.com:443" in found.reason
    assert "sign in again" in found.hint


def test_plain_http_is_the_providers_fault_not_the_keys():
    """Signing in again would not help, so nothing says so."""
    plain = provider(base_url="http://work.example.com/v1", env=("WORK_KEY",))
    slot = sources_of(plain, [], {"WORK_KEY": "x"})[0]
    found = row(slot, verification.UNTRIED, provider=plain)
    assert (found.state, found.hint) == (KeyState.REJECTED, None)
    assert "use https" in found.reason


def test_routing_sees_a_reason_only_for_what_it_cannot_use():
    """One sentence: what, why, what to do."""
    assert status.choice(provider(), stored(), verification.UNTRIED) == KeyChoice(
        "default", KeyState.UNVERIFIED
    )
    assert status.choice(provider(), stored(), LOCKED) == KeyChoice(
        "default",
        KeyState.LOCKED,
        "key 'default' of work: it is locked; unlock or start the keyring (log in to the desktop, "
        "or open its keyring application)",
    )


def test_a_cure_is_not_said_twice():
    """A provider's refusal may name it already."""
    reason = "refused; sign in again with 'aircher-cli auth login work'"
    known = verification.refused(verification.UNTRIED, 5.0, "a request", reason)
    assert status.cannot_use(provider(), stored(), known) == f"key 'default' of work: {reason}"


def test_the_row_of_a_provider_without_keys():
    """How to get one, and where from."""
    bare = status.keyless_row(provider(keys_page="https://keys.example.com"), None)
    assert bare == KeyStatus(
        provider="work",
        state=KeyState.NOT_CONFIGURED,
        origin=ORIGIN,
        hint="sign in with 'aircher-cli auth login work'; keys: https://keys.example.com",
    )
    local = status.keyless_row(provider(needs_key=False), CLOSED)
    assert (local.state, local.hint, local.reason) == (KeyState.NOT_REQUIRED, None, None)


def behind(slot, barrier):
    return msgspec.structs.replace(slot, barrier=barrier)


@pytest.mark.parametrize(
    ("slot", "barrier", "hint"),
    [
        (FROM_ENV, DAMAGED, "sign in again with 'aircher-cli auth login work', or have no key"),
        (FROM_ENV, DAMAGED, "'aircher-cli auth logout work'"),
        (FROM_COMMAND, CLOSED, "then 'aircher-cli auth status'"),
        (stored("b"), UNFINISHED, "sign in again with 'aircher-cli auth login work --label b'"),
    ],
)
def test_behind_a_barrier_every_key_is_locked_and_says_why(slot, barrier, hint):
    """Whatever was known of it, and each barrier with its own way around."""
    found = row(behind(slot, barrier), verification.works(5.0, "a request"))
    assert (found.state, found.reason) == (KeyState.LOCKED, barrier.reason)
    assert hint in found.hint
    (seen,) = [status.choice(provider(), behind(slot, barrier), verification.UNTRIED)]
    assert (seen.state, barrier.reason in seen.message) == (KeyState.LOCKED, True)


def test_without_any_key_a_closed_list_is_not_an_empty_one():
    """A damaged one is: it is gone, and so is what it named."""
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


def test_who_needs_no_key_does_not_care_about_the_list():
    """A local server goes on."""
    local = provider(needs_key=False)
    assert status.choices_without_key(local, CLOSED) == [KeyChoice(None, KeyState.NOT_REQUIRED)]


@pytest.mark.parametrize(
    ("name", "key", "cure"),
    [
        ("work", "default", "sign in again with '{login}'"),
        ("work", "b", "sign in again with '{login} --label b'"),
        ("work", "command", "renew it there, then 'aircher-cli auth test work'"),
        ("work", "env:KEY", "set KEY right and restart the daemon, or sign in with '{login}'"),
        ("work", None, "remove auth = \"none\" from [providers.work] and sign in with '{login}'"),
        (
            "ollama",
            None,
            "add env = \"OLLAMA_API_KEY\" to [providers.ollama] and sign in with '{login}'",
        ),
    ],
)
def test_the_cure_of_a_refusal_depends_on_the_keys_source(name, key, cure):
    """Signing in would not help where the variable or the command is what is wrong."""
    expected = cure.format(login=f"aircher-cli auth login {name}")
    assert status.cure_of_refusal(name, key) == expected


def test_a_key_without_provider_can_be_removed():
    """The configuration lost the provider; the key is still there."""
    known = IndexEntry(provider="old", label="b", origin=ORIGIN, store="keyring", stored_at=0)
    found = status.orphan_row(known, stored_source(known))
    assert (found.provider, found.key, found.state) == ("old", "b", KeyState.REJECTED)
    assert "aircher-cli auth logout old" in found.hint
