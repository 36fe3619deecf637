"""What no provider would take is found before one is asked."""

import pytest

from aircherd.chat.checks import check_request
from aircherd.errors import BadRequest
from helpers.provider_calls import a_request

TOOL = {"name": "look_up"}
CALL = {"type": "tool_call", "id": "c1", "name": "look_up", "arguments": "{}"}


def result(call_id):
    return {"role": "user", "content": [{"type": "tool_result", "id": call_id, "content": "42"}]}


def test_a_conversation_with_tools_holds_together():
    """A call, and its result after it; a choice among the tools there are."""
    check_request(
        a_request(
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [CALL]},
            result("c1"),
            tools=[TOOL],
            tool_choice={"name": "look_up"},
        )
    )


def test_a_history_with_calls_needs_no_tools_now():
    """A conversation may go on without them."""
    check_request(a_request({"role": "assistant", "content": [CALL]}, result("c1")))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"tools": [TOOL, TOOL]}, r"tools\[1\]: there are two tools named 'look_up'"),
        ({"tools": [TOOL], "tool_choice": {"name": "other"}}, "no tool named 'other'"),
        ({"tool_choice": {"name": "look_up"}}, "no tool named 'look_up'"),
        ({"tool_choice": "required"}, "there are no tools"),
    ],
)
def test_tools_that_do_not_fit(fields, told):
    """The field is named."""
    with pytest.raises(BadRequest, match=told):
        check_request(a_request(**fields))


@pytest.mark.parametrize(
    "messages",
    [
        [result("c1")],
        [{"role": "assistant", "content": [CALL]}, result("c2")],
        [result("c1"), {"role": "assistant", "content": [CALL]}],
    ],
)
def test_a_result_for_a_call_that_nobody_made(messages):
    """Place and call are named."""
    with pytest.raises(BadRequest, match=r"messages\[\d\]: a result for the tool call 'c\d'"):
        check_request(a_request(*messages))
