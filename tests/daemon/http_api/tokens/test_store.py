"""The tokens that the user created: on disk, in memory, and what ends them."""

import os
import stat

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircherd.errors import AircherError, BadRequest
from aircherd.files.background_files import BackgroundFiles
from aircherd.http_api.tokens.store import SOON, USED_SECONDS, TokenStore
from aircherd.http_api.tokens.token import digest, make_token
from aircherd.http_api.tokens.token_file import StoredLimit, StoredToken


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_store(tmp_path, clock):
    return lambda: TokenStore(tmp_path / "tokens.json", BackgroundFiles(), clock)


async def add(store: TokenStore, name: str = "zed", **fields: object) -> str:
    token = make_token()
    stored = StoredToken(name=name, digest=digest(token).hex(), created_at=1.0, **fields)
    await store.create(stored)
    return token


async def test_a_token_is_found_also_after_a_restart(make_store, tmp_path):
    token = await add(make_store(), project="/src", models=("sonnet",), providers=("openai",))

    client = make_store().find(digest(token))

    assert client is not None
    assert (client.name, client.project, client.models) == ("zed", "/src", ("sonnet",))
    assert client.providers == ("openai",)
    found = (tmp_path / "tokens.json").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert token not in (tmp_path / "tokens.json").read_text()


async def test_one_object_stands_for_a_token_while_it_lives(make_store):
    store = make_store()
    token = await add(store)
    client = store.find(digest(token))
    await add(store, "ci")

    assert store.find(digest(token)) is client


async def test_a_wrong_token_is_refused_and_not_repeated(make_store):
    store = make_store()
    token = await add(store)
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert store.find(digest(wrong)) is None
    message = store.refusal(wrong, digest(wrong))
    assert "unknown, or was revoked" in message
    assert wrong not in message
    assert "not a token of aircher" in store.refusal("sk-ant", digest("sk-ant"))


async def test_a_revoked_token_ends_at_once_and_for_ever(make_store):
    store = make_store()
    token = await add(store)
    client = store.find(digest(token))
    await store.revoke("zed")

    assert not client.is_alive
    assert store.find(digest(token)) is None
    assert make_store().find(digest(token)) is None
    with pytest.raises(BadRequest, match="no token 'zed'"):
        await store.revoke("zed")


async def test_names_are_taken_once(make_store):
    store = make_store()
    await add(store)

    with pytest.raises(BadRequest, match="there is a token 'zed'"):
        await add(store)


async def test_an_expired_token_is_refused_and_says_so(make_store, clock):
    store = make_store()
    token = await add(store, expires_at=clock.now + 10)
    assert store.find(digest(token)) is not None

    clock.now += 10

    assert store.find(digest(token)) is None
    assert "'zed' has expired" in store.refusal(token, digest(token))


async def test_what_runs_ends_when_the_token_expires(make_store, clock, mock_clock):
    store = make_store()
    token = await add(store, expires_at=clock.now + 30)
    client = store.find(digest(token))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.run)
        await wait_all_tasks_blocked()
        assert client.is_alive
        clock.now += 30
        mock_clock.jump(31)
        while client.is_alive:  # the test's own timeout ends this
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def test_the_last_use_is_kept_with_some_accuracy(make_store, clock):
    store = make_store()
    token = await add(store)
    assert store.tokens()[0].used_at is None

    store.find(digest(token))
    clock.now += USED_SECONDS / 2
    store.find(digest(token))
    assert store.tokens()[0].used_at == clock.now - USED_SECONDS / 2

    clock.now += USED_SECONDS
    store.find(digest(token))
    assert store.tokens()[0].used_at == clock.now


async def test_the_last_use_is_written_after_a_moment(make_store, clock, mock_clock):
    store = make_store()
    token = await add(store)
    store.find(digest(token))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.run)
        await wait_all_tasks_blocked()
        mock_clock.jump(SOON)
        await wait_all_tasks_blocked()
        while make_store().tokens()[0].used_at is None:
            await trio.lowlevel.checkpoint()  # it is written in a thread
        nursery.cancel_scope.cancel()

    assert make_store().tokens()[0].used_at == clock.now


async def test_limits_are_those_of_the_clients(make_store):
    store = make_store()
    await add(store, limits=(StoredLimit(per="hour", requests=3),))

    [limit] = store.limits()

    assert (limit.client, limit.per, limit.requests) == ("zed", "hour", 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"{", "is damaged"), (b'{"version": 9}', "is of a later version")],
)
async def test_a_file_that_cannot_be_used_lets_nothing_in_and_stays(
    make_store, tmp_path, content, reason
):
    token = await add(make_store())
    (tmp_path / "tokens.json").write_bytes(content)
    store = make_store()

    assert store.find(digest(token)) is None
    assert reason in store.problem
    assert reason in store.refusal(token, digest(token))
    with pytest.raises(AircherError, match=reason):
        await add(store, "ci")
    with pytest.raises(AircherError, match=reason):
        await store.revoke("zed")
    assert (tmp_path / "tokens.json").read_bytes() == content


async def test_a_file_that_others_can_write_lets_nothing_in(make_store, tmp_path):
    token = await add(make_store())
    (tmp_path / "tokens.json").chmod(0o666)
    store = make_store()

    assert store.find(digest(token)) is None
    assert "chmod 600" in store.problem


async def test_a_link_is_not_followed(make_store, tmp_path):
    token = await add(make_store())
    (tmp_path / "tokens.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "tokens.json").symlink_to("elsewhere.json")

    assert make_store().find(digest(token)) is None
    assert "symlink" in make_store().problem


async def test_a_change_by_another_program_takes_effect(make_store, tmp_path):
    store, other = make_store(), make_store()
    token = await add(store)
    client = store.find(digest(token))
    assert not store.refresh()  # its own write

    other.refresh()
    await other.revoke("zed")

    assert store.refresh()
    assert not client.is_alive
    assert store.tokens() == []
    later = await add(other, "ci")
    await add(store, "zed")
    assert store.find(digest(later)) is not None


async def test_a_file_that_was_repaired_is_used_again(make_store, tmp_path):
    token = await add(make_store())
    good = (tmp_path / "tokens.json").read_bytes()
    (tmp_path / "tokens.json").write_bytes(b"{")
    store = make_store()
    (tmp_path / "tokens.json").write_bytes(good)

    assert store.refresh()
    assert store.problem is None
    assert store.find(digest(token)) is not None


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
async def test_without_a_disk_nothing_changes_for_a_reader(make_store, tmp_path):
    store = make_store()
    token = await add(store)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(AircherError, match="cannot be written"):
            await store.revoke("zed")
    finally:
        tmp_path.chmod(0o700)

    assert store.find(digest(token)) is not None


async def test_a_failed_write_changes_nothing(make_store, tmp_path):
    store = make_store()
    token = await add(store)
    (tmp_path / ".tokens.json.tmp").mkdir()  # where the new content would be written first

    with pytest.raises(AircherError, match="cannot be written"):
        await store.revoke("zed")
    assert store.find(digest(token)) is not None
