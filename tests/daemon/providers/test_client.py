"""The provider client: a chat, its events or one failure, and what that shows of the provider."""

import gzip
import ssl
import time
from contextlib import aclosing

import brotli
import httpx
import msgspec
import pytest
import trio

from aircher_wire import codes
from aircherd.config.model import Network
from aircherd.errors import AircherError, ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.client import ProviderClient
from aircherd.providers.download import REFUSAL_SECONDS
from aircherd.providers.transport.http_transport import Transport
from aircherd.providers.transport.out_of_files import out_of_files
from aircherd.providers.transport.request import RequestHead
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import Health
from helpers.cooling import failed
from helpers.providers.http_server import open_server, replies
from helpers.providers.provider_calls import CANARY, a_provider, a_request
from helpers.providers.provider_clients import (
    EVENTS,
    HTML,
    JSON,
    SSE,
    STREAM,
    WELL,
    WHOLE,
    Body,
    a_client,
    a_key,
    a_target,
    answering,
    ask,
    failing,
    over,
    raising,
)

TOKENS_SPENT = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}
# With the pool's clock at the beginning of 1970.
MONTH = (31 * 86_400, 31 * 86_400)
ANTHROPIC_DATE = (
    b'{"error":{"type":"invalid_request_error","message":"You have reached your specified API '
    b'usage limits. You will regain access on 1970-01-02 at 00:00 UTC."}}'
)
OPENROUTER_BUDGET = (
    b'{"error":{"code":403,"metadata":{"limit_source":"key","resets_at":"1970-01-01T02:00:00Z"}}}'
)
GEMINI_DELAY = (
    b'{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"@type":"x/google.rpc.RetryInfo",'
    b'"retryDelay":"34.4s"}]}}'
)
GEMINI_DAY = (
    b'{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":'
    b'"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"34.4s"}]}}'
)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "headers"),
    [(STREAM, SSE), (WHOLE, JSON), (WHOLE, {"content-type": "Application/JSON"})],
)
async def test_reads_what_the_server_sends(
    body: bytes, headers: dict[str, str], stream: bool
) -> None:
    """A stream is read as one, a reply in one piece as one, whatever was requested."""
    assert await ask(answering(200, body, headers), a_request(stream=stream)) == EVENTS


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("body", [STREAM, WHOLE, b"\xef\xbb\xbf\n" + WHOLE + b"\0"])
@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "text/event-stream", "text/plain", "x/y", None]
)
async def test_the_bytes_decide_whatever_the_label(
    body: bytes, kind: str | None, stream: bool
) -> None:
    """A stream and a whole reply are read under any content type."""
    headers = {"content-type": kind} if kind else {}
    assert await ask(answering(200, body, headers), a_request(stream=stream)) == EVENTS


async def test_the_request_decides_without_a_content_type() -> None:
    """Without a content type, the requested format is expected."""
    assert await ask(answering(200, STREAM), a_request(stream=True)) == EVENTS
    assert await ask(answering(200, WHOLE), a_request(stream=False)) == EVENTS


@pytest.mark.parametrize("stream", [True, False])
async def test_a_cost_in_a_header_is_that_of_the_reply(stream: bool) -> None:
    """LiteLLM's, whether the reply is streamed or not; one that is no amount is ignored."""
    body, headers = (STREAM, SSE) if stream else (WHOLE, JSON)
    for value, cost in (("0.25", "0.25"), ("x", None)):
        more = headers | {"x-litellm-response-cost": value}
        events = await ask(answering(200, body, more), a_request(stream=stream))
        expected = msgspec.structs.replace(EVENTS[-1], cost=cost)
        assert [*EVENTS[:-1], expected] == events


