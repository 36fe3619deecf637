"""OpenRouter's list of models: sizes, capabilities and exact prices."""

from decimal import Decimal

import msgspec
import pytest

from aircherd.providers.openrouter.models import read_models
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model, Prices, Rates, Tier
from helpers.providers.provider_calls import failure_of

PRICES = {"prompt": "0.00000125", "completion": "0.00001"}


def read(**fields: object) -> Model | None:
    body = msgspec.json.encode({"data": [{"id": "m", **fields}]})
    return next(iter(read_models(body)), None)


def prices_of(**pricing: object) -> Prices | None:
    model = read(pricing=pricing)
    assert model is not None
    return model.prices


def test_a_complete_entry() -> None:
    """Every field of an entry is read."""
    model = read(
        name="Maker: M",
        context_length=1_048_576,
        architecture={"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        top_provider={"context_length": 1_000_000, "max_completion_tokens": 65_536},
        supported_parameters=["tools", "reasoning", "response_format", "temperature"],
        pricing={**PRICES, "input_cache_read": "0.000000125", "request": "0"},
        description="long",
        created=1_790_000_000,
    )
    rates = Rates(input=Decimal("1.25"), output=Decimal(10), cached=Decimal("0.125"))
    expected = Model(
        id="m",
        name="Maker: M",
        window=1_048_576,
        max_output=65_536,
        tools=True,
        images=True,
        audio=False,
        reasoning=True,
        json_schema=False,
        sampling=True,
        prices=Prices(rates=rates),
        released="2026-09-21",
    )
    assert expected == model


def test_models_that_read_files_and_take_sound() -> None:
    """A model that is not listed for files may still get them: OpenRouter extracts their text."""
    model = read(architecture={"input_modalities": ["text", "file", "audio"]})
    assert Model(id="m", images=False, documents=True, audio=True) == model


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": None, "context_length": None, "top_provider": None, "architecture": None},
        {"supported_parameters": [], "architecture": {"input_modalities": []}},
        {"supported_parameters": {"a": 1}, "pricing": [], "top_provider": "x"},
    ],
)
def test_missing_or_malformed_fields_are_unknown(fields: dict[str, object]) -> None:
    """They say nothing about a model."""
    assert Model(id="m") == read(**fields)


def test_window_of_the_provider() -> None:
    """Without a window of its own, a model gets its top provider's."""
    model = read(top_provider={"context_length": 9})
    assert Model(id="m", window=9) == model


@pytest.mark.parametrize(
    ("modalities", "is_listed"), [(["image", "text"], True), (["image"], False), ([], True)]
)
def test_models_without_text_output_are_left_out(modalities: list[str], is_listed: bool) -> None:
    """Models for images or speech only cannot chat."""
    model = read(architecture={"output_modalities": modalities})
    assert is_listed == (model is not None)


@pytest.mark.parametrize(
    ("pricing", "expected"),
    [
        (PRICES, ("1.25", "10")),
        ({"prompt": "0", "completion": "0"}, ("0", "0")),
        ({"prompt": 0.0000005, "completion": 0}, ("0.5", "0")),
        (
            {"prompt": "0.0000001234567890123456789", "completion": "0"},
            ("0.1234567890123456789", "0"),
        ),
        ({"prompt": "0." + "0" * 40 + "1", "completion": "0"}, None),
        ({"prompt": "-1", "completion": "-1"}, None),
        ({"prompt": "0.000001"}, None),
        ({"prompt": "NaN", "completion": "0"}, None),
        ({"prompt": "1e999999999", "completion": "0"}, None),
        ({"prompt": "Infinity", "completion": "0"}, None),
        ({"prompt": "cheap", "completion": "0"}, None),
        ({"prompt": True, "completion": []}, None),
        ({}, None),
    ],
)
def test_prices(pricing: dict[str, object], expected: tuple[str, str] | None) -> None:
    """Prices are exact; a missing, variable or invalid one makes them unknown, never 0."""
    prices = prices_of(**pricing)
    if expected is None:
        assert prices is None
        return
    assert prices is not None
    assert (Decimal(expected[0]), Decimal(expected[1])) == (prices.rates.input, prices.rates.output)


def test_tiers() -> None:
    """Overrides by prompt size become tiers; what they omit is as in the base."""
    base = {**PRICES, "input_cache_write": "0.000002"}
    overrides = [
        {"min_prompt_tokens": 500_000, "completion": "0.00003", "input_cache_read": "0.000001"},
        {"min_prompt_tokens": 200_000, "prompt": "0.0000025", "completion": "0.000015"},
    ]
    prices = prices_of(**base, overrides=overrides)
    write = Decimal(2)
    assert prices is not None
    assert prices.tiers == (
        Tier(
            above=199_999,
            rates=Rates(input=Decimal("2.5"), output=Decimal(15), cache_write=write),
        ),
        # If two apply, the later one wins, for each price.
        Tier(
            above=499_999,
            rates=Rates(
                input=Decimal("2.5"), output=Decimal(15), cached=Decimal(1), cache_write=write
            ),
        ),
    )


@pytest.mark.parametrize(
    "override",
    [
        {"utc_start": "01:00", "utc_end": "09:00", "prompt": "0"},
        {"min_prompt_tokens": 9, "utc_start": "01:00", "prompt": "0"},
        {"min_prompt_tokens": 9, "prompt": "cheap"},
        {"min_prompt_tokens": None, "prompt": "0"},
    ],
)
def test_other_overrides_are_ignored(override: dict[str, object]) -> None:
    """Overrides by time of day, or without a condition, do not change the prices."""
    prices = prices_of(**PRICES, overrides=[override])
    assert Prices(rates=Rates(input=Decimal("1.25"), output=Decimal(10))) == prices


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data":[{}]}', b"nonsense"])
def test_a_body_that_is_no_list_fails(body: bytes) -> None:
    """Any other body is a protocol failure."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_models(body)).kind
