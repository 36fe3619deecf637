"""Embeddings: as the provider answers them, with their usage in ledger and limits."""

import msgspec

from aircherd.http_api.dialects.openai_chat import DIALECT
from helpers.http_api.carrying import carrying
from helpers.http_api.performing import chat_body, do

ALIAS = '[models.vectors]\nroutes = ["ant/claude-sonnet-5", "chat/text-embedding-3-small"]\n'


async def test_embeddings_come_as_the_vendor_sends_them(environ):
    """Aliases work, and a provider without them is passed over."""
    async with carrying(environ, ALIAS) as carrier:
        for model in ("chat/text-embedding-3-small", "vectors"):
            got = await do(carrier, "embeddings", {"model": model, "input": "one two three"})
            assert got.status == 200, got.body
            assert got.headers["x-aircher-carried"] == "verbatim"
            assert got.headers["x-aircher-model"] == "text-embedding-3-small"
            assert got.json["data"][0]["embedding"]
        sent = [each for each in carrier.sim.requests if each.endpoint == "embeddings"]
        assert msgspec.json.decode(sent[0].request.body)["model"] == "text-embedding-3-small"
        assert len(sent) == 2


async def test_they_count_under_limits(environ):
    """Their tokens are those that the vendor counts, and the second request is one too many."""
    limit = '[[limits]]\nprovider = "chat"\nrequests = 1\nper = "day"\n'
    async with carrying(environ, limit) as carrier:
        body = {"model": "chat/text-embedding-3-small", "input": "one two three"}
        assert (await do(carrier, "embeddings", body)).status == 200
        got = await do(carrier, "embeddings", body)
        assert got.status == 402  # as OpenAI answers it: its SDK asks again after a 429
        assert "limit" in got.json["error"]["message"]


async def test_a_provider_of_another_api_has_none(environ):
    """The message says what is missing."""
    async with carrying(environ) as carrier:
        got = await do(carrier, "embeddings", {"model": "ant/claude-sonnet-5", "input": "a"})
        assert got.status == 400
        assert got.json["error"]["message"].startswith("ant: embeddings: only a provider that has ")


async def test_chats_are_not_sent_to_such_models(environ):
    """Nor do they become the first choice of chats by that name."""
    async with carrying(environ, ALIAS) as carrier:
        await do(carrier, "embeddings", {"model": "vectors", "input": "a"})
        got = await do(carrier, "chat", chat_body("chat/text-embedding-3-small"), dialect=DIALECT)
        assert got.status == 400
        assert "does not chat" in got.json["error"]["message"]
        got = await do(carrier, "chat", chat_body("vectors"))
        assert got.headers["x-aircher-provider"] == "ant"
