"""The pool: one call, its events or one failure, and never a key in anything that is told."""

import re
import time
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import cast

import httpx
import pytest
import trio

from aircher_wire import codes
from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.events import EventBus
from aircherd.providers import transport as transport_module
from aircherd.providers.adapter import Adapter, HttpCall
from aircherd.providers.adapters import ADAPTERS
from aircherd.providers.cooldown_book import CooldownBook
from aircherd.providers.exchange import BodyReader
from aircherd.providers.out_of_files import out_of_files
from aircherd.providers.pool import CHECK_SECONDS, ERROR_BODY_SECONDS, ProviderPool
from aircherd.providers.transport import body_reader, open_transport
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.keys import ApiKey, Health
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import Ending, ReplyEvent, TextDelta
from aircherd.vocabulary.secret import Redactor, Secret
from helpers.cooling import failed
from helpers.provider_calls import CANARY, a_provider, a_request, sse

Answer = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]
STREAM = sse(
    {"model": "m-1", "choices": [{"delta": {"content": "a"}}]},
    {"model": "m-1", "choices": [{"finish_reason": "stop"}]},
    b"[DONE]",
)
EVENTS = [TextDelta("a"), Ending("stop", None, "m-1")]
WHOLE = b'{"model":"m-1","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
WELL = (Health.OK, None, None)
HTML = {"content-type": "text/html; charset=utf-8"}


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


class Body(httpx.AsyncByteStream):
    """A response's body: pieces, exceptions to raise, or "wait" for a stall; knows if closed."""

    def __init__(self, *pieces: bytes | Exception | str) -> None:
        self._pieces = list(pieces)
        self.is_closed = False

    async def receive_some(self) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if isinstance(piece, str):
            await trio.sleep_forever()
        return piece

    def finish(self) -> None:
        self._pieces.clear()

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def _read_bodies_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(response: httpx.Response) -> BodyReader:
        stream = response.stream
        return stream if isinstance(stream, Body) else body_reader(response)

    monkeypatch.setattr(transport_module, "body_reader", reader)


def a_pool(answer: Answer) -> ProviderPool:
    return ProviderPool(
        transport_for=lambda _: httpx.MockTransport(answer),
        network=Network,
        cooldowns=CooldownBook(EventBus()),
        redactor=Redactor(),
        clock=lambda: 0.0,
    )


def over(transport: httpx.AsyncBaseTransport) -> ProviderPool:
    return ProviderPool(
        transport_for=lambda _: transport,
        network=Network,
        cooldowns=CooldownBook(EventBus()),
        redactor=Redactor(),
    )


def answering(
    status: int, body: Body | bytes = b"", headers: dict[str, str] | None = None
) -> ProviderPool:
    async def answer(_: httpx.Request) -> httpx.Response:
        stream = Body(body) if isinstance(body, bytes) else body
        return httpx.Response(status, headers=headers, stream=stream)

    return a_pool(answer)


def raising(error: Exception) -> ProviderPool:
    async def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return a_pool(answer)


def a_key(provider: Provider, secret: str = CANARY) -> ApiKey:
    return ApiKey(provider.name, "default", Secret(secret), "file", provider.origin)


async def ask(
    pool: ProviderPool,
    request: ChatRequest | None = None,
    provider: Provider | None = None,
) -> list[ReplyEvent]:
    events: list[ReplyEvent] = []
    asked = provider or a_provider()
    async with aclosing(
        await pool.open_chat(asked, request or a_request(), Model(id="m"), a_key(asked), Network())
    ) as call:
        while more := await call.receive():
            events += more
    return events


