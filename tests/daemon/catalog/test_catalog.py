"""The catalogue: who is believed, what there is, and what names lead where."""

import importlib.util
from decimal import Decimal
from importlib import metadata, resources
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from aircherd.catalog import catalog as catalog_module
from aircherd.catalog.catalog import Catalog
from aircherd.catalog.table import TableRow, encode_tables
from aircherd.config.model import DEFAULT_CONFIG, Config, Override, Provider, Route
from aircherd.vocabulary.models import Model
from helpers.background_files import WrittenAtOnce

BUILTIN = DEFAULT_CONFIG.providers
OPENAI = BUILTIN["openai"]
WORK = Provider(name="work", kind="openai", base_url="http://gpu:8000/v1", needs_key=False)
GENERATOR = Path(__file__).parents[3] / "daemon" / "generate_catalog.py"


def a_catalog(*providers, folder=None, **overrides):
    """A catalogue of the built-in providers and these, with `overrides` by provider__model."""
    named = {name.replace("__", "/"): value for name, value in overrides.items()}
    config = Config(providers={**BUILTIN, **{p.name: p for p in providers}}, catalog=named)
    return Catalog(config=lambda: config, folder=folder, files=WrittenAtOnce())


def ids(catalog, provider):
    return [known.model.id for known in catalog.models(provider)]


# ------------------------------------------------------------------ the shipped data


def test_the_shipped_data_is_what_the_script_makes():
    """Nobody edits it by hand; skipped where the package it is made from is not installed."""
    pytest.importorskip("genai_prices")
    spec = importlib.util.spec_from_file_location("generate_catalog", GENERATOR)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shipped = resources.files("aircherd.catalog").joinpath("models.json").read_bytes()
    if f"genai-prices {metadata.version('genai-prices')}," not in shipped[:5000].decode():
        pytest.skip("another version of genai-prices is installed")
    assert script.generate() == shipped


def test_the_shipped_data_says_where_it_is_from():
    """With its date, and the notice that its licence asks for."""
    about = Catalog()._shipped_data().about
    assert about["source"].startswith("genai-prices ")
    assert about["as_of"] >= "2026-11-22"
    assert "Permission is hereby granted" in about["license"]
    assert "Copyright (c) Pydantic" in about["license"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anthropic/claude-sonnet-5", (1_000_000, 128_000, True, False, None)),
        ("anthropic/claude-sonnet-4-5", (200_000, 64_000, True, True, None)),
        ("anthropic/claude-opus-4-7", (1_000_000, 128_000, True, False, None)),
        ("openai/gpt-5.5", (1_000_000, 128_000, True, False, None)),
        ("openai/gpt-4o", (128_000, 16_384, False, True, None)),
        ("openai/o3", (200_000, 100_000, True, False, None)),
        ("openai/o3-pro", (200_000, 100_000, True, False, "responses")),
        ("gemini/gemini-3.8-flash", (1_000_000, 65_536, True, True, None)),
    ],
)
def test_the_main_models_are_known(name, expected):
    """Window, longest output, whether they think, whether they take a temperature, their API."""
    provider, _, model = name.partition("/")
    m = Catalog().find(BUILTIN[provider], model)
    assert (m.window, m.max_output, m.reasoning, m.sampling, m.api) == expected
    assert m.prices.rates.output > m.prices.rates.input > 0


@pytest.mark.parametrize("name", [p.name for p in BUILTIN.values() if p.default_model])
def test_the_default_models_have_a_price(name):
    """What serves a newcomer must be countable; a router has no price of its own."""
    provider = BUILTIN[name]
    prices = Catalog().find(provider, provider.default_model).prices
    assert (prices is None) == (name == "openrouter")


# ------------------------------------------------------------------ one model


def test_an_unknown_model_is_known_by_its_name_alone():
    """Everything about it is unknown: neither 0 nor False."""
    assert Catalog().find(OPENAI, "gpt-nobody") == Model(id="gpt-nobody")


def test_a_dated_version_is_like_its_model_and_keeps_its_name():
    """It is what the provider will be asked for."""
    dated = Catalog().find(OPENAI, "gpt-5.5-2026-04-23")
    plain = Catalog().find(OPENAI, "gpt-5.5")
    assert dated == msgspec.structs.replace(plain, id="gpt-5.5-2026-04-23")


def test_a_server_elsewhere_gets_nothing_from_the_vendor():
    """Not even under the vendor's name: a proxy may bill as it likes."""
    moved = msgspec.structs.replace(OPENAI, base_url="https://proxy.example/v1")
    assert a_catalog(moved).find(moved, "gpt-5.5") == Model(id="gpt-5.5")
    mine = Provider(name="mine", kind="openai", base_url="https://api.openai.com/v1")
    assert a_catalog(mine).find(mine, "gpt-5.5") == Catalog().find(OPENAI, "gpt-5.5")


