"""Gemini's models by their names, and the list of them."""

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
def test_which_are_old(model: str, old: bool) -> None:
    """Old is what is older than Gemini 3; an unknown name is not."""
    assert old is is_old(model)


def listed(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "supportedGenerationMethods": ["generateContent"], **fields}


def test_list_of_models() -> None:
    """Names lose their prefix; what cannot chat is left out; odd figures are unknown."""
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
def test_no_list_of_models(body: bytes) -> None:
    """What is no list fails and is not an empty one."""
    assert failure_of(lambda: read_models(body)).kind is FailureClass.PROTOCOL
