"""Ollama's list of installed models."""

import msgspec
import pytest

from aircherd.providers.ollama.models import read_models
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import failure_of

F = FailureClass


def test_models() -> None:
    """Models that can chat are listed with their capabilities, the server's own models first."""
    details = {"format": "gguf", "context_length": 40960}
    body = {
        "models": [
            {"model": "c:cloud", "remote_host": "https://ollama.com:443", "details": details},
            {
                "model": "a:1",
                "capabilities": ["completion", "tools", "thinking"],
                "details": details,
            },
            {"model": "b:1", "capabilities": ["completion", "vision", "audio"]},
            {"model": "embedder", "capabilities": ["embedding"], "details": details},
            {"name": "old", "details": {"format": "gguf"}},
            {"size": 7},
        ]
    }
    assert [
        Model(
            id="a:1",
            window=40960,
            tools=True,
            images=False,
            audio=False,
            reasoning=True,
            json_schema=True,
        ),
        Model(id="b:1", tools=False, images=True, audio=True, reasoning=False),
        Model(id="old", json_schema=True),
        Model(id="c:cloud", window=40960, json_schema=False),
    ] == read_models(msgspec.json.encode(body))


def test_nothing_installed() -> None:
    """A new server has no models, and may send null."""
    assert read_models(b'{"models":null}') == read_models(b'{"models":[]}') == []


@pytest.mark.parametrize("body", [b"{}", b"[]", b"x", b'{"models":[7]}'])
def test_a_body_that_is_no_list_fails(body: bytes) -> None:
    """Any other body is a protocol failure."""
    assert F.PROTOCOL is failure_of(lambda: read_models(body)).kind
