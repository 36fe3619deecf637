"""The parts of a reply, one at a time."""

import base64

import msgspec
import pytest

from aircherd.providers.gemini import reply_parts
from aircherd.providers.gemini.reply_parts import PartReader
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import (
    AudioDelta,
    ImageDelta,
    OtherDelta,
    ReasoningDelta,
    ReplyEvent,
    TextDelta,
    ToolCallDelta,
)
from helpers.providers.provider_calls import failure_of

PNG = "iVBORw0KGgo="
WAV = base64.b64encode(b"RIFF\0\0\0\0WAVEfmt ").decode()
PCM = "audio/L16;codec=pcm;rate=24000"

Part = dict[str, object]


def inline(kind: str, data: str, **fields: object) -> Part:
    return {"inlineData": {"mimeType": kind, "data": data}, **fields}


def read(*parts: Part) -> list[ReplyEvent]:
    reader = PartReader(lambda: "made")
    out: list[ReplyEvent] = []
    for part in parts:
        reader.read(msgspec.Raw(msgspec.json.encode(part)), out)
    return out + reader.close("stop")


def other(kind: str, part: Part) -> OtherDelta:
    return OtherDelta(kind, msgspec.json.encode(part).decode())


CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "S"}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
SEARCH = {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1"}, "thoughtSignature": "S"}
FOUND = {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t1", "response": {}}}
FILE = {"fileData": {"fileUri": "https://host/a.mp4", "mimeType": "video/mp4"}}
FUTURE = {"thought": True, "ofTheFuture": {"a": [1.50]}, "thoughtSignature": "S"}
VIDEO = inline("video/mp4", "AAAA", videoMetadata={"fps": 1})


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("executableCode", CODE),
        ("codeExecutionResult", RESULT),
        ("toolCall", SEARCH),
        ("toolResponse", FOUND),
        ("fileData", FILE),
        ("ofTheFuture", FUTURE),
        ("inlineData", VIDEO),
        # labelled as a picture, a sound, or something else, but nothing that a client could send
        ("inlineData", inline("image/png", "bm8=")),
        ("inlineData", inline("image/png", "no base64")),
        ("inlineData", inline("audio/wav", "bm8=")),
        ("inlineData", inline("application/pdf", "JVBERi0=")),
        # a thought is no part of the answer
        ("inlineData", inline("image/png", PNG, thought=True)),
        ("inlineData", {"inlineData": 5}),
        ("text", {"text": ["a"]}),
        ("part", {"videoMetadata": {"fps": 1}}),
    ],
)
def test_what_has_no_word_of_ours_stays_as_it_came(kind: str, part: Part) -> None:
    """The whole part is kept in its place, with its signature inside."""
    around = {"text": "a"}, part, {"text": "b"}
    assert read(*around) == [TextDelta("a"), other(kind, part), TextDelta("b")]


def test_digits_are_kept() -> None:
    """The data is the vendor's own JSON, not a copy of its values."""
    out: list[ReplyEvent] = []
    PartReader(lambda: "made").read(msgspec.Raw(b'{"x":{"n":1.500, "m":1}}'), out)
    assert out == [OtherDelta("x", '{"x":{"n":1.500, "m":1}}')]


@pytest.mark.parametrize(
    ("part", "events"),
    [
        ({"text": "a", "thoughtSignature": "S"}, [TextDelta("a", "1:S")]),
        ({"text": "", "thoughtSignature": "S"}, [TextDelta("", "0:S")]),
        ({"thoughtSignature": "S"}, [TextDelta("", "0:S")]),
        ({"text": "a", "thought": True}, [ReasoningDelta("a")]),
        ({"text": "a", "inlineData": None, "functionCall": None}, [TextDelta("a")]),
        ({"text": ""}, []),
        ({"thought": True}, []),
        ({}, []),
        # the first bytes say what it is
        (inline("image/jpeg", PNG), [ImageDelta(PNG, "image/png")]),
        (inline("audio/mp3", WAV), [AudioDelta(WAV, "audio/wav")]),
        (
            inline("image/png", PNG, thoughtSignature="S"),
            [ImageDelta(PNG, "image/png", signature="S")],
        ),
        (inline("audio/wav", WAV), [AudioDelta(WAV, "audio/wav")]),
        (
            inline(PCM, "AAAA", audioTranscription={"text": "hi"}, thoughtSignature="S"),
            [AudioDelta("AAAA", PCM, "hi", "S")],
        ),
        (
            {"text": "so", "functionCall": {"name": "f"}, "thoughtSignature": "S"},
            [TextDelta("so"), ToolCallDelta(0, "made", "f", signature="S")],
        ),
        (
            {"functionCall": {"name": "f"}, "partMetadata": {"a": 1}},
            [ToolCallDelta(0, "made", "f"), OtherDelta("partMetadata", '{"a":1}')],
        ),
    ],
)
def test_parts(part: Part, events: list[ReplyEvent]) -> None:
    """Each part is its events; signatures stay with what they sign."""
    assert read(part) == events


def test_sound_without_a_head_is_joined() -> None:
    """It comes in pieces, each padded; a signature ends it, and so does any other part."""
    pieces = [inline(PCM, base64.b64encode(each).decode()) for each in (b"a", b"bc", b"d")]
    ended = inline(PCM, "ZQ==", thoughtSignature="S")
    expected = [
        AudioDelta(base64.b64encode(b"abcde").decode(), PCM, signature="S"),
        AudioDelta("ZQ==", "audio/pcm"),
        TextDelta("x"),
        AudioDelta(WAV, "audio/wav"),
        AudioDelta(WAV, "audio/wav"),
    ]
    wav = inline("audio/wav", WAV)
    assert read(*pieces, ended, inline("audio/pcm", "ZQ=="), {"text": "x"}, wav, wav) == expected


def test_large_thoughts_are_only_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures on the way to the answer may be larger than a reply."""
    monkeypatch.setattr(reply_parts, "MAX_THOUGHT", 20)
    part = inline("image/png", PNG, thought=True)
    size = len(msgspec.json.encode(part))
    assert read(part) == [OtherDelta("inlineData", f'{{"thought":true,"bytes":{size}}}')]


@pytest.mark.parametrize("part", [VIDEO, inline(PCM, "AAAA")])
def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch, part: Part) -> None:
    """A server cannot fill the memory with one part."""
    monkeypatch.setattr(reply_parts, "MAX_OTHER", 20)
    monkeypatch.setattr(reply_parts, "MAX_SOUND", 20)
    assert failure_of(lambda: read(*[part] * 9)).kind is FailureClass.PROTOCOL


def test_small_pieces_of_sound_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them takes memory too."""
    monkeypatch.setattr(reply_parts, "MAX_SOUND", 1000)
    small = inline("audio/pcm", "AAAA")
    assert failure_of(lambda: read(*[small] * 12)).kind is FailureClass.PROTOCOL
