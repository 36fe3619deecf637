"""Calls that cost nothing: check a key, list models, test whether a provider answers.

A key check reports success and failure to the cooldowns, a list of models only success, the other
calls nothing.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import msgspec
import structlog
import trio

from aircherd.catalog.sanitize import sanitize_models
from aircherd.config.model import Provider
from aircherd.errors import AircherError, ProviderFailed, fail
from aircherd.providers.adapter import Adapter
from aircherd.providers.api_client import ApiClient, assert_key_origin, defect, timeouts_for
from aircherd.providers.download import read_refusal
from aircherd.providers.error_mapping.classify import (
    classify_response,
    is_web_page,
    web_page,
)
from aircherd.providers.error_mapping.key_verdict import is_key_valid
from aircherd.providers.error_mapping.network import network_failure
from aircherd.providers.headers import call_headers
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.health.cooldowns import SAYS_NOTHING, CooldownManager
from aircherd.providers.health.credit import has_credit
from aircherd.providers.model_list import MAX_LIST, read_list
from aircherd.providers.registry import ADAPTERS
from aircherd.providers.transport.request import BadUrl, HttpRequest, endpoint_of
from aircherd.providers.upstream.links import Links
from aircherd.vocabulary.builtin_providers import SOCKET
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyCheck
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret

if TYPE_CHECKING:
    from aircherd.providers.verbatim.passage import Passage

CHECK_SECONDS = 15.0
"""The time for a whole key check: the user is waiting for it."""

MAX_KEY_PAGE = 64 * 1024
"""Bytes of a vendor's page about a key."""

log = structlog.get_logger()


class Probe(msgspec.Struct, frozen=True):
    """What a call without a key showed.

    `failure` is None if there was any answer, a refusal too; `skew` is the provider's clock minus
    ours in seconds, None if it is unknown.
    """

    failure: Failure | None = None
    skew: float | None = None


