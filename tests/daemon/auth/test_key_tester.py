"""`KeyTester`: which keys are checked live, and what the answers change."""

import os

import msgspec
import pytest

from aircherd.auth.stores.base import StoreHealth
from aircherd.errors import BadRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyCheck, KeyState
from aircherd.vocabulary.secret import Secret
from helpers.auth import (
    KEY,
    NO_NETWORK,
    OTHER,
    REFUSED,
    WORKS,
    Rig,
    key_id,
    key_of,
    login,
)


async def test_test_verifies_all_keys_including_rejected_ones(rig, auth):
    """With one call each; only changes are published."""
    await login(auth)
    await login(auth, OTHER, label="b")
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    rig.auth_events()
    rig.checked.clear()
    rig.check = lambda _provider, secret: REFUSED if secret == Secret(OTHER) else NO_NETWORK
    rows = {r.key: (r.state.value, r.reason) for r in await auth.tester.test("work")}
    assert rows == {
        "default": ("rejected", "could not be verified: cannot connect"),
        "b": ("rejected", "refused the key (HTTP 401)"),
    }
    assert sorted(rig.checked) == [("work", KEY), ("work", OTHER)]
    rig.auth_events()
    rig.check = Rig.check
    await auth.tester.test()
    assert sorted(rig.auth_events()) == [("b", "authenticated"), ("default", "authenticated")]


async def test_test_reads_a_rejected_key_again(rig, auth):
    """It may have been renewed in its source."""
    await login(auth)
    await auth.note_rejected(await auth.get_api_key(rig.work), "refused")
    rig.keyring.keys[key_id()] = Secret(OTHER)
    await auth.tester.test("work")
    assert rig.checked[-1] == ("work", OTHER)
    assert await key_of(rig) == ("default", OTHER, "keyring")


async def test_test_calls_no_provider_for_unusable_keys(rig, auth):
    """Neither an unreadable key nor one of another origin is sent."""
    await login(auth)
    rig.keyring.health = StoreHealth.LOCKED
    again = rig.new_manager()
    rig.checked.clear()
    (found,) = await again.tester.test("work")
    assert found.state is KeyState.LOCKED
    rig.keyring.health = StoreHealth.USABLE
    rig.change(base_url="https://elsewhere.example.com")
    (found,) = await again.tester.test("work")
    assert (found.state, rig.checked) == (KeyState.REJECTED, [])
    with pytest.raises(BadRequest, match="no provider"):
        await again.tester.test("wrok")


DENIED = KeyCheck(
    None,
    "GET /v1/models",
    Failure(kind=FailureClass.PERMISSION, message="does not allow this", status=403),
)
SCOPED = msgspec.structs.replace(DENIED, ok=True)  # the key is good, it only lacks something


@pytest.mark.parametrize("refused", [REFUSED, DENIED, SCOPED])
async def test_test_uses_the_new_key_of_a_source(rig, auth, tmp_path, refused):
    """An expired token is renewed, as in a request."""
    path = tmp_path / "key"
    path.write_text(KEY)
    rig.change(key_command=("cat", str(path)))
    rig.environ["PATH"] = os.environ["PATH"]
    await auth.get_api_key(rig.work)
    path.write_text(OTHER)
    rig.check = lambda _provider, secret: WORKS if secret == Secret(OTHER) else refused
    (found,) = await auth.tester.test("work")
    assert (found.state, found.reason) == (KeyState.AUTHENTICATED, None)
    assert (await auth.get_api_key(rig.work)).secret == Secret(OTHER)
