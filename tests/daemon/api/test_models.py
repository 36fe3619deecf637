"""Listing models for clients, and setting the default model."""

import os
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import trio
from structlog.testing import capture_logs

from aircher_wire import atomic_file
from aircherd.api import config, models
from aircherd.api.methods import METHODS
from aircherd.api.model_rows import ModelRows
from aircherd.api.turns import Turns
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import FetchError
from aircherd.catalog.table import encode_tables
from aircherd.chat.latency import LatencyTracker
from aircherd.config.edit import default_model
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, ConfigInvalid, UnknownModel
from aircherd.events import EventBus
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyChoice, KeyState
from aircherd.vocabulary.models import Model, Prices, Rates, Tier

OPENAI = DEFAULT_CONFIG.providers["openai"]
OLLAMA = DEFAULT_CONFIG.providers["ollama"]
FULL = Model(
    id="gpt-x",
    name="GPT X",
    window=100,
    max_output=10,
    tools=True,
    images=False,
    sampling=False,
    api="responses",
    prices=Prices(
        rates=Rates(input=Decimal("0.10"), output=Decimal(2), cached=Decimal(0)),
        tiers=(Tier(above=50, rates=Rates(input=Decimal(1), output=Decimal(4))),),
    ),
)


class FakeFetcher:
    """Fetches nothing; `lists` has the lists that a fetch would return."""

    def __init__(self, catalog, lists):
        self.catalog = catalog
        self.lists = lists
        self.errors = {}
        self.fetched = []
        self.now = 7.0
        self.public = 3

    def _take(self, providers):
        for provider in providers:
            self.fetched.append(provider.name)
            if provider.name in self.lists:
                self.catalog.store_list(provider, self.lists[provider.name], self.now)

    async def refresh_stale(self, providers, timeout):
        assert timeout > 0
        self._take(providers)

    async def refresh(self, providers):
        self._take(providers)

    async def refresh_models_dev(self):
        if isinstance(self.public, Exception):
            raise self.public
        await self.catalog.store_models_dev(encode_tables({}, about={}, fetched_at=9.0))
        return self.public

    def last_error(self, provider):
        return self.errors.get(provider.name)


async def listed(services, provider, query, **filters):
    """Return the decoded result of `models.list`."""
    given = {"provider": provider, "query": query, "all": filters.pop("every"), **filters}
    method = METHODS["models.list"]
    context = SimpleNamespace(caller=None)
    answer = await method.handler(services, context, msgspec.convert(given, method.params))
    return msgspec.msgpack.decode(answer)


class FakeServices:
    """Services with a config file in `folder`; the `signed_in` providers have one key each."""

    def __init__(self, folder, *, text="", signed_in=("openai",), lists=None):
        self.file = folder / "config.toml"
        if text:
            self.file.write_text(text)
        self.config = ConfigStore(self.file)
        self.signed_in = signed_in
        self.catalog = Catalog(config=lambda: self.config.current)
        self.fetcher = FakeFetcher(self.catalog, {"openai": [FULL], **(lists or {})})
        self.auth = SimpleNamespace(key_choices=self.choices)
        self.cooldowns = CooldownManager(EventBus())
        self.provider_client = SimpleNamespace(cooldowns=self.cooldowns)
        self.latency = LatencyTracker()
        self.model_rows = ModelRows(self.catalog)
        self.turns = Turns()
        self.chat = SimpleNamespace(services=SimpleNamespace(latency=self.latency))
        self.reloads = 0

    def choices(self, provider):
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        is_in = provider.name in self.signed_in
        return [KeyChoice("default", KeyState.AUTHENTICATED)] if is_in else []

    async def reload(self):
        self.reloads += 1
        return await self.config.reload()

    async def names(self, provider=None, query="", *, every=False):
        answer = await listed(self, provider, query, every=every)
        return [f"{row['provider']}/{row['model']}" for row in answer["models"]]


