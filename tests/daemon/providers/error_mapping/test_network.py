"""Transport errors as failures."""

import httpx
import pytest

from aircherd.config.model import Network
from aircherd.providers.error_mapping.network import network_failure
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import CANARY, a_provider

HOST = "http://127.0.0.1:11434"
F = FailureClass


@pytest.mark.parametrize(
    ("error", "answered", "kind", "message"),
    [
        (httpx.ConnectTimeout("x"), False, F.TIMEOUT, f"no connection to {HOST} within 10 s"),
        (httpx.ReadTimeout("x"), False, F.TIMEOUT, f"no answer from {HOST} within 120 s"),
        (
            httpx.ReadTimeout("no answer from h.test (by the proxy p.test:3128) within 9 s"),
            False,
            F.TIMEOUT,
            f"no answer from {HOST} (by the proxy p.test:3128) within 120 s",
        ),
        (httpx.ReadTimeout("x"), True, F.TIMEOUT, f"{HOST} sent nothing more for 60 s"),
        (httpx.WriteTimeout("x"), False, F.TIMEOUT, f"{HOST} did not take the request within 60 s"),
        (httpx.ConnectError("refused"), False, F.NETWORK, f"cannot connect to {HOST}: refused"),
        (httpx.ConnectError(""), False, F.NETWORK, f"cannot connect to {HOST}"),
        (httpx.ProxyError("403"), False, F.NETWORK, f"cannot connect to {HOST}: 403"),
        (httpx.ReadError("reset"), True, F.NETWORK, f"the connection to {HOST} broke off: reset"),
        (
            httpx.RemoteProtocolError(""),
            False,
            F.NETWORK,
            f"the connection to {HOST} was closed before a response came",
        ),
        (
            httpx.DecodingError("answered in compress"),
            True,
            F.PROTOCOL,
            "answered in compress",
        ),
        (
            httpx.LocalProtocolError(f"Illegal header value {CANARY}"),
            False,
            F.NETWORK,
            f"the request to {HOST} is not valid HTTP",
        ),
    ],
)
def test_messages(error: httpx.HTTPError, answered: bool, kind: FailureClass, message: str) -> None:
    """Each message says what happened, where, and after how long."""
    failure = network_failure(error, a_provider("ollama"), Network(), answered=answered)
    assert (kind, message) == (failure.kind, failure.message)


REFUSED = "cannot connect to 127.0.0.1:11434: Connection refused"
NOT_RUNNING = f"Ollama does not run at {HOST} (start it with 'ollama serve')"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("ollama", REFUSED, NOT_RUNNING),
        ("ollama", REFUSED + ", Network is unreachable", NOT_RUNNING),
        ("ollama", "cannot connect to proxy:3128: Connection refused", None),
        ("ollama", "cannot connect to 127.0.0.1:11434: No route to host", None),
        ("openai", REFUSED, None),
    ],
)
def test_an_ollama_that_is_not_running(name: str, text: str, message: str | None) -> None:
    """A refused connection at Ollama's address says how to start it."""
    provider = a_provider(name, base_url=HOST)
    error = httpx.ConnectError(text)
    failure = network_failure(error, provider, Network(), answered=False)
    assert (F.NETWORK, message or text) == (failure.kind, failure.message)
