from aircherd.chat.request.validation import check_request
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.parts import TextPart, ToolCallPart, ToolResultPart
from helpers.http_api.chat_dialect import QUESTION, WEATHER, read

CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"place":"Ulm"}'},
}


def text(value: str, **fields: object) -> dict[str, object]:
    return {"type": "text", "text": value, **fields}


def messages_of(*messages: dict[str, object]) -> list[Message]:
    found = read(messages=list(messages), tools=[WEATHER])
    assert found.verbatim.unsaid is None
    return found.chat.messages


def test_trap_16_systems_and_developers_anywhere() -> None:
    """ollama#16372: a system role was refused. Both roles are instructions, wherever they are."""
    found = messages_of(
        {"role": "developer", "content": "Be brief."},
        QUESTION,
        {"role": "system", "content": [text("Answer in "), text("French.")]},
        {"role": "user", "content": "And at night?", "name": "ann"},
    )
    assert found == [
        Message("system", "Be brief."),
        Message("user", "Why is the sky blue?"),
        Message("system", [TextPart("Answer in "), TextPart("French.")]),
        Message("user", "And at night?"),
    ]


def test_a_list_of_one_text_is_a_text() -> None:
    """LangChain and Continue send each text as a list."""
    assert messages_of({"role": "user", "content": [text("Hello")]}) == [Message("user", "Hello")]


def test_marks_for_the_cache_are_kept() -> None:
    """Aider and LiteLLM mark parts, or whole messages."""
    mark = {"cache_control": {"type": "ephemeral"}}
    found = messages_of(
        {"role": "system", "content": [text("Rules", **mark)]},
        {"role": "user", "content": "Hello", **mark},
    )
    assert found == [
        Message("system", [TextPart("Rules", cache=True)]),
        Message("user", [TextPart("Hello", cache=True)]),
    ]


def test_trap_6_a_round_of_tools() -> None:
    """litellm#29491: the input of tools was lost. Neighbouring results are one message."""
    found = messages_of(
        QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "call_2"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_2", "content": [text("sun")]},
        {"role": "user", "content": "So?"},
    )
    assert found[1:] == [
        Message(
            "assistant",
            [
                ToolCallPart("call_1", "weather", '{"place":"Ulm"}'),
                ToolCallPart("call_2", "weather", '{"place":"Ulm"}'),
            ],
        ),
        Message("user", [ToolResultPart("call_1", "rain"), ToolResultPart("call_2", "sun")]),
        Message("user", "So?"),
    ]


def test_what_an_assistant_said() -> None:
    """Text, refusals and calls, in their order; an empty message is none."""
    found = messages_of(
        QUESTION,
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": None},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "content": None, "refusal": "Never."},
        QUESTION,
    )
    assert found[1:-1] == [
        Message(
            "assistant",
            [TextPart("Let me see."), ToolCallPart("call_1", "weather", '{"place":"Ulm"}')],
        ),
        Message("user", [ToolResultPart("call_1", "")]),
        Message("assistant", [TextPart("No.", refusal=True)]),
        Message("assistant", [TextPart("Never.", refusal=True)]),
    ]


def test_custom_calls() -> None:
    """The text of a custom tool's call is not JSON."""
    call = {"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    found = messages_of(QUESTION, {"role": "assistant", "tool_calls": [call]})
    part = ToolCallPart("call_1", "patch", "*** Begin", custom=True)
    assert found[1] == Message("assistant", [part])


def test_thinking_of_other_vendors_is_left_out() -> None:
    """DeepSeek's, OpenRouter's and LiteLLM's fields are for the model that made them."""
    found = messages_of(
        QUESTION,
        {
            "role": "assistant",
            "content": "Scattering.",
            "reasoning_content": "Hm.",
            "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": "s"}],
            "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}],
            "annotations": [],
        },
        QUESTION,
    )
    assert found[1] == Message("assistant", "Scattering.")


def test_what_has_no_word_is_named() -> None:
    """The first form of calls, and answers in sound, are for providers of this API."""
    found = read(
        messages=[
            QUESTION,
            {"role": "assistant", "function_call": {"name": "weather", "arguments": "{}"}},
            {"role": "function", "name": "weather", "content": "rain"},
            {"role": "assistant", "audio": {"id": "audio_1"}},
            {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "hosted"}]},
            QUESTION,
        ]
    )
    assert found.verbatim.unsaid == (
        "messages[1].function_call, messages[2].role 'function', messages[3].audio, "
        "messages[4].tool_calls[0].type 'hosted'"
    )
    check_request(found.chat)


def test_pictures_in_results() -> None:
    """Some clients put a picture into the result of a tool; sound has no word there."""
    picture = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    found = messages_of(
        QUESTION,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": [text("It is"), picture]},
    )
    result = found[-1].content[0]
    assert isinstance(result, ToolResultPart)
    assert [type(part).__name__ for part in result.content] == ["TextPart", "ImagePart"]
