"""What the user can do about a failure."""

import pytest

from aircherd.providers.hints import with_hint
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider

MISSING = Failure(kind=FailureClass.MODEL, message="model 'x' not found", status=404)
CLOUD = a_provider("ollama", base_url="https://ollama.com", needs_key=True)


def test_a_model_that_ollama_lacks_can_be_pulled() -> None:
    """The message ends with the command."""
    cured = with_hint(MISSING, a_provider("ollama"), Model(id="x"))
    assert cured.message == "model 'x' not found; install it with 'ollama pull x'"
    assert (MISSING.kind, MISSING.status) == (cured.kind, cured.status)


@pytest.mark.parametrize(
    ("failure", "provider"),
    [
        (MISSING, a_provider("openai")),
        (MISSING, CLOUD),
        (Failure(kind=FailureClass.MODEL, message="no tools", status=400), a_provider("ollama")),
        (Failure(kind=FailureClass.SERVER, message="broken", status=500), a_provider("ollama")),
    ],
)
def test_other_failures_get_no_hint(failure: Failure, provider: object) -> None:
    """Other vendors, other failures, and models in the cloud."""
    assert failure is with_hint(failure, provider, Model(id="x"))


@pytest.mark.parametrize(
    ("base_url", "is_hinted"),
    [
        ("http://127.0.0.1:8000", True),
        ("https://example.com/api", True),
        ("http://127.0.0.1:8000/v1", False),
        ("https://example.com/api/paas/v4", False),
        ("https://example.com/v1beta/openai", False),
    ],
)
def test_an_address_without_a_version_is_pointed_out(base_url: str, *, is_hinted: bool) -> None:
    """Most servers have their API under /v1."""
    message = "there is no such API (HTTP 404): check base_url: Not Found"
    failure = Failure(kind=FailureClass.PROTOCOL, message=message, status=404)
    hinted = with_hint(failure, a_provider("openai", base_url=base_url), Model(id="x"))
    assert hinted.message.endswith("; it usually ends in /v1") is is_hinted
    gemini = with_hint(failure, a_provider("gemini", base_url=base_url), Model(id="x"))
    assert gemini is failure


def test_an_error_in_a_success_is_hinted() -> None:
    """Some servers answer a wrong path with 200."""
    failure = Failure(kind=FailureClass.PROTOCOL, message="no such API: check base_url")
    provider = a_provider("openai", base_url="http://127.0.0.1:1234")
    assert with_hint(failure, provider, Model(id="m")).message.endswith("/v1")
