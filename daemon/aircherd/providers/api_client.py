"""What every call needs: build its request, sign it, send it, and report failures without keys.

build_request -> send        a chat, a key check: how it went affects the provider's health
build_request -> read_whole  a list, a file, the page of a key: a failure affects nothing
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import httpx
import structlog

from aircherd.config.model import Network, Provider
from aircherd.errors import AircherError, ProviderFailed
from aircherd.providers.download import as_missing, read_answer
from aircherd.providers.error_mapping.classify import presentable
from aircherd.providers.error_mapping.network import network_failure
from aircherd.providers.registry import SIGNERS
from aircherd.providers.signing import HttpReply, Signer, Signing, refused_token
from aircherd.providers.transport.compression.decoded_response import decoded
from aircherd.providers.transport.request import (
    BadUrl,
    HttpRequest,
    HttpResponse,
    HttpTransport,
    OnSent,
    RequestHead,
    endpoint_of,
    ignore_sent,
)
from aircherd.providers.transport.timeouts import Timeouts
from aircherd.redaction import Redactor
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.secret import Secret

MAX_TOKEN = 256 * 1024
"""Bytes of a response that brings a token."""

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()


class ApiClient:
    """Makes calls over the transport for the network settings. Holds no connection itself.

    `network` returns the current settings, for calls that are made outside of requests; `clock` the
    Unix time; `redactor` knows the live keys.
    """

    def __init__(
        self,
        *,
        transport_for: Callable[[Network], HttpTransport],
        network: Callable[[], Network],
        redactor: Redactor,
        clock: Callable[[], float],
    ) -> None:
        self.transport_for = transport_for
        self.network = network
        self.redactor = redactor
        self.clock = clock
        self._signing = Signing(clock)

    # -------------------------------------------------------------- building and sending

    def build_request(
        self,
        secret: Secret | None,
        build: Callable[P, HttpRequest],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> HttpRequest:
        """Let an adapter `build` a request. A failure says nothing about the provider's health.

        Raises:
            ProviderFailed: the API cannot express it, or the provider's address is invalid.
        """
        if secret:
            self.redactor.add(secret)  # before any message can quote it
        try:
            request = build(*args, **kwargs)
            endpoint_of(request.url)
        except Exception as error:  # noqa: BLE001 - a boundary, see `unbuildable`
            raise self.unbuildable(error) from None
        return request

    def unbuildable(self, error: Exception) -> ProviderFailed:
        """Return what to raise when a request could not be built."""
        if isinstance(error, ProviderFailed):
            return self.without_keys(error.failure)
        if isinstance(error, BadUrl):
            failure = Failure(kind=FailureClass.PROTOCOL, message=f"base_url {error}")
            return self.without_keys(failure)
        # A boundary: an adapter that meets what its author did not must not end the fallback.
        log.error("request_not_built", exc_info=error)
        return defect("aircherd cannot put this request into its API")

    async def send(
        self,
        provider: Provider,
        request: HttpRequest,
        secret: Secret | None,
        *,
        network: Network,
        timeouts: Timeouts,
        on_sent: OnSent = ignore_sent,
    ) -> HttpResponse:
        """Sign `request` where needed and send it; the caller closes the response.

        Raises:
            httpx.HTTPError: there is no response.
            ProviderFailed: it could not be signed.
            AircherError: our own failure.
        """
        signer = SIGNERS.get(provider.kind)
        if signer is None or secret is None:
            return await self._send_as_is(request, network, timeouts, on_sent)
        signed = await self._sign(signer, request, secret)
        response = await self._send_as_is(signed, network, timeouts, on_sent)
        if response.status != 401 or not signer.is_stale(signed, secret):
            return response
        await response.aclose()
        signed = await self._sign(signer, request, secret)
        return await self._send_as_is(signed, network, timeouts, on_sent)

    async def read_whole(
        self,
        provider: Provider,
        request: HttpRequest,
        secret: Secret | None,
        max_bytes: int,
        not_found: str,
    ) -> bytes:
        """Send `request`; return the body of its response.

        Raises:
            ProviderFailed: it cannot be fetched, or is too large; a 404 says `not_found`.
            AircherError: our own failure.
        """
        signer = SIGNERS.get(provider.kind)
        if signer is not None and secret is not None:
            request = await self._sign(signer, request, secret)
        network, answered = self.network(), False
        try:
            response = await self._send_as_is(request, network, timeouts_for(network))
            answered = True
            data = await read_answer(response, max_bytes, now=self.clock())
        except (httpx.HTTPError, httpx.StreamError) as error:
            data = network_failure(error, provider, network, answered=answered)
        if isinstance(data, Failure):
            raise self.without_keys(as_missing(data, not_found))
        return data

    async def _send_as_is(
        self,
        request: HttpRequest,
        network: Network,
        timeouts: Timeouts,
        on_sent: OnSent = ignore_sent,
    ) -> HttpResponse:
        head = RequestHead(request.method, request.url, request.headers)
        transport = self.transport_for(network)
        return decoded(await transport.send(head, request.body, timeouts, on_sent))

    # -------------------------------------------------------------- signing

    async def _sign(self, signer: Signer, request: HttpRequest, secret: Secret) -> HttpRequest:
        try:
            return await self._signing.sign(signer, request, secret, self._fetch)
        except ProviderFailed as error:
            raise self.without_keys(error.failure) from None
        except AircherError:
            raise  # our own failure
        except Exception:  # a boundary, as in `unbuildable`
            log.exception("request_not_signed")
            raise defect("aircherd cannot sign this request") from None

    async def _fetch(self, request: HttpRequest) -> HttpReply:
        """Send a signer's own request."""
        place = Provider(name="token", kind="", base_url=request.url)
        if not place.can_carry_key:
            raise RuntimeError("a key must not go over plain http to another machine")
        try:
            missing = "there is no such page of tokens"
            data = await self.read_whole(place, request, None, MAX_TOKEN, missing)
        except ProviderFailed as error:
            raise ProviderFailed(refused_token(error.failure)) from None
        return HttpReply(data, self.redactor.add)

    def without_keys(self, failure: Failure) -> ProviderFailed:
        """Return `failure` to raise, with every live key removed from its message."""
        return ProviderFailed(presentable(failure, self.redactor.redact))

    def __repr__(self) -> str:
        return f"<ApiClient {self._signing!r}>"


def defect(what: str) -> ProviderFailed:
    """Return what to raise after an internal error, which the log describes."""
    return ProviderFailed(Failure(kind=FailureClass.PROTOCOL, message=f"{what}: see its log"))


def assert_key_origin(key: ApiKey | None, provider: Provider) -> None:
    """Stop a key that is for another origin, should `AuthManager` ever fail to.

    Raises:
        RuntimeError: it is.
    """
    if key and key.origin != provider.origin:
        raise RuntimeError(f"a key for {key.origin} must not go to {provider.origin}")


def timeouts_for(network: Network, *, stream: bool = True) -> Timeouts:
    """Return the transport's timeouts."""
    return Timeouts(
        connect=network.connect_timeout,
        write=network.idle_timeout,
        read=network.idle_timeout,
        # A reply in one piece begins when it is finished: only the whole request bounds that.
        first_byte=network.first_byte_timeout if stream else network.request_timeout,
    )
