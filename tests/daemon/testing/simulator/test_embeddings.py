"""Embeddings and counted tokens, through the vendors' own SDKs where these have them."""

import anthropic
import httpx
import openai
import pytest
from google import genai

from aircherd.testing.simulator import open_simulator
from aircherd.testing.simulator.embeddings import vector
from helpers.providers.sdk_judge import in_thread

TEXTS = ["one two", "three"]


@pytest.fixture
async def sim():
    async with open_simulator(accept=dict.fromkeys(("openai", "anthropic", "gemini"), "*")) as made:
        yield made


async def test_openais_sdk_reads_vectors(sim):
    """It asks for base64 by itself; the order is that of the texts."""
    with openai.OpenAI(base_url=sim.base_url("openai"), api_key="k") as client:
        create = client.embeddings.create
        found = await in_thread(lambda: create(model="m", input=TEXTS))
        plain = await in_thread(lambda: create(model="m", input="one two", encoding_format="float"))
    assert [vector(text) for text in TEXTS] == [each.embedding for each in found.data]
    assert vector("one two") == plain.data[0].embedding
    assert found.usage.prompt_tokens == 3


async def test_ollama_and_gemini_have_forms_of_their_own(sim):
    """Several texts at once in both."""
    async with httpx.AsyncClient(trust_env=False) as client:
        local = await client.post(
            sim.base_url("ollama") + "/api/embed", json={"model": "m", "input": TEXTS}
        )
        batch = [{"model": "models/m", "content": {"parts": [{"text": text}]}} for text in TEXTS]
        google = await client.post(
            sim.base_url("gemini") + "/models/m:batchEmbedContents",
            json={"requests": batch},
            headers={"x-goog-api-key": "k"},
        )
    wanted = [vector(text) for text in TEXTS]
    assert wanted == local.json()["embeddings"]
    assert wanted == [each["values"] for each in google.json()["embeddings"]]


async def test_an_input_without_text_is_refused(sim):
    """With the vendor's error."""
    with (
        openai.OpenAI(base_url=sim.base_url("openai"), api_key="k") as client,
        pytest.raises(openai.BadRequestError, match="input"),
    ):
        await in_thread(lambda: client.embeddings.create(model="m", input=[]))


async def test_the_sdks_count_tokens(sim):
    """A token is a word; the system prompt and descriptions of tools count."""
    tool = {"name": "t", "description": "x y", "input_schema": {"type": "object"}}
    asked = {"model": "m", "system": "be brief", "tools": [tool]}
    said = [{"role": "user", "content": "a b c"}]
    with anthropic.Anthropic(base_url=sim.url, api_key="k") as client:
        counted = await in_thread(lambda: client.messages.count_tokens(**asked, messages=said))
    options = {"base_url": sim.url, "api_version": "v1beta"}
    with genai.Client(api_key="k", http_options=options) as google:
        count = google.models.count_tokens
        found = await in_thread(lambda: count(model="gemini-2.5-flash", contents="a b c"))
    assert (counted.input_tokens, found.total_tokens) == (7, 3)
