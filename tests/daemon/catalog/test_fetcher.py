"""Background fetches of model lists in virtual time: when, how often, and after failures."""

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
    return ProviderFailed(Failure(kind=kind, message="connection refused"))


class FakeProviders:
    """Providers that each list one model.

    `responses` gives an exception to raise or seconds to wait first. `signed_in` are the providers
    that can be queried, `prompting` those that would prompt the user.
    """

    def __init__(self, *, signed_in=("ollama", "work", "local"), folder=None):
        self.queried = []
        self.changes = []
        self.responses = {}
        self.prompting = set()
        self.signed_in = set(signed_in)
        self.providers = {p.name: p for p in (OLLAMA, WORK, LOCAL)}
        self.public = b'{"openai": {"models": {"m": {"limit": {"context": 5, "output": 1}}}}}'
        self.catalog = Catalog(config=self.config, folder=folder, files=WrittenAtOnce())
        self.fetcher = ModelFetcher(
            catalog=self.catalog,
            config=self.config,
            hooks=FetchHooks(
                list_models=self.list_models,
                download=self.download,
                can_query=lambda p: p.name in self.signed_in,
                can_query_silently=lambda p: p.name in self.signed_in - self.prompting,
            ),
            on_change=self.changes.append,
            clock=self.now,
        )

    def now(self):
        return START + trio.current_time() - self.started_at

    def config(self):
        return Config(providers=self.providers)

    async def list_models(self, provider):
        self.queried.append(provider.name)
        answer = self.responses.get(provider.name)
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
        """Run the fetcher until the context is left; fetches due at startup are done first."""
        self.started_at = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.fetcher.run)
            await trio.testing.wait_all_tasks_blocked()
            yield
            nursery.cancel_scope.cancel()


async def test_ollama_is_discovered_at_startup(autojump_clock):
    """Other providers are not queried before a client asks."""
    fake = FakeProviders()
    async with fake.running():
        assert (fake.queried, fake.listed(OLLAMA)) == (["ollama"], ["of-ollama"])


async def test_an_ollama_that_starts_later_is_discovered(autojump_clock):
    """It takes one check interval; until then it counts as absent."""
    fake = FakeProviders()
    fake.responses["ollama"] = failed()
    async with fake.running():
        assert fake.fetcher.last_error(OLLAMA).is_absent
        del fake.responses["ollama"]
        await trio.sleep(fetcher.CHECK_INTERVAL_SECONDS + 1)
        assert fake.listed(OLLAMA) == ["of-ollama"]
        assert fake.fetcher.last_error(OLLAMA) is None


async def test_an_ollama_without_its_key_is_not_queried(autojump_clock):
    """A provider that cannot be queried is skipped."""
    fake = FakeProviders(signed_in=())
    async with fake.running():
        assert fake.queried == []


async def test_a_list_is_fetched_again_after_a_day(autojump_clock):
    """The fetch starts without a request, and not earlier."""
    fake = FakeProviders(signed_in=["work"])
    async with fake.running():
        await fake.fetcher.refresh([WORK])
        await trio.sleep(fetcher.MAX_AGE_SECONDS - 1000)
        assert fake.queried == ["work"]
        await trio.sleep(2000)
        assert fake.queried == ["work", "work"]


async def test_an_old_list_is_fetched_after_a_restart(autojump_clock, tmp_path):
    """The file has the date of the fetch."""
    before = FakeProviders(folder=tmp_path)
    before.catalog.store_list(WORK, [], START - fetcher.MAX_AGE_SECONDS - 1)
    fake = FakeProviders(signed_in=["work"], folder=tmp_path)
    async with fake.running():
        assert fake.listed(WORK) == ["of-work"]


async def test_no_background_fetch_prompts_the_user(autojump_clock):
    """A password manager must not open its window without a client's request."""
    fake = FakeProviders(signed_in=["work"])
    fake.prompting = {"work"}
    async with fake.running():
        fake.catalog.store_list(WORK, [], START - 2 * fetcher.MAX_AGE_SECONDS)
        await trio.sleep(2 * fetcher.CHECK_INTERVAL_SECONDS)
        assert fake.queried == []
        await fake.fetcher.refresh_stale([WORK], 5)
        assert fake.queried == ["work"]