async def test_a_model_row_has_all_metadata(tmp_path):
    """Prices are exact decimal strings; unknown fields are absent."""
    services = FakeServices(tmp_path, text='[models.x]\nroutes = ["openai/gpt-x", "anthropic/y"]')
    answer = await listed(services, "openai", "", every=False)
    assert answer["models"] == [
        {
            "provider": "openai",
            "model": "gpt-x",
            "name": "GPT X",
            "window": 100,
            "max_output": 10,
            "tools": True,
            "images": False,
            "sampling": False,
            "api": "responses",
            "prices": {
                "input": "0.1",
                "output": "2",
                "cached": "0",
                "tiers": [{"above": 50, "input": "1", "output": "4"}],
            },
            "state": "authenticated",
            "aliases": ["x"],
            "source": ["provider"],
        }
    ]
    assert answer["aliases"] == [{"name": "x", "routes": ["openai/gpt-x", "anthropic/y"]}]
    assert answer["lists"] == [{"provider": "openai", "fetched_at": 7.0}]


@pytest.mark.parametrize(
    ("kind", "key", "failed", "expected"),
    [
        (FailureClass.RATE, "default", "gpt-x", {"gpt-x": "cooling", "b": None}),
        (
            FailureClass.QUOTA,
            "default",
            "gpt-x",
            {"gpt-x": "quota_exhausted", "b": "quota_exhausted"},
        ),
        (FailureClass.NETWORK, None, None, {"gpt-x": "unreachable", "b": "unreachable"}),
        (FailureClass.RATE, "other", "gpt-x", {"gpt-x": None, "b": None}),
    ],
)
async def test_a_row_has_the_health_of_its_model(tmp_path, kind, key, failed, expected):
    """It is absent while a key can be used for the model."""
    services = FakeServices(tmp_path, lists={"openai": [FULL, Model(id="b")]})
    services.cooldowns.note_failure(OPENAI, key, failed, Failure(kind=kind, message="no"))
    answer = await listed(services, "openai", "", every=False)
    assert {row["model"]: row.get("health") for row in answer["models"]} == expected


async def test_unknown_metadata_is_absent(tmp_path):
    """Some models have only a name."""
    services = FakeServices(tmp_path, lists={"openai": [Model(id="new")]})
    answer = await listed(services, "openai", "", every=False)
    assert answer["models"] == [
        {"provider": "openai", "model": "new", "state": "authenticated", "source": ["provider"]}
    ]


@pytest.mark.parametrize(
    ("model", "released", "chats"),
    [
        (Model(id="a", released="2026-01-02"), "2026-01-02", None),
        (Model(id="a-2025-03-04", released="2025-01-01"), "2025-03-04", None),
        (Model(id="a", chats=False), None, False),
        (Model(id="a", chats=True), None, None),
        (Model(id="text-embedding-9"), None, False),
    ],
)
async def test_a_row_says_when_it_was_released_and_if_it_does_not_chat(
    tmp_path, model, released, chats
):
    """The date in a name is exact, and what a name says about its model is a last resort."""
    services = FakeServices(tmp_path, lists={"openai": [model]})
    services.fetcher.now = 1.8e9
    (row,) = (await listed(services, "openai", "", every=False))["models"]
    assert (row.get("released"), row.get("chats")) == (released, chats)


async def test_a_row_has_the_measured_latency(tmp_path):
    """In seconds, if it was measured within the last hour."""
    services = FakeServices(tmp_path, lists={"openai": [Model(id="a"), Model(id="b")]})
    services.latency.note(services.latency.average_of("openai", "a"), 0.12345)
    rows = (await listed(services, "openai", "", every=False))["models"]
    assert [row.get("latency_s") for row in rows] == [0.123, None]


async def test_models_of_providers_without_a_key_are_hidden_by_default(tmp_path):
    """Local servers need no key; a named provider is always shown."""
    services = FakeServices(tmp_path, lists={"ollama": [Model(id="llama")]})
    assert await services.names() == ["openai/gpt-x", "ollama/llama"]
    everything = await services.names(every=True)
    assert {"openai/gpt-x", "ollama/llama", "anthropic/claude-sonnet-5"} <= set(everything)
    assert "anthropic/claude-sonnet-5" in await services.names("anthropic")


