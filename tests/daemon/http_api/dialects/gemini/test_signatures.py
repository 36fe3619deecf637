"""Other vendors' signatures in Gemini's conversations."""

import base64
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aircherd.http_api.dialects.gemini.signatures import (
    MARK,
    START,
    Sealed,
    Unsealer,
    for_google,
    seal,
)
from aircherd.vocabulary.parts import OtherPart, ReasoningPart

SEALED = Sealed("p/m", "sig", [ReasoningPart("t", "s", "p/m"), OtherPart("k", "p/m", "{}")], "said")


@settings(max_examples=40, deadline=None)
@given(st.text(), st.none() | st.text(), st.text())
def test_round_trip(origin: str, signature: str | None, text: str) -> None:
    """What was put in comes out, also after a client wrote it in the alphabet of URLs."""
    try:
        sealed = Sealed(origin, signature, [ReasoningPart(text, None, origin)])
        packed = seal(sealed)
    except UnicodeEncodeError:
        return
    assert packed.startswith(START)
    assert Unsealer().open(packed) == sealed
    assert Unsealer().open(packed.replace("+", "-").replace("/", "_").rstrip("=")) == sealed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "R29vZ2xl",
        START,
        START + "!!!!",
        seal(SEALED)[:-8],
        base64.b64encode(MARK + zlib.compress(b"[]")).decode(),
        base64.b64encode(MARK + zlib.compress(b" " * 20_000_000)).decode(),
    ],
)
def test_anything_else(text: str) -> None:
    """Google's own, what was changed, and bombs are none of ours."""
    assert Unsealer().open(text) is None


def test_a_request_holds_no_more_than_a_conversation() -> None:
    """Strings that unpack to much are opened until it is enough, and many likewise."""
    large = seal(Sealed("p/m", "s", [ReasoningPart("x" * 4_000_000)]))
    unsealer = Unsealer()
    opened = [unsealer.open(large) is not None for _ in range(6)]
    assert opened == [True] * 3 + [False] * 3
    small = seal(SEALED)
    unsealer = Unsealer(10_000)
    assert [unsealer.open(small) is not None for _ in range(8)].count(True) < 5


def test_for_google() -> None:
    """Nothing of ours goes to Google; everything else stays, in either spelling."""
    packed = seal(SEALED)
    body = {
        "contents": [
            {"role": "user", "parts": [{"text": "a"}]},
            {
                "role": "model",
                "parts": [
                    {"text": "t", "thought": True},
                    {"function_call": {"name": "f"}, "thought_signature": packed},
                    {"functionCall": {"name": "g"}, "thoughtSignature": "R29vZ2xl"},
                ],
            },
            {"role": "model", "parts": [{"text": "x", "thought": True}]},
        ],
        "tools": [{"a": 1}],
    }
    sent = json.loads(for_google(json.dumps(body).encode()))
    unsigned = "skip_thought_signature_validator"
    assert sent["contents"][1]["parts"] == [
        {"function_call": {"name": "f"}, "thoughtSignature": unsigned},
        {"functionCall": {"name": "g"}, "thoughtSignature": "R29vZ2xl"},
    ]
    assert sent["contents"][2] == body["contents"][2]
    assert sent["tools"] == body["tools"]


def test_for_google_in_a_count() -> None:
    """A request to count tokens may hold a whole request."""
    call = {"functionCall": {"name": "f"}, "thoughtSignature": seal(SEALED)}
    body = {"generateContentRequest": {"contents": [{"role": "model", "parts": [call]}]}}
    sent = json.loads(for_google(json.dumps(body).encode()))
    [part] = sent["generateContentRequest"]["contents"][0]["parts"]
    assert part["thoughtSignature"] == "skip_thought_signature_validator"
    assert sent.keys() == body.keys()


def test_for_google_is_the_same_without_ours() -> None:
    """A body without them is not touched."""
    body = b'{ "contents": [ ] }'
    assert for_google(body) is body


def test_ours_in_a_text() -> None:
    """A user's text that quotes one stays as it is."""
    body = {"contents": [{"parts": [{"text": f"what is {seal(SEALED)}?"}]}]}
    assert json.loads(for_google(json.dumps(body).encode())) == body
