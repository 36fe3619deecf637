"""What clients are told of models, and how the default is set."""

import os
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio
from structlog.testing import capture_logs

from aircherd.api import models
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.fetcher import FetchError
from aircherd.catalog.table import encode_tables
from aircherd.config.edit import set_default_model
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.store import ConfigStore
from aircherd.errors import AircherError, ConfigInvalid, UnknownModel
from aircherd.files import atomic_file
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
    """Fetches nothing; `lists` says what a list will be once it is asked for."""

    def __init__(self, catalog, lists):
        self.catalog = catalog
        self.lists = lists
        self.troubles = {}
        self.wanted = []
        self.public = 3

    def _take(self, providers):
        for provider in providers:
            self.wanted.append(provider.name)
            if provider.name in self.lists:
                self.catalog.store_list(provider, self.lists[provider.name], 7.0)

    async def refresh_stale(self, providers, patience):
        assert patience > 0
        self._take(providers)

    async def refresh(self, providers):
        self._take(providers)

    async def refresh_models_dev(self):
        if isinstance(self.public, Exception):
            raise self.public
        await self.catalog.store_models_dev(encode_tables({}, about={}, fetched_at=9.0))
        return self.public

    def last_error(self, provider):
        return self.troubles.get(provider.name)


class Rig:
    """Services over a file in `folder`; who is `signed_in` has one key."""

    def __init__(self, folder, *, text="", signed_in=("openai",), lists=None):
        self.file = folder / "config.toml"
        if text:
            self.file.write_text(text)
        self.config = ConfigStore(self.file)
        self.signed_in = signed_in
        self.catalog = Catalog(config=lambda: self.config.current)
        self.fetcher = FakeFetcher(self.catalog, {"openai": [FULL], **(lists or {})})
        self.auth = SimpleNamespace(key_choices=self.choices)
        self.provider_client = None
        self.reloads = 0

    def choices(self, provider):
        if not provider.needs_key:
            return [KeyChoice(None, KeyState.NOT_REQUIRED)]
        is_in = provider.name in self.signed_in
        return [KeyChoice("default", KeyState.AUTHENTICATED)] if is_in else []

    async def reload(self):
        self.reloads += 1
        return self.config.reload()

    async def names(self, provider=None, query="", *, every=False):
        answer = await models.listing(self, provider, query, every=every)
        return [f"{row['provider']}/{row['model']}" for row in answer["models"]]


async def test_a_model_is_told_with_all_that_is_known(tmp_path):
    """Exact decimal strings; no key without a value."""
    rig = Rig(tmp_path, text='[models.x]\nroutes = ["openai/gpt-x", "anthropic/y"]')
    answer = await models.listing(rig, "openai", "", every=False)
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


async def test_what_is_unknown_is_absent(tmp_path):
    """A bare name is all there is of some models."""
    rig = Rig(tmp_path, lists={"openai": [Model(id="new")]})
    answer = await models.listing(rig, "openai", "", every=False)
    assert answer["models"] == [
        {"provider": "openai", "model": "new", "state": "authenticated", "source": ["provider"]}
    ]


async def test_models_of_others_are_left_out_unless_asked_for(tmp_path):
    """Of local servers one need not be signed in to; a named provider is always shown."""
    rig = Rig(tmp_path, lists={"ollama": [Model(id="llama")]})
    assert await rig.names() == ["openai/gpt-x", "ollama/llama"]
    everything = await rig.names(every=True)
    assert {"openai/gpt-x", "ollama/llama", "anthropic/claude-sonnet-5"} <= set(everything)
    assert "anthropic/claude-sonnet-5" in await rig.names("anthropic")


async def test_a_newcomer_sees_what_there_would_be(tmp_path):
    """Rather than nothing; the states say who is signed in."""
    rig = Rig(tmp_path, signed_in=())
    rig.auth = SimpleNamespace(key_choices=lambda provider: [])
    answer = await models.listing(rig, None, "claude-sonnet-5", every=False)
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
async def test_all_words_of_a_query_stand_in_the_names(tmp_path, query, found):
    """In the provider's, the model's or the one for people, in small or large letters."""
    rig = Rig(tmp_path, lists={"ollama": [Model(id="llama")]})
    assert await rig.names(query=query) == found


