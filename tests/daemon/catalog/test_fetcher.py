"""Lists fetched in the background, in virtual time: when, how often, and what failing does."""

from contextlib import asynccontextmanager

import msgspec
import pytest
import trio
from structlog.testing import capture_logs

from aircherd.catalog import fetcher
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import FetchHooks, ModelFetcher
from aircherd.config.model import DEFAULT_CONFIG, Config, Provider
from aircherd.errors import AircherError, NotAuthenticated, ProviderFailed
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from helpers.background_files import WrittenAtOnce

OLLAMA = DEFAULT_CONFIG.providers["ollama"]
WORK = Provider(name="work", kind="openai", base_url="https://a.example/v1")
LOCAL = Provider(name="local", kind="openai", base_url="http://gpu:1/v1", needs_key=False)
START = 1_000_000.0


def failed(kind=FailureClass.NETWORK):
    return ProviderFailed(Failure(kind=kind, message="nobody listens"))


class World:
    """Providers that list one model, or do what `answers` says: an exception, or seconds to wait.

    `signed_in` names who can be asked, `noisy` whom one would notice being asked.
    """

    def __init__(self, *, signed_in=("ollama", "work", "local"), folder=None):
        self.asked = []
        self.answers = {}
        self.noisy = set()
        self.signed_in = set(signed_in)
        self.providers = {p.name: p for p in (OLLAMA, WORK, LOCAL)}
        self.public = b'{"openai": {"models": {"m": {"limit": {"context": 5, "output": 1}}}}}'
        self.catalog = Catalog(config=self.config, folder=folder, files=WrittenAtOnce())
        self.fetcher = ModelFetcher(
            catalog=self.catalog,
            config=self.config,
            asking=FetchHooks(
                list_models=self.list_models,
                download=self.download,
                may_ask=lambda p: p.name in self.signed_in,
                may_ask_unseen=lambda p: p.name in self.signed_in - self.noisy,
            ),
            clock=self.now,
        )

    def now(self):
        return START + trio.current_time() - self.began

    def config(self):
        return Config(providers=self.providers)

    async def list_models(self, provider):
        self.asked.append(provider.name)
        answer = self.answers.get(provider.name)
        if isinstance(answer, Exception):
            raise answer
        await trio.sleep(answer or 0)
        return [Model(id=f"of-{provider.name}")]

    async def download(self):
        if isinstance(self.public, Exception):
            raise self.public
        return self.public

    def listed(self, provider):
        return [model.id for model in self.catalog.listed(provider)]

    @asynccontextmanager
    async def running(self):
        """Run the fetcher until the context is left; everything due at the start has been done."""
        self.began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.fetcher.run)
            await trio.testing.wait_all_tasks_blocked()
            yield
            nursery.cancel_scope.cancel()


async def test_an_ollama_is_found_at_the_start(autojump_clock):
    """Nobody asked for it; the others wait until somebody does."""
    world = World()
    async with world.running():
        assert (world.asked, world.listed(OLLAMA)) == (["ollama"], ["of-ollama"])


async def test_an_ollama_that_starts_later_is_found_by_itself(autojump_clock):
    """Within a few minutes; until then it is absent, which is no trouble."""
    world = World()
    world.answers["ollama"] = failed()
    async with world.running():
        assert world.fetcher.trouble(OLLAMA).is_absent
        del world.answers["ollama"]
        await trio.sleep(fetcher.ROUND_SECONDS + 1)
        assert world.listed(OLLAMA) == ["of-ollama"]
        assert world.fetcher.trouble(OLLAMA) is None


async def test_an_ollama_that_needs_a_key_waits_for_it(autojump_clock):
    """Who cannot be asked is not."""
    world = World(signed_in=())
    async with world.running():
        assert world.asked == []


async def test_a_list_is_fetched_anew_when_it_is_a_day_old(autojump_clock):
    """By itself, and only then."""
    world = World(signed_in=["work"])
    async with world.running():
        await world.fetcher.refresh([WORK])
        await trio.sleep(fetcher.OLD_SECONDS - 1000)
        assert world.asked == ["work"]
        await trio.sleep(2000)
        assert world.asked == ["work", "work"]


