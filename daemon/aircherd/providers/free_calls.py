"""Looks at a provider, free of charge: whether a key is good, what models there are, who answers.

Nobody's chat is in them. How the check of a key goes is news of the provider, good or bad; lists
bring only good news of it, and the others none at all.
"""

from urllib.parse import urlsplit

import httpx
import structlog
import trio

from aircherd.config.model import Provider
from aircherd.errors import AircherError, ProviderFailed, fail
from aircherd.providers.adapter import Adapter
from aircherd.providers.api_client import ApiClient, assert_key_origin, defect, timeouts_for
from aircherd.providers.download import read_refusal
from aircherd.providers.error_mapping.classify import (
    classify_response,
    is_web_page,
    was_recognised,
    web_page,
)
from aircherd.providers.headers import call_headers
from aircherd.providers.health.call_report import CallReport
from aircherd.providers.health.cooldowns import TELLS_NOTHING, CooldownManager
from aircherd.providers.health.credit import has_credit
from aircherd.providers.model_list import MAX_LIST, read_list
from aircherd.providers.registry import ADAPTERS
from aircherd.providers.transport.request import BadUrl, HttpRequest, endpoint_of
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import ApiKey, KeyCheck
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret

CHECK_SECONDS = 15.0
"""The whole of a key check: a person is waiting for it."""

MAX_KEY_PAGE = 64 * 1024
"""Bytes of the page that a vendor has of a key."""

log = structlog.get_logger()


class FreeCalls:
    """Looks at providers by `api_client`, and notes in `cooldowns` what that shows of them."""

    def __init__(self, api_client: ApiClient, cooldowns: CooldownManager) -> None:
        self._api_client = api_client
        self._cooldowns = cooldowns

    # -------------------------------------------------------------- keys

    async def check_key(self, provider: Provider, secret: Secret) -> KeyCheck:
        """Find out whether `secret` is good, by a call that costs nothing; never raises.

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
            except AircherError as error:  # our own failure, no news of the provider
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
        return was_recognised(status, headers, data), report.failed(failure).failure

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
        """Find out whether `key` has credit, where its own page says so.

        Raises:
            ProviderFailed: the page is not to be had.
            AircherError: our own failure.
        """
        assert_key_origin(key, provider)
        api_client, secret, adapter = self._api_client, key.secret, ADAPTERS[provider.kind]
        call = api_client.build_request(secret, adapter.key_check_call, provider, secret)
        page = await api_client.read_whole(provider, call, secret, MAX_KEY_PAGE, "no page of a key")
        return has_credit(page)

    # -------------------------------------------------------------- lists of models

    async def list_models(self, provider: Provider, key: ApiKey | None) -> list[Model]:
        """Return what the provider says it has. A failure changes nobody's health: none was asked.

        Raises:
            ProviderFailed: there is no list to be had.
            AircherError: our own failure.
        """
        assert_key_origin(key, provider)
        api_client, adapter = self._api_client, ADAPTERS[provider.kind]
        secret = key.secret if key else None
        call = api_client.build_request(secret, adapter.models_call, provider, secret)
        data = await api_client.read_whole(
            provider, call, secret, MAX_LIST, "has no list of models"
        )
        models = await self._read_list(adapter, data, provider.name)
        self._cooldowns.note_reachable(provider.name)
        self._cooldowns.note_models(provider.name, (model.id for model in models))
        return models

    async def _read_list(self, adapter: Adapter, data: bytes, provider: str) -> list[Model]:
        holds_key = self._api_client.redactor.has_key
        try:
            # In a thread: the longest list takes tens of milliseconds.
            return await trio.to_thread.run_sync(read_list, adapter, data, holds_key, provider)
        except ProviderFailed as error:
            raise self._api_client.without_keys(error.failure) from None
        except Exception:  # an edge, as in `ApiClient.put`
            log.exception("a list of models could not be read")
            raise defect("sent a list of models that aircherd cannot read") from None

    # -------------------------------------------------------------- without a key

    async def is_reachable(self, provider: Provider) -> bool:
        """Find out whether a provider's API answers, without a key, and without anybody's request.

        A refusal is an answer too; a failure changes nothing.

        Raises:
            ProviderFailed: it cannot be asked at all without a key.
            AircherError: our own failure.
        """
        call = self._api_client.build_request(
            None, ADAPTERS[provider.kind].models_call, provider, None
        )
        try:
            await self._api_client.read_whole(provider, call, None, MAX_LIST, "no list of models")
        except ProviderFailed as error:
            return error.failure.kind not in TELLS_NOTHING
        return True

    async def download(self, url: str, max_bytes: int) -> bytes:
        """Return a public file. The deadline is the caller's.

        Raises:
            ProviderFailed: it is not to be had, or larger than that, or `url` is no address.
            AircherError: our own failure.
        """
        nobody = Provider(name="download", kind="", base_url=url, needs_key=False)
        try:
            endpoint_of(url)
        except BadUrl as error:
            fail(FailureClass.PROTOCOL, f"its address {error}")
        call = HttpRequest("GET", url, call_headers(nobody, []))
        return await self._api_client.read_whole(
            nobody, call, None, max_bytes, "there is no such file"
        )

    def __repr__(self) -> str:
        return f"<Looks by {self._api_client!r}>"


def _verdict(failure: Failure) -> bool | None:
    """Return what a failure says of the key: that it is not good, or nothing."""
    return False if failure.kind is FailureClass.AUTH else None
