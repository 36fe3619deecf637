"""Replies that go to HTTP clients: the provider's bytes, or the events to translate."""

import json

import httpx
import pytest
import trio

from aircher_wire import codes
from helpers.http_api.carrying import KEY, SPEAKERS, TEXT, Carried, Carrier, body_of, carrying

THINKING = {"type": "adaptive", "display": "summarized"}


async def direct_bytes(carrier: Carrier) -> bytes:
    """Return what the vendor answers to the last chat without the daemon."""
    request = carrier.last.request
    async with httpx.AsyncClient() as client:
        url = carrier.sim.url + request.target
        return (await client.post(url, headers=request.headers, content=request.body)).content


def text_of(carried: Carried) -> str:
    """Return the text of the result."""
    assert carried.result is not None
    parts = carried.result.message["content"]
    return "".join(part["text"] for part in parts if part["type"] == "text")


def outcomes(carried: Carried) -> list[str]:
    """Return the outcomes of the calls that were made."""
    if carried.result is not None:
        return [each.outcome for each in carried.result.attempts]
    assert carried.error is not None
    return [each["outcome"] for each in carried.error.data["attempts"]]


@pytest.mark.parametrize("stream", [True, False])
async def test_replies_have_the_vendors_own_bytes(environ, stream):
    """They are equal for every API, and the head says what they are."""
    async with carrying(environ) as carrier:
        for dialect in SPEAKERS:
            carried = await carrier.ask(dialect, stream=stream)
            assert carried.outcome == "ok", carried.error
            assert carried.data == await direct_bytes(carrier), dialect
            assert carried.data
            (head,) = carried.heads
            kind = "ndjson" if stream and dialect == "ollama" else "event-stream"
            assert (kind if stream else "json") in head.content_type
            assert carried.texts == []
            assert text_of(carried) == TEXT
            if not stream:
                assert len(carried.pieces) == 1


FAULTS = [
    {"kind": "error", "error": "overloaded"},
    {"kind": "error", "error": "rate_limit"},
    {"kind": "error", "error": "server"},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "reset", "after": 0},
    {"kind": "cut", "after": 0},
    {"kind": "truncate", "after": 0},
    {"kind": "stream_error", "after": 0},
]


@pytest.mark.parametrize("stream", [True, False])
async def test_fallback_before_the_first_output(environ, stream):
    """Both ways are tried in each order, and the client gets the second reply only."""
    async with carrying(environ) as carrier:
        for fault in FAULTS:
            for model, first in (("both", "anthropic"), ("other_way", "openai")):
                carrier.services.provider_client.cooldowns.clear(None)
                carrier.meet(**fault, vendor=first)
                carried = await carrier.ask("anthropic", model, stream=stream)
                assert carried.outcome == "ok", (fault, carried.error)
                assert len(outcomes(carried)) == 2, fault
                assert outcomes(carried)[1] == "ok"
                is_verbatim = first == "openai"  # Anthropic answers its own client
                assert bool(carried.heads) == bool(carried.data) == is_verbatim
                if stream:
                    assert ("".join(carried.texts) == TEXT) == (not is_verbatim)


async def test_a_provider_that_says_nothing_is_left(environ):
    """After the time for a first byte, the next one answers."""
    async with carrying(environ, "[network]\nfirst_byte_timeout = 0.2\n") as carrier:
        carrier.meet("stall", vendor="openai")
        carried = await carrier.ask("anthropic", "other_way")
        assert outcomes(carried) == [codes.TIMEOUT, "ok"]
        assert carried.heads


async def test_a_refused_key_moves_on(environ):
    """The next provider answers, translated."""
    async with carrying(environ) as carrier:
        carrier.meet("error", error="refused_key", vendor="anthropic")
        carried = await carrier.ask("anthropic", "both")
        assert outcomes(carried) == [codes.AUTH_REJECTED, "ok"]
        assert "".join(carried.texts) == TEXT


async def test_after_the_first_output_nothing_is_tried(environ):
    """The bytes so far end with an event, and the error is of a reply that broke off."""
    async with carrying(environ) as carrier:
        for fault in ({"kind": "cut"}, {"kind": "truncate"}, {"kind": "stream_error"}):
            carrier.services.provider_client.cooldowns.clear(None)
            carrier.meet(**fault, vendor="anthropic", after=2)
            carried = await carrier.ask("anthropic", "both")
            assert carried.error is not None, fault
            assert carried.error.data["finish"] in ("truncated", "error")
            assert len(outcomes(carried)) == 1
            assert carried.data.endswith(b"\n\n")
            assert b'"one"' in carried.data


async def test_thinking_is_final_too(environ):
    """A client over HTTP cannot drop it, verbatim or translated; on the socket it can."""
    async with carrying(environ) as carrier:
        body = body_of("anthropic", stream=True, thinking=THINKING)
        carrier.meet("cut", vendor="anthropic", after=2)  # within the thought
        carried = await carrier.ask("anthropic", "both", body=body)
        assert b"thinking_delta" in carried.data
        assert b"text_delta" not in carried.data
        assert len(outcomes(carried)) == 1
        assert carried.outcome == codes.TRUNCATED


async def test_a_reply_of_thinking_only(environ):
    """It is complete: what was sent cannot be taken back, so no other provider is asked."""
    async with carrying(environ, text="") as carrier:
        body = body_of("anthropic", stream=True, thinking=THINKING)
        carried = await carrier.ask("anthropic", "both", body=body)
        assert (carried.outcome, outcomes(carried)) == ("ok", ["ok"])
        assert carried.data.endswith(b'data: {"type":"message_stop"}\n\n')


