"""What the client has to answer."""

import pytest

from aircherd.providers.openai_responses.output.awaited import AwaitedResults
from aircherd.providers.openai_responses.schema import OutputItem


@pytest.mark.parametrize(
    ("sent", "waits"),
    [
        ([OutputItem(type="mcp_approval_request", id="r")], True),
        ([OutputItem(type="apply_patch_call", call_id="a")], True),
        ([OutputItem(type="tool_search_call", call_id="a", execution="client")], True),
        ([OutputItem(type="tool_search_call", call_id="a", execution="server")], False),
        ([OutputItem(type="web_search_call", id="w")], False),
        ([OutputItem(type="shell_call", call_id="a")], True),
        (
            [
                OutputItem(type="shell_call", call_id="a"),
                OutputItem(type="shell_call_output", call_id="a"),
            ],
            False,
        ),
    ],
)
def test_calls_wait_until_their_output_came(sent: list[OutputItem], waits: bool) -> None:
    """A shell may run at the provider, and then its output is in the same reply."""
    awaited = AwaitedResults()
    for item in sent:
        awaited.note(item)
    assert awaited.any is waits