class FreeCalls:
    """Makes free calls, and notes in `cooldowns` what they show."""

    def __init__(
        self, api_client: ApiClient, cooldowns: CooldownManager, links: Links | None = None
    ) -> None:
        self._api_client = api_client
        self._cooldowns = cooldowns
        self._links = links or Links()

    # -------------------------------------------------------------- keys

    async def check_key(self, provider: Provider, secret: Secret) -> KeyCheck:
        """Check whether `secret` is valid by a free call; never raises.

        Takes at most `CHECK_SECONDS`.
        """
        adapter = ADAPTERS[provider.kind]
        try:
            call = self._api_client.build_request(secret, adapter.key_check_call, provider, secret)
        except ProviderFailed as error:
            return KeyCheck(_verdict(error.failure), "the form of the request", error.failure)
        how = f"{call.method} {urlsplit(call.url).path}"
        late = f"no whole answer from {provider.origin} within {CHECK_SECONDS:g} s"
        ok, report = None, self._report(provider)
        failure: Failure | None = Failure(kind=FailureClass.TIMEOUT, message=late)
        with trio.move_on_after(CHECK_SECONDS) as scope:
            try:
                ok, failure = await self._check(provider, call, secret, report)
            except ProviderFailed as error:
                ok, failure = _verdict(error.failure), error.failure
            except AircherError as error:  # our own failure, which says nothing about the provider
                failure = Failure(kind=FailureClass.NETWORK, message=error.message)
        if scope.cancelled_caught and failure:
            failure = report.failed(failure).failure
        return KeyCheck(ok, how, failure)

    async def _check(
        self, provider: Provider, call: HttpRequest, secret: Secret, report: CallReport
    ) -> tuple[bool | None, Failure | None]:
        network, timeouts = report.network, timeouts_for(report.network)
        try:
            answer = await self._api_client.send(
                provider, call, secret, network=network, timeouts=timeouts
            )
        except (httpx.HTTPError, httpx.StreamError, ProviderFailed) as error:
            raise report.translate(error) from None
        status, headers = answer.status, httpx.Headers(answer.headers)
        is_success = 200 <= status < 300
        try:
            if is_web_page(headers) and is_success:
                return None, report.failed(web_page(status)).failure
            if is_success:
                report.ok()
                return True, None
            data = await read_refusal(answer)
        finally:
            await answer.aclose()
        failure = classify_response(status, headers, data, now=self._api_client.clock())
        return is_key_valid(status, headers, data), report.failed(failure).failure

    def _report(self, provider: Provider) -> CallReport:
        api_client = self._api_client
        return CallReport(
            self._cooldowns,
            provider,
            api_client.network(),
            None,
            None,
            self._cooldowns.now(),
            api_client.redactor.redact,
        )

    async def has_credit(self, provider: Provider, key: ApiKey) -> bool:
        """Return whether the page of `key` shows credit.

        Raises:
            ProviderFailed: the page cannot be fetched.
            AircherError: our own failure.
        """
        assert_key_origin(key, provider)
        api_client, secret, adapter = self._api_client, key.secret, ADAPTERS[provider.kind]
        call = api_client.build_request(secret, adapter.key_check_call, provider, secret)
        page = await api_client.read_whole(provider, call, secret, MAX_KEY_PAGE, "no page of a key")
        return has_credit(page)

    # -------------------------------------------------------------- lists of models

    async def list_models(self, provider: Provider, key: ApiKey | None) -> list[Model]:
        """Return the models that the provider lists. A failure does not affect its health.

        Raises:
            ProviderFailed: the list cannot be fetched.
            AircherError: our own failure.
        """
        models = (
            await self._list_upstream(provider)
            if provider.kind == SOCKET
            else await self._fetch_list(provider, key)
        )
        self._cooldowns.note_reachable(provider.name)
        self._cooldowns.note_models(provider.name, (model.id for model in models))
        return models

    async def _list_upstream(self, provider: Provider) -> list[Model]:
        api_client = self._api_client
        try:
            models = await self._links.list_models(provider, api_client.network())
        except ProviderFailed as error:
            raise api_client.without_keys(error.failure) from None
        return sanitize_models(models, api_client.redactor.has_key)

    async def _fetch_list(self, provider: Provider, key: ApiKey | None) -> list[Model]:
        assert_key_origin(key, provider)
        api_client, adapter = self._api_client, ADAPTERS[provider.kind]
        secret = key.secret if key else None
        call = api_client.build_request(secret, adapter.models_call, provider, secret)
        data = await api_client.read_whole(
            provider, call, secret, MAX_LIST, "has no list of models"
        )
        return await self._read_list(adapter, data, provider.name)

    async def _read_list(self, adapter: Adapter, data: bytes, provider: str) -> list[Model]:
        holds_key = self._api_client.redactor.has_key
        try:
            # In a thread: the longest list takes tens of milliseconds.
            return await trio.to_thread.run_sync(read_list, adapter, data, holds_key, provider)
        except ProviderFailed as error:
            raise self._api_client.without_keys(error.failure) from None
        except Exception:  # a boundary, as in `ApiClient.build_request`
            log.exception("model_list_not_read")
            raise defect("sent a list of models that aircherd cannot read") from None

    # -------------------------------------------------------------- counts

    async def count_tokens(
        self,
        provider: Provider,
        model: Model,
        key: ApiKey | None,
        request: ChatRequest,
        passage: "Passage",
    ) -> int | None:
        """Return how many tokens an HTTP client's request has, by the provider's own count.

        None if the provider does not speak the client's API. It affects nothing.

        Raises:
            ProviderFailed: it did not count.
            AircherError: our own failure.
        """
        from aircherd.providers.verbatim.counting import ask_count  # noqa: PLC0415 - by HTTP only

        return await ask_count(
            self._api_client, provider, model, key, request=request, passage=passage
        )

    # -------------------------------------------------------------- without a key

    async def is_reachable(self, provider: Provider) -> bool:
        """Return whether a provider's API answers a call without a key.

        A refusal is an answer too; a failure changes nothing.

        Raises:
            ProviderFailed: it cannot be called without a key.
            AircherError: our own failure.
        """
        if provider.kind == SOCKET:
            return (await self._ping(provider)).failure is None
        call = self._api_client.build_request(
            None, ADAPTERS[provider.kind].models_call, provider, None
        )
        try:
            await self._api_client.read_whole(provider, call, None, MAX_LIST, "no list of models")
        except ProviderFailed as error:
            return error.failure.kind not in SAYS_NOTHING
        return True

    async def probe(self, provider: Provider) -> Probe:
        """Call a provider without a key, for a diagnosis; affects nothing.

        Raises nothing. The caller sets the deadline.
        """
        if provider.kind == SOCKET:
            return await self._ping(provider)
        api_client, network = self._api_client, self._api_client.network()
        try:
            call = api_client.build_request(
                None, ADAPTERS[provider.kind].models_call, provider, None
            )
            began = api_client.clock()
            response = await api_client.send(
                provider, call, None, network=network, timeouts=timeouts_for(network)
            )
            await response.aclose()
        except (httpx.HTTPError, httpx.StreamError) as error:
            failure = network_failure(error, provider, network, answered=False)
            return Probe(api_client.without_keys(failure).failure)
        except ProviderFailed as error:
            return Probe(error.failure)
        except AircherError as error:  # our own failure
            return Probe(Failure(kind=FailureClass.NETWORK, message=error.message))
        date = httpx.Headers(response.headers).get("date")
        return Probe(skew=clock_skew(date, began, api_client.clock()))

    async def _ping(self, provider: Provider) -> Probe:
        """Return whether the daemon that `provider` is answers."""
        try:
            await self._links.ping(provider, self._api_client.network())
        except ProviderFailed as error:
            return Probe(self._api_client.without_keys(error.failure).failure)
        except AircherError as error:  # this daemon is stopping
            return Probe(Failure(kind=FailureClass.NETWORK, message=error.message))
        return Probe()

    async def download(self, url: str, max_bytes: int) -> bytes:
        """Return a public file. The caller sets the deadline.

        Raises:
            ProviderFailed: it cannot be fetched, or is too large, or `url` is invalid.
            AircherError: our own failure.
        """
        source = Provider(name="download", kind="", base_url=url, needs_key=False)
        try:
            endpoint_of(url)
        except BadUrl as error:
            fail(FailureClass.PROTOCOL, f"its address {error}")
        call = HttpRequest("GET", url, call_headers(source, []))
        return await self._api_client.read_whole(
            source, call, None, max_bytes, "there is no such file"
        )

    def __repr__(self) -> str:
        return f"<FreeCalls by {self._api_client!r}>"


def clock_skew(date: str | None, began: float, ended: float) -> float | None:
    """Return a server's clock minus ours in seconds.

    Args:
        date: its header `Date`.
        began: when the call began, by our clock.
        ended: when its answer had arrived.
    """
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- rarely needed

    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
    # Their clock was read at some moment in between, and is given in whole seconds.
    return theirs - min(max(theirs, began - 1), ended)


def _verdict(failure: Failure) -> bool | None:
    """Return whether a failure proves the key invalid: False, else None."""
    return False if failure.kind is FailureClass.AUTH else None
