"""A request as a whole, as Codex and SDKs send it."""

import pytest

from aircherd.chat.request.validation import check_request
from aircherd.http_api.dialects.openai_responses.request.read import Style, read_request
from aircherd.http_api.problem import RequestProblem
from helpers.http_api.responses_api import a_call, read

CODEX = {
    "model": "sonnet",
    "stream": True,
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"summary": "auto"},
    "prompt_cache_key": "01a22c67-c37d-70b1-aebb-ef3e34430159",
    "client_metadata": {"x-codex-installation-id": "ac7d6469", "turn_id": "01a22c67"},
    "tools": [
        {
            "type": "function",
            "name": "exec_command",
            "description": "Runs a command.",
            "strict": False,
            "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}},
        },
        {
            "type": "custom",
            "name": "apply_patch",
            "description": "Edits files.",
            "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin_patch"},
        },
        {
            "type": "namespace",
            "name": "multi_agent_v1",
            "description": "Agents",
            "tools": [
                {"type": "function", "name": "spawn_agent", "parameters": {"type": "object"}}
            ],
        },
        {"type": "web_search", "external_web_access": False},
    ],
    "input": [
        {
            "type": "message",
            "id": "msg_b719f78f",
            "role": "developer",
            "content": [{"type": "input_text", "text": "You are a coding agent."}],
        },
        {
            "type": "message",
            "id": "msg_01a22c67",
            "role": "user",
            "content": [{"type": "input_text", "text": "Run echo hello"}],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [],
            "content": None,
            "encrypted_content": "gAAAAABo",
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "status": "completed",
            "name": "exec_command",
            "arguments": '{"cmd":"echo hello"}',
            "call_id": "call_1",
        },
        {
            "type": "function_call_output",
            "id": "fco_1",
            "call_id": "call_1",
            "output": "Process exited with code 0\nhello\n",
        },
    ],
}
"""What Codex 0.171 sends, shortened."""


def test_codexs_request_can_go_anywhere() -> None:
    """It needs nothing that only OpenAI has."""
    found = read_request(a_call(CODEX))
    assert found.verbatim.unsaid is None
    check_request(found.chat)
    names = ["exec_command", "apply_patch", "multi_agent_v1__spawn_agent"]
    assert [tool.name for tool in found.chat.tools] == names
    assert [message.role for message in found.chat.messages] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert found.chat.stream
    assert found.chat.conversation == CODEX["prompt_cache_key"]


def test_the_writers_know_what_the_client_calls_its_tools() -> None:
    """And what its request had, but for the conversation."""
    style = read_request(a_call(CODEX)).style
    assert isinstance(style, Style)
    assert set(style.names.called) == {"apply_patch", "multi_agent_v1__spawn_agent"}
    assert style.body.input is None


def test_the_model_may_be_left_out() -> None:
    """The configured one answers, as on the socket."""
    assert read(model=None).chat.model is None


@pytest.mark.parametrize(
    "items",
    [
        [{"role": "user", "content": [{"type": "x"}] * 20_001}],
        [{"type": "function_call_output", "call_id": "c", "output": [{"type": "x"}] * 20_001}],
        [{"type": "unheard_of"}] * 20_001,
    ],
)
def test_there_is_a_bound_for_parts(items: list[object]) -> None:
    """Hundreds of thousands took seconds."""
    with pytest.raises(RequestProblem, match="more than 20000"):
        read(input=items)
