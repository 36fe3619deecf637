"""The list of models, as the official SDK reads it."""

from collections.abc import Mapping

import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.problem import RequestProblem
from helpers.http_api.anthropic_sdk import client_of

MODELS = [
    ListedModel(
        id="sonnet",
        name="Claude Sonnet 5",
        released="2026-05-01",
        window=1_000_000,
        max_output=64_000,
        abilities=frozenset({"images", "reasoning"}),
    ),
    *(ListedModel(id=f"openai/gpt-{n}") for n in range(30)),
]


def listed(query: Mapping[str, str]) -> bytes:
    return DIALECT.model_list(ApiCall(method="GET", path="/v1/models", query=query), MODELS)


def test_the_sdk_reads_the_list() -> None:
    """With all that is known of a model; an unknown date is the epoch, as the vendor has it."""
    with client_of(200, "application/json", listed({"limit": "2"})) as client:
        page = client.models.list(limit=2)

    first, second = page.data
    assert (first.id, first.display_name, first.type) == ("sonnet", "Claude Sonnet 5", "model")
    assert (first.created_at.year, second.created_at.year) == (2026, 1970)
    assert (first.max_input_tokens, first.max_tokens) == (1_000_000, 64_000)
    assert first.capabilities is not None
    assert first.capabilities.image_input.supported
    assert not first.capabilities.pdf_input.supported
    assert second.display_name == "openai/gpt-0"
    assert (page.has_more, page.first_id, page.last_id) == (True, "sonnet", "openai/gpt-0")


@pytest.mark.parametrize(
    ("query", "first", "last", "has_more"),
    [
        ({}, "sonnet", "openai/gpt-18", True),
        ({"limit": "1000"}, "sonnet", "openai/gpt-29", False),
        ({"limit": "5", "after_id": "openai/gpt-18"}, "openai/gpt-19", "openai/gpt-23", True),
        ({"after_id": "openai/gpt-18"}, "openai/gpt-19", "openai/gpt-29", False),
        ({"limit": "2", "before_id": "openai/gpt-1"}, "sonnet", "openai/gpt-0", False),
        ({"limit": "1", "before_id": "openai/gpt-1"}, "openai/gpt-0", "openai/gpt-0", True),
        ({"after_id": "gone"}, "sonnet", "openai/gpt-18", True),
    ],
)
def test_pages(query: Mapping[str, str], first: str, last: str, has_more: bool) -> None:
    """Forwards and backwards."""
    with client_of(200, "application/json", listed(query)) as client:
        page = client.models.list()

    assert (page.first_id, page.last_id, page.has_more) == (first, last, has_more)


def test_no_models() -> None:
    """Are an empty page."""
    body = DIALECT.model_list(ApiCall(method="GET", path="/v1/models"), [])

    assert body == b'{"data":[],"first_id":null,"last_id":null,"has_more":false}'


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "9" * 5000])
def test_a_wrong_limit_is_refused(limit: str) -> None:
    """It has bounds."""
    with pytest.raises(RequestProblem, match="limit: has to be a number from 1 to 1000"):
        listed({"limit": limit})


def test_one_model() -> None:
    """By itself."""
    body = DIALECT.model_entry(ApiCall(method="GET", path="/v1/models/sonnet"), MODELS[0])

    with client_of(200, "application/json", body) as client:
        assert client.models.retrieve("sonnet").display_name == "Claude Sonnet 5"
