"""Estimates: about right, rather too high than too low, and fast."""

import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.usage.estimate import (
    MAX_PDF_TOKENS,
    TOKENS_PER_DOCUMENT,
    TOKENS_PER_IMAGE,
    byte_size,
    input_estimate,
)
from aircherd.vocabulary.chat import ChatRequest, Message, SchemaFormat
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import (
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

MODEL = Model(id="m")
ENGLISH = (
    "The quick brown fox jumps over the lazy dog, and then it goes home to sleep. "  # 18 tokens
)
IMAGE = ImagePart(data="iVBORw0KGgo=", media_type="image/png")


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
def test_an_estimate_is_slightly_above_the_tokens(text, tokens):
    """In any script; at most twice as many as tokenizers count."""
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
    """Also in a tool result; the size of its data does not matter."""
    assert input_estimate(asked([IMAGE])) == TOKENS_PER_IMAGE + 4
    assert input_estimate(asked([ToolResultPart("1", [IMAGE])])) == TOKENS_PER_IMAGE + 4


@given(st.text(max_size=6000))
def test_short_texts_have_an_exact_size(text):
    """Including lone surrogates."""
    size = byte_size(text)
    assert size >= 0
    if len(text) <= 4096:
        assert size == len(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("letter", ["e", "é", "字"])
def test_a_long_text_is_measured_by_samples(letter):
    """A few thousand of ten million characters are read."""
    text = letter * 10_000_000
    tracemalloc.start()
    size = byte_size(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == len(text) * len(letter.encode())
    assert peak < 100_000


def test_files_are_estimated_by_their_size() -> None:
    """A PDF at most as its pages may be: a scan has many bytes and few tokens."""

    def tokens(part: DocumentPart | AudioPart) -> int:
        return input_estimate(asked([part])) - input_estimate(asked([]))

    def pdf(size: int) -> DocumentPart:
        return DocumentPart(data=b64encode(b"%PDF-1.7" + bytes(size)).decode())

    assert 20_000 < tokens(pdf(1_000_000)) < 30_000
    assert tokens(pdf(22_000_000)) == MAX_PDF_TOKENS
    assert tokens(DocumentPart(url="https://x/a.pdf")) == TOKENS_PER_DOCUMENT
    sound = AudioPart(data=b64encode(b"ID3" + bytes(160_000)).decode())
    assert 200 < tokens(sound) < 500
    text = DocumentPart(data=b64encode(b"word " * 700).decode(), media_type="text/plain")
    assert 700 < tokens(text) < 1400
