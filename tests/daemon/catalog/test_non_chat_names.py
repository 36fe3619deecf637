"""Models that do not chat, recognised by their names."""

import pytest

from aircherd.catalog.non_chat_names import NON_CHAT_WORDS, does_not_chat


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding-3-large",
        "nomic-embed-text:latest",
        "Qwen/Qwen3-Embedding-8B",
        "BAAI/bge-m3",
        "mistral-embed",
        "rerank-v3.5",
        "omni-moderation-latest",
        "meta-llama/llama-guard-4-12b",
        "whisper-large-v3",
        "gpt-4o-transcribe",
        "gemini-2.5-flash-preview-tts",
        "gpt-realtime",
        "dall-e-3",
        "gpt-image-1",
        "black-forest-labs/FLUX.1-schnell",
        "stabilityai/stable-diffusion-3",
        "imagen-4.0-generate",
        "sora-2",
        "veo-3",
    ],
)
def test_a_model_for_something_else_is_recognised(name):
    """By a word of its name."""
    assert does_not_chat(name)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5.5",
        "gpt-4o-audio-preview",
        "gemini-2.5-flash-image",
        "claude-sonnet-5",
        "guardian-7b",
        "openai/gpt-oss-safeguard-20b",
        "deepseek-r1-distill",
        "fluxion-7b",
        "",
    ],
)
def test_other_models_are_left_alone(name):
    """A part of a word is not enough, and models that make pictures may chat too."""
    assert not does_not_chat(name)


def test_each_word_has_its_reason():
    """A word that no one can explain would hide models."""
    assert all(NON_CHAT_WORDS.values())
