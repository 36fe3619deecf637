"""Reads and validates the input items of a Responses request.

Each check reproduces a refusal of the real API. Sources: its reference, OpenAI's SDK and refusals
reported in issues, November 2026.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from aircherd.testing.simulator.errors.bodies import Refusal, refuse
from aircherd.testing.simulator.openai_chat.content import PICTURE
from aircherd.testing.simulator.openai_responses.hosted import CALL_OUTPUTS, OUTPUTS, check_hosted
from aircherd.testing.simulator.openai_responses.thinking import check_returned, unknown_item

Json = dict[str, Any]

SAID = ("input_text", "input_image", "input_file")
ANSWERED = ("output_text", "refusal")
PARTS = {"user": SAID, "system": SAID, "developer": SAID, "assistant": ANSWERED}
MAX_CALL_ID = 64
CALLS = ("function_call", "custom_tool_call")


def read_items(body: Json) -> list[Json]:
    """Validate and return the items of the input.

    Raises:
        Refusal: the API would refuse them.
    """
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list):
        raise _missing("input")
    items = [{"type": "message", **item} if "role" in item else item for item in given]
    for at, item in enumerate(items):
        check = _CHECKS.get(item.get("type"))
        if check is None:
            raise _invalid(item.get("type"), tuple(_CHECKS), f"input[{at}]")
        check(item, f"input[{at}]")
    _check_pairs(items)
    return items


def text_of(item: Json) -> str:
    """Return the text of an item."""
    if item["type"] in CALLS:
        return str(item["arguments" if item["type"] == "function_call" else "input"])
    return _text(item.get("content") or item.get("output") or "")


def images_of(item: Json) -> list[str]:
    """Return the images and files of a message, by media type or URL."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return [_picture(part) for part in parts if part["type"] in ("input_image", "input_file")]


def last_results(items: list[Json]) -> list[str]:
    """Return the tool results at the end of the input: their texts, and their images by type."""
    results: list[str] = []
    for item in reversed(items):
        if item["type"] not in OUTPUTS:
            break
        results.append(_result(item))
    return results[::-1]


def last_user_item(items: list[Json]) -> Json:
    """Return the user's last message."""
    asked = (item for item in reversed(items) if item.get("role") == "user")
    return next(asked, {"type": "message", "role": "user", "content": ""})


def count_rounds(items: list[Json]) -> int:
    """Return how many runs of calls there are; what was thought between two calls ends none."""
    are_calls = [item["type"] in CALLS for item in items if item["type"] != "reasoning"]
    return sum(is_call and not before for before, is_call in pairwise([False, *are_calls]))


def _result(item: Json) -> str:
    if item["type"] == "mcp_approval_response":
        return "approved" if item["approve"] else "denied"
    return _text(item["output"])


