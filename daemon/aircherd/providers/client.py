"""The providers as the rest of the daemon sees them: ask for a chat, receive events or one failure.

The edge of this room. `api_client` is what every call takes, `free_calls` what is asked beside the chats.
"""

import time
from collections.abc import Callable

import httpx

from aircherd.config.model import Network, Provider
from aircherd.providers.adapter import Adapter, ReplyDecoder
from aircherd.providers.api_client import ApiClient, assert_key_origin, waits_of
from aircherd.providers.call_target import CallTarget
from aircherd.providers.download import read_refusal
from aircherd.providers.error_mapping.classify import classify_response, is_page, web_page
from aircherd.providers.free_calls import FreeCalls
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.hints import with_hint
from aircherd.providers.registry import adapter_for
from aircherd.providers.streaming_call import OneReply, StallTimeouts, StreamingCall
from aircherd.providers.transport.request import HttpResponse, OnSent, ignore_sent
from aircherd.redaction import Redactor
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model


class ProviderClient:
    """Calls providers for chats, and reports to `cooldowns` how each went. Holds no connection.

    `transport_for` gives the transport for a network's settings; `network` the settings of the
    moment, for `free_calls`, which no request brings its own for.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], httpx.AsyncBaseTransport],
        network: Callable[[], Network],
        cooldowns: CooldownManager,
        redactor: Redactor,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api_client = ApiClient(
            transport_for=transport_for, network=network, redactor=redactor, clock=clock
        )
        self._clock = clock
        self.cooldowns = cooldowns
        self.free_calls = FreeCalls(self._api_client, cooldowns)
        self._open = 0

    def prepare(self, provider: Provider, model: Model, network: Network) -> CallTarget:
        """Return the target of chats with `model`: keep it while these three stay the same."""
        return CallTarget(provider, model, network)

    async def open_chat(
        self,
        target: CallTarget,
        request: ChatRequest,
        key: ApiKey | None,
        *,
        on_sent: OnSent = ignore_sent,
    ) -> StreamingCall:
        """Make one call; return it when its answer has begun. It is the caller's to close.

        `on_sent` is called when the request begins to leave: before that nobody can bill it.

        Raises:
            ProviderFailed: there is no answer, or it is an error.
            AircherError: our own failure, which another provider would not mend.
        """
        provider, model, network = target.provider, target.model, target.network
        assert_key_origin(key, provider)
        adapter, api_client = adapter_for(provider, request, model), self._api_client
        secret = key.secret if key else None
        call = api_client.put(secret, adapter.chat_call, provider, request, model, secret)
        waits = waits_of(network, request)
        report = CallReport(self.cooldowns, provider, key.name if key else None, model.id)
        answer = await api_client.send(
            provider, call, secret, network, waits, report=report, on_sent=on_sent
        )
        self._open += 1
        try:
            content_type = await self._accept(answer, report, provider, model)
        except BaseException:
            self._note_closed()
            await answer.body.aclose()
            raise
        return StreamingCall(
            answer.status,
            answer.body,
            _decoder(adapter, request, content_type),
            lambda error: api_client.translated(error, provider, network, report, answered=True),
            _patience(waits),
            on_whole=report.whole,
            on_closed=self._note_closed,
        )

    async def _accept(
        self, answer: HttpResponse, report: CallReport, provider: Provider, model: Model
    ) -> str:
        """Return the type of an answer's content; raise what the answer is if it is none."""
        report.note_headers(answer.headers, self._clock())
        if not 200 <= answer.status < 300:
            data = await read_refusal(answer.body)
            headers = httpx.Headers(answer.headers)
            failure = classify_response(answer.status, headers, data, now=self._clock())
            raise self._api_client.told(report, with_hint(failure, provider, model))
        content_type = _content_type(answer)
        if is_page({"content-type": content_type}):
            raise self._api_client.told(report, web_page(answer.status))
        report.ok()
        return content_type

    def _note_closed(self) -> None:
        self._open -= 1

    def __repr__(self) -> str:
        return f"<ProviderClient {self._open} calls open, {self.cooldowns!r}>"


def _patience(waits: dict[str, float]) -> StallTimeouts:
    return StallTimeouts(waits["first_byte"], max(waits["first_byte"], waits["read"]))


def _content_type(answer: HttpResponse) -> str:
    # Straight from the list: the library's look-up takes longer than all of them together.
    for name, value in answer.headers:
        if name.lower() == b"content-type":
            return value.decode("latin-1").lower()
    return ""


def _decoder(adapter: Adapter, request: ChatRequest, content_type: str) -> ReplyDecoder:
    # What was asked for decides only where the server does not say: some never stream.
    says_stream = "event-stream" in content_type or "ndjson" in content_type
    streams = says_stream or (request.stream and "json" not in content_type)
    return adapter.reply_decoder() if streams else OneReply(adapter.read_reply)
