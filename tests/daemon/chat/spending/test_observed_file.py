"""What calls really used, over a restart; a damaged file is ignored."""

import json

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.chat.spending.expectations import Expectations
from aircherd.chat.spending.observed_file import WRITE_SECONDS, ObservedUseFile
from aircherd.chat.spending.pricing import Pricing
from aircherd.usage.observed_use import KEPT, Use
from aircherd.vocabulary.reply import Usage
from helpers.background_files import WrittenAtOnce

from .test_expectations import ASKED, MODEL, NOW, A, Call, after, ended


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "observed_use.json"


def restarted(path):
    """Return what a new daemon expects of a call."""
    expectations = Expectations(Pricing())
    ObservedUseFile(path, expectations, WrittenAtOnce()).load()
    return expectations.expect(A.name, MODEL, ASKED, NOW)[0]


async def test_what_was_used_is_written_rarely_and_at_the_end(path, autojump_clock):
    """A change is on disk after half a minute; without a change nothing is written."""
    expectations = after(*[ended(Usage(300, 150), 2_000_000)] * 8)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ObservedUseFile(path, expectations, WrittenAtOnce()).run)
        await trio.sleep(WRITE_SECONDS - 1)
        assert not path.exists()
        await trio.sleep(2)
        assert restarted(path).high == Use(300, 150, pytest.approx(2_000_000 / 600_000))
        path.unlink()
        await trio.sleep(10 * WRITE_SECONDS)
        assert not path.exists()
        expectations.note((Call(), ended(Usage(300, 150))))
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert restarted(path).is_known


def test_without_a_file_nothing_is_known(path):
    """As on the first start."""
    with capture_logs() as logs:
        assert not restarted(path).is_known
    assert logs == []


GOOD = {"inputs": [[100, 300]], "bounded": [[50, 150]], "unbounded": [], "costs": [], "last_at": 1}
DAMAGED = {
    "zero": {"inputs": [[0, 3]]},
    "negative": {"unbounded": [-1]},
    "no factor": {"costs": [0]},
    "too many": {"unbounded": [1] * (KEPT + 1)},
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"version": 2, "models": []}',
        *(
            json.dumps({"version": 1, "models": [["a", "m", GOOD | each]]}).encode()
            for each in DAMAGED.values()
        ),
    ],
)
def test_a_damaged_file_is_ignored(path, content):
    """The log says so, and limits learn again."""
    path.parent.mkdir()
    path.write_bytes(content)
    with capture_logs() as logs:
        assert not restarted(path).is_known
    assert [entry["event"] for entry in logs] == ["observed_use_damaged"]


def test_an_unreadable_file_is_ignored(path):
    """It does not keep the daemon from starting."""
    path.mkdir(parents=True)
    with capture_logs() as logs:
        assert not restarted(path).is_known
    assert [entry["event"] for entry in logs] == ["observed_use_unreadable"]