async def test_an_empty_reply_moves_on(environ):
    """Another provider may have more to say; nothing of it was sent."""
    async with carrying(environ, text="") as carrier:
        for stream in (True, False):
            carried = await carrier.ask("anthropic", "both", stream=stream)
            assert carried.result.empty is True
            assert (carried.heads, carried.data) == ([], b"")
            assert outcomes(carried) == [codes.EMPTY_REPLY] * 2


async def test_a_reply_in_another_form_is_translated(environ):
    """A server that answers a stream with one object has its events translated."""
    async with carrying(environ) as carrier:
        carrier.meet("no_stream", vendor="openai")
        carried = await carrier.ask("openai_chat")
        assert (carried.outcome, carried.heads, carried.data) == ("ok", [], b"")
        assert "".join(carried.texts) == TEXT


async def test_a_form_that_no_provider_has_is_translated(environ):
    """The body goes as it came, and the events come back."""
    async with carrying(environ) as carrier:
        carried = await carrier.ask("gemini", unsaid="novel", only_translated=True)
        assert (carried.outcome, carried.heads) == ("ok", [])
        assert "".join(carried.texts) == TEXT
        assert carrier.last.request.body == body_of("gemini", stream=True)


async def test_what_cannot_be_said_moves_on(environ):
    """It goes to a provider of the same API only, and is named if there is none."""
    async with carrying(environ) as carrier:
        carried = await carrier.ask("anthropic", "other_way", unsaid='tools[0].type "novel"')
        assert outcomes(carried) == [codes.BAD_REQUEST, "ok"]
        assert carried.heads
        carried = await carrier.ask("anthropic", "chat/gpt-5.5", unsaid='tools[0].type "novel"')
        assert carried.outcome == codes.BAD_REQUEST
        assert 'tools[0].type "novel"' in carried.error.message
        assert "Anthropic's API" in carried.error.message


async def test_the_key_is_in_nothing_that_a_client_gets(environ):
    """Neither in bytes nor in errors, whatever a vendor says of it."""
    async with carrying(environ) as carrier:
        carried = await carrier.ask("openai_chat")
        assert carrier.last.key == KEY
        assert KEY.encode() not in carried.everything()
        carrier.meet("error", error="refused_key", message=f"the key {KEY} is wrong")
        carried = await carrier.ask("openai_chat")
        assert carried.outcome == codes.AUTH_REJECTED
        assert KEY.encode() not in carried.everything()


async def test_a_price_that_only_the_body_says(environ):
    """Under a limit in USD, a search at the vendor is not sent: what it costs is not known."""
    price = '[catalog."ant/claude-sonnet-5"]\ninput_price = 1\noutput_price = 1\n'
    async with carrying(environ, f'[[limits]]\nusd = 1.0\nper = "day"\n{price}') as carrier:
        tools = [{"type": "web_search_20250305", "name": "web_search"}]
        body = body_of("anthropic", stream=True, tools=tools)
        carried = await carrier.ask("anthropic", body=body, unsaid="tools[0]")
        assert carried.outcome == codes.PRICE_UNKNOWN
        assert "web_search_20250305" in carried.error.message
        assert (await carrier.ask("anthropic")).outcome == "ok"


async def test_ledger_rows_are_equal_both_ways(environ):
    """Tokens and cost do not depend on how a reply is carried."""
    async with carrying(environ) as carrier:
        rows = []
        for dialect in ("openai_chat", "anthropic"):  # verbatim, and translated
            carried = await carrier.ask(dialect, "chat/gpt-5.5")
            assert bool(carried.heads) == (dialect == "openai_chat")
            assert carried.result is not None
            rows.append((carried.result.usage, carried.result.cost, carried.result.finish))
        assert rows[0] == rows[1]
        assert rows[0][0].output_tokens == 3


async def test_a_client_that_leaves_ends_the_call(environ):
    """The vendor notices while it still has words to say."""
    async with carrying(environ, delay=0.01) as carrier:
        has_begun = trio.Event()

        async def ask() -> None:
            passed = Carried.send

            async def send(self, deltas) -> None:
                await passed(self, deltas)
                if self.data:
                    has_begun.set()

            Carried.send = send
            try:
                await carrier.ask("openai_chat", text="count 10000")
            finally:
                Carried.send = passed

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await has_begun.wait()
            nursery.cancel_scope.cancel()
        with trio.fail_after(5):
            await carrier.last.disconnected.wait()


async def test_bytes_tell_that_a_provider_lives(environ):
    """What makes no event counts as well."""
    async with carrying(environ) as carrier:
        carried = await carrier.ask("openai_chat")
        assert carried.passage.received >= len(carried.data)
        translated = await carrier.ask("anthropic", "chat/gpt-5.5")
        assert translated.passage.received > 100


async def test_one_write_has_all_events_of_a_read(environ):
    """A fast provider's events are not sent one by one."""
    async with carrying(environ, events_per_write=1000) as carrier:
        carried = await carrier.ask("openai_chat", text="count 1000")
        events = carried.data.count(b"\n\n")
        assert events > 1000
        assert len(carried.pieces) < events / 10
        assert json.loads(carried.data.split(b"\n\n")[0].removeprefix(b"data: "))