async def failing(pool: ProviderPool, request: ChatRequest | None = None) -> ProviderFailed:
    with pytest.raises(ProviderFailed) as caught:
        await ask(pool, request)
    return caught.value


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("body", "headers"),
    [(STREAM, SSE), (WHOLE, JSON), (WHOLE, {"content-type": "Application/JSON"})],
)
async def test_reads_what_the_server_sends(
    body: bytes, headers: dict[str, str], stream: bool
) -> None:
    """A stream is read as one, a reply in one piece as one, whatever was asked for."""
    assert await ask(answering(200, body, headers), a_request(stream=stream)) == EVENTS


async def test_what_was_asked_for_decides_where_the_server_is_silent() -> None:
    """Without a content type the form that was asked for is expected."""
    assert await ask(answering(200, STREAM), a_request(stream=True)) == EVENTS
    assert await ask(answering(200, WHOLE), a_request(stream=False)) == EVENTS


async def test_request_as_sent() -> None:
    """The call has the adapter's URL, headers and body, and the deadlines of the network."""
    sent: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, headers=SSE, stream=Body(STREAM))

    await ask(a_pool(answer), provider=a_provider(headers={"X-Team": "blå"}))
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

    assert await ask(a_pool(answer), a_request(stream=False)) == EVENTS


@pytest.mark.parametrize(
    ("pool", "kind", "status"),
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
async def test_failures(pool: ProviderPool, kind: FailureClass, status: int | None) -> None:
    """Whatever goes wrong is one ProviderFailed with its class and the HTTP status."""
    failure = (await failing(pool)).failure
    assert (kind, status) == (failure.kind, failure.status)


async def test_stalled_error_body_does_not_hold_anybody_up(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """An error whose body never ends is told by its status, soon."""
    started = trio.current_time()
    error = await failing(answering(503, Body(b"{", "wait")))
    assert FailureClass.OVERLOADED is error.failure.kind
    assert trio.current_time() - started == ERROR_BODY_SECONDS


async def test_impossible_request_is_not_sent() -> None:
    """What the API cannot express fails before anything is sent."""
    tools = [{"name": "f", "parameters": "no"}]
    error = await failing(raising(AssertionError("sent")), a_request(tools=tools))
    assert FailureClass.BAD_REQUEST is error.failure.kind


@pytest.mark.parametrize(
    "base_url",
    ["https://xn--0.example/v1", "https://h.example/" + "x" * 65536, "https://h:port/v1"],
)
async def test_impossible_address(base_url: str) -> None:
    """A base_url that no HTTP library takes is a failure of that provider, before any call."""
    provider = a_provider(base_url=base_url)
    pool = raising(AssertionError("sent"))
    with pytest.raises(ProviderFailed, match="base_url cannot be used") as caught:
        await pool.open_chat(provider, a_request(), Model(id="m"), None, Network())
    assert FailureClass.PROTOCOL is caught.value.failure.kind


async def test_a_defect_of_an_adapter_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an adapter raises unexpectedly is a PROTOCOL failure without its words."""

    class Defect:
        def chat_call(self, *_: object) -> HttpCall:
            raise KeyError(CANARY)

    monkeypatch.setitem(ADAPTERS, "openai", cast("Adapter", Defect()))
    error = await failing(raising(AssertionError("sent")))
    assert FailureClass.PROTOCOL is error.failure.kind
    assert CANARY not in "".join(traceback.format_exception(error))


async def test_our_own_failure_is_none_of_the_provider() -> None:
    """Too many open files neither fall back nor make a provider unreachable."""
    pool = raising(out_of_files())
    with pytest.raises(AircherError, match="too many open files") as caught:
        await ask(pool)
    assert not isinstance(caught.value, ProviderFailed)
    assert caught.value.code == codes.INTERNAL
    assert pool.cooldowns.health("openai") == WELL


async def test_keep_alives_do_not_last_for_ever(autojump_clock: trio.testing.MockClock) -> None:
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
    pool = answering(status, body, SSE)
    if status == 200:
        await ask(pool)
    else:
        await failing(pool)
    assert body.is_closed
    assert "<ProviderPool 0 calls open, <CooldownBook " in repr(pool)


async def test_cancelled_call_is_closed(autojump_clock: trio.testing.MockClock) -> None:
    """A caller who goes away in the middle closes the call."""
    body = Body(STREAM[:70], "wait")
    with trio.move_on_after(1) as scope:
        await ask(answering(200, body, SSE))
    assert scope.cancelled_caught
    assert body.is_closed


# ------------------------------------------------------------------ what cools


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
async def test_what_an_answer_cools(
    status: int,
    body: bytes,
    headers: dict[str, str],
    seconds: float | None,
    others: float | None,
) -> None:
    """This model with this key, or all models of the key; as long as the vendor says."""
    pool = answering(status, body, headers)
    if status == 200:
        await ask(pool)
    else:
        await failing(pool)
    for model, expected in (("m", seconds), ("another", others)):
        found = pool.cooldowns.cooling("openai", "default", model)
        left = found.until - time.time() if found and found.until else None
        # A guess is up to a quarter less.
        low = None if expected is None else expected * 0.749 - 1
        assert (left is None) if low is None else (left is not None and low < left <= expected)


async def test_what_is_left_is_known_by_key() -> None:
    """From the last answer's headers."""
    pool = answering(200, WHOLE, {**JSON, "x-ratelimit-remaining-tokens": "7"})
    await ask(pool)
    said = pool.cooldowns.rate_limit("openai", "default")
    assert said is not None
    assert [(a.counted, a.remaining) for a in said.allowances] == [("tokens", 7)]


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        (answering(200, b"{}", JSON), True),
        (answering(401, b"{}", JSON), True),
        (answering(503, b"{}", JSON), True),
        (answering(200, b"<html>", HTML), False),
        (raising(httpx.ConnectError("refused")), False),
    ],
)
async def test_whether_a_provider_is_there(pool: ProviderPool, expected: bool) -> None:
    """Any answer of its API says so; looking changes nobody's health."""
    assert expected is await pool.is_reachable(a_provider())
    assert pool.cooldowns.health("openai") == WELL


