"""The catalogue: which source wins, which models exist, and how names resolve."""

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
from aircherd.config.model import (
    DEFAULT_CONFIG,
    Config,
    Override,
    Provider,
    Refused,
    RefusedEntry,
    Route,
)
from aircherd.vocabulary.models import Model
from helpers.background_files import WrittenAtOnce

BUILTIN = DEFAULT_CONFIG.providers
OPENAI = BUILTIN["openai"]
WORK = Provider(name="work", kind="openai", base_url="http://gpu:8000/v1", needs_key=False)
GENERATOR = Path(__file__).parents[3] / "daemon" / "generate_catalog.py"


def a_catalog(*providers, folder=None, **overrides):
    """A catalogue of the built-in and the given providers, with `overrides` by provider__model."""
    named = {name.replace("__", "/"): value for name, value in overrides.items()}
    config = Config(providers={**BUILTIN, **{p.name: p for p in providers}}, catalog=named)
    return Catalog(config=lambda: config, folder=folder, files=WrittenAtOnce())


def ids(catalog, provider):
    return [known.model.id for known in catalog.models(provider)]


# ------------------------------------------------------------------ the shipped data


def test_the_shipped_data_matches_the_generator():
    """It is never edited by hand; skipped if its source package is not installed."""
    pytest.importorskip("genai_prices")
    spec = importlib.util.spec_from_file_location("generate_catalog", GENERATOR)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shipped = resources.files("aircherd.catalog").joinpath("models.json").read_bytes()
    if f"genai-prices {metadata.version('genai-prices')}," not in shipped[:5000].decode():
        pytest.skip("another version of genai-prices is installed")
    assert script.generate() == shipped


def test_the_shipped_data_names_its_source():
    """It includes its date and the notice that its licence requires."""
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
    """Window, longest output, thinking, sampling parameters and API are correct."""
    provider, _, model = name.partition("/")
    m = Catalog().find(BUILTIN[provider], model)
    assert (m.window, m.max_output, m.reasoning, m.sampling, m.api) == expected
    assert m.prices.rates.output > m.prices.rates.input > 0


@pytest.mark.parametrize("name", [p.name for p in BUILTIN.values() if p.default_model])
def test_the_default_models_have_a_price(name):
    """Budgets work without configuration; a router has no price of its own."""
    provider = BUILTIN[name]
    prices = Catalog().find(provider, provider.default_model).prices
    assert (prices is None) == (name == "openrouter")


# ------------------------------------------------------------------ one model


def test_an_unknown_model_has_only_a_name():
    """Every other field is None, neither 0 nor False."""
    assert Catalog().find(OPENAI, "gpt-unknown") == Model(id="gpt-unknown")


def test_a_dated_version_has_the_models_metadata_and_its_own_name():
    """The request to the provider uses the dated name."""
    dated = Catalog().find(OPENAI, "gpt-5.5-2026-04-23")
    plain = Catalog().find(OPENAI, "gpt-5.5")
    assert dated == msgspec.structs.replace(plain, id="gpt-5.5-2026-04-23")


def test_a_server_at_another_origin_gets_no_vendor_data():
    """Not even under the vendor's name: a proxy may charge other prices."""
    moved = msgspec.structs.replace(OPENAI, base_url="https://proxy.example/v1")
    assert a_catalog(moved).find(moved, "gpt-5.5") == Model(id="gpt-5.5")
    mine = Provider(name="mine", kind="openai", base_url="https://api.openai.com/v1")
    assert a_catalog(mine).find(mine, "gpt-5.5") == Catalog().find(OPENAI, "gpt-5.5")


async def test_later_sources_win_and_each_is_named(tmp_path):
    """The order is shipped data, models.dev, the provider's own list, the configuration."""
    catalog = a_catalog(folder=tmp_path, **{"openai__gpt-5.5": Override(window=4)})
    shipped = catalog.known(OPENAI, "gpt-5.5")
    assert shipped.sources == ("shipped", "config")
    public = {"openai": [TableRow(id="gpt-5.5", window=2, max_output=2, images=False)]}
    await catalog.store_models_dev(encode_tables(public, about={}, fetched_at=5.0))
    catalog.store_list(OPENAI, [Model(id="gpt-5.5", window=3, max_output=3)], 6.0)
    found = catalog.known(OPENAI, "gpt-5.5")
    assert found.sources == ("shipped", "models.dev", "provider", "config")
    model = found.model
    assert (model.window, model.max_output, model.images, model.tools) == (4, 3, False, True)
    assert model == catalog.find(OPENAI, "gpt-5.5")


