"""Estimates: about right, rather too much than too little, and quick."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.estimate import (
    TOKENS_PER_IMAGE,
    byte_size,
    input_estimate,
)
from aircherd.vocabulary.chat import ChatRequest, Message, SchemaFormat, Tool
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import (
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

MODEL = Model(id="m")
ENGLISH = (
    "The quick brown fox jumps over the lazy dog, and then it goes home to sleep. "  # 18 tokens
)
IMAGE = ImagePart(data="aGVsbG8=", media_type="image/png")


def asked(content, **more) -> ChatRequest:
    return ChatRequest(messages=[Message("user", content)], **more)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (ENGLISH * 100, 1800),
        ("今天天气很好我们去公园散步吧" * 100, 1100),
        ("Привет, как дела? " * 100, 600),
    ],
    ids=["English", "Chinese", "Russian"],
)
def test_a_text_is_a_little_more_than_its_tokens(text, tokens):
    """In any script: what tokenizers make of these, and at most twice as much."""
    assert tokens <= input_estimate(asked(text)) <= 2 * tokens


@pytest.mark.parametrize(
    "request_",
    [
        asked("x", system="s" * 700),
        asked("x", extra={"system": [{"type": "text", "text": "s" * 660}]}),
        asked([TextPart("t" * 700)]),
        asked([ToolCallPart("1", "name", "a" * 700)]),
        asked([ToolResultPart("1", "r" * 700)]),
        asked([ToolResultPart("1", [TextPart("r" * 700)])]),
        asked([ReasoningPart("r" * 700)]),
        asked([ReasoningPart("", signature="s" * 700)]),
        asked("x", tools=[Tool("name", "d" * 350, "p" * 350)]),
        asked("x", response_format=SchemaFormat("s" * 700)),
    ],
)
def test_everything_that_is_sent_is_counted(request_):
    """Texts of all kinds, tools, schemas."""
    assert 200 <= input_estimate(request_) <= 220


def test_an_image_counts_as_a_large_one():
    """Also in what a tool answered; the size of its data means nothing."""
    assert input_estimate(asked([IMAGE])) == TOKENS_PER_IMAGE + 4
    assert input_estimate(asked([ToolResultPart("1", [IMAGE])])) == TOKENS_PER_IMAGE + 4


@given(st.text(max_size=6000))
def test_a_text_of_any_kind_has_a_size(text):
    """Exact while it is short, lone surrogates included."""
    size = byte_size(text)
    assert size >= 0
    if len(text) <= 4096:
        assert size == len(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("letter", ["e", "é", "字"])
def test_a_long_text_is_neither_copied_nor_misjudged(letter):
    """Of ten million letters a few thousand are looked at."""
    text = letter * 10_000_000
    tracemalloc.start()
    size = byte_size(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == len(text) * len(letter.encode())
    assert peak < 100_000