async def test_all_models_are_listed_without_any_key(tmp_path):
    """The rows say that no provider is signed in."""
    services = FakeServices(tmp_path, signed_in=())
    services.auth = SimpleNamespace(key_choices=lambda provider: [])
    answer = await listed(services, None, "claude-sonnet-5", every=False)
    assert {row["state"] for row in answer["models"]} == {"not_configured"}
    assert "anthropic" in {row["provider"] for row in answer["models"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("gpt", ["openai/gpt-x"]),
        ("GPT X", ["openai/gpt-x"]),
        ("open x", ["openai/gpt-x"]),
        ("gpt-y", []),
        ("ollama", ["ollama/llama"]),
    ],
)
async def test_every_word_of_a_query_has_to_match(tmp_path, query, found):
    """In the provider's name, the model's name or its title, ignoring case."""
    services = FakeServices(tmp_path, lists={"ollama": [Model(id="llama")]})
    assert await services.names(query=query) == found


@pytest.mark.parametrize(
    ("text", "default", "marked"),
    [
        ("", "openai/gpt-5.5", []),
        ('default_model = "openai/gpt-x"', "openai/gpt-x", ["openai/gpt-x"]),
        ('default_model = "x"\n[models.x]\nroutes = ["openai/gpt-x"]', "x", ["openai/gpt-x"]),
    ],
)
async def test_the_default_is_returned_and_marked(tmp_path, text, default, marked):
    """Without a configured default it is the first candidate; its first route is marked."""
    answer = await listed(FakeServices(tmp_path, text=text), None, "", every=False)
    assert answer["default"] == default
    found = [f"{r['provider']}/{r['model']}" for r in answer["models"] if r.get("is_default")]
    assert found == marked


async def test_a_failed_fetch_is_reported(tmp_path):
    """For a local server that is not running only that it is absent: most users have none."""
    services = FakeServices(tmp_path)
    services.fetcher.errors = {
        "openai": FetchError(OPENAI.origin, "connection refused", 1.0),
        "ollama": FetchError(OLLAMA.origin, "refused", 1.0, is_absent=True),
    }
    answer = await listed(services, None, "", every=False)
    assert answer["lists"] == [
        {"provider": "openai", "fetched_at": 7.0, "error": "connection refused"},
        {"provider": "ollama", "is_absent": True},
    ]


async def test_an_unknown_provider_is_named_with_the_nearest(tmp_path):
    """Listing and refreshing both suggest a provider."""
    services = FakeServices(tmp_path)
    with pytest.raises(UnknownModel, match="did you mean 'openai'"):
        await listed(services, "opnai", "", every=False)
    with pytest.raises(UnknownModel, match="known: anthropic, openai"):
        await models.refresh_models(services, "zzz")


# ------------------------------------------------------------------ models.use


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("openai/gpt-x", "openai/gpt-x"),
        ("gpt-x", "openai/gpt-x"),
        ("x", "x"),
        ("anthropic/claude-sonnet-5", "anthropic/claude-sonnet-5"),
        ("anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5-20250929"),
        ("work/whatever", "work/whatever"),
    ],
)
async def test_a_default_is_written_and_loaded(tmp_path, name, written):
    """Any name that a chat accepts; on an unknown server, any model."""
    text = (
        '# mine\n[models.x]\nroutes = ["openai/gpt-x"]\n'
        '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
    )
    services = FakeServices(tmp_path, text=text)
    services.fetcher._take([OPENAI])
    assert await models.set_default(services, name) == {
        "model": written,
        "file": str(services.file),
    }
    assert services.config.current.default_model == written
    assert services.file.read_text().endswith(text)


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("openai/gpt-xx", {"unlisted": True, "nearest": "openai/gpt-x"}),
        ("openai/zzz", {"unlisted": True}),
    ],
)
async def test_a_default_that_is_not_listed_is_written_with_a_warning(tmp_path, name, odd):
    """A chat accepts it, too; the list is fetched again first, as the model may be new."""
    services = FakeServices(tmp_path)
    file = str(services.file)
    assert await models.set_default(services, name) == {"model": name, "file": file, **odd}
    assert services.fetcher.fetched == ["openai", "openai"]
    assert services.config.current.default_model == name


