"""JSON with an odd detail is read, and nothing of its content is lost."""

import copy
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.errors import ProviderFailed
from aircherd.providers.anthropic.reply import whole as anthropic
from aircherd.providers.chat_completions import reply as chat_completions
from aircherd.providers.codec.lenient_json import (
    MAX_ESCAPES,
    MAX_VALUES,
    NotRepairable,
    decode_leniently,
    read_leniently,
)
from aircherd.providers.gemini import reply as gemini
from aircherd.providers.ollama import reply as ollama
from aircherd.providers.openai_responses import reply as responses
from aircherd.vocabulary.reply import OtherDelta, ReplyEvent, TextDelta, ToolCallDelta
from helpers.memory import allocated


class Part(msgspec.Struct):
    text: object = None


class Reply(msgspec.Struct, rename="camel"):
    message: Part | None = None
    parts: list[Part] | None = None
    usage: Part | None = None
    model: str | None = None
    is_last: bool | None = None
    raw: msgspec.Raw = msgspec.Raw()


REPLY = msgspec.json.Decoder(Reply)
DEEP = b'{"a":' * 50_000


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'\0\n{"a":1}\0\0', {"a": 1}),
        (b'{"a":1}\n[DONE', None),
        (b'{"a":1};\n', {"a": 1}),
        (b'{"a":1}}', {"a": 1}),
        (b'{"a":"caf\xe9"}', {"a": "caf\ufffd"}),
        (b'{"a":"x\ty\nz"}', {"a": "x\ty\nz"}),
        (rb'{"a":"C:\dir\new \'s"}', {"a": "C:\\dir\new \\'s"}),
        (rb'{"a":"\\x\q"}', {"a": "\\x\\q"}),
        (b'{"a":NaN,"b":-Infinity,"c":1e999}', {"a": False, "b": False, "c": False}),
        (b'{"a":' + b"9" * 5000 + b"}", {"a": False}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":1.5e3}', {"a": 1500.0}),
        (b'{"a\xff":1}', None),
        (b'{"a\t":1}', None),
        (b'{"type":"te\xffxt"}', None),
        (b"", None),
        (b"oops", None),
        (b'{"a":1', None),
        (b'{"a":"x', None),
        (b'{"a":1}{"a":2}', None),
        (b'{"a":1}, "b"', None),
        (DEEP, None),
        (b"[" * 50_000, None),
        (b"[" + b"1," * MAX_VALUES, None),
    ],
)
def test_reads_odd_json(data: bytes, value: object) -> None:
    """What is whole is read; what is cut, doubled, too deep or too large is refused."""
    if value is None:
        with pytest.raises(NotRepairable):
            read_leniently(data)
    else:
        assert read_leniently(data) == value


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (rb'{"message":{"text":"\ud83d"}}', Reply(message=Part("\ufffd"))),
        (rb'{"message":{"text":"\ud83d\ude00\ude00"}}', Reply(message=Part("\U0001f600\ufffd"))),
        (b'{"usage":[]}', Reply()),
        (b'{"usage":"lots"}', Reply()),
        (b'{"message":"","parts":{}}', Reply()),
        (b'{"parts":[null,"",{"text":"a"},[]]}', Reply(parts=[Part("a")])),
        (b'{"model":"","isLast":0}', Reply(model="")),
        (b'{"usage":{"text":NaN}}', Reply(usage=Part(False))),
        (b'{"message":"text"}', None),
        (b'{"message":["text"]}', None),
        (b'{"parts":{"text":"a"}}', Reply(parts=[Part("a")])),
        (b'{"parts":[{"text":"a"},"b"]}', None),
        (b'{"model":5}', None),
        (b"[]", None),
        (b'"text"', None),
    ],
)
def test_fits_a_value_to_its_schema(data: bytes, reply: Reply | None) -> None:
    """What is empty or no content is dropped; content of another type is refused."""
    if reply is None:
        with pytest.raises(NotRepairable):
            decode_leniently(REPLY, data)
    else:
        assert decode_leniently(REPLY, data) == reply


def test_undecoded_parts_are_repaired_too() -> None:
    """A part that is decoded later is valid JSON after the repair."""
    reply = decode_leniently(REPLY, b'{"raw":{"a":"caf\xe9\\ud83d"},"usage":1}')
    assert msgspec.json.decode(reply.raw) == {"a": "caf\ufffd\ufffd"}


def test_memory_is_bounded() -> None:
    """A document of many small values is refused before it is decoded."""
    data = b"[" + b"[]," * 4_000_000
    assert allocated(lambda: _refused(data)) < 1_000_000


def _refused(data: bytes) -> None:
    with pytest.raises(NotRepairable):
        read_leniently(data)


# ------------------------------------------------------------------ every vendor's replies

