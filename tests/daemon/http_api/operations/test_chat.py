"""Chats as HTTP clients see them: verbatim and translated, streamed and whole."""

import json

import pytest
import trio

from aircherd.http_api.dialects.gemini import DIALECT as GEMINI
from aircherd.testing.simulator import Fault
from helpers.http_api.carrying import KEY, carrying
from helpers.http_api.performing import FakeClient, Recorder, chat_body, do

PRICES = '[catalog."chat/gpt-5.5"]\ninput_price = 1\noutput_price = 1\n'


async def test_whole_replies_tell_what_answered(environ):
    """Both ways; the body of a verbatim one is the vendor's."""
    async with carrying(environ) as carrier:
        for model, carried in (("chat/gpt-5.5", "verbatim"), ("ant/claude-sonnet-5", "translated")):
            got = await do(carrier, "chat", chat_body(model))
            assert (got.status, got.is_ended) == (200, True)
            assert got.headers["content-type"].startswith("application/json")
            assert got.headers["x-aircher-carried"] == carried
            assert got.headers["x-aircher-provider"] == model.partition("/")[0]
            assert got.headers["x-aircher-model"] == model.partition("/")[2]
            assert got.headers["x-aircher-attempts"] == "1"
            assert got.json["choices"][0]["message"]["content"] == "one two"
            assert got.json["model"] == model.partition("/")[2]


async def test_streams_tell_what_answered(environ):
    """In headers what is known at the start, the cost in a trailer and in a last comment."""
    async with carrying(
        environ, '[catalog."chat/gpt-5.5"]\ninput_price = 1\noutput_price = 1\n'
    ) as carrier:
        body = chat_body(stream=True, stream_options={"include_usage": True})
        got = await do(carrier, "chat", body)
        assert got.headers["content-type"].startswith("text/event-stream")
        assert got.headers["x-aircher-carried"] == "verbatim"
        assert got.declared == ("x-aircher-cost",)
        assert float(got.trailers["x-aircher-cost"]) > 0
        stream, _, note = got.body.partition(b"data: [DONE]\n\n")
        assert note == f": x-aircher-cost: {got.trailers['x-aircher-cost']}\n\n".encode()
        texts = [json.loads(each[6:]) for each in stream.split(b"\n\n") if each]
        assert (
            "".join(t["choices"][0]["delta"].get("content", "") for t in texts if t["choices"])
            == "one two"
        )


async def test_translated_streams_are_the_dialects(environ):
    """Their pieces come as the provider sends them."""
    async with carrying(environ) as carrier:
        body = chat_body("ant/claude-sonnet-5", "count 2000", stream=True)
        got = await do(carrier, "chat", body)
        assert got.headers["x-aircher-carried"] == "translated"
        assert b'" 2000"' in got.body
        assert b"data: [DONE]\n\n" in got.body
        assert len(got.pieces) > 2
        assert got.is_ended


async def test_a_stream_of_another_type(environ):
    """Gemini's clients may ask for one JSON list instead of events."""
    async with carrying(environ) as carrier:
        body = {"contents": [{"role": "user", "parts": [{"text": "one two"}]}]}
        call = {
            "dialect": GEMINI,
            "path": "/v1beta/models/m:streamGenerateContent",
            "params": {"model": "goo/gemini-3.8-flash"},
        }
        got = await do(carrier, "chat", body, **call)
        assert got.headers["content-type"].startswith("application/json")
        assert got.headers["x-aircher-carried"] == "translated"
        found = [p["text"] for e in got.json for p in e["candidates"][0]["content"]["parts"]]
        assert "".join(found) == "one two"
        got = await do(carrier, "chat", body, query={"alt": "sse"}, **call)
        assert got.headers["content-type"].startswith("text/event-stream")
        assert got.headers["x-aircher-carried"] == "verbatim"


async def test_fallback_is_seen(environ):
    """The headers name what answered, and how many were asked."""
    async with carrying(environ) as carrier:
        carrier.meet("error", error="overloaded", vendor="openai")
        got = await do(carrier, "chat", chat_body("other_way", stream=True))
        assert got.headers["x-aircher-provider"] == "ant"
        assert got.headers["x-aircher-attempts"] == "2"


