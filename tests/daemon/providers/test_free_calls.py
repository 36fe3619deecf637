"""Free calls: what they find, and that they neither leak a key nor blame a provider."""

import re
import traceback
from typing import cast

import httpx
import pytest
import trio

from aircherd.errors import ProviderFailed
from aircherd.providers.adapter import Adapter
from aircherd.providers.client import ProviderClient
from aircherd.providers.free_calls import CHECK_SECONDS, clock_skew
from aircherd.providers.registry import ADAPTERS
from aircherd.providers.transport.out_of_files import out_of_files
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.cooling import failed
from helpers.providers.provider_calls import CANARY, a_provider
from helpers.providers.provider_clients import (
    HTML,
    JSON,
    WELL,
    Body,
    a_client,
    a_key,
    answering,
    raising,
)

# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    ("provider_client", "ok", "kind"),
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
async def test_key_checks(
    provider_client: ProviderClient, ok: bool | None, kind: FailureClass | None
) -> None:
    """A check says valid, refused or unknown, and why."""
    check = await provider_client.free_calls.check_key(a_provider(), Secret(CANARY))
    assert (ok, kind) == (check.ok, check.failure.kind if check.failure else None)
    assert check.how == "GET /v1/models"


async def test_key_check_of_an_impossible_address() -> None:
    """A base_url that cannot be called says nothing about the key."""
    provider = a_provider(base_url="https://xn--0.example/v1")
    check = await raising(AssertionError("sent")).free_calls.check_key(provider, Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, check.failure.kind) == (None, FailureClass.PROTOCOL)


async def test_key_check_without_descriptors() -> None:
    """A check never raises: our own failure says nothing about key or provider."""
    provider_client = raising(out_of_files())
    check = await provider_client.free_calls.check_key(a_provider(), Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, "too many open files" in check.failure.message) == (None, True)
    assert provider_client.cooldowns.health("openai") == WELL


async def test_key_check_has_a_deadline(autojump_clock: trio.testing.MockClock) -> None:
    """A silent server does not keep the user waiting."""

    async def answer(_: httpx.Request) -> httpx.Response:
        await trio.sleep_forever()
        raise AssertionError

    started = trio.current_time()
    check = await a_client(answer).free_calls.check_key(a_provider(), Secret(CANARY))
    assert check.failure is not None
    assert (check.ok, check.failure.kind) == (None, FailureClass.TIMEOUT)
    assert trio.current_time() - started == CHECK_SECONDS


async def test_a_key_that_fits_into_no_header() -> None:
    """A key with spaces is refused without a call and without being quoted."""
    check = await raising(AssertionError("sent")).free_calls.check_key(
        a_provider(), Secret(f"{CANARY}\n")
    )
    assert check.ok is False
    assert CANARY not in repr(check)


async def test_whether_a_key_has_credit() -> None:
    """The page of the key shows it."""
    provider_client = answering(200, b'{"data":{"limit_remaining":3}}', JSON)
    router = a_provider("openrouter")
    assert await provider_client.free_calls.has_credit(router, a_key(router))


async def test_a_key_is_not_sent_elsewhere_for_its_credit() -> None:
    """As in a chat: a free call carries the same key."""
    sent: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, headers=JSON, content=b'{"data":{"limit_remaining":3}}')

    moved = a_provider("openrouter", base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match="must not go") as caught:
        await a_client(answer).free_calls.has_credit(moved, a_key(a_provider("openrouter")))
    assert sent == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


# ------------------------------------------------------------------ lists of models

LISTED = b'{"object":"list","data":[{"id":"m-1","object":"model"}]}'


async def test_a_providers_models_are_listed() -> None:
    """As its adapter reads them; the provider is reachable, and its missing models are not."""
    provider_client = answering(200, LISTED, JSON)
    provider = a_provider()
    for kind in (FailureClass.NETWORK, FailureClass.MODEL):
        provider_client.cooldowns.note_failure(provider, "default", "m-1", failed(kind))
    assert [
        m.id for m in await provider_client.free_calls.list_models(provider, a_key(provider))
    ] == ["m-1"]
    assert provider_client.cooldowns.health("openai") == WELL
    assert provider_client.cooldowns.cooling("openai", "default", "m-1") is None


@pytest.mark.parametrize(
    ("provider_client", "kind", "said"),
    [
        (answering(404, b"{}", JSON), FailureClass.PROTOCOL, "has no list of models (HTTP 404)"),
        (answering(401, b"{}", JSON), FailureClass.AUTH, "401"),
        (answering(200, b"{", JSON), FailureClass.PROTOCOL, "not of its API"),
        (answering(200, b"<html>", HTML), FailureClass.PROTOCOL, "web page"),
        (raising(httpx.ConnectError("no route")), FailureClass.NETWORK, "no route"),
    ],
)
async def test_a_list_that_cannot_be_fetched_affects_no_health(
    provider_client: ProviderClient, kind: FailureClass, said: str
) -> None:
    """No chat needed it."""
    provider = a_provider()
    with pytest.raises(ProviderFailed, match=re.escape(said)) as caught:
        await provider_client.free_calls.list_models(provider, a_key(provider))
    assert caught.value.failure.kind is kind
    assert provider_client.cooldowns.health("openai") == WELL


