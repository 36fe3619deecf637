"""Limits for lists of models, for all vendors."""

import msgspec
import pytest
from structlog.testing import capture_logs

from aircherd.providers.model_list import MAX_VALUES, read_list
from aircherd.providers.registry import ADAPTERS, LOADERS
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import CANARY, failure_of

GEMINI = {"supportedGenerationMethods": ["generateContent"]}
FORMS = {
    "openai": ("data", "id", {}),
    "anthropic": ("data", "id", {}),
    "openrouter": ("data", "id", {}),
    "gemini": ("models", "name", GEMINI),
    "ollama": ("models", "model", {}),
}


def a_list(kind: str, *names: str) -> bytes:
    field, name_field, rest = FORMS[kind]
    return msgspec.json.encode({field: [{name_field: name, **rest} for name in names]})


def read(kind: str, *names: str) -> list[str]:
    models = read_list(ADAPTERS[kind], a_list(kind, *names), lambda t: CANARY in t, "work")
    return [model.id for model in models]


def test_every_adapter_has_a_list() -> None:
    """A new adapter needs an example list here."""
    assert set(FORMS) == set(LOADERS)


@pytest.mark.parametrize("kind", FORMS)
def test_invalid_names_are_left_out_and_counted(kind: str) -> None:
    """The log has only their number: an escape or a key must not reach it."""
    with capture_logs() as logs:
        found = read(kind, "good", "bad\x1b[2J", f"echo-{CANARY}", "x" * 1500, "last")
    assert found == ["good", "last"]
    assert [(e["event"], e["provider"], e["count"]) for e in logs] == [
        ("models_left_out", "work", 3)
    ]
    assert CANARY not in repr(logs)
    assert "\x1b" not in repr(logs)


@pytest.mark.parametrize("kind", FORMS)
def test_a_valid_list_logs_nothing(kind: str) -> None:
    """There is no log line for each refresh."""
    with capture_logs() as logs:
        assert read(kind, "a", "b") == ["a", "b"]
    assert logs == []


@pytest.mark.parametrize("kind", FORMS)
def test_a_list_with_too_many_values_is_not_decoded(kind: str) -> None:
    """900,000 rows fit into a few megabytes."""
    field = FORMS[kind][0]
    body = b'{"%b":[%b]}' % (field.encode(), b",".join([b"{}"] * MAX_VALUES))
    failure = failure_of(lambda: ADAPTERS[kind].read_models(body))
    assert failure.kind is FailureClass.PROTOCOL
    assert failure.message == f"sent a list of models with more than {MAX_VALUES} values"


def test_tiers_are_limited() -> None:
    """Each override is applied on top of all before it."""
    overrides = [{"min_prompt_tokens": n, "prompt": "0.1"} for n in range(1, 5000)]
    pricing = {"prompt": "0.1", "completion": "0.1", "overrides": overrides}
    body = msgspec.json.encode({"data": [{"id": "m", "pricing": pricing}]})
    (model,) = ADAPTERS["openrouter"].read_models(body)
    assert model.prices is not None
    assert len(model.prices.tiers) == 16
