"""Counts of tokens: by the candidate that would answer, and never as a request."""

import pytest

from aircherd.chat.caller import Caller
from aircherd.chat.counting import count_by_provider
from aircherd.errors import UnknownModel
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.http_api.carrying import carrying

BODY = b'{"model":"mine","messages":[{"role":"user","content":"one two three"}]}'


async def count(carrier, model, dialect="anthropic"):
    services = carrier.services
    passage = Passage(VerbatimRequest(dialect=dialect, body=BODY, operation="count_tokens"))
    request = ChatRequest(messages=[Message("user", "one two three")], model=model)
    return await count_by_provider(
        services.chat.services, services.config.current, request, Caller("tool"), passage
    )


async def test_the_first_candidate_that_speaks_the_api_counts(environ):
    """It has no row in the ledger, and is no request under limits."""
    async with carrying(environ, '[[limits]]\nrequests = 1\nper = "day"\n') as carrier:
        for model in ("both", "other_way", "ant/claude-sonnet-5"):
            assert await count(carrier, model) == 3
        asked = [each.endpoint for each in carrier.sim.requests if each.vendor == "anthropic"]
        assert asked == ["count"] * 3
        assert (await carrier.ask("anthropic")).outcome == "ok"


async def test_nothing_counts(environ):
    """None speaks the API, or the provider fails: an estimate has to do. Health is not affected."""
    async with carrying(environ) as carrier:
        assert await count(carrier, "chat/gpt-5.5") is None
        carrier.meet("error", error="overloaded", endpoint="count")
        assert await count(carrier, "ant/claude-sonnet-5") is None
        assert carrier.services.provider_client.cooldowns.is_calm
        with pytest.raises(UnknownModel):
            await count(carrier, "nothing-of-this-name")
