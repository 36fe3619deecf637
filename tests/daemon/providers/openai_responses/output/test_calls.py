"""Tool calls, however their pieces come."""

from aircherd.chat.replies.reply import Reply
from aircherd.providers.openai_responses.reply import ResponsesStream
from helpers.providers.provider_calls import run_decoder
from helpers.providers.responses.streams import Json, response, wire

COMPLETED: Json = {"type": "response.completed", "response": response("completed", [])}


def calls_in(*events: Json) -> list[object]:
    found, failure = run_decoder(ResponsesStream(lambda: "made"), [wire(*events, COMPLETED)])
    assert failure is None
    reply = Reply()
    reply.add(found)
    content = reply.message("up/m")["content"]
    assert isinstance(content, list)
    return content


def added(call_id: str, arguments: str = "", **more: object) -> Json:
    item = {"type": "function_call", "call_id": call_id, "name": "f", "arguments": arguments}
    return {"type": "response.output_item.added", "item": item | more}


def piece(text: str, **more: object) -> Json:
    return {"type": "response.function_call_arguments.delta", "delta": text, **more}


def test_arguments_of_calls_without_names_are_shared_out_at_the_end() -> None:
    """Pieces that could belong to either call are whole objects, as many as there are calls."""
    content = calls_in(added("a"), added("b"), piece('{"p"'), piece(":1}"), piece("{}"))
    assert [(part["id"], part["arguments"]) for part in content] == [("a", '{"p":1}'), ("b", "{}")]


def test_arguments_at_the_start_of_a_call_may_be_replaced() -> None:
    """`{}` is what some servers announce; without pieces, what was announced counts."""
    content = calls_in(added("a", "{}"), piece('{"p":1}'))
    assert content[0]["arguments"] == '{"p":1}'
    assert calls_in(added("a", '{"q":2}'))[0]["arguments"] == '{"q":2}'


def test_arguments_may_be_an_object() -> None:
    """Some servers do not send text."""
    item = {"type": "function_call", "call_id": "a", "name": "f", "arguments": {"p": 1}}
    content = calls_in({"type": "response.output_item.done", "item": item})
    assert content[0]["arguments"] == '{"p":1}'


def test_a_call_without_an_id_gets_that_of_its_item() -> None:
    """Without that too, one is made up."""
    item = {"type": "function_call", "id": "fc_1", "name": "f", "arguments": "{}"}
    assert calls_in({"type": "response.output_item.done", "item": item})[0]["id"] == "fc_1"
    del item["id"]
    assert calls_in({"type": "response.output_item.done", "item": item})[0]["id"] == "made"


def test_a_call_without_a_name_is_kept_as_it_came() -> None:
    """Nothing can be called, but nothing is lost."""
    item = {"type": "function_call", "call_id": "a", "arguments": "{}"}
    content = calls_in({"type": "response.output_item.done", "item": item})
    assert [(part["type"], part["kind"]) for part in content] == [("other", "function_call")]


def test_what_else_a_call_has_is_in_its_signature() -> None:
    """Such as the namespace of its tool, which must go back."""
    content = calls_in(added("a", "{}", namespace="crm", caller=None, id="fc", status="completed"))
    assert content[0]["signature"] == '{"type":"function_call","namespace":"crm"}'


def test_a_custom_call_gets_any_text() -> None:
    """Its pieces have an event of their own."""
    item = {"type": "custom_tool_call", "call_id": "a", "name": "sh", "input": ""}
    content = calls_in(
        {"type": "response.output_item.added", "item": item},
        {"type": "response.custom_tool_call_input.delta", "delta": "ls "},
        {"type": "response.custom_tool_call_input.delta", "delta": "-l"},
        {"type": "response.custom_tool_call_input.done", "input": "ls -l"},
        {"type": "response.output_item.done", "item": item | {"input": "ls -l"}},
    )
    call = {"type": "tool_call", "id": "a", "name": "sh", "arguments": "ls -l", "custom": True}
    assert content == [call]