def _text(content: str | list[Json]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(_spoken(part) for part in content)


def _spoken(part: Json) -> str:
    if part["type"] in ("input_image", "input_file"):
        return _picture(part)
    return str(part.get("text") or part.get("refusal") or "")


def _picture(part: Json) -> str:
    url: str = part.get("image_url") or part.get("file_url") or part["file_data"]
    return url[5:].partition(";")[0] if url.startswith("data:") else url


# ------------------------------------------------------------------ checks


def _check_message(item: Json, where: str) -> None:
    role, content = item.get("role"), item.get("content")
    if role not in PARTS:
        raise _invalid(role, tuple(PARTS), where)
    if not isinstance(content, str | list):
        raise _missing(f"{where}.content")
    for at, part in enumerate(content if isinstance(content, list) else []):
        _check_part(part, PARTS[role], f"{where}.content[{at}]")


def _check_part(part: Json, kinds: tuple[str, ...], where: str) -> None:
    if part.get("type") not in kinds:
        raise _invalid(part.get("type"), kinds, where)
    if part["type"] == "input_file":
        _check_file(part, where)
    if part["type"] != "input_image":
        return
    url = part.get("image_url")
    is_url = isinstance(url, str) and url.startswith(("https://", "http://"))
    if not is_url and not PICTURE.fullmatch(str(url)):
        raise _bad(
            f"Invalid '{where}.image_url'. Expected a valid URL, but got a value with an invalid "
            "format.",
            "invalid_value",
            f"{where}.image_url",
        )


def _check_file(part: Json, where: str) -> None:
    if isinstance(part.get("file_url"), str):
        return
    data = part.get("file_data")
    if not isinstance(data, str) or not data.startswith("data:"):
        raise _missing(f"{where}.file_data")
    if not part.get("filename"):
        raise _missing(f"{where}.filename")


def _check_call(item: Json, where: str) -> None:
    _check_call_id(item, where)
    for name in ("name", "arguments" if item["type"] == "function_call" else "input"):
        if not isinstance(item.get(name), str):
            raise _missing(f"{where}.{name}")
    item_id = item.get("id")
    prefix = "fc" if item["type"] == "function_call" else "ctc"
    if item_id is not None and not item_id.startswith(prefix):
        message = f"Invalid '{where}.id': '{item_id}'. Expected an ID that begins with '{prefix}'."
        raise _bad(message, "invalid_value", f"{where}.id")


def _check_output(item: Json, where: str) -> None:
    _check_call_id(item, where)
    output = item.get("output")
    if not isinstance(output, str | list):
        raise _missing(f"{where}.output")
    for at, part in enumerate(output if isinstance(output, list) else []):
        _check_part(part, SAID, f"{where}.output[{at}]")


def _check_approval(item: Json, where: str) -> None:
    for name, kind in (("approval_request_id", str), ("approve", bool)):
        if not isinstance(item.get(name), kind):
            raise _missing(f"{where}.{name}")


def _check_call_id(item: Json, where: str) -> None:
    call_id = item.get("call_id")
    if not isinstance(call_id, str):
        raise _missing(f"{where}.call_id")
    if len(call_id) > MAX_CALL_ID:
        message = (
            f"Invalid '{where}.call_id': string too long. Expected a string with maximum length "
            f"{MAX_CALL_ID}, but got a string with length {len(call_id)} instead."
        )
        raise _bad(message, "string_above_max_length", f"{where}.call_id")


def _refuse_reference(item: Json, where: str) -> None:
    del where
    raise unknown_item(item.get("id"))


_CHECKS: dict[object, Callable[[Json, str], None]] = {
    "message": _check_message,
    "function_call": _check_call,
    "function_call_output": _check_output,
    "custom_tool_call": _check_call,
    "custom_tool_call_output": _check_output,
    "mcp_approval_request": check_hosted,
    "mcp_approval_response": _check_approval,
    "web_search_call": check_hosted,
    "image_generation_call": check_hosted,
    "reasoning": check_returned,
    "item_reference": _refuse_reference,
}


def _check_pairs(items: list[Json]) -> None:
    called = [item["call_id"] for item in items if item["type"] in CALLS]
    answered = [item["call_id"] for item in items if item["type"] in CALL_OUTPUTS]
    asked = [item["id"] for item in items if item["type"] == "mcp_approval_request"]
    for item in items:
        if item["type"] == "mcp_approval_response" and item["approval_request_id"] not in asked:
            message = f"No approval request found with id {item['approval_request_id']}."
            raise refuse("openai", message, param="input")
    for call_id in answered:
        if call_id not in called:
            message = f"No tool call found for function call output with call_id {call_id}."
            raise refuse("openai", message, param="input")
    for call_id in called:
        if call_id not in answered:
            message = f"No tool output found for function call {call_id}."
            raise refuse("openai", message, param="input")


def _bad(message: str, code: str, param: str) -> Refusal:
    return refuse("openai", message, code=code, param=param)


def _missing(name: str) -> Refusal:
    message = f"Missing required parameter: '{name}'."
    return _bad(message, "missing_required_parameter", name)


def _invalid(value: object, known: tuple[object, ...], where: str) -> Refusal:
    supported = ", ".join(f"'{each}'" for each in known)
    message = f"Invalid value: '{value}'. Supported values are: {supported}."
    return _bad(message, "invalid_value", where)
