"""Ollama's paths."""

import pytest

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.ollama import DIALECT
from aircherd.http_api.problem import RequestProblem


def test_paths() -> None:
    """The calls that clients make."""
    paths = {(route.method, route.path): route.operation for route in DIALECT.routes}
    assert paths["POST", "/api/chat"] == paths["POST", "/api/generate"] == "chat"
    assert paths["POST", "/api/embed"] == paths["POST", "/api/embeddings"] == "embeddings"
    assert paths["GET", "/api/tags"] == "list_models"


def test_tokens_are_not_counted() -> None:
    """The API has no such call."""
    with pytest.raises(RequestProblem) as raised:
        DIALECT.read_count(ApiCall(method="POST", path="/api/count"))
    assert raised.value.problem.status == 404
    assert DIALECT.count_reply(7) == b'{"prompt_eval_count":7}'


def test_no_comments() -> None:
    """A stream of lines has none."""
    assert DIALECT.stream_note([("x-aircher-cost", "1")]) == b""
