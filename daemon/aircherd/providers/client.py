"""The providers as the rest of the daemon sees them: open a chat, receive events or one failure.

`api_client` is what every call needs; `free_calls` are those that cost nothing.
"""

import time
import weakref
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal

import httpx

from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed
from aircherd.memory.budget import SMALL
from aircherd.memory.request_memory import RequestMemory
from aircherd.providers.adapter import Adapter, ReplyDecoder
from aircherd.providers.api_client import ApiClient, assert_key_origin, timeouts_for
from aircherd.providers.call_target import CallTarget, PreparedCall
from aircherd.providers.corrections import Edit, apply_edits, find_edits
from aircherd.providers.cost_header import COST_HEADER, priced
from aircherd.providers.download import read_refusal
from aircherd.providers.error_mapping.classify import (
    classify_response,
    is_web_page,
    presentable,
    web_page,
)
from aircherd.providers.error_mapping.request_secrets import redacting
from aircherd.providers.free_calls import FreeCalls
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.health.cooldowns import CooldownManager
from aircherd.providers.hints import with_hint
from aircherd.providers.registry import adapter_for
from aircherd.providers.replies.sniffed_reply import SniffedReply
from aircherd.providers.streaming_call import (
    ChatCall,
    FinishedCall,
    StallTimeouts,
    StreamingCall,
    read_finished,
)
from aircherd.providers.transport.compression.codings import coding_of
from aircherd.providers.transport.compression.decoded_response import DecodedResponse, decoded
from aircherd.providers.transport.request import (
    HttpRequest,
    HttpResponse,
    HttpTransport,
    OnSent,
    RequestHead,
    ignore_sent,
)
from aircherd.providers.upstream.links import Links, UpstreamChat
from aircherd.redaction import Redactor
from aircherd.swap_lock import SWAP_LOCK
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model

if TYPE_CHECKING:
    from aircherd.providers.replies.whole_reply import ReplyReader
    from aircherd.providers.verbatim.passage import Passage  # imported with the first HTTP client
    from aircherd.providers.verbatim.speakers import Speaker

MAX_CORRECTIONS = 2
"""How often a refused call is sent again with a corrected body."""

ReplyFormat = Literal["stream", "whole"]

Opening = Callable[..., StreamingCall]
"""Makes a call whose reply is still arriving."""

_RARE_HEADERS = frozenset(
    {b"content-encoding", b"Content-Encoding", b"Content-encoding", COST_HEADER}
)
"""What most responses do not have, as servers spell it."""


