"""The items of the input as messages."""

import pytest

from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.openai_responses.kept import keep_calls, keep_other, keep_thinking
from aircherd.http_api.problem import RequestProblem
from aircherd.vocabulary.chat import JsonFormat, Message
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import (
    OtherPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from helpers.http_api.responses_api import ORIGIN, QUESTION, chat_of, read, unsaid

CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "done"}
HI = Message("user", "Hi")
REFERENCE = 'input[1].type "item_reference" (with store false, clients send the item itself)'


def said(text: str) -> dict[str, object]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    return message | {"content": content}


def thought(kept: str | None, *summary: str) -> dict[str, object]:
    texts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": "rs_1", "summary": texts, "encrypted_content": kept}


def test_a_string_is_a_question() -> None:
    """As the quick start has it."""
    assert read(input="Hi").chat.messages == [HI]


def test_roles_and_types_may_be_left_out() -> None:
    """Developer and system are the same here."""
    chat = chat_of(
        {"role": "developer", "content": "Be kind."},
        {"role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Bye"},
    )
    assert chat.messages == [
        HI,
        Message("system", "Be kind."),
        Message("system", "Be brief."),
        Message("assistant", "Hello"),
        Message("user", "Bye"),
    ]


def test_a_tool_round_is_two_messages() -> None:
    """What the model did, and what it led to."""
    second = {**CALL, "call_id": "c2"}
    chat = chat_of(said("I look."), CALL, second, RESULT, {**RESULT, "call_id": "c2"})
    assert chat.messages == [
        HI,
        Message(
            "assistant",
            [
                TextPart("I look."),
                ToolCallPart("c1", "f", '{"a":1}'),
                ToolCallPart("c2", "f", '{"a":1}'),
            ],
        ),
        Message("user", [ToolResultPart("c1", "done"), ToolResultPart("c2", "done")]),
    ]
    check_request(chat)


def test_a_call_in_a_namespace_has_one_name() -> None:
    """That of its tool, also if the tool is gone."""
    chat = chat_of({**CALL, "namespace": "crm"}, RESULT)
    assert chat.messages[1].content == [ToolCallPart("c1", "crm__f", '{"a":1}')]


def test_a_freeform_call_has_its_text_as_argument() -> None:
    """As the function that stands for its tool."""
    chat = chat_of(
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": 'a "b"\n'},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "ok"},
    )
    assert chat.messages[1:] == [
        Message("assistant", [ToolCallPart("c1", "apply_patch", '{"input":"a \\"b\\"\\n"}')]),
        Message("user", [ToolResultPart("c1", "ok")]),
    ]


def test_a_refusal_stays_one() -> None:
    """It is no text of the answer."""
    refused = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "No."}],
    }
    assert chat_of(refused).messages[1].content == [TextPart("No.", refusal=True)]


# ------------------------------------------------------------------ what models need back


def test_thinking_goes_back_to_its_model() -> None:
    """In front of the call that it led to, with its signature."""
    chat = chat_of(
        thought(keep_thinking(ORIGIN, "Let me look.", "sig"), "Let me look."),
        CALL,
        thought(keep_calls(ORIGIN, {"c1": "sig2"})),
        RESULT,
    )
    assert chat.messages[1].content == [
        ReasoningPart("Let me look.", "sig", ORIGIN),
        ToolCallPart("c1", "f", '{"a":1}', signature="sig2", origin=ORIGIN),
    ]


def test_a_signature_after_the_results_still_finds_its_call() -> None:
    """A client may order them in its own way."""
    chat = chat_of(CALL, RESULT, thought(keep_calls(ORIGIN, {"c1": "sig"})))
    (call,) = chat.messages[1].content
    assert isinstance(call, ToolCallPart)
    assert (call.signature, call.origin) == ("sig", ORIGIN)
    assert len(chat.messages) == 3


def test_what_has_no_word_of_ours_goes_back_in_its_place() -> None:
    """Such as the search of another vendor."""
    chat = chat_of(thought(keep_other(ORIGIN, "server_tool_use", "{}")), said("So."))
    other, text = chat.messages[1].content
    assert isinstance(other, OtherPart)
    assert (other.origin, other.is_unchanged, text) == (ORIGIN, True, TextPart("So."))


