"""Lists of models, as OpenAI and the servers that resemble it send them."""

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
def test_what_cannot_chat_is_left_out(owner: str) -> None:
    """Of OpenAI's own models only those are told that can hold a conversation."""
    body = listed(*({"id": name, "owned_by": owner} for name in CHATS + OTHERS))
    assert [Model(id=name) for name in CHATS] == read_models(body)


def test_others_may_name_a_model_as_they_like() -> None:
    """A name says nothing of what another server's model can do."""
    body = listed(*({"id": name, "owned_by": "vllm"} for name in OTHERS))
    assert [Model(id=name) for name in OTHERS] == read_models(body)


@pytest.mark.parametrize(
    ("fields", "told"),
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
        ({"meta": None, "max_model_len": None, "capabilities": ["tool_use"]}, {}),
        ({"meta": {"n_ctx": "many"}, "max_model_len": -1, "context_length": []}, {}),
    ],
)
def test_sizes_and_abilities(fields: dict[str, object], told: dict[str, object]) -> None:
    """A window is known by many names, the one it runs with first; odd values are unknown."""
    assert [msgspec.convert({"id": "m", **told}, Model)] == read_models(
        listed({"id": "m"} | fields)
    )


@pytest.mark.parametrize(
    "fields", [{"type": "embeddings"}, {"capabilities": {"completion_chat": False}}]
)
def test_what_says_that_it_cannot_chat(fields: dict[str, object]) -> None:
    """A server's own word that a model does not chat is taken."""
    assert read_models(listed({"id": "m", **fields})) == []


def test_a_bare_list() -> None:
    """A list without its envelope is one too."""
    assert [Model(id="m")] == read_models(b'[{"id":"m","object":"model"}]')


@pytest.mark.parametrize("body", [b"{}", b"nonsense", b'{"data":[{"name":"m"}]}', b"null"])
def test_what_is_no_list(body: bytes) -> None:
    """Anything else is not this API."""
    assert FailureClass.PROTOCOL is failure_of(lambda: read_models(body)).kind