def test_an_override_follows_a_reload():
    """A new configuration clears the caches."""
    configs = [Config(providers=BUILTIN, catalog={"openai/m": Override(window=1)}), DEFAULT_CONFIG]
    catalog = Catalog(config=lambda: configs[0])
    assert catalog.find(OPENAI, "m").window == 1
    del configs[0]
    assert catalog.find(OPENAI, "m").window is None


def test_a_second_lookup_returns_the_cached_model():
    """The hot path does not merge again."""
    catalog = a_catalog(**{"openai__gpt-5.5": Override(window=4)})
    assert catalog.find(OPENAI, "gpt-5.5") is catalog.find(OPENAI, "gpt-5.5")


def test_the_cache_of_models_is_bounded(monkeypatch):
    """Clients can send arbitrary names."""
    monkeypatch.setattr(catalog_module, "MAX_CACHED", 10)
    catalog = Catalog()
    for number in range(25):
        catalog.find(OPENAI, f"made-up-{number}")
    assert len(catalog._merged) <= 10


def test_ollama_finds_a_model_without_its_tag():
    """`llama3.2` means `llama3.2:latest`."""
    catalog = a_catalog()
    catalog.store_list(BUILTIN["ollama"], [Model(id="llama3.2:latest", window=5)], 1.0)
    found = catalog.find(BUILTIN["ollama"], "llama3.2")
    assert (found.id, found.window) == ("llama3.2", 5)


def test_a_local_server_without_keys_is_free():
    """It can replace a provider whose budget is used up; a configured price still applies."""
    found = a_catalog().find(BUILTIN["ollama"], "brand-new").prices
    assert found is not None
    assert (found.rates.input, found.rates.output) == (0, 0)
    priced = a_catalog(WORK, work__m=Override(input_price=Decimal(1), output_price=Decimal(2)))
    assert priced.find(WORK, "m").prices.rates.output == 2


# ------------------------------------------------------------------ lists of models


def test_a_provider_without_a_list_has_the_known_models():
    """The chat models of the shipped data and the configuration are returned."""
    catalog = a_catalog(WORK, work__local=Override(window=5))
    assert {"gpt-5.5", "o3"} <= set(ids(catalog, OPENAI))
    assert not any("embed" in name or "tts" in name for name in ids(catalog, OPENAI))
    assert ids(catalog, WORK) == ["local"]
    assert catalog.listed(OPENAI) == ()


def test_a_providers_own_list_replaces_the_known_models():
    """Models missing from it are gone, and models of no other source are there."""
    catalog = a_catalog()
    catalog.store_list(OPENAI, [Model(id="gpt-5.5"), Model(id="new")], 7.0)
    assert ids(catalog, OPENAI) == ["gpt-5.5", "new"]
    assert [m.id for m in catalog.listed(OPENAI)] == ["gpt-5.5", "new"]
    assert catalog.cached_list(OPENAI).fetched_at == 7.0


def test_an_overlong_list_is_truncated(monkeypatch):
    """A server cannot fill the memory."""
    monkeypatch.setattr(catalog_module, "MAX_LISTED", 3)
    catalog = a_catalog(WORK)
    catalog.store_list(WORK, [Model(id=f"m{n}") for n in range(9)], 1.0)
    assert ids(catalog, WORK) == ["m0", "m1", "m2"]


def test_names_have_the_prefix_that_the_vendors_api_requires():
    """A name from the list can be used in a request."""
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
        (WORK, "configured", False),
    ],
)
def test_a_model_is_unknown_only_if_the_providers_models_are_known(provider, name, is_unknown):
    """On a server without any data every name may be right, whatever the configuration has."""
    catalog = a_catalog(WORK, work__configured=Override(window=5))
    assert catalog.is_unknown(provider, name) is is_unknown


# ------------------------------------------------------------------ names


def test_a_bare_name_resolves_to_all_providers_that_serve_it():
    """The vendor's own API comes first, then routers with their name for the model."""
    assert list(Catalog().routes("gpt-5.5")) == [
        Route("openai", "gpt-5.5"),
        Route("openrouter", "openai/gpt-5.5"),
    ]


def test_a_bare_name_from_a_list_resolves():
    """A local server's models are found once its list is stored."""
    catalog = a_catalog(WORK)
    assert not catalog.routes("tiny")
    catalog.store_list(WORK, [Model(id="tiny")], 1.0)
    assert list(catalog.routes("tiny")) == [Route("work", "tiny")]