async def test_the_advice_for_an_unknown_name_works(tmp_path):
    """What the error writes as an example can be typed as it is."""
    services = FakeServices(tmp_path)
    with pytest.raises(UnknownModel) as caught:
        await models.set_default(services, "foo")
    advised = caught.value.message.rpartition(": ")[2]
    assert (await models.set_default(services, advised))["model"] == advised == "openai/foo"


@pytest.mark.parametrize("name", ["zzz", "opnai/gpt-x", "openai/"])
async def test_an_unknown_name_is_not_written(tmp_path, name):
    """The error is the same as for a chat."""
    services = FakeServices(tmp_path)
    with pytest.raises(UnknownModel):
        await models.set_default(services, name)
    assert (services.file.exists(), services.reloads) == (False, 0)


async def test_an_invalid_file_is_not_changed(tmp_path):
    """The error describes the problem in the file."""
    services = FakeServices(tmp_path, text="[network]\nidle_timeout = 5\n")
    services.file.write_text("[network\n")
    with pytest.raises(ConfigInvalid):
        await models.set_default(services, "openai/gpt-x")
    assert services.file.read_text() == "[network\n"


async def test_a_file_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    """The message has the file and the reason."""

    def refuse(file, model, check):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(default_model, "set_default_model", refuse)
    with pytest.raises(AircherError, match=r"config\.toml cannot be written: Permission denied"):
        await models.set_default(FakeServices(tmp_path), "openai/gpt-x")


async def test_a_hanging_disk_times_out(tmp_path, monkeypatch):
    """The file stays unchanged even when the disk recovers: it may have changed by then."""
    may_go_on, ended = threading.Event(), threading.Event()
    sync, write = os.fsync, default_model.set_default_model

    def hang(descriptor):
        assert may_go_on.wait(30)
        sync(descriptor)

    def watched(*arguments):
        try:
            write(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(os, "fsync", hang)
    monkeypatch.setattr(default_model, "set_default_model", watched)
    monkeypatch.setattr(config, "WRITE_TIMEOUT", 0.05)
    services = FakeServices(tmp_path, text="# mine\n")
    with pytest.raises(AircherError, match=r"cannot be written: the disk .* for 0\.05 s$"):
        await models.set_default(services, "openai/gpt-x")
    assert services.reloads == 0
    may_go_on.set()
    assert await trio.to_thread.run_sync(ended.wait, 10)
    assert services.file.read_text() == "# mine\n"
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]


class LateDisk:
    """Makes a function hang, just before or after the file is replaced, until it is released."""

    def __init__(self, monkeypatch, owner, name):
        self.hangs, self.may_go_on = threading.Event(), threading.Event()
        work = getattr(owner, name)

        def hang(*arguments):
            self.hangs.set()
            assert self.may_go_on.wait(30)
            return work(*arguments)

        monkeypatch.setattr(owner, name, hang)

    async def pass_time(self, clock):
        assert await trio.to_thread.run_sync(self.hangs.wait, 10)
        clock.jump(config.WRITE_TIMEOUT)


async def test_a_change_is_loaded_although_the_sync_timed_out(tmp_path, monkeypatch, mock_clock):
    """The file is replaced, but the disk has not confirmed it."""
    services, disk = FakeServices(tmp_path), LateDisk(monkeypatch, atomic_file, "sync_directory")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(disk.pass_time, mock_clock)
        answer = await models.set_default(services, "openai/gpt-x")
        disk.may_go_on.set()
    assert answer == {"model": "openai/gpt-x", "file": str(services.file)}
    assert services.config.current.default_model == "openai/gpt-x"


