"""What clients of the socket do with tokens."""

import errno
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from aircherd.api.params import HttpOpenParams, TokenCreateParams, TokenLimit
from aircherd.errors import AircherError, BadRequest
from aircherd.files.background_files import BackgroundFiles
from aircherd.http_api.tokens.service import TokenHooks, TokenService, check_create, url_of
from aircherd.http_api.tokens.store import TokenStore


class Doors:
    """Ports that can be opened, but for one that is in use."""

    path = Path("/run/http.sock")
    port: int | None = None
    port_problem: str | None = None

    @asynccontextmanager
    async def open_port(self, wanted: int | None = None) -> AsyncIterator[int]:
        if wanted == 80:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        self.port = wanted or 4321
        try:
            yield self.port
        finally:
            self.port = None


class World:
    """A service, and how often it let limits be applied."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.applied = 0
        self.doors = Doors()
        store = TokenStore(folder / "tokens.json", BackgroundFiles(), lambda: self.now)
        hooks = TokenHooks(self.apply, lambda: ["openai", "ollama"], lambda: ["WORK_KEY", "A_KEY"])
        self.service = TokenService(store, self.doors, hooks, lambda: self.now)

    async def apply(self) -> None:
        self.applied += 1


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


async def test_a_token_is_in_the_result_once(world):
    """And nowhere else."""
    created = await world.service.create(TokenCreateParams(name="zed", models=["sonnet"]))
    client = world.service.find(created["token"])
    assert (client.name, client.models) == ("zed", ("sonnet",))
    assert created["socket"] == "/run/http.sock"
    assert "url" not in created
    listed = await world.service.list()
    assert created["token"] not in str(listed)
    assert hashlib.sha256(created["token"].encode()).hexdigest() not in str(listed)
    assert [row["name"] for row in listed["tokens"]] == ["zed"]


async def test_where_to_use_it_is_said_if_a_port_is_open(world):
    """The port of the configuration, or of a tool that runs."""
    world.doors.port = 8137
    created = await world.service.create(TokenCreateParams(name="zed"))
    assert created["url"] == url_of(8137) == "http://127.0.0.1:8137"


async def test_limits_take_effect_with_the_token_and_end_with_it(world):
    """Only if there are some: applying them reads the ledger."""
    await world.service.create(TokenCreateParams(name="free"))
    assert world.applied == 0
    limits = [TokenLimit(per="day", usd=Decimal(5)), TokenLimit(per="hour", requests=3)]
    await world.service.create(TokenCreateParams(name="zed", limits=limits))
    assert world.applied == 1
    assert [limit.client for limit in world.service.store.limits()] == ["zed", "zed"]
    await world.service.revoke("zed")
    assert (world.applied, world.service.store.limits()) == (2, [])


async def test_a_token_of_a_run_lives_inside_its_context(world):
    """With its model and its project, and a port for as long."""
    params = HttpOpenParams(name="claude", project="/src", model="sonnet")
    async with world.service.open(params) as opened:
        client = world.service.find(opened["token"])
        assert (client.name, client.project, client.model) == ("claude", "/src", "sonnet")
        assert (opened["url"], opened["port"]) == ("http://127.0.0.1:4321", 4321)
        assert opened["variables"] == ["A_KEY", "WORK_KEY"]
        running = (await world.service.list())["running"]
        assert running == [{"name": "claude", "project": "/src"}]
    assert world.service.find(opened["token"]) is None
    assert not client.is_alive
    assert world.doors.port is None


async def test_a_program_on_another_machine_is_named_after_it(world):
    """So what counts for that machine counts for the program."""
    async with world.service.open(HttpOpenParams(name="claude"), "buildbox") as opened:
        client = world.service.find(opened["token"])
        assert (client.name, client.host) == ("claude@buildbox", "buildbox")


async def test_the_same_token_can_be_opened_again(world):
    """By its digest: after a restart of the daemon, at the port that it had."""
    async with world.service.open(HttpOpenParams(name="claude")) as opened:
        token = opened["token"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    again = HttpOpenParams(name="claude", digest=digest, port=4444)
    async with world.service.open(again) as opened:
        assert "token" not in opened
        assert opened["port"] == 4444
        assert world.service.find(token).name == "claude"
        with pytest.raises(BadRequest, match="open already"):
            async with world.service.open(again):
                raise AssertionError
        assert world.service.find(token).name == "claude"


async def test_the_token_of_another_program_is_not_taken_over(world):
    """It would be free of its limits for as long."""
    created = await world.service.create(TokenCreateParams(name="zed"))
    digest = hashlib.sha256(created["token"].encode()).hexdigest()
    with pytest.raises(BadRequest, match="with limits of its own"):
        async with world.service.open(HttpOpenParams(name="sly", digest=digest)):
            raise AssertionError
    assert world.service.find(created["token"]).name == "zed"


async def test_a_port_that_is_in_use(world):
    """The reason, and no token that is left open."""
    with pytest.raises(AircherError, match="port 80 cannot be opened: Address already in use"):
        async with world.service.open(HttpOpenParams(name="claude", port=80)):
            raise AssertionError
    assert (await world.service.list())["running"] == []


async def test_an_error_inside_is_not_one_of_the_port(world):
    """It comes out as it is."""
    with pytest.raises(OSError, match="mine"):
        async with world.service.open(HttpOpenParams(name="claude")):
            raise OSError(5, "mine")


async def test_a_change_of_the_file_changes_the_limits(world, tmp_path):
    """As by a backup that was restored."""
    limits = [TokenLimit(per="day", usd=Decimal(5))]
    await world.service.create(TokenCreateParams(name="zed", limits=limits))
    (tmp_path / "tokens.json").unlink()
    await world.service.refresh()
    await world.service.refresh()
    assert world.applied == 2
    assert (await world.service.list())["tokens"] == []


async def test_a_file_that_cannot_be_used_is_said_with_the_list(world, tmp_path):
    """And to a program that comes with a token."""
    created = await world.service.create(TokenCreateParams(name="zed"))
    (tmp_path / "tokens.json").write_text("{")
    assert "is damaged" in (await world.service.list())["problem"]
    assert world.service.find(created["token"]) is None
    assert "is damaged" in world.service.refusal(created["token"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"expires_at": 999.0}, "that time is over"),
        ({"providers": ["opnai"]}, "there is no provider 'opnai' .did you mean 'openai'"),
        ({"limits": [TokenLimit(per="day")]}, "has no amount"),
        (
            {"limits": [TokenLimit(per="day", tokens=1), TokenLimit(per="day", tokens=2)]},
            "tokens for each day is limited twice",
        ),
        ({"limits": [TokenLimit(per="day", usd=Decimal(-1))]}, "usd must be from 0"),
        ({"limits": [TokenLimit(per="day", usd=Decimal("NaN"))]}, "usd must be from 0"),
        ({"limits": [TokenLimit(per="day", usd=Decimal("1e-10"))]}, "at most 9 decimals"),
        ({"limits": [TokenLimit(per="day", usd=Decimal("1e30"))]}, "usd must be from 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields, message):
    """Before anything is stored."""
    with pytest.raises(BadRequest, match=message):
        check_create(TokenCreateParams(name="zed", **fields), 1000.0, ["openai", "ollama"])


def test_what_can_be_meant():
    """Zero allows nothing; nine decimals are a nano-USD."""
    limits = [TokenLimit(per="day", usd=Decimal("0.000000001"), requests=0)]
    check_create(TokenCreateParams(name="zed", limits=limits, expires_at=1001.0), 1000.0, [])


async def test_why_no_port_is_open_is_said(world):
    """Until one is."""
    world.doors.port_problem = "port 80 is in use"
    assert (await world.service.list())["port_problem"] == "port 80 is in use"
    world.doors.port = 4321
    assert "port_problem" not in await world.service.list()