async def test_whether_a_key_has_credit() -> None:
    """By its own page, asked with the key."""
    pool = answering(200, b'{"data":{"limit_remaining":3}}', JSON)
    router = a_provider("openrouter")
    assert await pool.has_credit(router, a_key(router))


async def test_a_key_is_not_sent_elsewhere_for_its_credit() -> None:
    """The guard of a chat: a free look carries the same key."""
    sent: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, headers=JSON, content=b'{"data":{"limit_remaining":3}}')

    moved = a_provider("openrouter", base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match="must not go") as caught:
        await a_pool(answer).has_credit(moved, a_key(a_provider("openrouter")))
    assert sent == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


# ------------------------------------------------------------------ health


async def test_health_follows_the_calls() -> None:
    """No connection makes a provider unreachable, and the next answer reachable again."""
    errors: list[Exception] = [httpx.ConnectError("refused")]

    async def answer(_: httpx.Request) -> httpx.Response:
        if errors:
            raise errors.pop()
        return httpx.Response(200, headers=SSE, stream=Body(STREAM))

    pool = a_pool(answer)
    await failing(pool)
    reason = "cannot connect to https://api.openai.com:443: refused"
    assert (Health.UNREACHABLE, reason) == pool.cooldowns.health("openai")[:2]
    await ask(pool)
    assert pool.cooldowns.health("openai") == WELL


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("pool", "ok", "kind"),
    [
        (answering(200, b"{}", JSON), True, None),
        (answering(401, b"{}", JSON), False, FailureClass.AUTH),
        (
            answering(403, b'{"error":{"message":"Missing scopes: x"}}', JSON),
            True,
            FailureClass.PERMISSION,
        ),
        (answering(500, b"{}", JSON), None, FailureClass.SERVER),
        (answering(200, b"<html>", HTML), None, FailureClass.PROTOCOL),
        (answering(401, b"<html>", HTML), None, FailureClass.PROTOCOL),
        (raising(httpx.ConnectError("refused")), None, FailureClass.NETWORK),
    ],
)
async def test_key_checks(pool: ProviderPool, ok: bool | None, kind: FailureClass | None) -> None:
    """A check says good, refused or could not tell, and why."""
    check = await pool.check_key(a_provider(), Secret(CANARY))
    assert (ok, kind) == (check.ok, check.failure.kind if check.failure else None)
    assert check.how == "GET /v1/models"


