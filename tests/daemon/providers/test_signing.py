"""Signed calls: flows as tables, and two invented vendors over real HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import httpx
import msgspec
import pytest
import trio
from trio.abc import Stream

from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.events import EventBus
from aircherd.memory.request_memory import uncounted
from aircherd.providers.client import ProviderClient
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.openai_chat.adapter import OpenAIChat
from aircherd.providers.registry import ADAPTERS, SIGNERS
from aircherd.providers.signing import (
    MAX_CALLS,
    Flow,
    HttpReply,
    Signer,
    Signing,
    refused_token,
)
from aircherd.providers.transport.http_transport import open_transport
from aircherd.providers.transport.request import HttpRequest
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent, TextDelta
from aircherd.vocabulary.secret import Secret
from helpers.providers.http_server import Server, open_server, read_request
from helpers.providers.provider_calls import a_request, failure_of
from helpers.providers.provider_clients import FakeTransport, a_target
from helpers.providers.signers import HmacSigner, TokenSigner, signature

F = FailureClass
CALL = HttpRequest("POST", "https://api.example/v1/chat", [("authorization", "Bearer k")], b"{}")
KEY = Secret("canary:0123456789abcdef")
TOKEN_URL = "https://login.example/token"
ANSWER = b'{"model":"m","choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}'


def steps(flow: Flow, *replies: bytes) -> tuple[list[HttpRequest], HttpRequest, list[Secret]]:
    """Run a flow by hand; return its calls, its result, and the secrets it redacts."""
    asked, progress_count = list[HttpRequest](), list[Secret]()
    try:
        asked.append(next(flow))
        for body in replies:
            asked.append(flow.send(HttpReply(body, progress_count.append)))
    except StopIteration as end:
        return asked, end.value, progress_count
    raise AssertionError("the flow goes on")


def a_token(name: str, seconds: float = 100) -> bytes:
    return msgspec.json.encode({"token": name, "expires_in": seconds})


# ------------------------------------------------------------------ without a network


def test_a_signature_needs_no_calls() -> None:
    """The date and the body are signed; the key itself is not sent."""
    asked, signed, progress_count = steps(HmacSigner().sign(CALL, KEY, 1000.0))
    expected = signature("0123456789abcdef", "1000", b"{}")
    assert (asked, progress_count) == ([], [])
    assert dict(signed.headers) == {
        "x-date": "1000",
        "authorization": f"HMAC canary:{expected}",
    }


def test_a_key_of_the_wrong_format() -> None:
    """It is refused before anything is sent."""
    failure = failure_of(lambda: steps(HmacSigner().sign(CALL, Secret("no-colon"), 0.0)))
    assert failure.kind is F.AUTH


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    """It is fetched once, redacted before its first use, and fetched again in time."""
    signer = TokenSigner(TOKEN_URL)
    asked, signed, progress_count = steps(signer.sign(CALL, KEY, 1000.0), a_token("t-1"))
    assert [call.url for call in asked] == [TOKEN_URL]
    assert (dict(signed.headers), progress_count) == (
        {"authorization": "Bearer t-1"},
        [Secret("t-1")],
    )
    asked, signed, _ = steps(signer.sign(CALL, KEY, 1089.0))
    assert (asked, dict(signed.headers)["authorization"]) == ([], "Bearer t-1")
    asked, signed, _ = steps(signer.sign(CALL, KEY, 1091.0), a_token("t-2"))
    assert (len(asked), dict(signed.headers)["authorization"]) == (1, "Bearer t-2")


def test_repr_of_a_reply_hides_its_body() -> None:
    """The body contains a token."""
    reply = HttpReply(a_token("canary-token"), lambda _: None)
    assert repr(reply) == "<HttpReply 41 bytes>"
    assert "canary" not in repr(reply.__rich_repr__())


@pytest.mark.parametrize(
    ("kind", "status", "becomes"),
    [
        (F.BAD_REQUEST, 400, F.AUTH),
        (F.AUTH, 401, F.AUTH),
        (F.PERMISSION, 403, F.AUTH),
        (F.PROTOCOL, 403, F.PROTOCOL),
        (F.MODEL, 404, F.PROTOCOL),
        (F.BAD_REQUEST, 422, F.PROTOCOL),
        (F.RATE, 429, F.RATE),
        (F.OVERLOADED, 503, F.OVERLOADED),
        (F.NETWORK, None, F.NETWORK),
    ],
)
def test_what_a_failed_exchange_means(
    kind: FailureClass, status: int | None, becomes: FailureClass
) -> None:
    """A refused token is a refused key, and the vendor's message is left out."""
    failure = refused_token(Failure(kind=kind, message="invalid client canary", status=status))
    assert failure.kind is becomes
    assert ("canary" in failure.message) == (becomes is not F.AUTH)


