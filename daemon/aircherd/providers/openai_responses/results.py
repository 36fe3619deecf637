"""What a client answers to calls: of functions and custom tools, and of what has no word of ours.

A tool result with the id of an `other` part answers it. The kind of that part decides what the
result becomes: an approval is a yes or no, the output of a shell its text, and so on.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from aircherd.errors import fail
from aircherd.providers.chat_completions.quirks import safe_id
from aircherd.providers.codec.json_in import as_map, as_text
from aircherd.providers.codec.turns import Turn, data_uri, result_images, result_text
from aircherd.providers.openai_responses.content import Item, contents
from aircherd.providers.openai_responses.signature import call_fields
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.parts import OtherPart, ToolCallPart, ToolResultPart

CALL_ID: Final = re.compile(r".{1,64}", re.DOTALL)

ACKNOWLEDGE: Final = "acknowledge"
"""A text next to a screenshot: the client has seen the safety checks of the call."""

_APPROVAL = re.compile(r"\s*(approve|deny)\s*(?:[:,.]\s*(.*))?", re.DOTALL | re.IGNORECASE)

Answer = Callable[[ToolResultPart, dict[str, object], str], Item]


class Results:
    """Writes the results of the calls in a conversation."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        self._calls: dict[str, ToolCallPart] = {}
        self._others: dict[str, dict[str, object]] = {}
        for turn in turns:
            if turn.role == "assistant":
                self._note(turn)

    def _note(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, ToolCallPart):
                self._calls[part.id] = part
            elif isinstance(part, OtherPart):
                item = parse_item(part)
                for name in ("call_id", "id"):
                    if answered := as_text(item.get(name)):
                        self._others[answered] = item

    def write(self, result: ToolResultPart, where: str) -> Item:
        """Return the item that answers a call.

        Raises:
            ProviderFailed: BAD_REQUEST: it is no answer to a call of this kind.
        """
        if result.id not in self._calls and (item := self._others.get(result.id)):
            answer = _ANSWERS.get(as_text(item.get("type")), _other)
            return answer(result, item, where)
        call = self._calls.get(result.id)
        is_custom = call is not None and call.custom
        item = {
            "type": "custom_tool_call_output" if is_custom else "function_call_output",
            "call_id": safe_id(result.id, CALL_ID),
            "output": _output(result),
        }
        caller = call_fields(call.signature).get("caller") if call else None
        return item if caller is None else item | {"caller": caller}


def parse_item(part: OtherPart) -> dict[str, object]:
    """Return the item that a part came from."""
    try:
        return as_map(msgspec.json.decode(part.data.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return {}


def _output(result: ToolResultPart) -> object:
    if isinstance(result.content, str):
        return f"Error: {result.content}" if result.is_error else result.content
    content = contents(result.content)
    if all(part["type"] == "input_text" for part in content):
        text = result_text(result)
        return f"Error: {text}" if result.is_error else text
    error: list[Item] = [{"type": "input_text", "text": "Error:"}] if result.is_error else []
    return [*error, *content]


# ------------------------------------------------------------------ what has no word of ours


def _approval(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    found = _APPROVAL.fullmatch(result_text(result))
    if found is None:
        fail(
            FailureClass.BAD_REQUEST,
            f'{where}: the result for an approval request has to be "approve" or "deny", or '
            '"deny: REASON"',
        )
    answer: Item = {
        "type": "mcp_approval_response",
        "approval_request_id": item.get("id"),
        "approve": found[1].lower() == "approve" and not result.is_error,
    }
    return answer | ({"reason": found[2].strip()} if found[2] else {})


def _shell(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    del where
    output: object = _json_list(result_text(result))
    if output is None:
        outcome = {"type": "exit", "exit_code": int(result.is_error)}
        output = [{"stdout": result_text(result), "stderr": "", "outcome": outcome}]
    answer: Item = {
        "type": "shell_call_output",
        "call_id": item.get("call_id"),
        "output": output,
    }
    # OpenAI wants the limit back that the model set.
    limit = as_map(item.get("action")).get("max_output_length")
    return answer if limit is None else answer | {"max_output_length": limit}


def _local_shell(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    del where
    text = result_text(result)
    output = f"Error: {text}" if result.is_error else text
    return {"type": "local_shell_call_output", "id": item.get("call_id"), "output": output}


def _patch(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    del where
    return {
        "type": "apply_patch_call_output",
        "call_id": item.get("call_id"),
        "status": "failed" if result.is_error else "completed",
        "output": result_text(result),
    }


def _computer(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    images = result_images(result)
    if len(images) != 1:
        fail(
            FailureClass.BAD_REQUEST,
            f"{where}: the result for a computer call has to be one image, a screenshot",
        )
    answer: Item = {
        "type": "computer_call_output",
        "call_id": item.get("call_id"),
        "output": {"type": "computer_screenshot", "image_url": data_uri(images[0])},
    }
    # Only on the client's word: the checks are warnings for a person.
    if result_text(result).strip().lower() == ACKNOWLEDGE:
        answer["acknowledged_safety_checks"] = item.get("pending_safety_checks") or []
    return answer


def _tool_search(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    tools = _json_list(result_text(result))
    if tools is None:
        fail(
            FailureClass.BAD_REQUEST,
            f"{where}: the result for a tool search has to be a JSON list of tools",
        )
    return {
        "type": "tool_search_output",
        "call_id": item.get("call_id"),
        "execution": "client",
        "tools": tools,
    }


def _other(result: ToolResultPart, item: dict[str, object], where: str) -> Item:
    # All kinds of calls so far have an output of this form.
    del where
    return {
        "type": f"{item.get('type')}_output",
        "call_id": item.get("call_id") or item.get("id"),
        "output": _output(result),
    }


_ANSWERS: dict[str, Answer] = {
    "mcp_approval_request": _approval,
    "shell_call": _shell,
    "local_shell_call": _local_shell,
    "apply_patch_call": _patch,
    "computer_call": _computer,
    "tool_search_call": _tool_search,
}


def _json_list(text: str) -> list[object] | None:
    """Return the JSON list of objects in a text, None for any other text."""
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    return value if is_list and value else None