class ProviderClient:
    """Calls providers for chats, and reports to `cooldowns` how each went. Holds no connection.

    `transport_for` returns the transport for network settings; `network` the current settings, for
    `free_calls`, which are made outside of requests. `links` lead to other daemons.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], HttpTransport],
        network: Callable[[], Network],
        cooldowns: CooldownManager,
        redactor: Redactor,
        clock: Callable[[], float] = time.time,
        links: Links | None = None,
    ) -> None:
        self.links = links or Links()
        self._api_client = ApiClient(
            transport_for=transport_for, network=network, redactor=redactor, clock=clock
        )
        self._redactor = redactor
        self._clock = clock
        self.cooldowns = cooldowns
        self.free_calls = FreeCalls(self._api_client, cooldowns, self.links)
        self._targets = weakref.WeakSet[CallTarget]()
        self._open = 0

    # -------------------------------------------------------------- targets

    def prepare(self, provider: Provider, model: Model, network: Network) -> CallTarget:
        """Return the target of chats with `model`: keep it while these three stay the same."""
        target = CallTarget(provider, model, network)
        self._targets.add(target)
        return target

    def forget_keys(self) -> None:
        """Drop every prepared request: a key in it may have been replaced or signed out of."""
        for target in self._targets:
            target.forget_key()

    def _bind(self, target: CallTarget, key: ApiKey | None) -> None:
        """Let the target's chats carry `key`."""
        known = target.key
        if known is None or key is None or known.secret is not key.secret:
            target.forget_key()
        assert_key_origin(key, target.provider)
        if key is not None:
            self._redactor.add(key.secret)  # before any message can quote it
        target.key = key

    def _prepare_call(
        self, target: CallTarget, adapter: Adapter, report: CallReport, *, stream: bool
    ) -> PreparedCall:
        secret = target.key.secret if target.key else None
        request = self._api_client.build_request(
            secret, adapter.chat_head, target.provider, target.model, secret, stream=stream
        )
        call = target.calls[adapter, stream] = self._prepare(
            target, adapter, report, request, stream=stream
        )
        _lock(call)
        return call

    def _prepare(
        self,
        target: CallTarget,
        adapter: Adapter,
        report: CallReport,
        request: HttpRequest,
        *,
        stream: bool,
        is_verbatim: bool = False,
    ) -> PreparedCall:
        try:
            head = RequestHead(request.method, request.url, request.headers)
        except httpx.LocalProtocolError as error:
            raise report.translate(error) from None
        return PreparedCall(
            adapter=adapter,
            transport=self._api_client.transport_for(target.network),
            head=head,
            timeouts=timeouts_for(target.network, stream=stream),
            request=request,
            is_verbatim=is_verbatim,
        )

    # -------------------------------------------------------------- chats

    async def open_chat(
        self,
        target: CallTarget,
        request: ChatRequest,
        key: ApiKey | None,
        *,
        memory: RequestMemory,
        on_sent: OnSent = ignore_sent,
        verbatim: "Passage | None" = None,
    ) -> ChatCall:
        """Make one call; return it when its reply has begun. The caller closes it.

        With `verbatim`, the body goes out as an HTTP client sent it, if the provider speaks the
        client's API, and the bytes of the reply are noted there. Nothing in such a body is ours, so
        nothing in it is corrected.

        `on_sent` is called when the request begins to leave: before that, nothing can be billed.
        The body, and what is read of the reply until it makes an event, are counted in `memory`.

        Raises:
            ProviderFailed: there is no reply, or it is an error.
            Busy: the body is more than the client's share of memory.
            AircherError: our own failure, which another provider would not fix.
        """
        if key is not target.key:
            self._bind(target, key)
        cooldowns = self.cooldowns
        report = CallReport(
            cooldowns,
            target.provider,
            target.network,
            key.name if key else None,
            target.model.id,
            cooldowns.now(),
            redacting(self._redactor.redact, request),
            key.secret if key else None,
        )
        if target.provider.kind == SOCKET:
            chat = self._for_daemon(target, request, verbatim)
            return await self._open_upstream(chat, report, verbatim, memory=memory, on_sent=on_sent)
        call, body = (
            self._build(target, request, report)
            if verbatim is None
            else self._build_passed(target, request, report, verbatim)
        )
        counted = _count(body, memory)
        done: list[Edit] = []
        tries_left = MAX_CORRECTIONS
        try:
            while True:
                try:
                    if target.signer is None:
                        response = await call.transport.send(
                            call.head, body, call.timeouts, on_sent
                        )
                    else:
                        response = await self._send_signed(target, call, body, on_sent)
                except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
                    raise report.translate(error) from None
                try:
                    accepted = self._accept(
                        call, response, report, memory, verbatim, stream=request.stream
                    )
                except BaseException:
                    await response.aclose()
                    raise
                if accepted is not None:
                    if done:
                        target.remember_edits(call.adapter, tuple(done))
                    return accepted
                data = await _close_refusal(response)
                own = call.adapter.own_fields if tries_left and not call.is_verbatim else ()
                edits = find_edits(own, request, body, response.status, data)
                if not edits:
                    raise self._failed(target, response, data, report)
                # Once more without what is ours. `on_sent` was called when the refused body left.
                body = apply_edits(body, edits, request)
                on_sent, tries_left = ignore_sent, tries_left - 1
                done += edits
        finally:
            if counted:
                memory.shrink(counted)

    def _for_daemon(
        self, target: CallTarget, request: ChatRequest, passage: "Passage | None"
    ) -> UpstreamChat:
        """Return the chat for another daemon, which speaks no API of HTTP clients."""
        if passage is not None:
            from aircherd.providers.verbatim.speakers import refusal  # noqa: PLC0415
            from aircherd.providers.verbatim.wishes import build_as_wished  # noqa: PLC0415

            if reason := refusal(passage):
                failure = Failure(kind=FailureClass.UNSUPPORTED, message=reason)
                raise self._api_client.without_keys(failure)
            request = build_as_wished(lambda asked: asked, request, target.model)
        return UpstreamChat(target.provider, target.model.id, request, target.network)

    async def _open_upstream(
        self,
        chat: UpstreamChat,
        report: CallReport,
        passage: "Passage | None",
        *,
        memory: RequestMemory,
        on_sent: OnSent,
    ) -> ChatCall:
        from aircherd.providers.upstream.call import open_call  # noqa: PLC0415 -- few have one

        call = await open_call(
            self.links, chat, report, memory=memory, on_sent=on_sent, now=self._clock()
        )
        if passage is not None:
            passage.begin_translated()
        return call

    def _build(
        self, target: CallTarget, request: ChatRequest, report: CallReport
    ) -> tuple[PreparedCall, bytes]:
        """Return the prepared call of the target and the body of the request."""
        adapter = target.adapter or adapter_for(target.provider, request, target.model)
        call = target.calls.get((adapter, request.stream))
        if call is None:
            call = self._prepare_call(target, adapter, report, stream=request.stream)
        try:
            body = adapter.encode_chat(target.provider, request, target.model)
            if target.edits and (edits := target.edits.get(adapter)):
                body = apply_edits(body, edits, request)
        except Exception as error:  # noqa: BLE001 - a boundary, see `unbuildable`
            raise self._api_client.unbuildable(error) from None
        return call, body

    def _build_passed(
        self, target: CallTarget, request: ChatRequest, report: CallReport, passage: "Passage"
    ) -> tuple[PreparedCall, bytes]:
        """Return the call and the body for an HTTP client: its own body, or the translated one."""
        from aircherd.providers.verbatim.speakers import find_speaker, refusal  # noqa: PLC0415
        from aircherd.providers.verbatim.wishes import build_as_wished  # noqa: PLC0415

        provider, model = target.provider, target.model
        speaker = find_speaker(provider, model, request, passage)
        if speaker is None:
            if reason := refusal(passage):
                failure = Failure(kind=FailureClass.UNSUPPORTED, message=reason)
                raise self._api_client.without_keys(failure)
            return build_as_wished(lambda asked: self._build(target, asked, report), request, model)
        try:
            body = passage.body_for(model.id, speaker.renamed)
        except Exception as error:  # noqa: BLE001 - a boundary, see `unbuildable`
            raise self._api_client.unbuildable(error) from None
        known = (speaker.adapter, speaker.url, passage.request.headers, passage.request.query)
        call = target.passed_calls.get(known)
        if call is None:
            call = self._prepare_passed(target, speaker, passage, report, stream=request.stream)
            if target.is_worth_keeping(known):
                _lock(call)
                target.keep_passed(known, call)
        return call, body

    def _prepare_passed(
        self,
        target: CallTarget,
        speaker: "Speaker",
        passage: "Passage",
        report: CallReport,
        *,
        stream: bool,
    ) -> PreparedCall:
        from aircherd.providers.verbatim.passed_call import passed_head  # noqa: PLC0415

        secret = target.key.secret if target.key else None
        build = partial(passed_head, speaker, passage)
        request = self._api_client.build_request(
            secret, build, target.provider, target.model, secret, stream=stream
        )
        adapter = speaker.adapter
        return self._prepare(target, adapter, report, request, stream=stream, is_verbatim=True)

    def _accept(
        self,
        call: PreparedCall,
        response: HttpResponse,
        report: CallReport,
        memory: RequestMemory,
        verbatim: "Passage | None",
        *,
        stream: bool,
    ) -> ChatCall | None:
        """Return the call of a response, None if that is a refusal or a page for people."""
        report.note_headers(response.headers, self._clock())
        # Without a step for each header: nearly all are spelled as they are looked up.
        by_name = dict(reversed(response.headers))
        reply_format = _reply_format(_content_type(by_name), stream)
        if not 200 <= response.status < 300:
            return None
        report.ok()
        reader: ReplyReader = call.adapter
        has_cost = False
        if verbatim is not None:
            reader = self._reader_for(call, response, verbatim, by_name, stream=stream)
        if not _RARE_HEADERS.isdisjoint(by_name):
            response, has_cost = decoded(response), COST_HEADER in by_name
        if reply_format == "whole" and (data := response.take_whole()) is not None:
            coding = None if data.startswith(b"{") else coding_of(data)
            if coding is None:
                opened = FinishedCall(read_finished(reader, data, report))
                return priced(opened, by_name, stream=False) if has_cost else opened
            response = DecodedResponse(response, [coding], data)
        self._open += 1
        timeouts, is_stream = call.timeouts, reply_format == "stream"
        decoder: ReplyDecoder = SniffedReply(
            reader, is_labelled_stream=is_stream, may_stream=stream
        )
        opening: Opening = StreamingCall
        if verbatim is not None:
            opening, decoder = _passed_call(verbatim, reader, decoder)
        streaming = opening(
            response,
            decoder,
            report,
            StallTimeouts(timeouts.first_byte, max(timeouts.first_byte, timeouts.read)),
            memory,
            on_closed=self._note_closed,
        )
        return priced(streaming, by_name, stream=is_stream) if has_cost else streaming

    def _reader_for(
        self,
        call: PreparedCall,
        response: HttpResponse,
        passage: "Passage",
        headers: Mapping[bytes, bytes],
        *,
        stream: bool,
    ) -> "ReplyReader":
        """Return what reads the reply to an HTTP client's request."""
        if not call.is_verbatim:
            passage.begin_translated()
            return call.adapter
        from aircherd.providers.verbatim.passed_call import passed_reader  # noqa: PLC0415

        kind, redactor = _content_type(headers), self._redactor
        return passed_reader(call.adapter, passage, kind, response, redactor, stream=stream)

    async def _send_signed(
        self, target: CallTarget, call: PreparedCall, body: bytes, on_sent: OnSent
    ) -> HttpResponse:
        plain = call.request
        request = HttpRequest(plain.method, plain.url, plain.headers, body)
        secret = target.key.secret if target.key else None
        return await self._api_client.send(
            target.provider,
            request,
            secret,
            network=target.network,
            timeouts=call.timeouts,
            on_sent=on_sent,
        )

    def _failed(
        self, target: CallTarget, response: HttpResponse, data: bytes, report: CallReport
    ) -> ProviderFailed:
        """Return what to raise for a response that is no reply, with the body `data`."""
        if 200 <= response.status < 300:
            return report.failed(web_page(response.status))
        headers = httpx.Headers(response.headers)
        failure = classify_response(
            response.status, headers, data, now=self._clock(), model=target.model.id
        )
        return report.failed(with_hint(failure, target.provider, target.model))

    def presentable(self, failure: Failure, request: ChatRequest) -> Failure:
        """Return a failure that was found in a reply after it was decoded, without any keys."""
        return presentable(failure, redacting(self._redactor.redact, request))

    def _note_closed(self) -> None:
        self._open -= 1

    def __repr__(self) -> str:
        return f"<ProviderClient {self._open} calls open, {self.cooldowns!r}>"


