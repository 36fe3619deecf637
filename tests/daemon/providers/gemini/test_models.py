"""Gemini's list of models, and what a name says about a model."""

import msgspec
import pytest

from aircherd.providers.gemini.models import is_old, read_models
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import failure_of


@pytest.mark.parametrize(
    ("model", "old"),
    [
        ("gemini-2.5-pro", True),
        ("models/gemini-2.0-flash", True),
        ("gemini-pro", True),
        ("gemini-pro-latest", False),
        ("gemini-3-flash-preview", False),
        ("gemini-10-flash", False),
        ("tuned", False),
    ],
)
def test_is_old(model: str, old: bool) -> None:
    """Models before Gemini 3 are old; unknown names are not."""
    assert old is is_old(model)


def listed(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "supportedGenerationMethods": ["generateContent"], **fields}


def test_list_of_models() -> None:
    """Names lose their prefix, models that cannot chat are dropped, malformed sizes are unknown."""
    full = {"displayName": "G", "inputTokenLimit": 9, "outputTokenLimit": 5, "thinking": True}
    models = [
        listed("models/g", **full),
        listed("models/bare", version="1"),
        listed("odd", inputTokenLimit="x", thinking="yes", displayName=3),
        {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/nothing"},
    ]
    expected = [
        Model(id="g", name="G", window=9, max_output=5, reasoning=True),
        Model(id="bare"),
        Model(id="odd"),
    ]
    assert expected == read_models(msgspec.json.encode({"models": models}))


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"models":[{}]}', b"<html>"])
def test_a_body_that_is_no_list_fails(body: bytes) -> None:
    """Any other body is a failure, not an empty list."""
    assert failure_of(lambda: read_models(body)).kind is FailureClass.PROTOCOL