async def test_an_old_list_is_fetched_after_a_restart(autojump_clock, tmp_path):
    """What is on disk has its date."""
    before = World(folder=tmp_path)
    before.catalog.take_list(WORK, [], START - fetcher.OLD_SECONDS - 1)
    world = World(signed_in=["work"], folder=tmp_path)
    async with world.running():
        assert world.listed(WORK) == ["of-work"]


async def test_nothing_is_fetched_unseen_where_it_would_be_noticed(autojump_clock):
    """A password manager must not open its window at night."""
    world = World(signed_in=["work"])
    world.noisy = {"work"}
    async with world.running():
        world.catalog.take_list(WORK, [], START - 2 * fetcher.OLD_SECONDS)
        await trio.sleep(2 * fetcher.ROUND_SECONDS)
        assert world.asked == []
        await world.fetcher.bring_up_to_date([WORK], 5)
        assert world.asked == ["work"]


async def test_a_client_gets_what_is_missing_and_waits_for_it(autojump_clock):
    """All at once; what is fresh is not asked for again."""
    world = World()
    async with world.running():
        world.answers = {"work": 1.0, "local": 1.5}
        started = trio.current_time()
        await world.fetcher.bring_up_to_date([WORK, LOCAL, OLLAMA], 5)
        assert trio.current_time() - started == 1.5
        assert (world.listed(WORK), world.listed(LOCAL)) == (["of-work"], ["of-local"])
        world.asked.clear()
        await world.fetcher.bring_up_to_date([WORK, LOCAL, OLLAMA], 5)
        assert world.asked == []


async def test_a_client_does_not_wait_longer_than_it_will(autojump_clock):
    """The list comes all the same."""
    world = World()
    async with world.running():
        world.answers = {"work": 9.0}
        started = trio.current_time()
        await world.fetcher.bring_up_to_date([WORK], 2)
        assert trio.current_time() - started == 2
        assert world.listed(WORK) == []
        await trio.sleep(8)
        assert world.listed(WORK) == ["of-work"]


async def test_a_client_that_leaves_takes_no_list_with_it(autojump_clock):
    """Whoever else waits for it gets it, and nobody is asked twice."""
    world = World()
    async with world.running():
        world.answers = {"work": 9.0}
        with trio.move_on_after(1):
            await world.fetcher.refresh([WORK])
        await world.fetcher.refresh([WORK])
        assert (world.asked[1:], world.listed(WORK)) == (["work"], ["of-work"])


async def test_local_lists_grow_old_in_a_minute(autojump_clock):
    """People pull and remove models."""
    world = World()
    async with world.running():
        await trio.sleep(fetcher.LOCAL_OLD_SECONDS + 1)
        await world.fetcher.bring_up_to_date([OLLAMA], 5)
        assert world.asked == ["ollama", "ollama"]


async def test_who_cannot_be_asked_is_left_out(autojump_clock):
    """Without a word: their sign-in state says it."""
    world = World(signed_in=["ollama"])
    async with world.running():
        await world.fetcher.bring_up_to_date([WORK], 5)
        assert (world.asked, world.fetcher.trouble(WORK)) == (["ollama"], None)


@pytest.mark.parametrize(
    ("provider", "error", "message", "is_absent"),
    [
        (WORK, failed(), "nobody listens", False),
        (WORK, NotAuthenticated("sign in"), "sign in", False),
        (LOCAL, failed(), "nobody listens", True),
        (LOCAL, failed(FailureClass.PROTOCOL), "nobody listens", False),
        (LOCAL, ValueError("canary"), "aircherd made a mistake: see its log", False),
    ],
)
async def test_a_failure_is_remembered_and_the_old_list_stays(
    autojump_clock, provider, error, message, is_absent
):
    """Whatever it is, the daemon goes on, and nothing is shouted about."""
    world = World()
    async with world.running():
        await world.fetcher.refresh([provider])
        world.answers = {provider.name: error}
        with capture_logs() as logs:
            await world.fetcher.refresh([provider])
        trouble = world.fetcher.trouble(provider)
        assert (trouble.message, trouble.is_absent) == (message, is_absent)
        assert world.listed(provider) == [f"of-{provider.name}"]
        quiet = {"debug"} if isinstance(error, AircherError) else {"debug", "error"}
        assert {entry["log_level"] for entry in logs} == quiet