async def test_request_as_sent() -> None:
    """The request has the adapter's URL, headers and body, and the network's timeouts."""
    sent: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, headers=SSE, stream=Body(STREAM))

    await ask(a_client(answer), provider=a_provider(headers={"X-Team": "blå"}))
    (request,) = sent
    assert str(request.url) == "https://api.openai.com/v1/chat/completions"
    assert f"Bearer {CANARY}" == request.headers["authorization"]
    assert "blå".encode() in [value for _, value in request.headers.raw]
    waits = {"connect": 10.0, "write": 60.0, "read": 60.0, "first_byte": 120.0}
    assert waits == request.extensions["timeout"]


async def test_reply_in_one_piece_may_take_the_whole_time() -> None:
    """Nothing can come before an unstreamed reply is finished: its first byte may be late."""

    async def answer(request: httpx.Request) -> httpx.Response:
        assert request.extensions["timeout"]["first_byte"] == Network().request_timeout
        return httpx.Response(200, headers=JSON, stream=Body(WHOLE))

    assert await ask(a_client(answer), a_request(stream=False)) == EVENTS


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "headers"), [(STREAM, SSE), (WHOLE, JSON)], ids=["streamed", "whole"]
)
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "br", "GZIP, Br", None])
async def test_reads_what_was_compressed_unasked(
    body: bytes, headers: dict[str, str], coding: str | None, stream: bool
) -> None:
    """By the header that says so; gzip also without one."""
    for name in (coding or "gzip").lower().split(", "):
        body = brotli.compress(body) if name == "br" else gzip.compress(body)
    coded = headers | ({"Content-Encoding": coding} if coding else {})
    assert await ask(answering(200, body, coded), a_request(stream=stream)) == EVENTS


async def test_reads_a_compressed_refusal() -> None:
    """Its message and code survive."""
    body = gzip.compress(b'{"error":{"message":"no credit","code":"insufficient_quota"}}')
    for headers in (JSON, JSON | {"content-encoding": "gzip"}):
        failure = (await failing(answering(429, body, headers))).failure
        assert failure.kind is FailureClass.QUOTA
        assert failure.message.endswith("no credit")


async def test_an_unknown_compression_is_named() -> None:
    """A refusal in it still has its status."""
    headers = JSON | {"content-encoding": "compress"}
    failure = (await failing(answering(200, b"\x1f\x9d\x90" * 9, headers))).failure
    assert failure.kind is FailureClass.PROTOCOL
    assert failure.message == "answered in compress, which was not asked for"
    failure = (await failing(answering(503, b"\x1f\x9d\x90" * 9, headers))).failure
    assert failure.kind is FailureClass.OVERLOADED


@pytest.mark.parametrize(
    ("provider_client", "kind", "status"),
    [
        (answering(401, b"{}", JSON), FailureClass.AUTH, 401),
        (answering(429, b"{}", JSON), FailureClass.RATE, 429),
        (answering(502, b"<html>", HTML), FailureClass.SERVER, 502),
        (answering(401, b"<html>", HTML), FailureClass.PROTOCOL, 401),
        (answering(403, b"<html>", HTML), FailureClass.PROTOCOL, 403),
        (answering(200, b"<p>", {"content-type": "Text/HTML"}), FailureClass.PROTOCOL, 200),
        (answering(200, b"<html>", HTML), FailureClass.PROTOCOL, 200),
        (answering(302, b"", {"location": "https://elsewhere"}), FailureClass.PROTOCOL, 302),
        (answering(200, b"", SSE), FailureClass.PROTOCOL, None),
        (answering(200, b"", JSON), FailureClass.PROTOCOL, None),
        (answering(200, b"{}", JSON), FailureClass.PROTOCOL, None),
        (answering(200, b"hello", {"content-type": "text/plain"}), FailureClass.PROTOCOL, None),
        (answering(200, STREAM[:70], SSE), FailureClass.TRUNCATED, None),
        (
            answering(200, Body(STREAM[:70], httpx.ReadError("reset")), SSE),
            FailureClass.NETWORK,
            None,
        ),
        (
            answering(200, Body(STREAM[:70], httpx.ReadTimeout("x")), SSE),
            FailureClass.TIMEOUT,
            None,
        ),
        (answering(500, Body(httpx.ReadError("reset"))), FailureClass.SERVER, 500),
        (raising(httpx.ConnectError("refused")), FailureClass.NETWORK, None),
        (raising(httpx.ConnectTimeout("late")), FailureClass.TIMEOUT, None),
        (raising(httpx.RemoteProtocolError("x")), FailureClass.NETWORK, None),
    ],
)
async def test_failures(
    provider_client: ProviderClient, kind: FailureClass, status: int | None
) -> None:
    """Every failure is a ProviderFailed with its class and the HTTP status."""
    failure = (await failing(provider_client)).failure
    assert (kind, status) == (failure.kind, failure.status)


