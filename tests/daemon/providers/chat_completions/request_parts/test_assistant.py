"""What a model said before goes back as it came, to where it came from."""

import msgspec
import pytest

from aircherd.providers.chat_completions.messages import write_messages
from aircherd.providers.chat_completions.quirks import EVERY_EFFORT, Quirks
from aircherd.testing.simulator.script import PICTURE, SOUND
from aircherd.vocabulary.parts import seal
from helpers.providers.provider_calls import a_request

Map = dict[str, object]

OPENAI = Quirks(name="OpenAI", efforts=EVERY_EFFORT, takes_others=False, has_refusals=True)
SERVER = Quirks(name="it", efforts=EVERY_EFFORT)
ROUTER = Quirks(
    name="OpenRouter",
    efforts=EVERY_EFFORT,
    tools=("function",),
    keeps_images=True,
    takes_marks=True,
)


def text(words: str, **fields: object) -> Map:
    return {"type": "text", "text": words, **fields}


def other(kind: str, data: str) -> Map:
    return {
        "type": "other",
        "kind": kind,
        "origin": "p/m",
        "data": data,
        "signature": seal(kind, "p/m", data),
    }


def sent(quirks: Quirks, *parts: Map, before: tuple[Map, ...] = ()) -> list[Map]:
    request = a_request(*before, {"role": "assistant", "content": list(parts)})
    encoded = msgspec.json.encode(write_messages(request, quirks))
    return msgspec.json.decode(encoded, type=list[Map])


CALL: Map = {"type": "tool_call", "id": "c", "name": "note", "arguments": "any", "custom": True}
EXTRA: Map = {
    "type": "tool_call",
    "id": "c",
    "name": "f",
    "arguments": "{}",
    "signature": '{"tool_call":{"extra_content":{"google":1}}}',
}
FUNCTION = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SENT_EXTRA = FUNCTION | {"extra_content": {"google": 1}}
REFERENCE = '{"type":"reference","reference_ids":[1]}'
SPOKEN: Map = {"type": "audio", "data": SOUND, "transcript": "hi", "origin": "p/m"}
DRAWN: Map = {"type": "image", "data": PICTURE, "media_type": "image/png", "origin": "p/m"}
SENT_PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}


@pytest.mark.parametrize(
    ("quirks", "parts", "message"),
    [
        (
            OPENAI,
            [text("no", refusal=True)],
            {"content": [{"type": "refusal", "refusal": "no"}]},
        ),
        (SERVER, [text("no", refusal=True)], {"content": "no"}),
        (SERVER, [text("a"), other("steps", "[1.0]")], {"content": "a", "steps": [1.0]}),
        (OPENAI, [text("a"), other("steps", "[1]")], {"content": "a"}),
        (SERVER, [text("a"), other("choice.logprobs", "{}")], {"content": "a"}),
        (SERVER, [text("a"), other("content", '"x"'), other("b", "{")], {"content": "a"}),
        (
            SERVER,
            [text("a"), other("content.new", '{"type":"new"}'), text("b")],
            {"content": [text("a"), {"type": "new"}, text("b")]},
        ),
        (
            SERVER,
            [
                text("a", citations=[{"data": REFERENCE}]),
                text("b", citations=[{"url": "https://h"}]),
            ],
            {"content": [text("a"), msgspec.json.decode(REFERENCE), text("b")]},
        ),
        (
            SERVER,
            [CALL, other("tool_calls.mcp", '{"type":"mcp"}')],
            {
                "content": None,
                "tool_calls": [
                    {"id": "c", "type": "custom", "custom": {"name": "note", "input": "any"}},
                    {"type": "mcp"},
                ],
            },
        ),
        (
            SERVER,
            [EXTRA],
            {"content": None, "tool_calls": [FUNCTION | {"extra_content": {"google": 1}}]},
        ),
        (SERVER, [SPOKEN | {"signature": '{"id":"a1"}'}], {"content": None, "audio": {"id": "a1"}}),
        (SERVER, [SPOKEN], {"content": "hi"}),
        (
            ROUTER,
            [text("see"), DRAWN | {"signature": "images"}],
            {"content": "see", "images": [SENT_PICTURE]},
        ),
        (
            ROUTER,
            [text("a", cache=True)],
            {"content": [text("a") | {"cache_control": {"type": "ephemeral"}}]},
        ),
    ],
)
def test_messages(quirks: Quirks, parts: list[Map], message: Map) -> None:
    """Each part is in its place; what described the reply, or is damaged, does not go back."""
    assert sent(quirks, *parts) == [{"role": "assistant", **message}]


def test_texts_with_thinking_between_them_are_one() -> None:
    """They came in one field; other texts stand apart."""
    thought = {"type": "reasoning", "text": "Hm", "origin": "p/m"}
    [message] = sent(SERVER, text("Hel"), thought, text("lo"), text("Bye"))
    assert message["content"] == "Hello\n\nBye"


def test_a_custom_call_where_there_are_none() -> None:
    """It becomes a call of a function."""
    [message] = sent(ROUTER, CALL)
    arguments = '{"arguments":"any"}'
    function = {"name": "note", "arguments": arguments}
    assert message["tool_calls"] == [{"id": "c", "type": "function", "function": function}]


def test_pictures_of_other_models_follow() -> None:
    """They are in the user's next message."""
    request = a_request(
        {"role": "assistant", "content": [text("see"), DRAWN]}, {"role": "user", "content": "so?"}
    )
    messages = msgspec.to_builtins(write_messages(request, SERVER))
    assert messages[0] == {"role": "assistant", "content": "see"}
    assert SENT_PICTURE in messages[1]["content"]
