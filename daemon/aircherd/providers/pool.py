"""The providers as the rest of the daemon sees them: ask for a chat, receive events or one failure.

The edge of this room. What the transport raises and what vendors answer becomes `ProviderFailed`
here, once, with a message from which every live key has been taken out.
"""

import time
from collections.abc import Callable
from typing import ParamSpec
from urllib.parse import urlsplit

import httpx
import structlog
import trio

from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.providers.adapter import Adapter, HttpCall, ReplyDecoder, call_headers
from aircherd.providers.adapters import ADAPTERS, SIGNERS, adapter_for
from aircherd.providers.call_report import CallReport
from aircherd.providers.chat_call import ChatCall, OneReply, Patience, TransportError
from aircherd.providers.classify import (
    classify_response,
    is_page,
    shown,
    was_recognised,
    web_page,
)
from aircherd.providers.cooldown_book import TELLS_NOTHING, CooldownBook
from aircherd.providers.credit import has_credit
from aircherd.providers.cures import with_cure
from aircherd.providers.download import as_missing, read_answer
from aircherd.providers.exchange import Answer, BadUrl, BodyReader, Outgoing, target_of
from aircherd.providers.model_list import MAX_LIST, read_list
from aircherd.providers.network_failure import network_failure
from aircherd.providers.signing import HttpReply, Signing, refused_token
from aircherd.providers.transport import send_over
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyCheck
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Redactor, Secret

MAX_ERROR_BODY = 64 * 1024
"""Bytes of an error that are read: the table looks at its beginning only."""

ERROR_BODY_SECONDS = 5.0
"""How long an error's body may take: the status alone says almost everything."""

MAX_TOKEN = 256 * 1024
"""Bytes of the answer that brings a token."""

CHECK_SECONDS = 15.0
"""The whole of a key check: a person is waiting for it."""


P = ParamSpec("P")
log = structlog.get_logger()