class Endless:
    """Yields one more call without end, or calls another host."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url

    def sign(self, call: HttpRequest, key: Secret, now: float) -> Flow:
        del key, now
        while self._url is None:
            yield call
        return HttpRequest("POST", self._url, [])

    def is_stale(self, refused: HttpRequest, key: Secret) -> bool:
        del refused, key
        return False


@pytest.mark.parametrize(
    ("signer", "phrase"),
    [
        (Endless(), f"more than {MAX_CALLS} calls"),
        (Endless("https://elsewhere.example/v1/chat"), "must not change the origin"),
    ],
)
async def test_what_a_signer_must_not_do(signer: Signer, phrase: str) -> None:
    """It fails, and nothing is sent to another host."""

    async def fetch(_: HttpRequest) -> HttpReply:
        await trio.lowlevel.checkpoint()
        return HttpReply(b"", lambda _: None)

    with pytest.raises(RuntimeError, match=phrase):
        await Signing(lambda: 0.0).sign(signer, CALL, KEY, fetch)


async def test_one_token_is_fetched_at_a_time() -> None:
    """A call that comes meanwhile waits for the token, and fetches none."""
    fetched: list[HttpRequest] = []
    signing, signer = Signing(lambda: 0.0), TokenSigner(TOKEN_URL)

    async def fetch(call: HttpRequest) -> HttpReply:
        fetched.append(call)
        await trio.testing.wait_all_tasks_blocked()
        return HttpReply(a_token("t-1"), lambda _: None)

    signed: list[HttpRequest] = []

    async def sign() -> None:
        signed.append(await signing.sign(signer, CALL, KEY, fetch))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(sign)
        await trio.testing.wait_all_tasks_blocked()
        assert repr(signing) == "<Signing 1 tokens being fetched>"
    assert [dict(call.headers)["authorization"] for call in signed] == ["Bearer t-1"] * 5
    assert len(fetched) == 1


# ------------------------------------------------------------------ over real HTTP


class Vendor:
    """A server that answers correctly signed calls, and records what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.accepts: Callable[[dict[str, str], bytes], bool] = lambda *_: True
        self.token: tuple[int, bytes] = (200, b"")

    async def serve(self, _: Server, stream: Stream) -> None:
        while request := await read_request(stream):
            head, _, body = request.partition(b"\r\n\r\n")
            line, *lines = head.decode().split("\r\n")
            named = (text.split(": ", 1) for text in lines)
            headers = {name.lower(): value for name, value in named}
            path = line.split(" ")[1]
            self.seen.append((path, headers, body))
            await stream.send_all(_response(*self._answer(path, headers, body)))

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if path == "/token":
            return self.token
        if not self.accepts(headers, body):
            return 401, b'{"error":{"message":"no"}}'
        return (200, b'{"data":[{"id":"m"}]}') if path == "/v1/models" else (200, ANSWER)

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.seen]


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Bench:
    """The client in front of the vendor, with a clock of its own."""

    def __init__(
        self, url: str, vendor: Vendor, provider_client: ProviderClient, redactor: Redactor
    ) -> None:
        self.url = url
        self.vendor = vendor
        self.provider_client = provider_client
        self.redactor = redactor
        self.now = 1000.0
        self.provider = Provider(name="made", kind="made-up", base_url=url + "/v1")
        self.key = ApiKey("made", "default", KEY, "file", self.provider.origin)

    async def ask(self) -> list[ReplyEvent]:
        request = a_request(stream=False)
        async with aclosing(
            await self.provider_client.open_chat(
                a_target(self.provider_client, self.provider),
                request,
                self.key,
                memory=uncounted(),
            )
        ) as call:
            return await call.receive()

    async def failing(self) -> Failure:
        with pytest.raises(ProviderFailed) as caught:
            await self.ask()
        return caught.value.failure


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setitem(ADAPTERS, "made-up", OpenAIChat())
    vendor, redactor = Vendor(), Redactor()
    async with (
        open_server(vendor.serve) as server,
        aclosing(open_transport(Network(), {})) as transport,
    ):
        provider_client = ProviderClient(
            transport_for=lambda _: transport,
            network=Network,
            cooldowns=CooldownManager(EventBus()),
            redactor=redactor,
            clock=lambda: made.now,
        )
        made = Bench(server.url, vendor, provider_client, redactor)
        yield made