async def test_a_provider_that_never_answers_is_given_up(autojump_clock):
    """Within the deadline of one list."""
    world = World()
    async with world.running():
        world.answers = {"work": 1e6}
        started = trio.current_time()
        await world.fetcher.refresh([WORK])
        assert trio.current_time() - started == fetcher.FETCH_SECONDS
        assert "within 30 s" in world.fetcher.trouble(WORK).message


async def test_a_failure_is_not_asked_for_again_at_once(autojump_clock):
    """A client that lists models again and again does not wait again and again."""
    world = World()
    async with world.running():
        world.answers = {"work": failed()}
        for _ in range(3):
            await world.fetcher.bring_up_to_date([WORK], 5)
        assert world.asked.count("work") == 1
        await trio.sleep(fetcher.RETRY_SECONDS + 1)
        await world.fetcher.bring_up_to_date([WORK], 5)
        assert world.asked.count("work") == 2


async def test_trouble_stays_behind_when_a_provider_moves(autojump_clock):
    """It was the other server's."""
    world = World()
    async with world.running():
        world.answers = {"work": failed()}
        await world.fetcher.refresh([WORK])
        moved = msgspec.structs.replace(WORK, base_url="https://b.example/v1")
        assert world.fetcher.trouble(moved) is None


async def test_a_clock_that_was_set_back_makes_lists_old(autojump_clock):
    """Rather than fresh for years."""
    world = World(signed_in=["work"])
    async with world.running():
        world.catalog.take_list(WORK, [], START + 1e6)
        await world.fetcher.bring_up_to_date([WORK], 5)
        assert world.asked == ["work"]


async def test_only_a_few_are_asked_at_once(autojump_clock):
    """The others wait their turn."""
    world = World()
    many = [msgspec.structs.replace(WORK, name=f"p{n}") for n in range(9)]
    async with world.running():
        world.answers = {p.name: 10.0 for p in many}
        started = trio.current_time()
        world.fetcher.wish(many)
        await trio.sleep(1)
        assert len(world.asked) == 1 + fetcher.AT_ONCE
        await world.fetcher.refresh(many)
        assert trio.current_time() - started == 30


async def test_before_the_daemon_runs_and_after_it_nothing_is_fetched(autojump_clock):
    """And the end cancels what is under way."""
    world = World()
    world.fetcher.wish([WORK])
    await world.fetcher.refresh([WORK])
    assert world.asked == []
    with trio.move_on_after(5) as scope:
        async with world.running():
            world.answers = {"work": 1e6}
            world.fetcher.wish([WORK])
            await trio.sleep(1)
            assert "work" in repr(world.fetcher)
    assert not scope.cancelled_caught
    assert "under way: none" in repr(world.fetcher)


# ------------------------------------------------------------------ models.dev


async def test_models_dev_is_taken_in(autojump_clock, tmp_path):
    """And kept with its date."""
    world = World(folder=tmp_path)
    async with world.running():
        assert await world.fetcher.refresh_public() == 1
        assert world.catalog.public_date == START
        assert world.catalog.known(DEFAULT_CONFIG.providers["openai"], "m").model.window == 5
        assert (tmp_path / "models.dev.json").exists()


@pytest.mark.parametrize(
    ("public", "said"),
    [
        (b"<html>", "what models.dev sent cannot be used"),
        (b"{}", "no model of any known vendor"),
        (failed(), "nobody listens"),
    ],
)
async def test_what_models_dev_said_before_stays(autojump_clock, public, said):
    """When it cannot be had, or is damaged."""
    world = World()
    async with world.running():
        await world.fetcher.refresh_public()
        date = world.catalog.public_date
        world.public = public
        with pytest.raises(AircherError, match=said):
            await world.fetcher.refresh_public()
        assert world.catalog.public_date == date


async def test_models_dev_that_cannot_be_kept_is_an_error(autojump_clock, tmp_path):
    """Said in words, with the reason."""
    (tmp_path / "file").touch()
    world = World(folder=tmp_path / "file")
    async with world.running():
        with pytest.raises(AircherError, match=r"models\.dev cannot be kept: "):
            await world.fetcher.refresh_public()