TEXT, NAME = "the whole text", "find"
COUNTS = {"prompt_tokens": 1, "completion_tokens": 2}
CHAT = {
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {
                "content": TEXT,
                "tool_calls": [{"id": "c", "function": {"name": NAME, "arguments": "{}"}}],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": COUNTS,
}
ANTHROPIC = {
    "type": "message",
    "content": [
        {"type": "text", "text": TEXT},
        {"type": "tool_use", "id": "c", "name": NAME, "input": {}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
GEMINI = {
    "candidates": [
        {
            "content": {
                "parts": [{"text": TEXT}, {"functionCall": {"name": NAME, "args": {}}}],
                "role": "model",
            },
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2},
}
OLLAMA = {
    "message": {
        "content": TEXT,
        "tool_calls": [{"function": {"name": NAME, "arguments": {}}}],
    },
    "done": True,
    "done_reason": "stop",
    "eval_count": 2,
}
RESPONSES = {
    "status": "completed",
    "output": [
        {"type": "message", "content": [{"type": "output_text", "text": TEXT}]},
        {"type": "function_call", "call_id": "c", "name": NAME, "arguments": "{}"},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
READERS = [
    (chat_completions.read_whole, CHAT),
    (anthropic.read_whole, ANTHROPIC),
    (gemini.read_whole, GEMINI),
    (ollama.read_whole, OLLAMA),
    (responses.read_whole, RESPONSES),
]
BITS = [b"\xff", b"\\ud800", b"\t", b"\0", b"\n", b"\\'"]
# A text in place of a list of parts is one part, and a list of texts is a text.
ODD = [[1], [["odd"]], TEXT, 7, True, [[[1]]]]
LEAVES = {TEXT, NAME, "text", "tool_use", "output_text", "message", "function_call"}


def content_of(events: list[ReplyEvent]) -> tuple[str, list[str | None]]:
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, [event.name for event in events if isinstance(event, ToolCallDelta) and event.name]


def containers(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the paths of all values but those that are content themselves."""
    children: list[tuple[object, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    paths = [(*path, key) for key, child in children if child not in ("", *LEAVES)]
    return paths + [p for key, child in children for p in containers(child, (*path, key))]


@given(st.sampled_from(READERS), st.data())
def test_a_value_of_another_type_never_shortens_a_reply(reader, data):
    """Whichever value of a vendor's reply is replaced: the same content comes out, or an error."""
    read, good = reader
    path = data.draw(st.sampled_from(containers(good)))
    changed = copy.deepcopy(good)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = data.draw(st.sampled_from(ODD))
    if path[0] == "content" and parent[path[-1]] == TEXT:
        return  # Anthropic's content, or a block of it, as a text
    try:
        events = read(json.dumps(changed).encode())
    except ProviderFailed:
        return
    is_kept = any(isinstance(event, OtherDelta) for event in events)  # opaque, but there
    # A text in place of the parts of a message is what the message says.
    assert is_kept or content_of(events) in ((TEXT, [NAME]), ("odd", [NAME]))


@given(st.sampled_from(READERS), st.data())
def test_odd_bytes_never_shorten_a_reply(reader, data):
    """Wherever values get odd bytes, or a reply is cut: the text is not shorter, or an error."""
    read, good = reader
    body = json.dumps(good).encode()
    names = [range(m.start(), m.end()) for m in re.finditer(rb'"[^"]*":', body)]
    places = [at for at in range(len(body) + 1) if not any(at in name for name in names)]
    at = data.draw(st.sampled_from(places))
    bit = data.draw(st.sampled_from([*BITS, None]))
    try:
        events = read(body[:at] if bit is None else body[:at] + bit + body[at:])
    except ProviderFailed:
        return
    if any(isinstance(event, OtherDelta) for event in events):
        return
    text, calls = content_of(events)
    assert (len(text) >= len(TEXT), len(calls)) == (True, 1)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": ["b", null, true, 1,],}',
        b"{'a': ['b', None, True, 1]}",
        b'{"a": ["b", undefined, true, 1]}',
    ],
)
def test_reads_the_values_of_other_languages(data: bytes) -> None:
    """Commas before brackets, apostrophes, and None are what JSON has by other names."""
    assert read_leniently(data) == {"a": ["b", None, True, 1]}


def test_leaves_strings_alone() -> None:
    """What looks like another language inside of a string is the string's text."""
    assert read_leniently(b'{"a": "None, \'x\',]", }') == {"a": "None, 'x',]"}


def test_many_escapes_are_not_repaired_one_by_one() -> None:
    """Each would take a hundred bytes for a moment."""
    _refused(b'{"a":"' + rb"\q" * (MAX_ESCAPES + 1) + b'"}')