def test_trap_14_the_thinking_of_openais_models_stays_out() -> None:
    """No other model can read it; the conversation goes on without."""
    found = read(input=[QUESTION, thought("gAAAAABo", "Hm."), said("Hello"), QUESTION])
    assert found.chat.messages == [HI, Message("assistant", "Hello"), HI]
    assert found.verbatim.unsaid is None


def test_what_hosted_tools_did_before_stays_out() -> None:
    """As on the socket: it goes back to its own model only."""
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": "x"}}
    found = read(input=[QUESTION, search, said("Hello"), QUESTION])
    assert found.chat.messages == [HI, Message("assistant", "Hello"), HI]
    assert found.verbatim.unsaid is None


def test_a_picture_that_a_model_made_is_kept() -> None:
    """Others can see it too."""
    picture = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "size": "1x1"}
    chat = chat_of({**picture, "result": "iVBORw0KGgo="}, QUESTION)
    assert chat.messages[1].content == [ImagePart(data="iVBORw0KGgo=", media_type="image/png")]
    sent = unsaid(input=[QUESTION, {**picture, "result": "bm8="}])
    assert sent is not None
    assert sent.startswith("input[1].result: ")


# ------------------------------------------------------------------ other items


def test_codex_brings_tools_and_settings_with_the_conversation() -> None:
    """Its built-in provider does."""
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    chat = chat_of(
        {"type": "additional_tools", "role": "developer", "tools": [tool]},
        {
            "type": "configuration_update",
            "reasoning": {"effort": "high"},
            "text": {"format": {"type": "json_object"}},
        },
        reasoning={"effort": "low"},
    )
    assert [each.name for each in chat.tools] == ["f"]
    assert (chat.reasoning, chat.response_format) == ("high", JsonFormat())
    assert chat.messages == [HI]


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        ({"type": "item_reference", "id": "msg_1"}, REFERENCE),
        ({"id": "msg_1"}, REFERENCE),
        ({"id": "msg_1", "type": None}, REFERENCE),
        ({"type": "compaction", "encrypted_content": "x"}, 'input[1].type "compaction"'),
        (
            {"type": "local_shell_call_output", "id": "c1", "output": "x"},
            'input[1].type "local_shell_call_output"',
        ),
    ],
)
def test_what_only_openai_can_follow_is_named(item: dict[str, object], sent: str) -> None:
    """It holds a part of the conversation that is not here."""
    assert unsaid(input=[QUESTION, item]) == sent


def test_a_result_whose_call_is_at_openai_passes_our_checks() -> None:
    """The call is in the response that it continues."""
    found = read(input=[RESULT], previous_response_id="resp_1")
    check_request(found.chat)
    assert found.verbatim.unsaid == "previous_response_id"


@pytest.mark.parametrize("given", [[], None, [{"role": "user", "content": ""}]])
def test_an_empty_input_that_continues_another_passes_our_checks(given: object) -> None:
    """What it asks is where only OpenAI can look."""
    check_request(read(input=given, previous_response_id="resp_1").chat)


def test_an_instruction_alone_is_the_question() -> None:
    """OpenAI answers it."""
    chat = read(input=[{"role": "developer", "content": "Say hello."}]).chat
    assert chat.messages == [Message("user", "Say hello.")]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({**CALL, "call_id": None}, "input[1]: call_id is missing"),
        ({**CALL, "name": None}, "input[1]: name is missing"),
        ({"type": "function_call_output", "output": "x"}, "input[1]: call_id is missing"),
    ],
)
def test_what_an_item_lacks_is_named(item: dict[str, object], message: str) -> None:
    """No provider could answer."""
    with pytest.raises(RequestProblem, match=message.replace("[", r"\[")):
        chat_of(item)


def test_arguments_may_be_an_object() -> None:
    """Some clients send one."""
    chat = chat_of({**CALL, "arguments": {"a": 1}}, RESULT)
    assert chat.messages[1].content == [ToolCallPart("c1", "f", '{"a":1}')]
