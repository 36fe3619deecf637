"""Free live checks, and how their answers are interpreted."""

import pytest

from aircherd.auth import verification
from aircherd.auth.key_verifier import NO_SUCH_PAGE, KeyVerifier
from aircherd.errors import AircherError, KeyRejected, ProviderFailed
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import KEY, NO_NETWORK, REFUSED, WORKS, provider

BEFORE = verification.rejected(verification.UNVERIFIED, 1.0, "a request", "earlier")


def verifier(check, redactor=None):
    async def ask(_provider, _secret):
        return check

    return KeyVerifier(check_key=ask, redactor=redactor or Redactor(), clock=lambda: 5.0)


async def test_accepted_key_may_be_stored():
    """The verification says how it was checked."""
    found = await verifier(WORKS).verify_new(provider(), Secret(KEY))
    assert found == verification.accepted(5.0, "GET /v1/models")


async def test_rejected_key_is_not_stored():
    """The error says so."""
    with pytest.raises(KeyRejected, match=r"refused the key \(HTTP 401\); nothing was stored"):
        await verifier(REFUSED).verify_new(provider(), Secret(KEY))


@pytest.mark.parametrize("ok", [False, None])
async def test_a_message_does_not_repeat_the_full_stop_of_a_provider(ok):
    """More text follows the provider's sentence."""
    failure = Failure(kind=FailureClass.AUTH, message="refused the key: Pass a valid one.")
    with pytest.raises(AircherError, match="Pass a valid one; nothing was stored"):
        await verifier(KeyCheck(ok, "a check", failure)).verify_new(provider(), Secret(KEY))


@pytest.mark.parametrize("check", [NO_NETWORK, KeyCheck(None, "GET /v1/models")])
async def test_key_that_cannot_be_verified_is_not_stored(check):
    """The error says how to store it anyway, and keeps the failure's class."""
    command = "'aircher-cli auth login work --label home --no-verify'"
    with pytest.raises(ProviderFailed, match=command) as caught:
        await verifier(check).verify_new(provider(), Secret(KEY), "home")
    kind = check.failure.kind if check.failure else FailureClass.PROTOCOL
    assert caught.value.failure.kind is kind


@pytest.mark.parametrize(
    ("check", "state", "reason"),
    [
        (WORKS, KeyState.AUTHENTICATED, None),
        (REFUSED, KeyState.REJECTED, "refused the key (HTTP 401)"),
        (NO_NETWORK, KeyState.REJECTED, "could not be verified: cannot connect"),
    ],
)
async def test_check_updates_the_verification(check, state, reason):
    """An inconclusive check keeps the state."""
    after, may_have_expired = await verifier(check).verify_existing(provider(), Secret(KEY), BEFORE)
    assert may_have_expired is (check is REFUSED)
    assert (after.state, after.reason) == (state, reason)


@pytest.mark.parametrize("kind", [FailureClass.MODEL, FailureClass.PROTOCOL])
@pytest.mark.parametrize("status", sorted(NO_SUCH_PAGE))
async def test_a_server_without_a_list_of_models(kind, status):
    """Whatever it calls its 404, the request was no chat: no model is missing."""
    failure = Failure(kind=kind, message="cannot serve this model: Not Found", status=status)
    check = KeyCheck(None, "GET /v1/models", failure)
    words = f"GET /v1/models is answered with HTTP {status}: the server has no list of models"
    with pytest.raises(ProviderFailed, match=words) as caught:
        await verifier(check).verify_new(provider(), Secret(KEY))
    assert "cannot serve" not in caught.value.failure.message
    after, _ = await verifier(check).verify_existing(provider(), Secret(KEY), BEFORE)
    assert f"could not be verified: {words}" in (after.reason or "")


async def test_key_in_a_vendors_message_is_redacted():
    """For every class of failure."""
    redactor = Redactor()
    redactor.add(Secret(KEY))
    failure = Failure(kind=FailureClass.AUTH, message=f"bad key {KEY}")
    with pytest.raises(KeyRejected) as caught:
        await verifier(KeyCheck(False, "a check", failure), redactor).verify_new(
            provider(), Secret(KEY)
        )
    assert KEY not in caught.value.message
