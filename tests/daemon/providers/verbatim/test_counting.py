"""Counts of tokens by providers."""

import json

import httpx
import pytest

from aircherd.errors import ProviderFailed
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.keys import Health
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.providers.provider_calls import CANARY, a_provider, a_request
from helpers.providers.provider_clients import JSON, Body, a_client, a_key


async def count(name, dialect, status, answer):
    requests = []

    async def respond(request):
        requests.append(request)
        return httpx.Response(status, headers=JSON, stream=Body(json.dumps(answer).encode()))

    provider, client = a_provider(name), a_client(respond)
    body = b'{"model":"mine","messages":[]}'
    passage = Passage(VerbatimRequest(dialect=dialect, body=body, operation="count_tokens"))
    found = await client.free_calls.count_tokens(
        provider, Model(id="m"), a_key(provider), a_request(), passage
    )
    assert client.cooldowns.health(provider.name)[0] is Health.OK
    return found, requests


@pytest.mark.parametrize(
    ("name", "dialect", "answer"),
    [
        ("anthropic", "anthropic", {"input_tokens": 7}),
        ("gemini", "gemini", {"totalTokens": 7}),
        ("openai", "openai_responses", {"input_tokens": 7, "object": "response.input_tokens"}),
    ],
)
async def test_a_providers_count(name, dialect, answer):
    """It is asked in its own form, with its key and its name for the model."""
    found, (request,) = await count(name, dialect, 200, answer)
    assert found == 7
    assert CANARY in str(request.headers.raw)
    assert (b'"model":"m"' in request.read()) == (dialect != "gemini")


async def test_no_count():
    """A provider of another API is not asked; a failure is raised, and affects nothing."""
    assert await count("openai", "anthropic", 200, {}) == (None, [])
    for status, answer in ((429, {"error": {"message": "slow down"}}), (200, {"other": 1})):
        with pytest.raises(ProviderFailed):
            await count("anthropic", "anthropic", status, answer)
