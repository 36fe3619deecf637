"""Calls for HTTP clients: what is sent, and the bytes of what comes back."""

import gzip
import json
from contextlib import aclosing

import httpx
import pytest

from aircherd.errors import ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.call_target import MAX_PASSED
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import TextDelta
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.providers.provider_calls import CANARY, a_provider, a_request
from helpers.providers.provider_clients import (
    EVENTS,
    JSON,
    SSE,
    STREAM,
    WHOLE,
    Body,
    a_client,
    a_key,
    a_target,
)

BODY = b'{ "model": "mine", "messages": [ ], "novel": 1e3 }'


class Asked:
    """One provider with a fixed answer, and what it was sent."""

    def __init__(self, body=STREAM, headers=SSE, status=200, **changes):
        self.requests = []
        self.body, self.headers, self.status = body, headers, status
        self.provider = a_provider(**changes)
        self.client = a_client(self._answer)
        self.target = a_target(self.client, self.provider)

    async def _answer(self, request):
        self.requests.append(request)
        return httpx.Response(self.status, headers=self.headers, stream=Body(self.body))

    async def ask(self, stream=True, key=None, **sent):
        passage = Passage(VerbatimRequest(**{"dialect": "openai_chat", "body": BODY} | sent))
        events = []
        key = key or a_key(self.provider)
        async with aclosing(
            await self.client.open_chat(
                self.target,
                a_request(stream=stream),
                key,
                memory=uncounted(),
                verbatim=passage,
            )
        ) as call:
            while more := await call.receive():
                events += more
        return passage, events


async def test_the_body_goes_out_as_it_came():
    """But for the model's name; with the client's headers, and the provider's key."""
    asked = Asked()
    passage, events = await asked.ask(headers=(("x-novel", "yes"), ("authorization", "Bearer x")))
    (request,) = asked.requests
    assert request.read() == BODY.replace(b"mine", b"m")
    assert request.headers["x-novel"] == "yes"
    assert request.headers["authorization"] == f"Bearer {CANARY}"
    assert events == EVENTS
    assert passage.take(whole=True) == STREAM
    assert passage.head.content_type == "text/event-stream"


@pytest.mark.parametrize(("body", "headers"), [(STREAM, SSE), (WHOLE, JSON)])
async def test_bytes_are_those_behind_a_compression(body, headers):
    """With a label or without."""
    for label in ({"content-encoding": "gzip"}, {}):
        stream = body is STREAM
        asked = Asked(gzip.compress(body), headers | label)
        passage, events = await asked.ask(stream=stream)
        assert events == EVENTS
        assert passage.passes_on(stream=stream)
        assert (passage.take(whole=True) if stream else passage.take_whole()) == body


async def test_a_compressed_body_counts_what_was_received():
    """So a caller knows that the provider lives."""
    passage, _ = await Asked().ask()
    assert passage.received == len(STREAM) + 1


async def test_refusals_are_not_corrected():
    """Nothing in a client's body is ours: one call is made, and it fails."""
    refusal = {
        "error": {"message": "Unknown parameter: 'stream_options'", "param": "stream_options"}
    }
    asked = Asked(json.dumps(refusal).encode(), JSON, 400)
    with pytest.raises(ProviderFailed) as caught:
        await asked.ask()
    assert len(asked.requests) == 1
    assert caught.value.failure.status == 400


async def test_heads_are_kept_for_each_set_of_headers():
    """When they come again, and only so many; they are dropped when keys are forgotten."""
    asked = Asked()
    key = a_key(asked.provider)
    for number in range(MAX_PASSED + 3):
        headers = (("x-turn", str(number)),)
        await asked.ask(key=key, headers=headers)
        assert len(asked.target.passed_calls) == min(number, MAX_PASSED)
        await asked.ask(key=key, headers=headers)
    assert len(asked.target.passed_calls) == MAX_PASSED
    assert {each.headers["x-turn"] for each in asked.requests} == set(
        map(str, range(MAX_PASSED + 3))
    )
    asked.client.forget_keys()
    assert not asked.target.passed_calls


