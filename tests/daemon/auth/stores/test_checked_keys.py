"""Which keys were accepted before a restart."""

import json
from pathlib import Path

import msgspec
import pytest
import structlog
import trio

from aircherd.auth import verification
from aircherd.auth.key_sources import KeySource
from aircherd.auth.stores.checked_keys import CheckedKeys
from aircherd.auth.verification import UNVERIFIED, Verification
from aircherd.files.background_files import BackgroundFiles
from aircherd.vocabulary.secret import Secret

KEY = Secret("canary-0123456789abcdef")
OTHER = Secret("canary-another-0123456789")
SOURCE = KeySource(
    provider="work", name="default", kind="keyring", origin="https://a:443", locator=("default",)
)
ACCEPTED = verification.accepted(1000.0, "GET /models")
REJECTED = verification.rejected(ACCEPTED, 1001.0, "a request", "no")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file."""
    return tmp_path / "checked_keys.json"


async def written(path: Path, *known: tuple[KeySource, Secret | None, Verification]) -> CheckedKeys:
    """Return what a daemon has after a restart, if these were the keys before."""
    files = BackgroundFiles()
    before = CheckedKeys(path, files)
    before.load()
    before.write(known)
    await files.aclose()
    after = CheckedKeys(path, files)
    after.load()
    return after


async def test_an_accepted_key_is_known_after_a_restart(path: Path) -> None:
    """With the time of the check, and that it was before the start."""
    found = (await written(path, (SOURCE, KEY, ACCEPTED))).restore(SOURCE, KEY)
    assert found == verification.restored(1000.0, "GET /models")
    assert found.is_usable


async def test_the_file_has_no_key_and_nothing_to_find_it_by(path: Path) -> None:
    """Two bytes of a salted hash, with a salt of the file's own."""
    await written(path, (SOURCE, KEY, ACCEPTED))
    text, mode = await trio.to_thread.run_sync(lambda: (path.read_text(), path.stat().st_mode))
    assert len(json.loads(text)["keys"][0]["mark"]) == 4
    assert "canary" not in text
    assert mode & 0o077 == 0


@pytest.mark.parametrize(
    ("source", "key"),
    [
        (SOURCE, OTHER),
        (msgspec.structs.replace(SOURCE, origin="https://b:443"), KEY),
        (msgspec.structs.replace(SOURCE, name="b"), KEY),
    ],
    ids=["another key", "another server", "another name"],
)
async def test_nothing_is_known_of_another_key(path: Path, source: KeySource, key: Secret) -> None:
    """It is not verified, as a new one."""
    assert (await written(path, (SOURCE, KEY, ACCEPTED))).restore(source, key) is None


@pytest.mark.parametrize(
    ("later", "is_known"),
    [
        ((SOURCE, KEY, REJECTED), False),
        ((SOURCE, OTHER, UNVERIFIED), False),
        ((SOURCE, None, verification.missing(ACCEPTED, 1.0, "gone")), False),
        ((SOURCE, None, verification.unreadable(ACCEPTED, 1.0, "locked")), True),
        ((SOURCE, None, UNVERIFIED), True),
        (None, False),
    ],
    ids=["rejected", "replaced", "gone", "locked", "not read", "removed"],
)
async def test_what_happened_since(
    path: Path, later: tuple[KeySource, Secret | None, Verification] | None, is_known: bool
) -> None:
    """A check is forgotten if it is no longer true, and kept while the key cannot be read."""
    await written(path, (SOURCE, KEY, ACCEPTED))
    found = await written(path, *([later] if later else []))
    assert (found.restore(SOURCE, KEY) is not None) is is_known


@pytest.mark.parametrize(
    "content", ["", "{", '{"version": 2}', '{"salt": "zz", "keys": []}', "[" * 9999]
)
def test_a_damaged_file_is_ignored(path: Path, content: str) -> None:
    """The keys are verified again at their first use; the log says why."""
    path.write_text(content)
    checked = CheckedKeys(path)
    with structlog.testing.capture_logs() as logs:
        checked.load()
    assert checked.restore(SOURCE, KEY) is None
    assert [entry["event"] for entry in logs] == ["checked_keys_damaged"]


def test_without_a_file_nothing_is_kept() -> None:
    """As in tests of other things."""
    checked = CheckedKeys()
    checked.load()
    checked.write([(SOURCE, KEY, ACCEPTED)])
    assert checked.restore(SOURCE, KEY) is None