async def test_key_check_of_an_impossible_address() -> None:
    """A base_url that cannot be called says nothing about the key."""
    provider = a_provider(base_url="https://xn--0.example/v1")
    check = await raising(AssertionError("sent")).check_key(provider, Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, check.failure.kind) == (None, FailureClass.PROTOCOL)


async def test_key_check_without_descriptors() -> None:
    """A check never raises: what is our own failure says nothing about key or provider."""
    pool = raising(out_of_files())
    check = await pool.check_key(a_provider(), Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, "too many open files" in check.failure.message) == (None, True)
    assert pool.cooldowns.health("openai") == WELL


async def test_key_check_has_a_deadline(autojump_clock: trio.testing.MockClock) -> None:
    """A server that says nothing does not keep a person waiting."""

    async def answer(_: httpx.Request) -> httpx.Response:
        await trio.sleep_forever()
        raise AssertionError

    started = trio.current_time()
    check = await a_pool(answer).check_key(a_provider(), Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, check.failure.kind) == (None, FailureClass.TIMEOUT)
    assert trio.current_time() - started == CHECK_SECONDS


async def test_key_that_no_header_can_hold() -> None:
    """A key with white space is refused without a call and without being quoted."""
    check = await raising(AssertionError("sent")).check_key(a_provider(), Secret(f"{CANARY}\n"))
    assert check.ok is False
    assert CANARY not in repr(check)


# ------------------------------------------------------------------ no key in anything

PLAIN = "plain-canary-without-vendor-prefix-42"


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "openrouter"])
@pytest.mark.parametrize("secret", [CANARY, PLAIN])
@pytest.mark.parametrize(
    "make",
    [
        lambda quote: answering(401, b'{"error":{"message":"bad key %s"}}' % quote, JSON),
        lambda quote: answering(400, b'{"error":{"message":"bad key %s"}}' % quote, JSON),
        lambda quote: answering(400, b'{"detail":"%s%s"}' % (b"x" * 270, quote), JSON),
        lambda quote: answering(500, quote),
        lambda quote: answering(502, b"<html>%s</html>" % quote, HTML),
        lambda quote: answering(200, sse({"error": {"message": quote.decode()}}), SSE),
        lambda quote: answering(200, sse({"type": "error", "error": quote.decode()}), SSE),
        lambda quote: answering(200, b'{"error":"%s"}' % quote, JSON),
        lambda quote: answering(200, Body(b"x", httpx.ReadError(quote.decode())), SSE),
        lambda quote: raising(httpx.ConnectError(quote.decode())),
        lambda quote: raising(httpx.LocalProtocolError(f"Illegal header value {quote!r}")),
    ],
)
async def test_no_key_in_any_failure(
    make: Callable[[bytes], ProviderPool], secret: str, name: str
) -> None:
    """A key that a server or a library quotes is in no message, repr or traceback."""
    pool, provider = make(secret.encode()), a_provider(name)
    key = a_key(provider, secret)
    with pytest.raises(ProviderFailed) as caught:
        async with aclosing(
            await pool.open_chat(provider, a_request(), Model(id="m"), key, Network())
        ) as call:
            await call.receive()
    told = "".join(traceback.format_exception(caught.value))
    told += repr(caught.value) + repr(caught.value.failure) + repr(pool)
    told += repr(pool.cooldowns.health(name)) + repr(await pool.check_key(provider, Secret(secret)))
    assert secret not in told
    assert secret[:-6] not in told