async def test_errors_before_the_reply_have_a_status(environ):
    """And the headers that keep SDKs from asking again; the message names each provider."""
    async with carrying(environ) as carrier:
        for stream in (True, False):
            carrier.services.provider_client.cooldowns.clear(None)
            carrier.meet("error", error="rate_limit", vendor="openai", retry_after=30.0)
            carrier.meet("error", error="overloaded", vendor="anthropic")
            got = await do(carrier, "chat", chat_body("both", stream=stream))
            assert got.status == 424  # as this dialect answers a 5xx: tools repeat that
            assert got.headers["x-should-retry"] == "false"
            assert int(got.headers["retry-after"]) > 0
            assert got.headers["x-aircher-attempts"] == "2"
            message = got.json["error"]["message"]
            assert "ant: " in message
            assert "chat: " in message
            assert KEY not in message


async def test_errors_after_the_first_output_are_in_the_stream(environ):
    """Both ways; the stream ends properly, so that clients read the error."""
    async with carrying(environ) as carrier:
        for model, vendor in (("chat/gpt-5.5", "openai"), ("ant/claude-sonnet-5", "anthropic")):
            carrier.services.provider_client.cooldowns.clear(None)
            carrier.meet("cut", vendor=vendor, after=1)
            got = await do(carrier, "chat", chat_body(model, stream=True))
            assert (got.status, got.is_ended) == (200, True)
            last = [each for each in got.body.split(b"\n\n") if each.startswith(b"data: {")][-1]
            assert "broke off" in json.loads(last[6:])["error"]["message"]
            assert b"[DONE]" not in got.body


class Broken(Recorder):
    """A client whose connection breaks with the first piece."""

    async def send(self, data):
        raise trio.BrokenResourceError


async def test_a_broken_connection_is_the_servers_to_handle(environ):
    """It is no bug, and nothing is sent after it."""
    async with carrying(environ) as carrier:
        response = Broken()
        with pytest.raises(trio.BrokenResourceError):
            await do(carrier, "chat", chat_body(stream=True), response=response)
        assert not response.is_ended
        with trio.fail_after(5):
            await carrier.last.finished.wait()


async def test_an_empty_reply_is_translated(environ):
    """Another provider is asked first; if none has more to say, the client gets the empty one."""
    async with carrying(environ, text="") as carrier:
        for stream in (True, False):
            got = await do(carrier, "chat", chat_body(stream=stream))
            assert got.status == 200
            assert got.headers["x-aircher-carried"] == "translated"
            assert got.is_ended


async def test_the_client_is_asked_for(environ):
    """As for a chat on the socket; the model is what its name stands for."""
    more = '[http.models]\n"claude-*" = "chat/gpt-5.5"\n'
    async with carrying(environ, more) as carrier:
        client = FakeClient()
        got = await do(carrier, "chat", chat_body("claude-sonnet-5"), client=client)
        assert got.headers["x-aircher-model"] == "gpt-5.5"
        assert client.asked == ["chat"]
        assert client.memory.size == 0


async def test_a_timeout_of_the_client(environ):
    """It is a problem of its own; what is no number is refused."""
    async with carrying(environ) as carrier:
        carrier.sim.faults.add(Fault("stall", vendor="openai"))
        headers = {"x-aircher-timeout": "0.05"}
        got = await do(carrier, "chat", chat_body(stream=True), headers=headers)
        assert (got.status, "within 0.05 s" in got.json["error"]["message"]) == (424, True)
        for text in ("soon", "-1", "nan", "inf"):
            headers = {"x-aircher-timeout": text}
            got = await do(carrier, "chat", chat_body(), headers=headers)
            assert (got.status, got.json["error"]["param"]) == (400, "x-aircher-timeout")


async def test_a_timeout_within_a_reply(environ):
    """The stream ends with an error."""
    async with carrying(environ) as carrier:
        carrier.sim.faults.add(Fault("stall", vendor="openai", after=1))
        response = Recorder()
        got = await do(
            carrier,
            "chat",
            chat_body(stream=True),
            headers={"x-aircher-timeout": "1"},  # the first word has to come before
            response=response,
        )
        assert (got.status, got.is_ended) == (200, True)
        assert b'"error"' in got.body


async def test_a_client_that_is_bound_to_models_asks_no_other_one_by_a_tool(environ):
    """An adviser, for example: the provider would ask it, and bill it."""
    tools = [{"type": "advisor_20260301", "name": "advisor", "model": "gpt-5.5-pro"}]
    body = chat_body(tools=tools)
    async with carrying(environ) as carrier:
        bound = FakeClient(models=["chat/gpt-5.5"])
        got = await do(carrier, "chat", body, client=bound)
        assert got.status == 403
        assert "tools: the token 'tool' may not use the model gpt-5.5-pro" in got.body.decode()
        asked = FakeClient(models=["chat/gpt-5.5", "gpt-5.5-pro"])
        for client in (asked, FakeClient()):
            assert (await do(carrier, "chat", body, client=client)).status != 403