@pytest.mark.parametrize(
    ("text", "default", "marked"),
    [
        ("", "openai/gpt-5.5", []),
        ('default_model = "openai/gpt-x"', "openai/gpt-x", ["openai/gpt-x"]),
        ('default_model = "x"\n[models.x]\nroutes = ["openai/gpt-x"]', "x", ["openai/gpt-x"]),
    ],
)
async def test_the_default_is_told_and_marked(tmp_path, text, default, marked):
    """As the configuration has it, else who would be asked; marked is whom that comes to first."""
    answer = await models.listing(Rig(tmp_path, text=text), None, "", every=False)
    assert answer["default"] == default
    told = [f"{r['provider']}/{r['model']}" for r in answer["models"] if r.get("is_default")]
    assert told == marked


async def test_trouble_with_a_list_is_told(tmp_path):
    """Not of a local server that does not run: most people have none."""
    rig = Rig(tmp_path)
    rig.fetcher.troubles = {
        "openai": FetchError(OPENAI.origin, "nobody listens", 1.0),
        "ollama": FetchError(OLLAMA.origin, "refused", 1.0, is_absent=True),
    }
    answer = await models.listing(rig, None, "", every=False)
    assert answer["lists"] == [{"provider": "openai", "fetched_at": 7.0, "error": "nobody listens"}]


async def test_an_unknown_provider_is_named_with_the_nearest(tmp_path):
    """For a list and for news alike."""
    rig = Rig(tmp_path)
    with pytest.raises(UnknownModel, match="did you mean 'openai'"):
        await models.listing(rig, "opnai", "", every=False)
    with pytest.raises(UnknownModel, match="known: anthropic, openai"):
        await models.refresh(rig, "zzz")


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
    """Any name that a chat takes; of a server nobody knows, any model."""
    text = (
        '# mine\n[models.x]\nroutes = ["openai/gpt-x"]\n'
        '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
    )
    rig = Rig(tmp_path, text=text)
    rig.fetcher._take([OPENAI])
    assert await models.use(rig, name) == {"model": written, "file": str(rig.file)}
    assert rig.config.current.default_model == written
    assert rig.file.read_text().endswith(text)


async def test_the_providers_list_is_asked_for_before_a_name_is_believed(tmp_path):
    """A wrong name in the file would make every later request fail."""
    rig = Rig(tmp_path)
    with pytest.raises(UnknownModel, match=r"openai has no model 'gpt-xx' .did you mean"):
        await models.use(rig, "openai/gpt-xx")
    assert rig.fetcher.wanted == ["openai"]
    assert not rig.file.exists()


@pytest.mark.parametrize("name", ["zzz", "opnai/gpt-x", "openai/"])
async def test_a_name_that_nobody_knows_is_not_written(tmp_path, name):
    """As a chat would say it."""
    rig = Rig(tmp_path)
    with pytest.raises(UnknownModel):
        await models.use(rig, name)
    assert (rig.file.exists(), rig.reloads) == (False, 0)


async def test_a_file_with_problems_is_left_alone(tmp_path):
    """The error is the file's own."""
    rig = Rig(tmp_path, text="[network]\nidle_timeout = 5\n")
    rig.file.write_text("[network\n")
    with pytest.raises(ConfigInvalid):
        await models.use(rig, "openai/gpt-x")
    assert rig.file.read_text() == "[network\n"


async def test_a_file_that_cannot_be_written_is_an_error_in_words(tmp_path, monkeypatch):
    """With the file and the reason."""

    def refuse(file, model, check):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(models, "set_default_model", refuse)
    with pytest.raises(AircherError, match=r"config\.toml cannot be written: Permission denied"):
        await models.use(Rig(tmp_path), "openai/gpt-x")