# ------------------------------------------------------------------ over the real transport


@asynccontextmanager
async def a_server(*responses: bytes) -> AsyncIterator[tuple[Provider, list[int]]]:
    """Serve `responses`, one for each request; yield the provider and the connections' requests."""
    left, served = list(responses), list[int]()

    async def serve(stream: trio.SocketStream) -> None:
        served.append(0)
        number = len(served) - 1
        pending = b""
        async for data in stream:
            pending += data
            if left and pending.endswith(b"}"):
                pending = b""
                served[number] += 1
                await stream.send_all(left.pop(0))
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        yield a_provider(base_url=f"http://127.0.0.1:{port}/v1"), served
        nursery.cancel_scope.cancel()


def http(status: str, headers: str, body: bytes, *, end: bytes = b"0\r\n\r\n") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{headers}transfer-encoding: chunked\r\n\r\n".encode()
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n" + end


STREAMED = http("200 OK", "content-type: text/event-stream\r\n", STREAM)


async def test_over_the_real_transport() -> None:
    """Calls after each other share one connection, and read what the server sent."""
    async with (
        a_server(STREAMED, STREAMED) as (provider, served),
        open_transport(Network(), {}) as transport,
    ):
        pool = over(transport)
        assert await ask(pool, provider=provider) == EVENTS
        assert await ask(pool, provider=provider) == EVENTS
        assert served == [2]


async def test_real_failures() -> None:
    """An error, a stream that breaks and a closed port are told apart."""
    refused = http("401 Unauthorized", "content-type: application/json\r\n", b"{}")
    broken = http("200 OK", "content-type: text/event-stream\r\n", STREAM[:70])
    kinds = []
    async with open_transport(Network(), {}) as transport:
        pool = over(transport)
        async with a_server(refused, broken) as (provider, _):
            for _ in range(2):
                with pytest.raises(ProviderFailed) as caught:
                    await ask(pool, provider=provider)
                kinds.append(caught.value.failure.kind)
        with pytest.raises(ProviderFailed) as caught:
            await ask(pool, provider=provider)
        kinds.append(caught.value.failure.kind)
    assert kinds == [FailureClass.AUTH, FailureClass.TRUNCATED, FailureClass.NETWORK]
    assert Health.UNREACHABLE is pool.cooldowns.health("openai")[0]


async def test_a_key_of_another_origin_goes_nowhere() -> None:
    """Nothing is sent: should AuthManager ever fail to see to it, the key stops here."""
    pool, provider = answering(200, WHOLE, JSON), a_provider()
    moved = a_provider(base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match=r"must not go to https://elsewhere\.example:443"):
        await pool.open_chat(moved, a_request(), Model(id="m"), a_key(provider), Network())


# ------------------------------------------------------------------ lists of models

LISTED = b'{"object":"list","data":[{"id":"m-1","object":"model"}]}'


async def test_a_providers_models_are_listed() -> None:
    """As its adapter reads them; a server that answered can be reached, and has what it lists."""
    pool = answering(200, LISTED, JSON)
    provider = a_provider()
    for kind in (FailureClass.NETWORK, FailureClass.MODEL):
        pool.cooldowns.note_failure(provider, "default", "m-1", failed(kind))
    assert [m.id for m in await pool.list_models(provider, a_key(provider))] == ["m-1"]
    assert pool.cooldowns.health("openai") == WELL
    assert pool.cooldowns.cooling("openai", "default", "m-1") is None