async def test_a_client_waits_for_missing_lists(autojump_clock):
    """They are fetched concurrently; fresh lists are not fetched again."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": 1.0, "local": 1.5}
        started = trio.current_time()
        await fake.fetcher.refresh_stale([WORK, LOCAL, OLLAMA], 5)
        assert trio.current_time() - started == 1.5
        assert (fake.listed(WORK), fake.listed(LOCAL)) == (["of-work"], ["of-local"])
        fake.queried.clear()
        await fake.fetcher.refresh_stale([WORK, LOCAL, OLLAMA], 5)
        assert fake.queried == []


async def test_a_client_stops_waiting_after_its_timeout(autojump_clock):
    """The fetch continues."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": 9.0}
        started = trio.current_time()
        await fake.fetcher.refresh_stale([WORK], 2)
        assert trio.current_time() - started == 2
        assert fake.listed(WORK) == []
        await trio.sleep(8)
        assert fake.listed(WORK) == ["of-work"]


async def test_a_cancelled_client_does_not_cancel_the_fetch(autojump_clock):
    """Another client gets the list, and the provider is queried once."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": 9.0}
        with trio.move_on_after(1):
            await fake.fetcher.refresh([WORK])
        await fake.fetcher.refresh([WORK])
        assert (fake.queried[1:], fake.listed(WORK)) == (["work"], ["of-work"])


async def test_local_lists_are_stale_after_a_minute(autojump_clock):
    """Users pull and remove models."""
    fake = FakeProviders()
    async with fake.running():
        await trio.sleep(fetcher.LOCAL_MAX_AGE_SECONDS + 1)
        await fake.fetcher.refresh_stale([OLLAMA], 5)
        assert fake.queried == ["ollama", "ollama"]


async def test_a_provider_that_cannot_be_queried_is_skipped(autojump_clock):
    """No error is recorded: its sign-in state says why."""
    fake = FakeProviders(signed_in=["ollama"])
    async with fake.running():
        await fake.fetcher.refresh_stale([WORK], 5)
        assert (fake.queried, fake.fetcher.last_error(WORK)) == (["ollama"], None)


@pytest.mark.parametrize(
    ("provider", "error", "message", "is_absent"),
    [
        (WORK, failed(), "connection refused", False),
        (WORK, NotAuthenticated("sign in"), "sign in", False),
        (LOCAL, failed(), "connection refused", True),
        (LOCAL, failed(FailureClass.PROTOCOL), "connection refused", False),
        (LOCAL, ValueError("canary"), "internal error: see the log of aircherd", False),
    ],
)
async def test_a_failure_is_recorded_and_the_old_list_stays(
    autojump_clock, provider, error, message, is_absent
):
    """Every kind of error is survived; only unexpected ones are logged above debug level."""
    fake = FakeProviders()
    async with fake.running():
        await fake.fetcher.refresh([provider])
        fake.responses = {provider.name: error}
        with capture_logs() as logs:
            await fake.fetcher.refresh([provider])
        last_error = fake.fetcher.last_error(provider)
        assert (last_error.message, last_error.is_absent) == (message, is_absent)
        assert fake.listed(provider) == [f"of-{provider.name}"]
        quiet = {"debug"} if isinstance(error, AircherError) else {"debug", "error"}
        assert {entry["log_level"] for entry in logs} == quiet


async def test_a_provider_that_never_responds_times_out(autojump_clock):
    """The fetch ends at its deadline."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": 1e6}
        started = trio.current_time()
        await fake.fetcher.refresh([WORK])
        assert trio.current_time() - started == fetcher.FETCH_SECONDS
        assert "within 30 s" in fake.fetcher.last_error(WORK).message


