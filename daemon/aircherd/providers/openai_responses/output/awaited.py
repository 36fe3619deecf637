"""What the client has to answer: calls that run at the client, and requests for approval."""

from typing import Final

from aircherd.providers.codec.json_in import as_text
from aircherd.providers.openai_responses.schema import OutputItem

APPROVAL: Final = "mcp_approval_request"

CLIENT_CALLS: Final = frozenset(
    {"local_shell_call", "shell_call", "apply_patch_call", "computer_call", APPROVAL}
)
"""Kinds of items that the client answers. A shell at OpenAI is followed by its output instead."""


class AwaitedResults:
    """The calls of a reply that have no output yet."""

    def __init__(self) -> None:
        self._calls: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self._calls)

    def note(self, sent: OutputItem) -> None:
        """Add an item if it is such a call, or the output of one."""
        is_call = sent.kind in CLIENT_CALLS
        is_call |= sent.kind == "tool_search_call" and sent.execution == "client"
        if is_call and sent.status != "failed":
            self._calls.add(as_text(sent.call_id) or as_text(sent.id))
        elif sent.kind.endswith("_output"):
            self._calls.discard(as_text(sent.call_id))