@pytest.mark.parametrize(
    ("pool", "kind", "said"),
    [
        (answering(404, b"{}", JSON), FailureClass.MODEL, "has no list of models (HTTP 404)"),
        (answering(401, b"{}", JSON), FailureClass.AUTH, "401"),
        (answering(200, b"{", JSON), FailureClass.PROTOCOL, "not of its API"),
        (answering(200, b"<html>", HTML), FailureClass.PROTOCOL, "web page"),
        (raising(httpx.ConnectError("no route")), FailureClass.NETWORK, "no route"),
    ],
)
async def test_a_list_that_cannot_be_had_condemns_nobody(
    pool: ProviderPool, kind: FailureClass, said: str
) -> None:
    """It was nobody's request: the provider's health stays as it was."""
    provider = a_provider()
    with pytest.raises(ProviderFailed, match=re.escape(said)) as caught:
        await pool.list_models(provider, a_key(provider))
    assert caught.value.failure.kind is kind
    assert pool.cooldowns.health("openai") == WELL


async def test_an_adapter_that_cannot_read_a_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a server sends, the daemon goes on."""

    class Bad:
        def __getattr__(self, name: str) -> object:
            return getattr(ADAPTERS["anthropic"], name)

        def read_models(self, body: bytes) -> list[Model]:
            raise KeyError("data")

    monkeypatch.setitem(ADAPTERS, "openai", cast("Adapter", Bad()))
    provider = a_provider()
    with pytest.raises(ProviderFailed, match="cannot read: see its log"):
        await answering(200, b"{}", JSON).list_models(provider, a_key(provider))


async def test_a_list_that_repeats_the_key_does_not_spread_it() -> None:
    """Nor does one with an escape in a name reach anybody's terminal."""
    odd = b'{"data":[{"id":"m-1"},{"id":"x-%b"},{"id":"a\\u001b[2J"},{"id":""}]}' % CANARY.encode()
    provider = a_provider()
    models = await answering(200, odd, JSON).list_models(provider, a_key(provider))
    assert [model.id for model in models] == ["m-1"]


async def test_a_cut_stream_is_not_a_provider_that_is_away() -> None:
    """Its model is left alone for a moment; a whole answer ends even that."""
    pool = answering(200, Body(STREAM[:40], httpx.ReadError("reset")), SSE)
    assert (await failing(pool)).failure.kind is FailureClass.NETWORK
    assert pool.cooldowns.health("openai")[0] is not Health.UNREACHABLE
    assert pool.cooldowns.cooling("openai", "default", "another") is None
    found = pool.cooldowns.cooling("openai", "default", "m")
    assert found is not None
    assert found.reason == "truncated"


async def test_a_whole_answer_ends_what_cut_the_others() -> None:
    """One that only begins does not."""
    pool, provider = answering(200, WHOLE, JSON), a_provider()
    pool.cooldowns.note_failure(provider, "default", "m", failed(FailureClass.TRUNCATED))
    async with aclosing(
        await pool.open_chat(provider, a_request(), Model(id="m"), a_key(provider), Network())
    ) as call:
        assert pool.cooldowns.cooling("openai", "default", "m")
        await call.receive()
    assert pool.cooldowns.cooling("openai", "default", "m") is None


async def test_a_key_is_not_sent_elsewhere_for_a_list() -> None:
    """Not even by our own mistake."""
    moved = a_provider(base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match="must not go"):
        await answering(200, LISTED, JSON).list_models(moved, a_key(a_provider()))


async def test_a_public_file_is_downloaded_without_any_key() -> None:
    """Up to its limit."""
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers=JSON, stream=Body(b"12345"))

    pool = a_pool(answer)
    assert await pool.download("https://models.example/api.json", 5) == b"12345"
    assert str(seen[0].url) == "https://models.example/api.json"
    assert not {"authorization", "x-api-key"} & set(seen[0].headers)
    with pytest.raises(ProviderFailed, match="more than 4 bytes"):
        await pool.download("https://models.example/api.json", 4)


async def test_a_missing_public_file_is_said_to_be_missing() -> None:
    """In words that do not speak of a model."""
    with pytest.raises(ProviderFailed, match=r"there is no such file \(HTTP 404\)"):
        await answering(404).download("https://models.example/api.json", 5)