async def test_a_signed_call_arrives(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For chat, list and key check the server computes the same signature."""
    monkeypatch.setitem(SIGNERS, "made-up", HmacSigner())
    bench.vendor.accepts = lambda headers, body: (
        headers["authorization"]
        == f"HMAC canary:{signature('0123456789abcdef', headers['x-date'], body)}"
    )
    assert TextDelta("a") in await bench.ask()
    assert [Model(id="m")] == await bench.provider_client.free_calls.list_models(
        bench.provider, bench.key
    )
    assert (await bench.provider_client.free_calls.check_key(bench.provider, KEY)).ok is True
    assert {headers["x-date"] for _, headers, _ in bench.vendor.seen} == {"1000"}
    assert all("0123456789abcdef" not in str(headers) for _, headers, _ in bench.vendor.seen)


async def test_a_refused_signature_is_a_refused_key(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent once: a signature without a token is never stale."""
    monkeypatch.setitem(SIGNERS, "made-up", HmacSigner())
    bench.vendor.accepts = lambda *_: False
    assert (await bench.failing()).kind is F.AUTH
    assert bench.vendor.paths() == ["/v1/chat/completions"]


@pytest.fixture
def tokens(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setitem(SIGNERS, "made-up", TokenSigner(bench.url + "/token"))
    bench.vendor.token = (200, a_token("canary-token-1"))
    return bench


def carried(bench: Bench) -> list[str]:
    return [headers["authorization"] for path, headers, _ in bench.vendor.seen if path != "/token"]


async def test_a_token_is_exchanged_and_expires(tokens: Bench) -> None:
    """One token serves until it expires, then the next one is fetched automatically."""
    await tokens.ask()
    await tokens.ask()
    tokens.vendor.token = (200, a_token("canary-token-2"))
    tokens.now += 91
    await tokens.ask()
    assert tokens.vendor.paths().count("/token") == 2
    first, second = "Bearer canary-token-1", "Bearer canary-token-2"
    assert carried(tokens) == [first, first, second]
    assert tokens.redactor.redact(first + second).count("canary") == 0


async def test_a_revoked_token_is_fetched_again(tokens: Bench) -> None:
    """The request does not notice."""
    await tokens.ask()
    tokens.vendor.token = (200, a_token("canary-token-2"))
    tokens.vendor.accepts = lambda headers, _: headers["authorization"].endswith("-2")
    assert TextDelta("a") in await tokens.ask()
    assert carried(tokens)[1:] == ["Bearer canary-token-1", "Bearer canary-token-2"]


async def test_a_second_refused_token_fails(tokens: Bench) -> None:
    """It is fetched once more, then the key is refused."""
    tokens.vendor.accepts = lambda *_: False
    assert (await tokens.failing()).kind is F.AUTH
    assert len(carried(tokens)) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"error":"invalid_client","error_description":"canary"}', F.AUTH),
        (400, b'{"error":"invalid_grant","error_description":"canary"}', F.AUTH),
        (503, b"", F.OVERLOADED),
        (200, b"canary", F.PROTOCOL),
        (200, b" " * (256 * 1024 + 1), F.PROTOCOL),
    ],
)
async def test_an_exchange_that_fails(
    tokens: Bench, status: int, body: bytes, kind: FailureClass
) -> None:
    """It fails with our classes, without the vendor's message, and nothing is sent unsigned."""
    tokens.vendor.token = (status, body)
    failure = await tokens.failing()
    assert failure.kind is kind
    assert "canary" not in failure.message
    assert tokens.vendor.paths() == ["/token"]


async def test_a_check_of_a_key_that_gets_no_token(tokens: Bench) -> None:
    """A refused token is a refused key."""
    tokens.vendor.token = (401, b"{}")
    check = await tokens.provider_client.free_calls.check_key(tokens.provider, KEY)
    assert check.ok is False
    tokens.vendor.token = (503, b"{}")
    assert (await tokens.provider_client.free_calls.check_key(tokens.provider, KEY)).ok is None


@pytest.mark.parametrize(
    ("url", "kind", "phrase"),
    [
        ("http://127.0.0.1:1/token", F.NETWORK, "127.0.0.1:1"),
        ("http://login.example/token", F.PROTOCOL, "cannot sign this request"),
    ],
)
async def test_an_unreachable_token_server(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, url: str, kind: FailureClass, phrase: str
) -> None:
    """It is a network failure; a key never goes to another machine over plain http."""
    monkeypatch.setitem(SIGNERS, "made-up", TokenSigner(url))
    failure = await bench.failing()
    assert (failure.kind, bench.vendor.paths()) == (kind, [])
    assert phrase in failure.message


async def test_internal_errors_are_not_the_vendors(
    tokens: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another provider would not help against a lack of file descriptors."""

    async def answer(_: httpx.Request) -> httpx.Response:
        raise AircherError("too many open files")

    transport = FakeTransport(answer)
    monkeypatch.setattr(tokens.provider_client._api_client, "transport_for", lambda _: transport)
    with pytest.raises(AircherError, match="too many open files") as caught:
        await tokens.ask()
    assert type(caught.value) is AircherError


async def test_no_key_stays_after_it_was_signed_with() -> None:
    """Whether the token came or the call was cancelled, a removed key is gone."""
    signing, signer = Signing(lambda: 0.0), TokenSigner(TOKEN_URL)

    async def never(_: HttpRequest) -> HttpReply:
        await trio.sleep_forever()
        raise AssertionError

    async def fetch(_: HttpRequest) -> HttpReply:
        await trio.lowlevel.checkpoint()
        return HttpReply(a_token("t-1"), lambda _: None)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(signing.sign, signer, CALL, KEY, never)
        await trio.testing.wait_all_tasks_blocked()
        assert repr(signing) == "<Signing 1 tokens being fetched>"
        nursery.cancel_scope.cancel()
    assert repr(signing) == "<Signing 0 tokens being fetched>"
    await signing.sign(signer, CALL, KEY, fetch)
    assert repr(signing) == "<Signing 0 tokens being fetched>"