async def test_nobody_waits_for_a_disk_that_hangs(tmp_path, monkeypatch):
    """The file stays, also when the disk answers later: it may be another one by then."""
    may_go_on, ended = threading.Event(), threading.Event()
    sync = os.fsync

    def hang(descriptor):
        assert may_go_on.wait(30)
        sync(descriptor)

    def watched(*arguments):
        try:
            set_default_model(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(os, "fsync", hang)
    monkeypatch.setattr(models, "set_default_model", watched)
    monkeypatch.setattr(models, "WRITE_PATIENCE", 0.05)
    rig = Rig(tmp_path, text="# mine\n")
    with pytest.raises(AircherError, match=r"cannot be written: the disk .* for 0\.05 s$"):
        await models.use(rig, "openai/gpt-x")
    assert rig.reloads == 0
    may_go_on.set()
    assert await trio.to_thread.run_sync(ended.wait, 10)
    assert rig.file.read_text() == "# mine\n"
    assert [file.name for file in tmp_path.iterdir()] == ["config.toml"]


class LateDisk:
    """Hangs where the file is replaced already, or is about to be, until it is let go."""

    def __init__(self, monkeypatch, place, name):
        self.hangs, self.may_go_on = threading.Event(), threading.Event()
        work = getattr(place, name)

        def hang(*arguments):
            self.hangs.set()
            assert self.may_go_on.wait(30)
            return work(*arguments)

        monkeypatch.setattr(place, name, hang)

    async def pass_time(self, clock):
        assert await trio.to_thread.run_sync(self.hangs.wait, 10)
        clock.jump(models.WRITE_PATIENCE)


async def test_a_change_that_is_there_is_taken_up(tmp_path, monkeypatch, mock_clock):
    """Though the disk has not said that it is there for good."""
    rig, disk = Rig(tmp_path), LateDisk(monkeypatch, atomic_file, "_sync_directory")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(disk.pass_time, mock_clock)
        answer = await models.use(rig, "openai/gpt-x")
        disk.may_go_on.set()
    assert answer == {"model": "openai/gpt-x", "file": str(rig.file)}
    assert rig.config.current.default_model == "openai/gpt-x"


async def test_a_change_that_may_not_last_is_taken_up(tmp_path, monkeypatch):
    """The file is another one by then, and the daemon goes by it."""

    def refuse(directory):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic_file, "_sync_directory", refuse)
    rig = Rig(tmp_path)
    with capture_logs() as logs:
        await models.use(rig, "openai/gpt-x")
    assert rig.config.current.default_model == "openai/gpt-x"
    assert [(each["event"], each["reason"]) for each in logs] == [
        ("default_may_not_last", "Input/output error")
    ]


async def test_a_change_that_may_come_later_is_told(tmp_path, monkeypatch, mock_clock):
    """With what takes it up then: nobody knows, and so nobody says that the file stays."""
    rig, disk = Rig(tmp_path, text="# mine\n"), LateDisk(monkeypatch, Path, "replace")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(disk.pass_time, mock_clock)
        with pytest.raises(AircherError) as caught:
            await models.use(rig, "openai/gpt-x")
        assert rig.file.read_text() == "# mine\n"
        disk.may_go_on.set()
    assert caught.value.message == (
        f"{rig.file} cannot be written: the disk has not answered for 5 s; the file may "
        "still be changed: look at it, then reload the configuration"
    )
    assert rig.reloads == 0
    await rig.config.changes.do(lambda _: None, 10)  # the disk has answered then
    assert rig.file.read_text() == '# mine\ndefault_model = "openai/gpt-x"\n'


# ------------------------------------------------------------------ models.refresh


async def test_everybody_who_can_be_asked_is_asked(tmp_path):
    """And models.dev."""
    rig = Rig(tmp_path)
    assert await models.refresh(rig, None) == {
        "lists": [{"provider": "openai", "fetched_at": 7.0}],
        "models_dev": {"models": 3, "fetched_at": 9.0},
    }
    assert rig.fetcher.wanted == ["openai", "ollama"]


async def test_one_provider_is_asked_alone(tmp_path):
    """Whoever asks for a local server hears that it does not run."""
    rig = Rig(tmp_path)
    rig.fetcher.troubles = {"ollama": FetchError(OLLAMA.origin, "refused", 1.0, is_absent=True)}
    assert await models.refresh(rig, "ollama") == {
        "lists": [{"provider": "ollama", "error": "refused", "is_absent": True}]
    }


async def test_models_dev_failing_is_told_beside_what_was_known(tmp_path):
    """The lists come all the same."""
    rig = Rig(tmp_path)
    await models.refresh(rig, None)
    rig.fetcher.public = AircherError("nobody listens")
    answer = await models.refresh(rig, None)
    assert answer["models_dev"] == {"error": "nobody listens", "fetched_at": 9.0}
    assert answer["lists"] == [{"provider": "openai", "fetched_at": 7.0}]


async def test_a_model_that_is_on_no_list_is_told_all_the_same(tmp_path):
    """What is known of it, and how far somebody is signed in."""
    rig = Rig(
        tmp_path, text='[catalog."openai/old"]\nwindow = 7\n[models.x]\nroutes = ["openai/n"]'
    )
    known = await models.only(rig, "openai/n")
    assert known["models"] == [
        {
            "provider": "openai",
            "model": "n",
            "state": "authenticated",
            "aliases": ["x"],
            "source": [],
        }
    ]
    assert (await models.only(rig, "openai/old"))["models"][0]["window"] == 7


@pytest.mark.parametrize("name", ["gpt-x", "/x", "nobody/x"])
async def test_one_model_is_named_in_full(tmp_path, name):
    """The form, or the provider, is what is wrong."""
    with pytest.raises(UnknownModel):
        await models.only(Rig(tmp_path), name)