async def test_later_sources_win_and_each_is_named(tmp_path):
    """Shipped data, models.dev, the provider's own list, the user's configuration."""
    catalog = a_catalog(folder=tmp_path, **{"openai__gpt-5.5": Override(window=4)})
    shipped = catalog.known(OPENAI, "gpt-5.5")
    assert shipped.sources == ("shipped", "config")
    public = {"openai": [TableRow(id="gpt-5.5", window=2, max_output=2, images=False)]}
    await catalog.take_public(encode_tables(public, about={}, fetched_at=5.0))
    catalog.take_list(OPENAI, [Model(id="gpt-5.5", window=3, max_output=3)], 6.0)
    found = catalog.known(OPENAI, "gpt-5.5")
    assert found.sources == ("shipped", "models.dev", "provider", "config")
    model = found.model
    assert (model.window, model.max_output, model.images, model.tools) == (4, 3, False, True)
    assert model == catalog.find(OPENAI, "gpt-5.5")


def test_the_users_word_is_heard_after_a_reload():
    """And no longer when it is gone: a new configuration begins anew."""
    configs = [Config(providers=BUILTIN, catalog={"openai/m": Override(window=1)}), DEFAULT_CONFIG]
    catalog = Catalog(config=lambda: configs[0])
    assert catalog.find(OPENAI, "m").window == 1
    del configs[0]
    assert catalog.find(OPENAI, "m").window is None


def test_a_second_look_costs_no_second_merging():
    """The hot path: the very same model again."""
    catalog = a_catalog(**{"openai__gpt-5.5": Override(window=4)})
    assert catalog.find(OPENAI, "gpt-5.5") is catalog.find(OPENAI, "gpt-5.5")


def test_made_up_names_do_not_fill_the_memory(monkeypatch):
    """A client may send any; only so many are held."""
    monkeypatch.setattr(catalog_module, "MAX_HELD", 10)
    catalog = Catalog()
    for number in range(25):
        catalog.find(OPENAI, f"made-up-{number}")
    assert len(catalog._found) <= 10


def test_ollama_finds_a_model_without_its_tag():
    """`llama3.2` is `llama3.2:latest` there."""
    catalog = a_catalog()
    catalog.take_list(BUILTIN["ollama"], [Model(id="llama3.2:latest", window=5)], 1.0)
    found = catalog.find(BUILTIN["ollama"], "llama3.2")
    assert (found.id, found.window) == ("llama3.2", 5)


def test_a_server_without_keys_bills_nobody():
    """So it may stand in for a spent budget; a price of the user's own still counts."""
    found = a_catalog().find(BUILTIN["ollama"], "brand-new").prices
    assert found is not None
    assert (found.rates.input, found.rates.output) == (0, 0)
    priced = a_catalog(WORK, work__m=Override(input_price=Decimal(1), output_price=Decimal(2)))
    assert priced.find(WORK, "m").prices.rates.output == 2


# ------------------------------------------------------------------ what there is


def test_a_provider_without_a_list_has_what_is_known_of_it():
    """Models of the shipped data and of the user's; chat models only."""
    catalog = a_catalog(WORK, work__local=Override(window=5))
    assert {"gpt-5.5", "o3"} <= set(ids(catalog, OPENAI))
    assert not any("embed" in name or "tts" in name for name in ids(catalog, OPENAI))
    assert ids(catalog, WORK) == ["local"]
    assert catalog.listed(OPENAI) == ()


def test_a_providers_own_list_is_the_measure():
    """Whatever it left out is gone, and what nobody else knows is there."""
    catalog = a_catalog()
    catalog.take_list(OPENAI, [Model(id="gpt-5.5"), Model(id="new")], 7.0)
    assert ids(catalog, OPENAI) == ["gpt-5.5", "new"]
    assert [m.id for m in catalog.listed(OPENAI)] == ["gpt-5.5", "new"]
    assert catalog.list_of(OPENAI).fetched_at == 7.0


def test_a_list_without_end_is_cut(monkeypatch):
    """What a server can make us keep is bounded."""
    monkeypatch.setattr(catalog_module, "MAX_LISTED", 3)
    catalog = a_catalog(WORK)
    catalog.take_list(WORK, [Model(id=f"m{n}") for n in range(9)], 1.0)
    assert ids(catalog, WORK) == ["m0", "m1", "m2"]


def test_names_in_a_vendors_api_have_their_prefix():
    """So that a name in the list can be asked for."""
    fireworks = Provider(name="f", kind="openai", base_url="https://api.fireworks.ai/inference/v1")
    catalog = a_catalog(fireworks)
    assert "accounts/fireworks/models/gpt-oss-120b" in ids(catalog, fireworks)
    assert catalog.find(fireworks, "accounts/fireworks/models/gpt-oss-120b").prices is not None