async def test_a_head_without_headers_is_kept_at_once():
    """As most are."""
    asked = Asked()
    await asked.ask()
    assert len(asked.target.passed_calls) == 1


async def test_another_key_makes_another_head():
    """The old one is in no request any more."""
    asked = Asked()
    await asked.ask()
    await asked.ask(key=a_key(asked.provider, "sk-other-0123456789"))
    assert asked.requests[-1].headers["authorization"] == "Bearer sk-other-0123456789"


async def test_anthropics_query_and_betas():
    """The query is kept as far as it means something; the user's betas are joined."""
    asked = Asked(name="anthropic")
    asked.provider = a_provider("anthropic", headers={"anthropic-beta": "mine-2026-01-01"})
    asked.target = a_target(asked.client, asked.provider)
    with pytest.raises(ProviderFailed):  # it is answered in another API
        await asked.ask(
            dialect="anthropic",
            query="beta=true&key=secret",
            headers=(("anthropic-beta", "theirs-2026-01-01"),),
        )
    (request,) = asked.requests
    assert str(request.url).endswith("/v1/messages?beta=true")
    assert request.headers["anthropic-beta"] == "theirs-2026-01-01,mine-2026-01-01"


async def test_many_embeddings():
    """A chat of so many values would be refused, and so would a reply of twenty megabytes."""
    numbers = b",".join([b"-0.012345678901234567"] * 1_000_000)
    body = b'{"data":[{"embedding":[%b]}],"model":"m","usage":{"prompt_tokens":9}}' % numbers
    asked = Asked(body, JSON)
    sent = b'{"model":"x","input":"a"}'
    passage, events = await asked.ask(stream=False, operation="embeddings", body=sent)
    assert events[-1].usage.input_tokens == 9
    assert passage.take_whole() == body


async def test_ollamas_older_questions():
    """Their text is in `response`, which is read along."""
    lines = (
        b'{"model":"m","response":"a","done":false}\n'
        b'{"model":"m","response":"","done":true,"done_reason":"stop","eval_count":1}\n'
    )
    asked = Asked(lines, {"content-type": "application/x-ndjson"})
    asked.provider = a_provider("ollama", needs_key=True)
    asked.target = a_target(asked.client, asked.provider)
    passage, events = await asked.ask(dialect="ollama", body=b'{"model":"x","prompt":"q"}')
    assert asked.requests[0].url.path == "/api/generate"
    assert asked.requests[0].read() == b'{"model":"m","prompt":"q"}'
    assert (events[0], events[-1].finish) == (TextDelta("a"), "stop")
    assert passage.passes_on(stream=True)
    assert passage.take(whole=True) == lines


async def test_what_cannot_be_said_is_not_sent():
    """A provider of another API is not called."""
    asked = Asked()
    with pytest.raises(ProviderFailed) as caught:
        await asked.ask(dialect="anthropic", unsaid="tools[0]")
    assert caught.value.failure.kind is FailureClass.UNSUPPORTED
    assert asked.requests == []


async def test_a_translated_request_is_the_usual_one():
    """Its bytes are not kept, but they are counted."""
    asked = Asked()
    passage, events = await asked.ask(dialect="anthropic")
    assert b'"messages":[{"role":"user","content":"Hi"}]' in asked.requests[0].read()
    assert events == EVENTS
    assert (passage.size, passage.received) == (0, len(STREAM) + 1)


async def test_bytes_with_the_key_are_masked():
    """A server may repeat what it was sent: the client gets as many stars."""
    for body, headers in ((STREAM, SSE), (WHOLE, JSON)):
        stream = body is STREAM
        repeated = body.replace(b'"a"', b'"%b"' % CANARY.encode())
        passage, _ = await Asked(repeated, headers).ask(stream=stream)
        got = passage.take(whole=True) if stream else passage.take_whole()
        assert got == body.replace(b'"a"', b'"%b"' % (b"*" * len(CANARY)))


async def test_headers_with_the_key_stay_here():
    """A server may repeat it."""
    asked = Asked(headers=SSE | {"x-request-id": f"for {CANARY}", "request-id": "r1"})
    passage, _ = await asked.ask()
    assert passage.head.headers == (("request-id", "r1"),)
