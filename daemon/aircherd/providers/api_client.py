"""What every call takes: an adapter writes it, it is signed and sent, and its failure is told.

Here, once, what the transport raises becomes `ProviderFailed`, and every live key is taken out of
what is told.

    put -> send        a chat, the check of a key: how it went is news of the provider
    put -> read_whole  a list, a file, a page of a key: nobody's health changes by a failure
"""

from collections.abc import Callable
from typing import ParamSpec

import httpx
import structlog

from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.providers.adapter import HttpCall
from aircherd.providers.download import as_missing, read_answer
from aircherd.providers.error_mapping.classify import shown
from aircherd.providers.error_mapping.network import network_failure
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.registry import SIGNERS
from aircherd.providers.signing import HttpReply, Signer, Signing, refused_token
from aircherd.providers.streaming_call import TransportError
from aircherd.providers.transport.request import (
    BadUrl,
    HttpRequest,
    HttpResponse,
    OnSent,
    endpoint_of,
    ignore_sent,
)
from aircherd.providers.transport.transport import send_over
from aircherd.redaction import Redactor
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.secret import Secret

MAX_TOKEN = 256 * 1024
"""Bytes of the answer that brings a token."""

P = ParamSpec("P")
log = structlog.get_logger()


class ApiClient:
    """Makes calls over the transport of a network's settings. Holds no connection itself.

    `network` gives the settings of the moment, for calls that no request brings its own for;
    `clock` the Unix time; `redactor` knows the live keys.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], httpx.AsyncBaseTransport],
        network: Callable[[], Network],
        redactor: Redactor,
        clock: Callable[[], float],
    ) -> None:
        self._transport_for = transport_for
        self.network = network
        self.redactor = redactor
        self.clock = clock
        self._signing = Signing(clock)

    # -------------------------------------------------------------- writing and sending

    def put(
        self, secret: Secret | None, build: Callable[P, HttpCall], *args: P.args, **kwargs: P.kwargs
    ) -> HttpCall:
        """Let an adapter `build` a call. Failing here says nothing about the provider's health.

        Raises:
            ProviderFailed: its API cannot say this, or its address is none.
        """
        if secret:
            self.redactor.add(secret)  # before anybody can quote it
        try:
            call = build(*args, **kwargs)
            endpoint_of(call.url)
        except ProviderFailed as error:
            raise self.without_keys(error.failure) from None
        except BadUrl as error:
            failure = Failure(kind=FailureClass.PROTOCOL, message=f"base_url {error}")
            raise self.without_keys(failure) from None
        except Exception:
            # An edge: an adapter that meets what its author did not must not end the fallback.
            log.exception("a request could not be put into a provider's API")
            raise defect("aircherd cannot put this request into its API") from None
        return call

    async def send(
        self,
        provider: Provider,
        call: HttpCall,
        secret: Secret | None,
        network: Network,
        waits: dict[str, float],
        *,
        report: CallReport,
        on_sent: OnSent = ignore_sent,
    ) -> HttpResponse:
        """Send `call`; return the answer with its body unread, which the caller must close.

        `on_sent` is called when it begins to leave.

        Raises:
            ProviderFailed: there is none; `report` has it.
            AircherError: our own failure.
        """
        try:
            signer = SIGNERS.get(provider.kind)
            if signer is None or secret is None:
                # As `_sent` does it, without another coroutine on the way of every chat.
                ready = _outgoing(call, waits, on_sent)
                return await send_over(self._transport_for(network), ready)
            signed = await self._sign(signer, call, secret)
            answer = await self._sent(signed, network, waits, on_sent)
            if answer.status != 401 or not signer.is_stale(signed, secret):
                return answer
            await answer.body.aclose()
            signed = await self._sign(signer, call, secret)
            return await self._sent(signed, network, waits, on_sent)
        except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
            raise self.translated(error, provider, network, report, answered=False) from None

    async def read_whole(
        self,
        provider: Provider,
        call: HttpCall,
        secret: Secret | None,
        max_bytes: int,
        not_found: str,
    ) -> bytes:
        """Send `call`; return the body of its answer.

        Raises:
            ProviderFailed: it is not to be had, or larger than that; a 404 says `not_found`.
            AircherError: our own failure.
        """
        signer = SIGNERS.get(provider.kind)
        if signer is not None and secret is not None:
            call = await self._sign(signer, call, secret)
        network, answered = self.network(), False
        try:
            answer = await self._sent(call, network, waits_of(network))
            answered = True
            data = await read_answer(answer, max_bytes, now=self.clock())
        except (httpx.HTTPError, httpx.StreamError) as error:
            data = network_failure(error, provider, network, answered=answered)
        if isinstance(data, Failure):
            raise self.without_keys(as_missing(data, not_found))
        return data

    async def _sent(
        self,
        call: HttpCall,
        network: Network,
        waits: dict[str, float],
        on_sent: OnSent = ignore_sent,
    ) -> HttpResponse:
        return await send_over(self._transport_for(network), _outgoing(call, waits, on_sent))

    # -------------------------------------------------------------- signing

    async def _sign(self, signer: Signer, call: HttpCall, secret: Secret) -> HttpCall:
        try:
            return await self._signing.sign(signer, call, secret, self._fetch)
        except ProviderFailed as error:
            raise self.without_keys(error.failure) from None
        except AircherError:
            raise  # our own failure
        except Exception:  # an edge, as in `put`
            log.exception("a call could not be signed")
            raise defect("aircherd cannot sign this request") from None

    async def _fetch(self, call: HttpCall) -> HttpReply:
        """Send a call of a signer's own."""
        place = Provider(name="token", kind="", base_url=call.url)
        if not place.can_carry_key:
            raise RuntimeError("a key must not go over plain http to another machine")
        try:
            missing = "there is no such page of tokens"
            data = await self.read_whole(place, call, None, MAX_TOKEN, missing)
        except ProviderFailed as error:
            raise ProviderFailed(refused_token(error.failure)) from None
        return HttpReply(data, self.redactor.add)

    # -------------------------------------------------------------- failing

    def translated(
        self,
        error: TransportError | ProviderFailed,
        provider: Provider,
        network: Network,
        report: CallReport,
        *,
        answered: bool,
    ) -> ProviderFailed:
        """Tell `report` what ended its call, after an answer or before; return what to raise."""
        if isinstance(error, ProviderFailed):
            return self.told(report, error.failure)
        return self.told(report, network_failure(error, provider, network, answered=answered))

    def told(self, report: CallReport, failure: Failure) -> ProviderFailed:
        """Tell `report` that its call failed; return what to raise."""
        error = self.without_keys(failure)
        report.failed(error.failure)
        return error

    def without_keys(self, failure: Failure) -> ProviderFailed:
        """Return `failure` to raise, with every live key taken out of its message."""
        return ProviderFailed(shown(failure, self.redactor.redact))

    def __repr__(self) -> str:
        return f"<Calling {self._signing!r}>"


def defect(words: str) -> ProviderFailed:
    """Return what to raise where something of ours broke, which the log has the whole story of."""
    return ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=f"{words}: see its log"))


def assert_key_origin(key: ApiKey | None, provider: Provider) -> None:
    """Stop a key that is for another origin: should AuthManager ever fail to, it goes no further.

    Raises:
        RuntimeError: it is.
    """
    if key and key.origin != provider.origin:
        raise RuntimeError(f"a key for {key.origin} must not go to {provider.origin}")


def waits_of(network: Network, request: ChatRequest | None = None) -> dict[str, float]:
    """Return the transport's deadlines, in seconds."""
    one_piece = request is not None and not request.stream
    return {
        "connect": network.connect_timeout,
        "write": network.idle_timeout,
        "read": network.idle_timeout,
        # A reply in one piece begins when it is finished: only the whole request bounds that.
        "first_byte": network.request_timeout if one_piece else network.first_byte_timeout,
    }


def _outgoing(call: HttpCall, waits: dict[str, float], on_sent: OnSent) -> HttpRequest:
    headers = tuple(call.headers)
    return HttpRequest(
        call.method, endpoint_of(call.url), headers, call.body, waits, on_sent=on_sent
    )
