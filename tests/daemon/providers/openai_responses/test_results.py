"""What a client answers to calls, and to what has no word of ours."""

import base64

import msgspec
import pytest

from aircherd.providers.codec.turns import Takes, turns
from aircherd.providers.openai_responses.results import Results
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.provider_calls import a_request, failure_of

Json = dict[str, object]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
SHOT: Json = {"type": "image", "data": PNG}


def other(**item: object) -> Json:
    data = msgspec.json.encode(item).decode()
    return {"type": "other", "kind": item["type"], "origin": "openai/m", "data": data}


APPROVAL = other(type="mcp_approval_request", id="r1", name="f", arguments="{}")
SHELL = other(type="shell_call", call_id="r1", action={"commands": ["ls"], "max_output_length": 9})
CLICK = other(type="computer_call", call_id="r1", pending_safety_checks=[{"id": "s"}])


def answer(asked: Json, **result: object) -> Json:
    """Return the item that a result with the id r1 becomes."""
    request = a_request(
        {"role": "assistant", "content": [asked]},
        {"role": "user", "content": [{"type": "tool_result", "id": "r1", **result}]},
    )
    ordered = turns(request.messages, Takes(name="it", others=True, result_documents=True))
    item = Results(ordered).write(ordered[1].results[0], "messages[1]")
    decoded = msgspec.json.decode(msgspec.json.encode(item))
    assert isinstance(decoded, dict)
    return decoded


@pytest.mark.parametrize(
    ("content", "approves", "reason"),
    [
        ("approve", True, None),
        (" Approve\n", True, None),
        ("deny", False, None),
        ("deny: too risky", False, "too risky"),
    ],
)
def test_an_approval_is_a_yes_or_no(content: str, approves: bool, reason: str | None) -> None:
    """With a reason, if there is one."""
    item = {"type": "mcp_approval_response", "approval_request_id": "r1", "approve": approves}
    expected = item | ({"reason": reason} if reason else {})
    assert answer(APPROVAL, content=content) == expected


@pytest.mark.parametrize("content", ["", "ok", "approved?", "I approve", '{"approve":true}'])
def test_nothing_else_is_an_approval(content: str) -> None:
    """What is not clear must not run."""
    failure = failure_of(lambda: answer(APPROVAL, content=content))
    assert failure.kind is FailureClass.BAD_REQUEST
    assert '"approve" or "deny"' in failure.message


def test_a_failed_approval_is_a_no() -> None:
    """An error is not a yes."""
    assert answer(APPROVAL, content="approve", is_error=True)["approve"] is False


@pytest.mark.parametrize(
    ("asked", "result", "item"),
    [
        (
            SHELL,
            {"content": "a\n"},
            {
                "type": "shell_call_output",
                "output": [
                    {"stdout": "a\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
                ],
                "max_output_length": 9,
            },
        ),
        (
            SHELL,
            {"content": '[{"stdout":"","stderr":"e","outcome":{"type":"timeout"}}]'},
            {
                "type": "shell_call_output",
                "output": [{"stdout": "", "stderr": "e", "outcome": {"type": "timeout"}}],
                "max_output_length": 9,
            },
        ),
        (
            other(type="apply_patch_call", call_id="r1"),
            {"content": "no such file", "is_error": True},
            {"type": "apply_patch_call_output", "status": "failed", "output": "no such file"},
        ),
        (
            CLICK,
            {"content": [SHOT]},
            {
                "type": "computer_call_output",
                "output": {
                    "type": "computer_screenshot",
                    "image_url": f"data:image/png;base64,{PNG}",
                },
            },
        ),
        (
            other(type="tool_search_call", call_id="r1", execution="client"),
            {"content": '[{"type":"function","name":"f"}]'},
            {
                "type": "tool_search_output",
                "execution": "client",
                "tools": [{"type": "function", "name": "f"}],
            },
        ),
        (
            other(type="of_2030_call", call_id="r1"),
            {"content": "done"},
            {"type": "of_2030_call_output", "output": "done"},
        ),
        (
            {"type": "tool_call", "id": "r1", "name": "sh", "arguments": "ls", "custom": True},
            {"content": "a"},
            {"type": "custom_tool_call_output", "output": "a"},
        ),
    ],
)
def test_each_call_has_its_own_output(asked: Json, result: Json, item: Json) -> None:
    """With the id of the call."""
    assert answer(asked, **result) == item | {"call_id": "r1"}


def test_a_local_shell_is_answered_by_its_call() -> None:
    """Here the id of the call is the item's own."""
    asked = other(type="local_shell_call", id="ls_1", call_id="r1")
    expected = {"type": "local_shell_call_output", "id": "r1", "output": "Error: no"}
    assert answer(asked, content="no", is_error=True) == expected


def test_safety_checks_are_acknowledged_only_on_the_clients_word() -> None:
    """They are warnings for a person."""
    text = {"type": "text", "text": "acknowledge"}
    item = answer(CLICK, content=[SHOT, text])
    assert item["acknowledged_safety_checks"] == [{"id": "s"}]


@pytest.mark.parametrize(
    ("asked", "content"),
    [(CLICK, "clicked"), (other(type="tool_search_call", call_id="r1"), "none")],
)
def test_an_answer_of_the_wrong_form_is_refused(asked: Json, content: str) -> None:
    """Before it is sent."""
    failure = failure_of(lambda: answer(asked, content=content))
    assert failure.kind is FailureClass.BAD_REQUEST
    assert failure.message.startswith("messages[1]: ")