@pytest.mark.parametrize(
    ("provider", "name", "is_unknown"),
    [
        (OPENAI, "gpt-5.5", False),
        (OPENAI, "gpt-5.5-2026-04-23", False),
        (OPENAI, "gpt-5.55", True),
        (WORK, "anything", False),
        (WORK, "said", False),
    ],
)
def test_only_who_knows_a_providers_models_can_miss_one(provider, name, is_unknown):
    """Of a server nobody knows, any name may be right, however many the user described."""
    catalog = a_catalog(WORK, work__said=Override(window=5))
    assert catalog.is_unknown(provider, name) is is_unknown


# ------------------------------------------------------------------ names


def test_a_bare_name_leads_to_all_who_serve_it():
    """The vendor's own API first, then those who pass requests on, with their name for it."""
    assert list(Catalog().routes("gpt-5.5")) == [
        Route("openai", "gpt-5.5"),
        Route("openrouter", "openai/gpt-5.5"),
    ]


def test_a_bare_name_from_a_list_leads_there():
    """A local server's models are known as soon as it told of them."""
    catalog = a_catalog(WORK)
    assert not catalog.routes("tiny")
    catalog.take_list(WORK, [Model(id="tiny")], 1.0)
    assert list(catalog.routes("tiny")) == [Route("work", "tiny")]


def test_a_vendor_comes_before_a_router_wherever_it_stands():
    """The order of the configuration counts among equals only."""
    catalog = a_catalog(WORK)
    catalog.take_list(WORK, [Model(id="openai/gpt-5.5")], 1.0)
    assert [r.provider for r in catalog.routes("gpt-5.5")] == ["openai", "work", "openrouter"]


def test_a_name_that_means_several_models_of_a_provider_leads_nowhere_there():
    """They are named instead."""
    catalog = a_catalog(WORK)
    catalog.take_list(WORK, [Model(id="a/twin"), Model(id="b/twin")], 1.0)
    assert not catalog.routes("twin")
    assert catalog.namesakes("twin") == [Route("work", "a/twin"), Route("work", "b/twin")]


def test_all_names_are_there_to_be_meant():
    """Of one provider, or of all."""
    catalog = a_catalog(WORK, work__local=Override(window=5))
    assert {"gpt-5.5", "claude-sonnet-5", "local"} <= set(catalog.names())
    assert list(catalog.names("work")) == ["local"]


# ------------------------------------------------------------------ fetched data


async def test_fetched_data_survives_a_restart(tmp_path):
    """Lists and models.dev."""
    catalog = a_catalog(folder=tmp_path)
    catalog.take_list(OPENAI, [Model(id="new")], 1.0)
    await catalog.take_public(
        encode_tables({"openai": [TableRow(id="new", window=8)]}, about={}, fetched_at=5.0)
    )
    again = a_catalog(folder=tmp_path)
    assert again.known(OPENAI, "new").sources == ("models.dev", "provider")
    assert (again.find(OPENAI, "new").window, again.public_date) == (8, 5.0)


@pytest.mark.parametrize("content", [b"{", b"[]"])
def test_a_damaged_models_dev_file_is_as_good_as_none(tmp_path, content):
    """It is said once."""
    (tmp_path / "models.dev.json").write_bytes(content)
    catalog = a_catalog(folder=tmp_path)
    with capture_logs() as logs:
        assert catalog.find(OPENAI, "gpt-5.5").window == 1_000_000
        assert catalog.public_date is None
    assert [entry["event"] for entry in logs] == ["models_dev_damaged"]


def test_damage_in_one_vendors_part_leaves_the_others(tmp_path):
    """Only that part is not believed."""
    (tmp_path / "models.dev.json").write_bytes(
        b'{"vendors":{"openai":[5],"anthropic":[{"id":"new","window":7}]}}'
    )
    catalog = a_catalog(folder=tmp_path)
    with capture_logs() as logs:
        assert catalog.known(OPENAI, "gpt-5.5").sources == ("shipped",)
    assert [entry["event"] for entry in logs] == ["catalog_damaged"]
    assert catalog.find(BUILTIN["anthropic"], "new").window == 7


async def test_data_that_cannot_be_kept_changes_nothing(tmp_path):
    """The caller says so."""
    (tmp_path / "file").touch()
    catalog = a_catalog(folder=tmp_path / "file")
    with pytest.raises(OSError, match=r"."):
        await catalog.take_public(encode_tables({"openai": [TableRow(id="n", window=1)]}, about={}))
    assert catalog.find(OPENAI, "n") == Model(id="n")


def test_prices_are_exact_on_the_way():
    """A tenth is a tenth."""
    catalog = a_catalog(openai__m=Override(input_price=Decimal("0.1"), output_price=Decimal(1)))
    assert str(catalog.find(OPENAI, "m").prices.rates.input) == "0.1"
