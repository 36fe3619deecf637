"""The providers as the rest of the daemon sees them: ask for a chat, receive events or one failure.

The edge of this room. What the transport raises and what vendors answer becomes `ProviderFailed`
here, once, with a message from which every live key has been taken out.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec
from urllib.parse import urlsplit

import httpx
import structlog
import trio

from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.events import EventBus
from aircherd.providers.adapter import Adapter, HttpCall, ReplyDecoder
from aircherd.providers.adapters import ADAPTERS, adapter_for
from aircherd.providers.chat_call import ChatCall, OneReply, Patience, TransportError
from aircherd.providers.classify import (
    classify_response,
    is_page,
    shown,
    was_recognised,
    web_page,
)
from aircherd.providers.exchange import Answer, BadUrl, BodyReader, Outgoing, target_of
from aircherd.providers.health import HealthBook
from aircherd.providers.network_failure import network_failure
from aircherd.providers.transport import send_over
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, Health, KeyCheck
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Redactor, Secret

MAX_ERROR_BODY = 64 * 1024
"""Bytes of an error that are read: the table looks at its beginning only."""

ERROR_BODY_SECONDS = 5.0
"""How long an error's body may take: the status alone says almost everything."""

CHECK_SECONDS = 15.0
"""The whole of a key check: a person is waiting for it."""


P = ParamSpec("P")
log = structlog.get_logger()


