"""URLs and headers of calls to the Gemini API."""

import pytest

from aircherd.providers.gemini.adapter import GeminiContent
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret
from helpers.providers.provider_calls import (
    CANARY,
    a_provider,
    a_request,
    built_request,
    failure_of,
)

ADAPTER = GeminiContent()
PROVIDER = a_provider("gemini")
ROOT = "https://generativelanguage.googleapis.com/v1beta"


@pytest.mark.parametrize(
    ("base", "root"),
    [
        ("https://h/v1beta", "https://h/v1beta"),
        ("https://h/v1", "https://h/v1"),
        ("https://h", "https://h/v1beta"),
        ("https://h/gemini", "https://h/gemini/v1beta"),
    ],
)
def test_base_urls(base: str, root: str) -> None:
    """The version is added to a base URL without one, as in Google's SDK."""
    provider = a_provider("gemini", base_url=base)
    call = built_request(ADAPTER, provider, a_request(), Model(id="m"), None)
    assert f"{root}/models/m:streamGenerateContent?alt=sse" == call.url


@pytest.mark.parametrize(
    ("model", "segment"),
    [
        ("gemini-3.8-flash", "gemini-3.8-flash"),
        ("models/gemini-3.8-flash", "gemini-3.8-flash"),
        ("../../v1/files", "..%2F..%2Fv1%2Ffiles"),
        ("a?key=b#c", "a%3Fkey%3Db%23c"),
        ("%2e%2e", "%252e%252e"),
        ("a:generateContent", "a%3AgenerateContent"),
        ("a b\r\n", "a%20b%0D%0A"),
        ("\udcff", "%3F"),
    ],
)
def test_model_name_is_one_path_segment(model: str, segment: str) -> None:
    """Whatever characters a model's name has, it stays one segment of the path."""
    call = built_request(ADAPTER, PROVIDER, a_request(stream=False), Model(id=model), None)
    assert f"{ROOT}/models/{segment}:generateContent" == call.url


def test_key_is_only_in_a_header() -> None:
    """Neither chat nor key check nor model list have the key in the URL."""
    key = Secret(CANARY)
    calls = [
        built_request(ADAPTER, PROVIDER, a_request(), Model(id="m"), key),
        ADAPTER.key_check_call(PROVIDER, key),
        ADAPTER.models_call(PROVIDER, key),
    ]
    assert [dict(call.headers)["x-goog-api-key"] for call in calls] == [CANARY] * 3
    assert not any(CANARY in call.url or CANARY in call.body.decode() for call in calls)
    assert [f"{ROOT}/models?pageSize=1", f"{ROOT}/models?pageSize=1000"] == [
        call.url for call in calls[1:]
    ]


def test_a_key_that_fits_no_header_is_refused() -> None:
    """It is refused before a library can quote it."""
    failure = failure_of(lambda: ADAPTER.key_check_call(PROVIDER, Secret("two words")))
    assert failure.kind is FailureClass.AUTH
    assert "two words" not in failure.message