async def test_a_stalled_error_body_is_not_awaited(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """An error whose body never ends is classified by its status, soon."""
    started = trio.current_time()
    error = await failing(answering(503, Body(b"{", "wait")))
    assert FailureClass.OVERLOADED is error.failure.kind
    assert trio.current_time() - started == REFUSAL_SECONDS


async def test_our_own_failure_does_not_affect_the_provider() -> None:
    """Too many open files neither cause a fallback nor make a provider unreachable."""
    provider_client = raising(out_of_files())
    with pytest.raises(AircherError, match="too many open files") as caught:
        await ask(provider_client)
    assert not isinstance(caught.value, ProviderFailed)
    assert caught.value.code == codes.INTERNAL
    assert provider_client.cooldowns.health("openai") == WELL


async def test_keep_alives_are_bounded(autojump_clock: trio.testing.MockClock) -> None:
    """A stream without any part of a reply ends after the time for the first byte."""

    class Alive(Body):
        async def receive_some(self) -> bytes:
            await trio.sleep(7)
            return b": keep-alive\n\n"

    error = await failing(answering(200, Alive(), SSE))
    assert FailureClass.TIMEOUT is error.failure.kind
    limit = Network().first_byte_timeout
    assert limit < trio.current_time() <= limit + 7


@pytest.mark.parametrize("status", [200, 500])
async def test_body_is_closed_whatever_happens(status: int) -> None:
    """After a reply or an error the response is closed."""
    body = Body(STREAM)
    provider_client = answering(status, body, SSE)
    if status == 200:
        await ask(provider_client)
    else:
        await failing(provider_client)
    assert body.is_closed
    assert "<ProviderClient 0 calls open, <CooldownManager " in repr(provider_client)


async def test_cancelled_call_is_closed(autojump_clock: trio.testing.MockClock) -> None:
    """Cancelling a read closes the call."""
    body = Body(STREAM[:70], "wait")
    with trio.move_on_after(1) as scope:
        await ask(answering(200, body, SSE))
    assert scope.cancelled_caught
    assert body.is_closed


async def test_a_key_for_another_origin_is_not_sent() -> None:
    """The key stops here, should AuthManager ever fail to check it."""
    provider_client, provider = answering(200, WHOLE, JSON), a_provider()
    moved = a_provider(base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match=r"must not go to https://elsewhere\.example:443"):
        await provider_client.open_chat(
            a_target(provider_client, moved), a_request(), a_key(provider), memory=uncounted()
        )


# ------------------------------------------------------------------ what a target keeps


async def test_a_target_keeps_its_head_for_the_key_used_last() -> None:
    """Another secret replaces it, `forget_keys` drops it."""
    provider_client, provider = answering(200, STREAM, SSE), a_provider()
    target = a_target(provider_client, provider)

    async def head_with(secret: str) -> RequestHead:
        call = await provider_client.open_chat(
            target, a_request(), a_key(provider, secret), memory=uncounted()
        )
        await call.aclose()
        (prepared,) = target.calls.values()
        return prepared.head

    first = await head_with(CANARY)
    assert CANARY.encode() in first.encoded
    other = await head_with("another-key-0123456789")
    assert CANARY.encode() not in other.encoded
    provider_client.forget_keys()
    assert (target.key, target.calls) == (None, {})


async def test_streamed_and_whole_replies_have_separate_heads() -> None:
    """They accept different content types."""
    provider_client, provider = answering(200, STREAM, SSE), a_provider()
    target, key = a_target(provider_client, provider), a_key(provider)
    for stream in (True, False, True):
        call = await provider_client.open_chat(
            target, a_request(stream=stream), key, memory=uncounted()
        )
        await call.aclose()
    heads = {stream: call.head.encoded for (_, stream), call in target.calls.items()}
    assert b"accept: text/event-stream" in heads[True]
    assert b"accept: application/json" in heads[False]


async def test_a_chat_without_a_key_uses_no_head_with_one() -> None:
    """It does not carry the key of the chat before."""
    provider_client, provider = answering(200, STREAM, SSE), a_provider()
    target = a_target(provider_client, provider)
    for key in (a_key(provider), None):
        call = await provider_client.open_chat(target, a_request(), key, memory=uncounted())
        await call.aclose()
    (prepared,) = target.calls.values()
    assert CANARY.encode() not in prepared.head.encoded


# ------------------------------------------------------------------ what cools, and who is there


@pytest.mark.parametrize(
    ("status", "body", "headers", "seconds", "others"),
    [
        # OpenAI's 429: Retry-After comes before the reset headers, and those before a guess.
        (429, b"{}", {**JSON, "retry-after": "20", "x-ratelimit-remaining-tokens": "0"}, 20, None),
        (429, b"{}", {**JSON, **TOKENS_SPENT}, 360, None),
        (429, b"{}", {**JSON, **TOKENS_SPENT, "x-ratelimit-remaining-requests": "0"}, 360, 360),
        (200, WHOLE, {**JSON, **TOKENS_SPENT}, 360, None),
        (200, WHOLE, {**JSON, "x-ratelimit-remaining-tokens": "7"}, None, None),
        # Quotas name no time, or a day.
        (429, b'{"error":{"code":"insufficient_quota"}}', JSON, 3600, 3600),
        (400, ANTHROPIC_DATE, JSON, 86_400, 86_400),
        (429, b'{"error":{"details":{"error_code":"enforced_spend_limit_reached"}}}', JSON, *MONTH),
        # OpenRouter's budget for what is under way passes by itself.
        (402, b"{}", {**JSON, "retry-after": "3"}, 3, None),
        (402, b'{"error":{"code":402}}', JSON, 3600, 3600),
        (403, OPENROUTER_BUDGET, JSON, 7200, 7200),
        # Gemini's delay is in the body; its quota of a day is of one model, and ends at midnight.
        (429, GEMINI_DELAY, JSON, 34.4, None),
        # What is past, or rubbish, or far beyond anything, is no time; what is long is cut.
        (429, b"{}", {**JSON, "retry-after": "Wed, 01 Jan 1969 00:00:00 GMT"}, 1, None),
        (429, b"{}", {**JSON, "retry-after": "Fri, 02 Jan 1970 00:00:00 GMT"}, 86_400, None),
        (429, b"{}", {**JSON, "retry-after": "soon"}, 1, None),
        (429, b"{}", {**JSON, "retry-after": "-5"}, 1, None),
        (429, b"{}", {**JSON, "retry-after": "9" * 400}, 1, None),
        (429, b"{}", {**JSON, "retry-after": "Mon, 01 Jan 2035 00:00:00 GMT"}, 1, None),
        (429, b"{}", {**JSON, "retry-after": "31000000"}, 86_400, None),
        (429, b"{}", {**JSON, "retry-after": "Thu, 31 Dec 1970 00:00:00 GMT"}, 86_400, None),
        (503, b"{}", {**JSON, "retry-after": "31000000"}, 3600, None),
        (402, b'{"error":{"code":402}}', {**JSON, "retry-after": "600"}, 600, None),
        (429, GEMINI_DAY, JSON, 8 * 3600, None),
        (503, b"{}", JSON, 5, None),
        (529, b'{"error":{"type":"overloaded_error"}}', JSON, 5, None),
        (404, b'{"error":{"code":"model_not_found"}}', JSON, 600, None),
        (401, b"{}", JSON, None, None),
        (400, b'{"error":{"message":"m does not support tools"}}', JSON, None, None),
        (429, b'{"error":{"message":"Request too large for m"}}', JSON, None, None),
    ],
)
async def test_what_a_response_cools(
    status: int,
    body: bytes,
    headers: dict[str, str],
    seconds: float | None,
    others: float | None,
) -> None:
    """This model with this key, or all models of the key; as long as the vendor says."""
    provider_client = answering(status, body, headers)
    if status == 200:
        await ask(provider_client)
    else:
        await failing(provider_client)
    for model, expected in (("m", seconds), ("another", others)):
        found = provider_client.cooldowns.cooling("openai", "default", model)
        left = found.until - time.time() if found and found.until else None
        # A guess is up to a quarter less.
        low = None if expected is None else expected * 0.749 - 1
        assert (left is None) if low is None else (left is not None and low < left <= expected)


async def test_the_rate_limit_is_known_by_key() -> None:
    """From the headers of the last response."""
    provider_client = answering(200, WHOLE, {**JSON, "x-ratelimit-remaining-tokens": "7"})
    await ask(provider_client)
    said = provider_client.cooldowns.rate_limit("openai", "default")
    assert said is not None
    assert [(a.counted, a.remaining) for a in said.allowances] == [("tokens", 7)]


async def test_a_cut_stream_does_not_make_a_provider_unreachable() -> None:
    """Its model cools for a moment; a complete reply ends even that."""
    provider_client = answering(200, Body(STREAM[:40], httpx.ReadError("reset")), SSE)
    assert (await failing(provider_client)).failure.kind is FailureClass.NETWORK
    assert provider_client.cooldowns.health("openai")[0] is not Health.UNREACHABLE
    assert provider_client.cooldowns.cooling("openai", "default", "another") is None
    found = provider_client.cooldowns.cooling("openai", "default", "m")
    assert found is not None
    assert found.reason == "truncated"


async def test_a_complete_reply_ends_the_cooldown_for_cut_replies() -> None:
    """One that only begins does not."""
    provider_client, provider = answering(200, WHOLE, JSON), a_provider()
    provider_client.cooldowns.note_failure(provider, "default", "m", failed(FailureClass.TRUNCATED))
    async with aclosing(
        await provider_client.open_chat(
            a_target(provider_client, provider),
            a_request(),
            a_key(provider),
            memory=uncounted(),
        )
    ) as call:
        assert provider_client.cooldowns.cooling("openai", "default", "m")
        await call.receive()
    assert provider_client.cooldowns.cooling("openai", "default", "m") is None


async def test_health_follows_the_calls() -> None:
    """Without a connection a provider is unreachable, after the next response it is not."""
    errors: list[Exception] = [httpx.ConnectError("refused")]

    async def answer(_: httpx.Request) -> httpx.Response:
        if errors:
            raise errors.pop()
        return httpx.Response(200, headers=SSE, stream=Body(STREAM))

    provider_client = a_client(answer)
    await failing(provider_client)
    reason = "cannot connect to https://api.openai.com:443: refused"
    assert (Health.UNREACHABLE, reason) == provider_client.cooldowns.health("openai")[:2]
    await ask(provider_client)
    assert provider_client.cooldowns.health("openai") == WELL


# ------------------------------------------------------------------ corrected requests

UNKNOWN_FIELD = b'{"error":{"message":"Unrecognized request argument supplied: stream_options"}}'
UNKNOWN_LIMIT = b'{"error":{"message":"Unsupported parameter: max_completion_tokens"}}'
NO_SUCH_MODEL = b'{"error":{"message":"none","code":"model_not_found"}}'


def http_answer(status: int, body: bytes, content_type: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def bodies_of(requests: list[bytes]) -> list[dict[str, object]]:
    return [msgspec.json.decode(request.partition(b"\r\n\r\n")[2]) for request in requests]


async def test_a_field_of_ours_is_left_out_and_the_call_made_again() -> None:
    """Over real HTTP, as one call; the target remembers it, `on_sent` is called once."""
    refused, well = http_answer(400, UNKNOWN_FIELD), http_answer(200, STREAM, "text/event-stream")
    sent: list[bool] = []
    async with (
        open_server(replies(refused, well)) as server,
        aclosing(Transport(ssl.create_default_context)) as transport,
    ):
        provider_client = over(transport)
        provider = a_provider(base_url=f"{server.url}/v1")
        target, key = a_target(provider_client, provider), a_key(provider)
        for _ in range(2):
            call = await provider_client.open_chat(
                target, a_request(), key, memory=uncounted(), on_sent=lambda: sent.append(True)
            )
            async with aclosing(call):
                assert [event for events in [await call.receive()] for event in events]
    assert ["stream_options" in body for body in bodies_of(server.requests)] == [True, False, False]
    assert len(sent) == 2
    assert provider_client.cooldowns.health("openai") == WELL


async def answers_in_turn(*answers: tuple[int, bytes]) -> tuple[ProviderClient, list[Body]]:
    left, given = list(answers), list[Body]()

    async def answer(_: httpx.Request) -> httpx.Response:
        status, data = left.pop(0)
        given.append(Body(data))
        return httpx.Response(status, headers=JSON, stream=given[-1])

    return a_client(answer), given


async def test_two_corrections_are_the_most() -> None:
    """After them the last refusal is reported, and every response is closed."""
    client, given = await answers_in_turn((400, UNKNOWN_FIELD), (400, UNKNOWN_LIMIT), (200, WHOLE))
    assert await ask(client, a_request(stream=True, max_tokens=5)) == EVENTS
    assert len(given) == 3
    client, given = await answers_in_turn((400, UNKNOWN_FIELD), (400, UNKNOWN_FIELD))
    assert (await failing(client, a_request(stream=True))).failure.status == 400
    assert [body.is_closed for body in given] == [True, True]


async def test_a_refusal_of_the_corrected_call_is_the_failure() -> None:
    """For another reason: that is reported, and nothing is remembered."""
    client, given = await answers_in_turn((400, UNKNOWN_FIELD), (404, NO_SUCH_MODEL))
    provider = a_provider()
    target = a_target(client, provider)
    with pytest.raises(ProviderFailed) as caught:
        await client.open_chat(target, a_request(stream=True), a_key(provider), memory=uncounted())
    assert caught.value.failure.kind is FailureClass.MODEL
    assert target.edits == {}
    assert [body.is_closed for body in given] == [True, True]


async def test_a_broken_connection_of_the_corrected_call_is_the_failure() -> None:
    """As for any call."""

    async def answer(_: httpx.Request) -> httpx.Response:
        if refused.is_closed:
            raise httpx.ConnectError("refused")
        return httpx.Response(400, headers=JSON, stream=refused)

    refused = Body(UNKNOWN_FIELD)
    failure = (await failing(a_client(answer), a_request(stream=True))).failure
    assert failure.kind is FailureClass.NETWORK


async def test_a_corrected_call_can_be_cancelled() -> None:
    """The refusal before it is closed by then."""
    refused, waiting = Body(UNKNOWN_FIELD), trio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        if refused.is_closed:
            waiting.set()
            await trio.sleep_forever()
        return httpx.Response(400, headers=JSON, stream=refused)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, a_client(answer), a_request(stream=True))
        await waiting.wait()
        nursery.cancel_scope.cancel()
    assert refused.is_closed


async def test_what_the_reply_itself_shows_is_redacted_too() -> None:
    """A provider may call a tool by the name of the key."""
    client = answering(401)
    with pytest.raises(ProviderFailed):
        await ask(client)
    failure = Failure(kind=FailureClass.SERVER, message=f"sent a call of {CANARY}")
    shown = client.presentable(failure, a_request())
    assert shown.message == "sent a call of [redacted]"