class ProviderPool:
    """Calls providers, and remembers which of them can be reached. Holds no connection itself.

    `transport_for` gives the transport for a network's settings; `network` the settings of the
    moment, for calls that no request brings its own for.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], httpx.AsyncBaseTransport],
        network: Callable[[], Network],
        bus: EventBus,
        redactor: Redactor,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport_for = transport_for
        self._network = network
        self._redactor = redactor
        self._clock = clock
        self._health = HealthBook(bus)
        self._open = 0

    # -------------------------------------------------------------- chat

    @asynccontextmanager
    async def open_chat(
        self,
        provider: Provider,
        request: ChatRequest,
        model: Model,
        key: ApiKey | None,
        network: Network,
    ) -> AsyncIterator[ChatCall]:
        """Make one call and yield it when its answer has begun; leaving closes it, at once.

        Raises:
            ProviderFailed: there is no answer, or it is an error.
            AircherError: our own failure, which another provider would not mend.
        """
        if key and key.origin != provider.origin:
            # AuthManager sees to it; should it ever fail to, the key stops here.
            raise RuntimeError(f"a key for {key.origin} must not go to {provider.origin}")
        adapter = adapter_for(provider, request, model)
        secret = key.secret if key else None
        call = self._put(secret, adapter.chat_call, provider, request, model, secret)
        waits = _waits(network, request)
        answer = await self._send(provider, call, network, waits)
        body, status = answer.body, answer.status
        self._open += 1
        try:
            if not 200 <= status < 300:
                data = await _read_error_body(body)
                headers = httpx.Headers(answer.headers)
                failure = classify_response(status, headers, data, now=self._clock())
                raise self._told(provider, failure)
            content_type = _content_type(answer)
            if is_page({"content-type": content_type}):
                raise self._told(provider, web_page(status))
            self._health.note_ok(provider)
            yield ChatCall(
                status,
                body,
                _decoder(adapter, request, content_type),
                lambda error: self._translated(error, provider, network, answered=True),
                _patience(waits),
            )
        finally:
            self._open -= 1
            await body.aclose()

    # -------------------------------------------------------------- keys

    async def check_key(self, provider: Provider, secret: Secret) -> KeyCheck:
        """Find out whether `secret` is good, by a call that costs nothing; never raises.

        Takes at most `CHECK_SECONDS`.
        """
        adapter = ADAPTERS[provider.kind]
        try:
            call = self._put(secret, adapter.key_check_call, provider, secret)
        except ProviderFailed as error:
            ok = False if error.failure.kind is FailureClass.AUTH else None
            return KeyCheck(ok, "the form of the request", error.failure)
        how = f"{call.method} {urlsplit(call.url).path}"
        late = f"no whole answer from {provider.origin} within {CHECK_SECONDS:g} s"
        ok = None
        failure: Failure | None = Failure(kind=FailureClass.TIMEOUT, message=late)
        with trio.move_on_after(CHECK_SECONDS) as scope:
            try:
                ok, failure = await self._check(provider, call)
            except ProviderFailed as error:
                failure = error.failure
            except AircherError as error:  # our own failure, no news of the provider
                failure = Failure(kind=FailureClass.NETWORK, message=error.message)
        if scope.cancelled_caught and failure:
            failure = self._told(provider, failure).failure
        return KeyCheck(ok, how, failure)

    async def _check(
        self, provider: Provider, call: HttpCall
    ) -> tuple[bool | None, Failure | None]:
        network = self._network()
        answer = await self._send(provider, call, network, _waits(network, None))
        status, headers = answer.status, httpx.Headers(answer.headers)
        is_success = 200 <= status < 300
        try:
            if is_page(headers) and is_success:
                return None, self._told(provider, web_page(status)).failure
            if is_success:
                self._health.note_ok(provider)
                return True, None
            data = await _read_error_body(answer.body)
        finally:
            await answer.body.aclose()
        failure = classify_response(status, headers, data, now=self._clock())
        return was_recognised(status, headers, data), self._told(provider, failure).failure

    # -------------------------------------------------------------- health

    def health(self, provider: str) -> tuple[Health, str | None]:
        """Return the health of the provider of this name, and the reason when it is not `ok`."""
        return self._health.health(provider)

    # -------------------------------------------------------------- the call

    def _put(
        self,
        secret: Secret | None,
        build: Callable[P, HttpCall],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> HttpCall:
        """Let an adapter `build` a call. Failing here says nothing about the provider's health."""
        if secret:
            self._redactor.add(secret)  # before anybody can quote it
        try:
            call = build(*args, **kwargs)
            target_of(call.url)
        except ProviderFailed as error:
            raise ProviderFailed(self._shown(error.failure)) from None
        except BadUrl as error:
            failure = Failure(kind=FailureClass.PROTOCOL, message=str(error))
            raise ProviderFailed(self._shown(failure)) from None
        except Exception:
            # An edge: an adapter that meets what its author did not must not end the fallback.
            log.exception("a request could not be put into a provider's API")
            message = "aircherd cannot put this request into its API: see its log"
            raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message)) from None
        return call

    async def _send(
        self, provider: Provider, call: HttpCall, network: Network, waits: dict[str, float]
    ) -> Answer:
        """Send `call`; return the answer with its body unread, which the caller must close."""
        try:
            target = target_of(call.url)
            ready = Outgoing(call.method, target, tuple(call.headers), call.body, waits)
            return await send_over(self._transport_for(network), ready)
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise self._translated(error, provider, network, answered=False) from None

    # -------------------------------------------------------------- failing

    def _translated(
        self,
        error: TransportError | ProviderFailed,
        provider: Provider,
        network: Network,
        *,
        answered: bool,
    ) -> ProviderFailed:
        if isinstance(error, ProviderFailed):
            return self._told(provider, error.failure)
        return self._told(provider, network_failure(error, provider, network, answered=answered))

    def _told(self, provider: Provider, failure: Failure) -> ProviderFailed:
        told = self._shown(failure)
        self._health.note_failure(provider, told)
        return ProviderFailed(told)

    def _shown(self, failure: Failure) -> Failure:
        return shown(failure, self._redactor.redact)

    def __repr__(self) -> str:
        return f"<ProviderPool {self._open} calls open, {self._health!r}>"


def _waits(network: Network, request: ChatRequest | None) -> dict[str, float]:
    """Return the transport's deadlines, in seconds."""
    one_piece = request is not None and not request.stream
    return {
        "connect": network.connect_timeout,
        "write": network.idle_timeout,
        "read": network.idle_timeout,
        # A reply in one piece begins when it is finished: only the whole request bounds that.
        "first_byte": network.request_timeout if one_piece else network.first_byte_timeout,
    }


def _patience(waits: dict[str, float]) -> Patience:
    return Patience(waits["first_byte"], max(waits["first_byte"], waits["read"]))


def _content_type(answer: Answer) -> str:
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


async def _read_error_body(reader: BodyReader) -> bytes:
    """Return what can be had of an error's body, within bounds of size and time."""
    body = b""
    with trio.move_on_after(ERROR_BODY_SECONDS):
        try:
            while len(body) < MAX_ERROR_BODY and (data := await reader.receive_some()):
                body += data
        except (httpx.HTTPError, httpx.StreamError):
            return body  # the status stands, whatever became of the words
    return body