async def test_an_unreadable_list_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a server sends, the daemon goes on."""

    class Bad:
        def __getattr__(self, name: str) -> object:
            return getattr(ADAPTERS["anthropic"], name)

        def read_models(self, body: bytes) -> list[Model]:
            raise KeyError("data")

    monkeypatch.setitem(ADAPTERS, "openai", cast("Adapter", Bad()))
    provider = a_provider()
    with pytest.raises(ProviderFailed, match="cannot read: see its log"):
        await answering(200, b"{}", JSON).free_calls.list_models(provider, a_key(provider))


async def test_a_list_that_repeats_the_key_does_not_leak_it() -> None:
    """Nor does an escape sequence in a name reach a terminal."""
    odd = b'{"data":[{"id":"m-1"},{"id":"x-%b"},{"id":"a\\u001b[2J"},{"id":""}]}' % CANARY.encode()
    provider = a_provider()
    models = await answering(200, odd, JSON).free_calls.list_models(provider, a_key(provider))
    assert [model.id for model in models] == ["m-1"]


async def test_a_key_is_not_sent_elsewhere_for_a_list() -> None:
    """Not even by our own mistake."""
    moved = a_provider(base_url="https://elsewhere.example/v1")
    with pytest.raises(RuntimeError, match="must not go"):
        await answering(200, LISTED, JSON).free_calls.list_models(moved, a_key(a_provider()))


# ------------------------------------------------------------------ without a key


@pytest.mark.parametrize(
    ("provider_client", "expected"),
    [
        (answering(200, b"{}", JSON), True),
        (answering(401, b"{}", JSON), True),
        (answering(503, b"{}", JSON), True),
        (answering(200, b"<html>", HTML), False),
        (raising(httpx.ConnectError("refused")), False),
    ],
)
async def test_whether_a_provider_is_reachable(
    provider_client: ProviderClient, expected: bool
) -> None:
    """Any answer of its API proves it; the check affects no health."""
    assert expected is await provider_client.free_calls.is_reachable(a_provider())
    assert provider_client.cooldowns.health("openai") == WELL


@pytest.mark.parametrize(
    ("provider_client", "failure"),
    [
        (answering(200, b"{}", JSON), None),
        (answering(401, b"{}", JSON), None),
        (answering(503, b"<html>", HTML), None),
        (raising(httpx.ConnectError("refused")), FailureClass.NETWORK),
        (raising(httpx.ConnectTimeout("late")), FailureClass.TIMEOUT),
    ],
)
async def test_a_probe_is_answered_by_anything(
    provider_client: ProviderClient, failure: FailureClass | None
) -> None:
    """It affects no health."""
    probe = await provider_client.free_calls.probe(a_provider())
    assert (probe.failure and probe.failure.kind) is failure
    assert provider_client.cooldowns.health("openai") == WELL


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Thu, 01 Jan 1970 00:01:40 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:01:39 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:03:43 GMT", 120.0),
        ("Thu, 01 Jan 1970 00:00:39 GMT", -60.0),
        ("yesterday", None),
        (None, None),
    ],
)
def test_clock_skew_of_a_date_header(date: str | None, skew: float | None) -> None:
    """A call from second 100 to 103: the header has whole seconds, read somewhere in between."""
    assert clock_skew(date, 100.0, 103.0) == skew


async def test_a_public_file_is_downloaded_without_any_key() -> None:
    """Up to its size limit."""
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers=JSON, stream=Body(b"12345"))

    provider_client = a_client(answer)
    assert (
        await provider_client.free_calls.download("https://models.example/api.json", 5) == b"12345"
    )
    assert str(seen[0].url) == "https://models.example/api.json"
    assert not {"authorization", "x-api-key"} & set(seen[0].headers)
    with pytest.raises(ProviderFailed, match="more than 4 bytes"):
        await provider_client.free_calls.download("https://models.example/api.json", 4)


async def test_a_missing_public_file_has_its_own_message() -> None:
    """It does not mention a model."""
    with pytest.raises(ProviderFailed, match=r"there is no such file \(HTTP 404\)"):
        await answering(404).free_calls.download("https://models.example/api.json", 5)


@pytest.mark.parametrize("url", ["https://xn--0.example/api.json", "https://h:port/api.json"])
async def test_an_invalid_address_is_a_readable_failure(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ProviderFailed, match="its address cannot be used: ") as caught:
        await raising(AssertionError("sent")).free_calls.download(url, 5)
    assert caught.value.failure.kind is FailureClass.PROTOCOL
