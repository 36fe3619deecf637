"""The list of models of OpenAI and compatible servers."""

import msgspec
import pytest

from aircherd.providers.chat_completions.models import read_models
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import failure_of

CHATS = [
    "gpt-5.5",
    "gpt-5.5-mini",
    "gpt-5.5-pro",
    "o4-mini",
    "gpt-4o",
    "gpt-4o-search-preview",
    "chatgpt-4o-latest",
    "gpt-3.5-turbo",
    "gpt-5-codex",
    "gpt-oss-120b",
    "ft:gpt-4o-mini:acme::abc",
]
OTHERS = [
    "text-embedding-3-small",
    "whisper-1",
    "tts-1-hd",
    "gpt-4o-mini-tts",
    "gpt-4o-transcribe",
    "dall-e-3",
    "gpt-image-1",
    "chatgpt-image-latest",
    "omni-moderation-latest",
    "text-moderation-stable",
    "gpt-realtime",
    "gpt-4o-realtime-preview",
    "gpt-audio-mini",
    "gpt-4o-audio-preview",
    "sora-2",
    "babbage-002",
    "davinci-002",
    "gpt-3.5-turbo-instruct",
]


def listed(*models: dict[str, object]) -> bytes:
    return msgspec.json.encode({"object": "list", "data": models})


@pytest.mark.parametrize("owner", ["system", "openai", "openai-internal"])
def test_openai_models_that_cannot_chat_are_left_out(owner: str) -> None:
    """They are recognised by name."""
    body = listed(*({"id": name, "owned_by": owner} for name in CHATS + OTHERS))
    assert [Model(id=name) for name in CHATS] == read_models(body)


def test_other_servers_names_are_not_judged() -> None:
    """A name says nothing about another server's model."""
    body = listed(*({"id": name, "owned_by": "vllm"} for name in OTHERS))
    assert [Model(id=name) for name in OTHERS] == read_models(body)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"max_model_len": 8192}, {"window": 8192}),
        ({"meta": {"n_ctx_train": 32768, "n_vocab": 9}}, {"window": 32768}),
        ({"meta": {"n_ctx_train": 32768, "n_ctx": 4096}}, {"window": 4096}),
        ({"loaded_context_length": 4096, "max_context_length": 131072}, {"window": 4096}),
        ({"max_context_length": 131072, "type": "vlm"}, {"window": 131072, "images": True}),
        ({"context_window": 9, "max_completion_tokens": 5}, {"window": 9, "max_output": 5}),
        ({"context_length": "9"}, {"window": 9}),
        (
            {"capabilities": {"completion_chat": True, "function_calling": True, "vision": False}},
            {"tools": True, "images": False},
        ),
        ({"capabilities": {"audio": True}}, {"audio": True}),
        ({"meta": None, "max_model_len": None, "capabilities": ["tool_use"]}, {}),
        ({"meta": {"n_ctx": "many"}, "max_model_len": -1, "context_length": []}, {}),
    ],
)
def test_sizes_and_capabilities(fields: dict[str, object], expected: dict[str, object]) -> None:
    """The size that a model runs with counts first; malformed values are unknown."""
    assert [msgspec.convert({"id": "m", **expected}, Model)] == read_models(
        listed({"id": "m"} | fields)
    )


@pytest.mark.parametrize(
    "fields", [{"type": "embeddings"}, {"capabilities": {"completion_chat": False}}]
)
def test_servers_may_mark_models_that_cannot_chat(fields: dict[str, object]) -> None:
    """Such models are left out."""
    assert read_models(listed({"id": "m", **fields})) == []


def test_a_bare_list() -> None:
    """A list without its envelope is read too."""
    assert [Model(id="m")] == read_models(b'[{"id":"m","object":"model"}]')


@pytest.mark.parametrize("body", [b"{}", b"nonsense", b'{"data":[{"name":"m"}]}', b"null"])
def test_a_body_that_is_no_list_fails(body: bytes) -> None:
    """Any other body is a protocol failure."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_models(body)).kind


@pytest.mark.parametrize(
    ("created", "released"),
    [(1_715_367_049, "2024-05-10"), (0, None), ("2024", None), (None, None)],
)
def test_the_time_of_creation_is_the_date_of_release(created: object, released: str | None):
    """If there is one; the catalogue drops those that cannot be releases."""
    body = msgspec.json.encode({"data": [{"id": "m", "created": created}]})
    (model,) = read_models(body)
    assert model.released == released
