"""The list of models of the Anthropic API."""

import msgspec
import pytest

from aircherd.providers.anthropic.models import read_models
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import failure_of

NO: dict[str, object] = {"supported": False}
YES: dict[str, object] = {"supported": True}


def listed(*models: object) -> bytes:
    return msgspec.json.encode({"data": models, "has_more": False})


def test_model_fields_are_read() -> None:
    """Sizes, name and capabilities are read; from 4.7 on no model takes sampling fields."""
    entry = {
        "type": "model",
        "id": "claude-opus-5-5",
        "display_name": "Claude Opus 5.5",
        "created_at": "2026-09-22T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": {
            "image_input": YES,
            "pdf_input": NO,
            "structured_outputs": NO,
            "thinking": YES | {"types": {"adaptive": YES}},
            "batch": YES,
        },
    }
    expected = Model(
        id="claude-opus-5-5",
        name="Claude Opus 5.5",
        window=1_000_000,
        max_output=128_000,
        images=True,
        documents=False,
        reasoning=True,
        json_schema=False,
        sampling=False,
        released="2026-09-22",
    )
    assert [expected] == read_models(listed(entry))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"display_name": None, "max_input_tokens": None, "max_tokens": None, "capabilities": None},
        {"display_name": 5, "max_input_tokens": "many", "max_tokens": [], "capabilities": "all"},
        {"capabilities": {"image_input": None, "thinking": True, "structured_outputs": []}},
        {"capabilities": {"image_input": {"supported": "yes"}}, "max_tokens": 0},
        {"lifecycle": "deprecated"},
    ],
)
def test_missing_or_malformed_fields_are_unknown(fields: dict[str, object]) -> None:
    """Compatible servers omit most fields; older and unknown models may take sampling fields."""
    assert [Model(id="m")] == read_models(listed({"id": "m"} | fields))


def test_a_malformed_capability_does_not_affect_others() -> None:
    """Each capability is read separately."""
    entry = {"id": "m", "capabilities": {"image_input": 1, "thinking": YES}}
    assert [Model(id="m", reasoning=True)] == read_models(listed(entry))


def test_retired_models_are_left_out() -> None:
    """The list also has models that no longer answer."""
    assert read_models(listed({"id": "claude-2", "lifecycle": "retired"})) == []


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data":[{"id":5}]}', b"nonsense"])
def test_a_body_that_is_no_list_fails(body: bytes) -> None:
    """Any other body is a protocol failure."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_models(body)).kind
