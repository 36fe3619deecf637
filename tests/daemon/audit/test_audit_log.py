"""The audit log: written in the background, joined, bounded, and no obstacle on a full disk."""

from contextlib import asynccontextmanager

import trio
import trio.testing

from aircherd.audit.audit_log import (
    MAX_JOINED,
    MAX_NOTED,
    MAX_OF_STRANGERS,
    MAX_WAITING,
    AuditLog,
)
from aircherd.redaction import Redactor


@asynccontextmanager
async def writing(path):
    log = AuditLog(path, clock=lambda: 1000.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(log.run)
        yield log
        nursery.cancel_scope.cancel()


async def kinds(log):
    return [line["kind"] for line in await log.list(None, None, None, None, 1000)]


async def test_lines_are_written_with_start_and_stop(tmp_path):
    """A start without a stop before it is an unclean end."""
    path = tmp_path / "audit.jsonl"
    async with writing(path) as log:
        log.note("sign_in", "vi", provider="openai", label=None, outcome="ok")
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert sorted(await kinds(log)) == ["sign_in", "start"]
    await log.aclose()
    found = await AuditLog(path).list(None, None, None, None, 1000)
    assert found[-1]["kind"] == "stop"
    line = next(each for each in found if each["kind"] == "sign_in")
    assert line == {
        "at": 1000.0,
        "kind": "sign_in",
        "client": "vi",
        "provider": "openai",
        "outcome": "ok",
    }


async def test_what_happens_often_is_one_line(tmp_path):
    """With its count; uses of keys too."""
    log = AuditLog(tmp_path / "audit.jsonl")
    for _ in range(50):
        log.count("refused", "vi", None, ("method", "status"))
    log.key_uses[_User("vi"), "openai", "default"] = 3
    found = await log.list(None, None, "vi", None, 10)
    assert [(line["kind"], line["count"]) for line in found] == [("refused", 50), ("key_use", 3)]
    assert await kinds(log) == ["refused", "key_use"]


async def test_a_flood_of_different_things_is_bounded(tmp_path):
    """Those beyond share a line: the file must not be flooded."""
    log = AuditLog(tmp_path / "audit.jsonl")
    for number in range(5 * MAX_JOINED):
        log.count("refused", f"client {number}", None)
    found = await log.list(None, None, None, None, 1000)
    assert len(found) == MAX_JOINED + 1
    assert found[-1]["count"] == 4 * MAX_JOINED


async def test_strangers_can_neither_flood_nor_hide_what_others_do(tmp_path):
    """A page or another user's program chooses its Host: it has few lines, and all are counted."""
    log = AuditLog(tmp_path / "audit.jsonl")
    for number in range(5 * MAX_JOINED):
        log.count("refused_page", None, None, ("host", f"{number}.example"))
    log.count("refused", "vi", None, ("method", "status"))
    found = await log.list(None, None, None, None, 1000)
    pages = [line for line in found if line["kind"] == "refused_page"]
    assert len(pages) == MAX_OF_STRANGERS + 1
    assert sum(line["count"] for line in pages) == 5 * MAX_JOINED
    assert [line["client"] for line in found if line["kind"] == "refused"] == ["vi"]


async def test_a_disk_that_cannot_be_written_loses_lines_and_says_so(tmp_path):
    """The daemon goes on."""
    (tmp_path / "data").write_text("a file in its way")
    log = AuditLog(tmp_path / "data" / "audit.jsonl")
    for number in range(MAX_WAITING + 10):
        log.note(f"lock {number}")
    assert log.lost == 10
    await log.list(None, None, None, None, 10)
    assert log.state()["audit"]["lost"] == MAX_WAITING + 10
    assert "cannot be written" in log.state()["audit"]["reason"]


async def test_a_flood_of_one_kind_is_counted(tmp_path):
    """What happened before must not be pushed out; asking for the lines writes none."""
    log = AuditLog(tmp_path / "audit.jsonl")
    log.note("sign_in", "vi", outcome="ok")
    for _ in range(50 * MAX_NOTED):
        log.note("lock", "vi", outcome="ok")
    for _ in range(3):
        found = await log.list(None, None, None, None, 1000)
        assert len(found) == MAX_NOTED + 2
        assert found[-1] | {"at": 0} == {
            "at": 0,
            "kind": "lock",
            "client": "vi",
            "outcome": "ok",
            "count": 49 * MAX_NOTED,
        }
    assert len(log.path.read_bytes().splitlines()) == MAX_NOTED + 1


async def test_a_key_in_a_name_is_redacted(tmp_path):
    """It was typed in the wrong place; one that is cut is found, too."""
    log = AuditLog(tmp_path / "audit.jsonl", redact=Redactor().redact)
    key = "sk-canary-0123456789abcdef"
    log.note("sign_in", key, provider="x" * 190 + f" {key}", entries=[key], number=1)
    log.count("refused", key, None, ("method", key))
    await log.list(None, None, None, None, 10)
    await log.aclose()
    text = log.path.read_text()
    assert "sk-can" not in text
    assert text.count("[redacted]") == 4
    assert '"number":1' in text


async def test_filters(tmp_path):
    """By time, client and kind; the newest of them."""
    log = AuditLog(tmp_path / "audit.jsonl", clock=lambda: next(times))
    times = iter(range(1, 10))
    for client in ("a", "b", "a"):
        log.note("lock", client)
    assert [line["at"] for line in await log.list(None, None, "a", None, 10)] == [1, 3]
    assert [line["at"] for line in await log.list(2, 3, None, "lock", 10)] == [2]
    assert [line["at"] for line in await log.list(None, None, None, None, 1)] == [3]


class _User:
    """A client without a process."""

    peer = None

    def __init__(self, client):
        self.client = client