def _count(body: bytes, memory: RequestMemory) -> int:
    """Count a body in `memory` unless it is small; return the bytes to give back."""
    size = len(body)
    if size <= SMALL:
        return 0
    memory.grow(size)
    return size


def _lock(call: PreparedCall) -> None:
    """Keep what holds the key in memory, as long as the call is kept."""
    SWAP_LOCK.keep(call.head.encoded, *(value for _, value in call.head.headers))
    SWAP_LOCK.keep(*(value for _, value in call.request.headers))


def _passed_call(
    passage: "Passage", reader: "ReplyReader", usual: ReplyDecoder
) -> tuple[Opening, ReplyDecoder]:
    """Return what receives a reply for an HTTP client, and what decodes it."""
    from aircherd.providers.verbatim.passed_call import open_passed, passed_decoder  # noqa: PLC0415

    return partial(open_passed, passage), passed_decoder(passage, reader, usual)


async def _close_refusal(response: HttpResponse) -> bytes:
    """Return the body of a response that is no reply; the response is closed."""
    try:
        is_page = 200 <= response.status < 300
        return b"" if is_page else await read_refusal(decoded(response))
    finally:
        await response.aclose()


def _content_type(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the type of a response's content."""
    value = headers.get(b"content-type") or headers.get(b"Content-Type")
    if value is None:
        named = (value for name, value in headers.items() if name.lower() == b"content-type")
        value = next(named, b"")
    return value


@lru_cache(maxsize=64)
def _reply_format(content_type: bytes, stream: bool) -> ReplyFormat:
    """Return how a successful response is to be read.

    What was requested decides only where the server does not say: some never stream.
    """
    text = content_type.decode("latin-1").lower()
    if is_web_page({"content-type": text}):
        return "whole"  # a page, or a reply by a wrong name: its first byte tells
    if "event-stream" in text or "ndjson" in text or (stream and "json" not in text):
        return "stream"
    return "whole"