async def test_a_failed_fetch_is_not_retried_at_once(autojump_clock):
    """A client that lists models repeatedly does not wait each time."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": failed()}
        for _ in range(3):
            await fake.fetcher.refresh_stale([WORK], 5)
        assert fake.queried.count("work") == 1
        await trio.sleep(fetcher.RETRY_SECONDS + 1)
        await fake.fetcher.refresh_stale([WORK], 5)
        assert fake.queried.count("work") == 2


async def test_an_error_is_dropped_when_a_provider_moves(autojump_clock):
    """It was an error of the other server."""
    fake = FakeProviders()
    async with fake.running():
        fake.responses = {"work": failed()}
        await fake.fetcher.refresh([WORK])
        moved = msgspec.structs.replace(WORK, base_url="https://b.example/v1")
        assert fake.fetcher.last_error(moved) is None


async def test_errors_of_removed_providers_are_dropped(autojump_clock):
    """A program that rewrites the configuration forever must not use up memory."""
    fake = FakeProviders()
    fake.responses["work"] = fake.responses["local"] = failed()
    async with fake.running():
        await fake.fetcher.refresh([WORK])
        del fake.providers["work"]
        await fake.fetcher.refresh([LOCAL])
        assert fake.fetcher.last_error(LOCAL) is not None
        assert fake.fetcher.last_error(WORK) is None


async def test_a_list_from_the_future_is_stale(autojump_clock):
    """The clock was set back; the list must not stay fresh for years."""
    fake = FakeProviders(signed_in=["work"])
    async with fake.running():
        fake.catalog.store_list(WORK, [], START + 1e6)
        await fake.fetcher.refresh_stale([WORK], 5)
        assert fake.queried == ["work"]


async def test_concurrent_fetches_are_limited(autojump_clock):
    """Further fetches are queued."""
    fake = FakeProviders()
    many = [msgspec.structs.replace(WORK, name=f"p{n}") for n in range(9)]
    async with fake.running():
        fake.responses = {p.name: 10.0 for p in many}
        started = trio.current_time()
        fake.fetcher.start_fetching(many)
        await trio.sleep(1)
        assert len(fake.queried) == 1 + fetcher.MAX_CONCURRENT
        await fake.fetcher.refresh(many)
        assert trio.current_time() - started == 30


async def test_nothing_is_fetched_unless_run_is_running(autojump_clock):
    """Leaving it cancels the fetches in progress."""
    fake = FakeProviders()
    fake.fetcher.start_fetching([WORK])
    await fake.fetcher.refresh([WORK])
    assert fake.queried == []
    with trio.move_on_after(5) as scope:
        async with fake.running():
            fake.responses = {"work": 1e6}
            fake.fetcher.start_fetching([WORK])
            await trio.sleep(1)
            assert "work" in repr(fake.fetcher)
    assert not scope.cancelled_caught
    assert "in progress: none" in repr(fake.fetcher)


# ------------------------------------------------------------------ models.dev


async def test_models_dev_is_fetched_and_stored(autojump_clock, tmp_path):
    """It is stored with its date."""
    fake = FakeProviders(folder=tmp_path)
    async with fake.running():
        assert await fake.fetcher.refresh_models_dev() == 1
        assert fake.catalog.models_dev_date == START
        assert fake.catalog.known(DEFAULT_CONFIG.providers["openai"], "m").model.window == 5
        assert (tmp_path / "models.dev.json").exists()


@pytest.mark.parametrize(
    ("public", "message"),
    [
        (b"<html>", "the data from models.dev is invalid"),
        (b"{}", "no model of any known vendor"),
        (failed(), "connection refused"),
    ],
)
async def test_the_previous_models_dev_data_stays_after_a_failure(autojump_clock, public, message):
    """It stays if the file cannot be fetched or is invalid."""
    fake = FakeProviders()
    async with fake.running():
        await fake.fetcher.refresh_models_dev()
        date = fake.catalog.models_dev_date
        fake.public = public
        with pytest.raises(AircherError, match=message):
            await fake.fetcher.refresh_models_dev()
        assert fake.catalog.models_dev_date == date


async def test_models_dev_that_cannot_be_stored_is_an_error(autojump_clock, tmp_path):
    """The message has the reason."""
    (tmp_path / "file").touch()
    fake = FakeProviders(folder=tmp_path / "file")
    async with fake.running():
        with pytest.raises(AircherError, match=r"data of models\.dev cannot be stored: "):
            await fake.fetcher.refresh_models_dev()


async def test_each_fetch_that_may_change_a_list_is_reported(autojump_clock):
    """So is the first failure, but not the same one again; models.dev may change all lists."""
    fake = FakeProviders(signed_in=["work"])
    async with fake.running():
        await fake.fetcher.refresh([WORK])
        fake.responses["work"] = failed()
        await fake.fetcher.refresh([WORK])
        await fake.fetcher.refresh([WORK])
        assert fake.changes == [("work",), ("work",)]
        await fake.fetcher.refresh_models_dev()
        assert fake.changes[2:] == [("ollama", "work", "local")]


async def test_a_fetch_without_waiting_goes_on_in_the_background(autojump_clock):
    """The caller returns at once, and the change is reported later."""
    fake = FakeProviders(signed_in=["work"])
    fake.responses["work"] = 1.0
    async with fake.running():
        with trio.fail_after(0.5):
            await fake.fetcher.refresh_stale([WORK], 0)
        assert fake.listed(WORK) == []
        await trio.sleep(1.5)
        assert (fake.listed(WORK), fake.changes) == (["of-work"], [("work",)])
