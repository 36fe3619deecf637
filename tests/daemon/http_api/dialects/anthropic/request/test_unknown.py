"""What is not known of a request is named, and never an error of ours."""

import pytest

from aircherd.http_api.dialects.anthropic import DIALECT
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.parts import OtherPart, TextPart
from helpers.http_api.anthropic_sdk import HI, call_of, read

TEXT = {"type": "text", "text": "Hi"}
USE = {"type": "tool_use", "id": "a", "name": "read", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "a"}


@pytest.mark.parametrize(
    ("message", "unsaid"),
    [
        ({"role": "user", "content": "Hi", "mood": 1}, "messages[0].mood"),
        ({"role": "user", "content": [{**TEXT, "mood": 1}]}, "messages[0].content[0].mood"),
        ({"role": "user", "content": [{**TEXT, "mood": None}]}, None),
        (
            {"role": "user", "content": [TEXT, {"type": "hologram", "x": 1}]},
            'messages[0].content[1].type "hologram"',
        ),
        (
            {"role": "user", "content": [TEXT, {"type": "image", "source": {"type": "orb"}}]},
            'messages[0].content[1].source.type "orb"',
        ),
        (
            {
                "role": "user",
                "content": [TEXT, {"type": "image", "source": {"type": "file", "file_id": "f"}}],
            },
            'messages[0].content[1].source.type "file"',
        ),
        (
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "text", "data": "a"},
                        "context": "from a book",
                    }
                ],
            },
            "messages[0].content[0].context",
        ),
        (
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "content", "content": [{"type": "image"}]},
                    },
                    TEXT,
                ],
            },
            'messages[0].content[0].source.content[0].type "image"',
        ),
    ],
)
def test_unknown_fields_and_blocks_are_named(
    message: dict[str, object], unsaid: str | None
) -> None:
    """The rest of the message is read."""
    found = read([message])

    assert found.verbatim.unsaid == unsaid


@pytest.mark.parametrize(
    ("content", "unsaid"),
    [
        ([{"type": "hologram"}, TEXT], 'messages[2].content[0].content[0].type "hologram"'),
        ([{**TEXT, "mood": 1}], "messages[2].content[0].content[0].mood"),
    ],
)
def test_unknown_blocks_in_results_are_named(content: object, unsaid: str) -> None:
    """Likewise."""
    messages = [
        *HI,
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [{**RESULT, "content": content}]},
    ]

    found = read(messages)

    assert found.verbatim.unsaid == unsaid
    (result,) = found.chat.messages[2].content
    assert result.content == [TextPart("Hi")]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "wanted"), [("plain", "plain"), (None, ""), ([TEXT], [TextPart("Hi")])]
)
def test_a_result_with_an_unknown_field_keeps_its_content(content: object, wanted: object) -> None:
    """Whatever its content is."""
    result = {**RESULT, "content": content, "mood": 1}
    messages = [
        *HI,
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [result]},
    ]

    found = read(messages)

    assert found.verbatim.unsaid == "messages[2].content[0].mood"
    (part,) = found.chat.messages[2].content
    assert part.content == wanted  # type: ignore[union-attr]


def test_an_unknown_block_is_still_a_question() -> None:
    """A message may be nothing else, and counts as content."""
    found = read([{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}])

    (part,) = found.chat.messages[0].content
    assert isinstance(part, OtherPart)
    assert part.data == '{"type":"container_upload","file_id":"f"}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (3, "messages[0].content: has to be a string or a list of blocks"),
        (["Hi"], "messages[0].content[0]: has to be a map"),
        ([{"text": "Hi"}], "messages[0].content[0].type: is missing"),
        ([{"type": "text"}], "messages[0].content[0]: text is missing"),
        ([{"type": "text", "text": 3}], "messages[0].content[0].text: has to be a string"),
        ([{"type": "image"}], "messages[0].content[0]: source is missing"),
        (
            [{"type": "image", "source": {"type": "base64"}}],
            "messages[0].content[0].source: data is missing",
        ),
        (
            [{"type": "tool_result", "tool_use_id": "a", "content": 3}],
            "messages[0].content[0].content: has to be a string or a list of blocks",
        ),
    ],
)
def test_a_wrong_block_is_refused_by_its_place(content: object, message: str) -> None:
    """The client's fault, where it is."""
    with pytest.raises(RequestProblem) as caught:
        read([{"role": "user", "content": content}])

    assert caught.value.problem.message.startswith(message)


@pytest.mark.parametrize("rest", [b"[" * 5000, b'7,"x"', b"7,"], ids=["deep", "cut", "comma"])
def test_what_follows_a_mistake_need_not_be_json(rest: bytes) -> None:
    """The request is refused, whatever else is wrong with it."""
    with pytest.raises(RequestProblem):
        DIALECT.read_chat(call_of(b'{"model":' + rest))


def test_not_all_of_very_much_is_named() -> None:
    """One is enough to know."""
    blocks = [{"type": f"kind{n}"} for n in range(100)]

    unsaid = read([{"role": "user", "content": blocks}]).verbatim.unsaid

    assert unsaid is not None
    assert unsaid.count(",") == 19


def test_what_is_named_can_be_shown() -> None:
    """A client may call its fields anything: no line break, and no escape of a terminal."""
    unsaid = read([{"role": "user", "content": "Hi", "a\n\x1b[2J": 1}]).verbatim.unsaid

    assert unsaid == r"messages[0].a\n\x1b[2J"
