"""Paths, the forms that tools make of them, and the API that a shared path means."""

import pytest

from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.router import Router, split_target
from helpers.http_api.server import FakeDialect

ROUTER = Router(
    [
        FakeDialect(
            "openai_chat",
            ("POST", "/v1/chat/completions", "chat"),
            ("GET", "/v1/models", "list_models"),
            ("GET", "/v1/models/{model}", "show_model"),
        ),
        FakeDialect(
            "anthropic",
            ("POST", "/v1/messages", "chat"),
            ("POST", "/v1/messages/count_tokens", "count_tokens"),
            ("GET", "/v1/models", "list_models"),
            ("GET", "/v1/models/{model}", "show_model"),
        ),
        FakeDialect(
            "openai_responses",
            ("POST", "/v1/responses", "chat"),
            ("GET", "/v1/models", "list_models"),
        ),
        FakeDialect(
            "gemini",
            ("POST", "/v1beta/models/{model}:generateContent", "chat"),
            ("POST", "/v1/models/{model}:generateContent", "chat"),
            ("POST", "/v1beta/models/{model}:countTokens", "count_tokens"),
            ("GET", "/v1beta/models", "list_models"),
            ("GET", "/v1/models", "list_models"),
            ("GET", "/v1beta/models/{model}", "show_model"),
        ),
        FakeDialect("ollama", ("POST", "/api/chat", "chat"), ("GET", "/api/tags", "list_models")),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "dialect", "operation", "params"),
    [
        ("POST", "/v1/chat/completions", "openai_chat", "chat", {}),
        ("POST", "/v1/chat/completions/", "openai_chat", "chat", {}),
        ("POST", "/v1//chat/completions", "openai_chat", "chat", {}),
        ("POST", "/chat/completions", "openai_chat", "chat", {}),
        ("POST", "/v1/v1/chat/completions", "openai_chat", "chat", {}),
        ("POST", "/v1/v1/messages", "anthropic", "chat", {}),
        ("POST", "/v1/messages/count_tokens", "anthropic", "count_tokens", {}),
        ("POST", "/responses", "openai_responses", "chat", {}),
        ("HEAD", "/api/tags", "ollama", "list_models", {}),
        ("POST", "/v1beta/models/g-3:generateContent", "gemini", "chat", {"model": "g-3"}),
        ("POST", "/v1/models/g-3:generateContent", "gemini", "chat", {"model": "g-3"}),
        ("POST", "/models/g-3:generateContent", "gemini", "chat", {"model": "g-3"}),
        ("POST", "/v1beta/v1beta/models/a/b:countTokens", "gemini", "count_tokens",
         {"model": "a/b"}),
        ("POST", "/v1beta/google/g-3:generateContent", "gemini", "chat", {"model": "google/g-3"}),
        ("POST", "/v1alpha/models/g:countTokens", "gemini", "count_tokens", {"model": "g"}),
        ("GET", "/v1/models/ollama/qwen3:8b", "openai_chat", "show_model",
         {"model": "ollama/qwen3:8b"}),
    ],
)  # fmt: skip
def test_a_path_leads_to_its_operation(method, path, dialect, operation, params):
    """A version twice or not at all, traps 17 and 27; a name may have slashes and colons in it."""
    match = ROUTER.match(method, path, {}, {})
    assert (match.dialect.name, match.route.operation) == (dialect, operation)
    assert dict(match.params) == params


@pytest.mark.parametrize(
    ("headers", "query", "dialect"),
    [
        ({}, {}, "openai_chat"),
        ({"anthropic-version": "2023-06-01"}, {}, "anthropic"),
        ({}, {"client_version": "0.171.0"}, "openai_responses"),
        ({"x-goog-api-key": "k"}, {}, "gemini"),
        ({"x-goog-api-client": "google-genai-sdk/3.6.1"}, {}, "gemini"),
        ({}, {"key": "k"}, "gemini"),
    ],
)
def test_the_list_of_models_is_that_of_the_api_which_asks(headers, query, dialect):
    """All of them ask at one path."""
    assert ROUTER.match("GET", "/v1/models", headers, query).dialect.name == dialect


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/messages/batches", "anthropic"),
        ("/v1/responses/resp_1", "openai_responses"),
        ("/v1beta/cachedContents", "gemini"),
        ("/v9/models/g:streamRawPredict", "gemini"),
        ("/api/pull", "ollama"),
        ("/v1/audio/speech", "openai_chat"),
        ("/", "openai_chat"),
        ("/apiary", "openai_chat"),
    ],
)
def test_an_unknown_path_is_refused_in_the_form_that_it_looks_like(path, dialect):
    """So the vendor's own SDK can read it."""
    with pytest.raises(Refusal) as caught:
        ROUTER.match("POST", path, {}, {})
    assert caught.value.problem.status == 404
    assert ROUTER.error_dialect(path, {}, {}).name == dialect


def test_a_wrong_method_is_refused_with_those_that_are_right():
    """A path that has none is not known at all."""
    with pytest.raises(Refusal) as caught:
        ROUTER.match("DELETE", "/v1/models/x", {}, {})
    assert caught.value.problem.status == 405
    assert caught.value.headers == (("allow", "GET, HEAD"),)


def test_targets_are_decoded():
    """What is not a path is refused; the query stays as it is."""
    assert split_target(b"/v1/models/a%2Fb?x=%20") == ("/v1/models/a/b", "x=%20")
    for bad in (b"http://x/", b"*", b"/%ff", b"/%0a", b"/?\xc3"):
        with pytest.raises(Refusal):
            split_target(bad)