def test_a_vendor_comes_before_a_router_in_any_order():
    """The order of the configuration only ranks providers of the same sort."""
    catalog = a_catalog(WORK)
    catalog.store_list(WORK, [Model(id="openai/gpt-5.5")], 1.0)
    assert [r.provider for r in catalog.routes("gpt-5.5")] == ["openai", "work", "openrouter"]


def test_a_name_that_matches_several_models_of_a_provider_does_not_resolve():
    """`matching_routes` returns all of them for the error message."""
    catalog = a_catalog(WORK)
    catalog.store_list(WORK, [Model(id="a/twin"), Model(id="b/twin")], 1.0)
    assert not catalog.routes("twin")
    assert catalog.matching_routes("twin") == [Route("work", "a/twin"), Route("work", "b/twin")]


def test_names_returns_all_known_names():
    """It returns those of one provider or of all."""
    catalog = a_catalog(WORK, work__local=Override(window=5))
    assert {"gpt-5.5", "claude-sonnet-5", "local"} <= set(catalog.names())
    assert list(catalog.names("work")) == ["local"]


# ------------------------------------------------------------------ fetched data


async def test_fetched_data_survives_a_restart(tmp_path):
    """Lists and the data of models.dev are read back."""
    catalog = a_catalog(folder=tmp_path)
    catalog.store_list(OPENAI, [Model(id="new")], 1.0)
    await catalog.store_models_dev(
        encode_tables({"openai": [TableRow(id="new", window=8)]}, about={}, fetched_at=5.0)
    )
    again = a_catalog(folder=tmp_path)
    assert again.known(OPENAI, "new").sources == ("models.dev", "provider")
    assert (again.find(OPENAI, "new").window, again.models_dev_date) == (8, 5.0)


@pytest.mark.parametrize("content", [b"{", b"[]"])
def test_a_damaged_models_dev_file_is_ignored(tmp_path, content):
    """It is logged once."""
    (tmp_path / "models.dev.json").write_bytes(content)
    catalog = a_catalog(folder=tmp_path)
    with capture_logs() as logs:
        assert catalog.find(OPENAI, "gpt-5.5").window == 1_000_000
        assert catalog.models_dev_date is None
    assert [entry["event"] for entry in logs] == ["models_dev_damaged"]


def test_damage_in_one_vendors_part_leaves_the_others(tmp_path):
    """Only that part is ignored."""
    (tmp_path / "models.dev.json").write_bytes(
        b'{"vendors":{"openai":[5],"anthropic":[{"id":"new","window":7}]}}'
    )
    catalog = a_catalog(folder=tmp_path)
    with capture_logs() as logs:
        assert catalog.known(OPENAI, "gpt-5.5").sources == ("shipped",)
    assert [entry["event"] for entry in logs] == ["catalog_damaged"]
    assert catalog.find(BUILTIN["anthropic"], "new").window == 7


async def test_data_that_cannot_be_stored_changes_nothing(tmp_path):
    """The caller gets the OSError."""
    (tmp_path / "file").touch()
    catalog = a_catalog(folder=tmp_path / "file")
    with pytest.raises(OSError, match=r"."):
        await catalog.store_models_dev(
            encode_tables({"openai": [TableRow(id="n", window=1)]}, about={})
        )
    assert catalog.find(OPENAI, "n") == Model(id="n")


def test_prices_stay_exact():
    """A configured 0.1 is exactly 0.1."""
    catalog = a_catalog(openai__m=Override(input_price=Decimal("0.1"), output_price=Decimal(1)))
    assert str(catalog.find(OPENAI, "m").prices.rates.input) == "0.1"


def test_a_refused_vendor_still_serves_its_models_by_name():
    """A bare name means the vendor's model, even if the user's changes to it are invalid."""
    refused = Refused(providers={name: RefusedEntry(name, ()) for name in ("openai", "mine")})
    others = {name: each for name, each in BUILTIN.items() if name != "openai"}
    config = Config(providers=others, refused=refused)
    found = Catalog(config=lambda: config).routes("gpt-5.5")
    assert found[0] == Route("openai", "gpt-5.5")


def test_dates_in_a_list_count_only_at_the_vendor() -> None:
    """A server at another address may put anything into its list."""
    catalog = Catalog()
    listed = [Model(id="new", released="2024-05-10")]
    catalog.store_list(OPENAI, listed, 1.795e9)
    catalog.store_list(WORK, listed, 1.795e9)
    found = [catalog.listed(provider)[0].released for provider in (OPENAI, WORK)]
    assert found == ["2024-05-10", None]


def test_shipped_models_have_dates_of_release() -> None:
    """As far as models.dev has them."""
    assert Catalog().find(OPENAI, "gpt-4.1").released == "2025-04-14"