class ProviderPool:
    """Calls providers, and reports to `cooldowns` how each call went. Holds no connection itself.

    `transport_for` gives the transport for a network's settings; `network` the settings of the
    moment, for calls that no request brings its own for.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], httpx.AsyncBaseTransport],
        network: Callable[[], Network],
        cooldowns: CooldownBook,
        redactor: Redactor,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport_for = transport_for
        self._network = network
        self._redactor = redactor
        self._clock = clock
        self.cooldowns = cooldowns
        self._signing = Signing(clock)
        self._open = 0

    # -------------------------------------------------------------- chat

    async def open_chat(
        self,
        provider: Provider,
        request: ChatRequest,
        model: Model,
        key: ApiKey | None,
        network: Network,
    ) -> ChatCall:
        """Make one call; return it when its answer has begun. It is the caller's to close.

        Raises:
            ProviderFailed: there is no answer, or it is an error.
            AircherError: our own failure, which another provider would not mend.
        """
        _demand_own(key, provider)
        adapter = adapter_for(provider, request, model)
        secret = key.secret if key else None
        call = self._put(secret, adapter.chat_call, provider, request, model, secret)
        waits = _waits(network, request)
        report = CallReport(self.cooldowns, provider, key.name if key else None, model.id)
        answer = await self._send(provider, call, secret, network, waits, report=report)
        self._open += 1
        try:
            content_type = await self._accept(answer, report, provider, model)
        except BaseException:
            self._note_closed()
            await answer.body.aclose()
            raise
        return ChatCall(
            answer.status,
            answer.body,
            _decoder(adapter, request, content_type),
            lambda error: self._translated(error, provider, network, report, answered=True),
            _patience(waits),
            on_whole=report.whole,
            on_closed=self._note_closed,
        )

    async def _accept(
        self, answer: Answer, report: CallReport, provider: Provider, model: Model
    ) -> str:
        """Return the type of an answer's content; raise what the answer is if it is none."""
        report.note_headers(answer.headers, self._clock())
        if not 200 <= answer.status < 300:
            data = await _read_error_body(answer.body)
            headers = httpx.Headers(answer.headers)
            failure = classify_response(answer.status, headers, data, now=self._clock())
            raise self._told(report, with_cure(failure, provider, model))
        content_type = _content_type(answer)
        if is_page({"content-type": content_type}):
            raise self._told(report, web_page(answer.status))
        report.ok()
        return content_type

    def _note_closed(self) -> None:
        self._open -= 1

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
        ok, report = None, CallReport(self.cooldowns, provider, None, None)
        failure: Failure | None = Failure(kind=FailureClass.TIMEOUT, message=late)
        with trio.move_on_after(CHECK_SECONDS) as scope:
            try:
                ok, failure = await self._check(provider, call, secret, report)
            except ProviderFailed as error:
                failure = error.failure
                ok = False if failure.kind is FailureClass.AUTH else None
            except AircherError as error:  # our own failure, no news of the provider
                failure = Failure(kind=FailureClass.NETWORK, message=error.message)
        if scope.cancelled_caught and failure:
            failure = self._told(report, failure).failure
        return KeyCheck(ok, how, failure)

    async def _check(
        self, provider: Provider, call: HttpCall, secret: Secret, report: CallReport
    ) -> tuple[bool | None, Failure | None]:
        network = self._network()
        waits = _waits(network, None)
        answer = await self._send(provider, call, secret, network, waits, report=report)
        status, headers = answer.status, httpx.Headers(answer.headers)
        is_success = 200 <= status < 300
        try:
            if is_page(headers) and is_success:
                return None, self._told(report, web_page(status)).failure
            if is_success:
                report.ok()
                return True, None
            data = await _read_error_body(answer.body)
        finally:
            await answer.body.aclose()
        failure = classify_response(status, headers, data, now=self._clock())
        return was_recognised(status, headers, data), self._told(report, failure).failure

    # -------------------------------------------------------------- lists of models

    async def list_models(self, provider: Provider, key: ApiKey | None) -> list[Model]:
        """Return what the provider says it has. A failure changes nobody's health: none was asked.

        Raises:
            ProviderFailed: there is no list to be had.
            AircherError: our own failure.
        """
        _demand_own(key, provider)
        adapter, secret = ADAPTERS[provider.kind], key.secret if key else None
        call = self._put(secret, adapter.models_call, provider, secret)
        call = await self._signed(provider, call, secret)
        data = await self._download(provider, call, MAX_LIST, "has no list of models")
        try:
            # In a thread: the longest list takes tens of milliseconds.
            holds_key = self._redactor.has_key
            models = await trio.to_thread.run_sync(
                read_list, adapter, data, holds_key, provider.name
            )
        except ProviderFailed as error:
            raise ProviderFailed(self._shown(error.failure)) from None
        except Exception:  # an edge, as in `_put`
            log.exception("a list of models could not be read")
            message = "sent a list of models that aircherd cannot read: see its log"
            raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message)) from None
        self.cooldowns.note_reachable(provider.name)
        self.cooldowns.note_models(provider.name, (model.id for model in models))
        return models

    async def download(self, url: str, max_bytes: int) -> bytes:
        """Return a public file. The deadline is the caller's.

        Raises:
            ProviderFailed: it is not to be had, or larger than that.
            AircherError: our own failure.
        """
        nobody = Provider(name="download", kind="", base_url=url, needs_key=False)
        call = HttpCall("GET", url, call_headers(nobody, []))
        return await self._download(nobody, call, max_bytes, "there is no such file")

    async def _download(
        self, provider: Provider, call: HttpCall, max_bytes: int, not_found: str
    ) -> bytes:
        network, answered = self._network(), False
        out = _outgoing(call, _waits(network, None))
        try:
            answer = await send_over(self._transport_for(network), out)
            answered = True
            data = await read_answer(answer, max_bytes, now=self._clock())
        except (httpx.HTTPError, httpx.StreamError) as error:
            data = network_failure(error, provider, network, answered=answered)
        if isinstance(data, Failure):
            raise ProviderFailed(self._shown(as_missing(data, not_found)))
        return data

    # -------------------------------------------------------------- free looks, for recovery

    async def is_reachable(self, provider: Provider) -> bool:
        """Find out whether a provider's API answers, without a key, and without anybody's request.

        A refusal is an answer too; a failure changes nothing.
        """
        call = self._put(None, ADAPTERS[provider.kind].models_call, provider, None)
        try:
            await self._download(provider, call, MAX_LIST, "no list of models")
        except ProviderFailed as error:
            return error.failure.kind not in TELLS_NOTHING
        return True

    async def has_credit(self, provider: Provider, key: ApiKey) -> bool:
        """Find out whether `key` has credit, where its own page says so.

        Raises:
            ProviderFailed: the page is not to be had.
            AircherError: our own failure.
        """
        _demand_own(key, provider)
        secret = key.secret
        call = self._put(secret, ADAPTERS[provider.kind].key_check_call, provider, secret)
        call = await self._signed(provider, call, secret)
        return has_credit(await self._download(provider, call, MAX_ERROR_BODY, "no page of a key"))

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
        self,
        provider: Provider,
        call: HttpCall,
        secret: Secret | None,
        network: Network,
        waits: dict[str, float],
        *,
        report: CallReport,
    ) -> Answer:
        """Send `call`; return the answer with its body unread, which the caller must close."""
        try:
            signer = SIGNERS.get(provider.kind)
            if signer is None or secret is None:
                return await send_over(self._transport_for(network), _outgoing(call, waits))
            signed = await self._signed(provider, call, secret)
            answer = await self._sent(signed, network, waits)
            if answer.status != 401 or not signer.is_stale(signed, secret):
                return answer
            await answer.body.aclose()
            signed = await self._signed(provider, call, secret)
            return await self._sent(signed, network, waits)
        except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
            raise self._translated(error, provider, network, report, answered=False) from None

    async def _sent(self, call: HttpCall, network: Network, waits: dict[str, float]) -> Answer:
        return await send_over(self._transport_for(network), _outgoing(call, waits))

    async def _signed(self, provider: Provider, call: HttpCall, secret: Secret | None) -> HttpCall:
        """Return `call` as it may go out: signed, where its kind must be."""
        signer = SIGNERS.get(provider.kind)
        if signer is None or secret is None:
            return call
        try:
            return await self._signing.sign(signer, call, secret, self._fetch)
        except ProviderFailed as error:
            raise ProviderFailed(self._shown(error.failure)) from None
        except AircherError:
            raise  # our own failure
        except Exception:  # an edge, as in `_put`
            log.exception("a call could not be signed")
            message = "aircherd cannot sign this request: see its log"
            raise ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=message)) from None

    async def _fetch(self, call: HttpCall) -> HttpReply:
        """Send a call of a signer's own."""
        place = Provider(name="token", kind="", base_url=call.url)
        if not place.can_carry_key:
            raise RuntimeError("a key must not go over plain http to another machine")
        try:
            data = await self._download(place, call, MAX_TOKEN, "there is no such page of tokens")
        except ProviderFailed as error:
            raise ProviderFailed(refused_token(error.failure)) from None
        return HttpReply(data, self._redactor.add)

    # -------------------------------------------------------------- failing

    def _translated(
        self,
        error: TransportError | ProviderFailed,
        provider: Provider,
        network: Network,
        report: CallReport,
        *,
        answered: bool,
    ) -> ProviderFailed:
        if isinstance(error, ProviderFailed):
            return self._told(report, error.failure)
        return self._told(report, network_failure(error, provider, network, answered=answered))

    def _told(self, report: CallReport, failure: Failure) -> ProviderFailed:
        told = self._shown(failure)
        report.failed(told)
        return ProviderFailed(told)

    def _shown(self, failure: Failure) -> Failure:
        return shown(failure, self._redactor.redact)

    def __repr__(self) -> str:
        return f"<ProviderPool {self._open} calls open, {self.cooldowns!r}>"


def _demand_own(key: ApiKey | None, provider: Provider) -> None:
    """Stop a key that is for another origin: should AuthManager ever fail to, it goes no further.

    Raises:
        RuntimeError: it is.
    """
    if key and key.origin != provider.origin:
        raise RuntimeError(f"a key for {key.origin} must not go to {provider.origin}")


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


def _outgoing(call: HttpCall, waits: dict[str, float]) -> Outgoing:
    return Outgoing(call.method, target_of(call.url), tuple(call.headers), call.body, waits)


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