async def test_a_change_is_loaded_although_the_sync_failed(tmp_path, monkeypatch):
    """The file is replaced, so the daemon uses it and logs a warning."""

    def refuse(directory):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic_file, "sync_directory", refuse)
    services = FakeServices(tmp_path)
    with capture_logs() as logs:
        await models.set_default(services, "openai/gpt-x")
    assert services.config.current.default_model == "openai/gpt-x"
    assert [(each["event"], each["reason"]) for each in logs] == [
        ("config_change_may_not_last", "Input/output error")
    ]


async def test_a_change_that_may_still_happen_is_reported(tmp_path, monkeypatch, mock_clock):
    """The message does not claim that the file stays, and says how to load the change."""
    services, disk = FakeServices(tmp_path, text="# mine\n"), LateDisk(monkeypatch, Path, "replace")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(disk.pass_time, mock_clock)
        with pytest.raises(AircherError) as caught:
            await models.set_default(services, "openai/gpt-x")
        assert services.file.read_text() == "# mine\n"
        disk.may_go_on.set()
    assert caught.value.message == (
        f"{services.file} cannot be written: the disk has not answered for 5 s; the file may "
        "still be changed: check it, then reload the configuration"
    )
    assert services.reloads == 0
    await services.config.write_worker.do(lambda _: None, 10)  # the disk has answered then
    assert services.file.read_text() == '# mine\ndefault_model = "openai/gpt-x"\n'


# ------------------------------------------------------------------ models.refresh


async def test_a_refresh_fetches_all_usable_providers(tmp_path):
    """And models.dev."""
    services = FakeServices(tmp_path)
    assert await models.refresh_models(services, None) == {
        "lists": [{"provider": "openai", "fetched_at": 7.0}],
        "models_dev": {"models": 3, "fetched_at": 9.0},
    }
    assert services.fetcher.fetched == ["openai", "ollama"]


async def test_a_refresh_of_one_provider_fetches_only_its_list(tmp_path):
    """A local server that is not running is reported."""
    services = FakeServices(tmp_path)
    services.fetcher.errors = {"ollama": FetchError(OLLAMA.origin, "refused", 1.0, is_absent=True)}
    assert await models.refresh_models(services, "ollama") == {
        "lists": [{"provider": "ollama", "error": "refused", "is_absent": True}]
    }


async def test_a_failure_of_models_dev_is_reported(tmp_path):
    """The lists and the date of the previous data are returned."""
    services = FakeServices(tmp_path)
    await models.refresh_models(services, None)
    services.fetcher.public = AircherError("connection refused")
    answer = await models.refresh_models(services, None)
    assert answer["models_dev"] == {"error": "connection refused", "fetched_at": 9.0}
    assert answer["lists"] == [{"provider": "openai", "fetched_at": 7.0}]


async def test_a_model_on_no_list_is_shown(tmp_path):
    """With its metadata and the provider's state."""
    services = FakeServices(
        tmp_path, text='[catalog."openai/old"]\nwindow = 7\n[models.x]\nroutes = ["openai/n"]'
    )
    known = await models.show_model(services, "openai/n")
    assert known["models"] == [
        {
            "provider": "openai",
            "model": "n",
            "state": "authenticated",
            "aliases": ["x"],
            "source": [],
        }
    ]
    assert (await models.show_model(services, "openai/old"))["models"][0]["window"] == 7


@pytest.mark.parametrize("name", ["gpt-x", "/x", "unknown/x"])
async def test_a_single_model_needs_its_full_name(tmp_path, name):
    """A bare name or an unknown provider is refused."""
    with pytest.raises(UnknownModel):
        await models.show_model(FakeServices(tmp_path), name)


@pytest.mark.parametrize(("wait", "timeout"), [(True, models.LIST_TIMEOUT), (False, 0)])
async def test_stale_lists_are_waited_for_only_if_the_client_waits(tmp_path, wait, timeout):
    """Without waiting they are fetched in the background, as for `model`."""
    services, timeouts = FakeServices(tmp_path), []

    async def refresh_stale(providers, seconds):
        timeouts.append(seconds)

    services.fetcher.refresh_stale = refresh_stale
    await listed(services, None, "", every=True, wait=wait)
    await models.show_model(services, "openai/gpt-x", wait=wait)
    assert timeouts == [timeout, timeout]
