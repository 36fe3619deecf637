"""What requests are handed to: all dialects, by their own paths."""

import subprocess
import sys

import pytest

from aircherd.http_api.server.backend import DIALECTS, load_backend


@pytest.mark.parametrize(
    ("method", "path", "dialect", "operation"),
    [
        ("POST", "/v1/chat/completions", "openai_chat", "chat"),
        ("POST", "/v1/messages", "anthropic", "chat"),
        ("POST", "/v1/messages/count_tokens", "anthropic", "count_tokens"),
        ("POST", "/v1/responses", "openai_responses", "chat"),
        ("POST", "/v1beta/models/g:streamGenerateContent", "gemini", "chat"),
        ("POST", "/models/g:generateContent", "gemini", "chat"),
        ("POST", "/api/chat", "ollama", "chat"),
        ("GET", "/api/tags", "ollama", "list_models"),
        ("GET", "/v1/models", "openai_chat", "list_models"),
    ],
)
def test_the_paths_of_all_dialects_are_known(method, path, dialect, operation):
    """It is loaded once."""
    backend = load_backend()
    match = backend.router.match(method, path, {}, {})
    assert (match.dialect.name, match.route.operation) == (dialect, operation)
    assert load_backend() is backend


@pytest.mark.parametrize(
    ("headers", "query", "dialect"),
    [
        ({"anthropic-version": "2023-06-01"}, {}, "anthropic"),
        ({}, {"client_version": "0.171.0"}, "openai_responses"),
        ({"x-goog-api-key": "k"}, {}, "gemini"),
    ],
)
def test_lists_of_models_are_asked_for_in_four_dialects(headers, query, dialect):
    """At one path."""
    router = load_backend().router
    assert router.match("GET", "/v1/models", headers, query).dialect.name == dialect


def test_nothing_of_it_is_loaded_at_the_start_of_the_daemon():
    """Few daemons have HTTP clients; the first one loads it."""
    code = (
        "import sys, aircherd.app\n"
        "found = [name for name in sys.modules if name.startswith('aircherd.http_api')]\n"
        "print([name for name in found if name.split('.')[2:3] in (['dialects'], ['operations'])"
        " or name.endswith(('.connection', '.backend', '.router'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_two_dialects_have_the_same_path_but_for_lists_of_models():
    """Or the headers would decide about a chat."""
    router = load_backend().router
    shared = {
        path
        for path, found in router._exact.items()
        for route in {route.method for _, route in found}
        if sum(each.method == route for _, each in found) > 1
    }
    assert shared <= {"/v1/models"}
    assert len(router._dialects) == len(DIALECTS)
