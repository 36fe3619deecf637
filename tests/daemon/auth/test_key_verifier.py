"""The free live check, and what its answer means."""

import pytest

from aircherd.auth import verification
from aircherd.auth.key_verifier import KeyVerifier
from aircherd.errors import KeyRejected, ProviderFailed
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NO_NETWORK, REFUSED, WORKS, provider

BEFORE = verification.refused(verification.UNTRIED, 1.0, "a request", "earlier")


def live(check, redactor=None):
    async def ask(_provider, _secret):
        return check

    return KeyVerifier(ask=ask, redactor=redactor or Redactor(), clock=lambda: 5.0)


async def test_a_key_that_works_may_be_stored():
    """And it is known how that is known."""
    found = await live(WORKS).demand(provider(), Secret(KEY))
    assert found == verification.works(5.0, "GET /v1/models")


async def test_a_refused_key_is_not_stored():
    """The error says so."""
    with pytest.raises(KeyRejected, match=r"refused the key \(HTTP 401\); nothing was stored"):
        await live(REFUSED).demand(provider(), Secret(KEY))


@pytest.mark.parametrize("check", [NO_NETWORK, KeyCheck(None, "GET /v1/models")])
async def test_a_key_that_cannot_be_checked_is_not_stored(check):
    """The error says how to do it all the same, and keeps its class."""
    with pytest.raises(ProviderFailed, match="--no-verify") as caught:
        await live(check).demand(provider(), Secret(KEY))
    kind = check.failure.kind if check.failure else FailureClass.PROTOCOL
    assert caught.value.failure.kind is kind


@pytest.mark.parametrize(
    ("check", "state", "reason"),
    [
        (WORKS, KeyState.AUTHENTICATED, None),
        (REFUSED, KeyState.REJECTED, "refused the key (HTTP 401)"),
        (NO_NETWORK, KeyState.REJECTED, "could not be checked: cannot connect"),
    ],
)
async def test_a_test_changes_what_is_known(check, state, reason):
    """Where it told nothing, what was known stays."""
    after = await live(check).test(provider(), Secret(KEY), BEFORE, origin=provider().origin)
    assert (after.state, after.reason) == (state, reason)


async def test_a_key_of_another_origin_goes_nowhere():
    """The guard of a chat: nothing is sent, and the error does not tell the key."""
    sent = []

    async def ask(*asked):
        sent.append(asked)
        return WORKS

    check = KeyVerifier(ask=ask, redactor=Redactor(), clock=lambda: 5.0)
    with pytest.raises(RuntimeError, match="must not go") as caught:
        await check.test(provider(), Secret(KEY), BEFORE, origin="https://elsewhere.example:443")
    assert sent == []
    assert KEY not in str(caught.value)


async def test_a_vendor_that_repeats_the_key_is_redacted():
    """Whatever the class of the failure."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    failure = Failure(kind=FailureClass.AUTH, message=f"bad key {KEY}")
    with pytest.raises(KeyRejected) as caught:
        await live(KeyCheck(False, "a check", failure), redactor).demand(provider(), Secret(KEY))
    assert KEY not in caught.value.message
