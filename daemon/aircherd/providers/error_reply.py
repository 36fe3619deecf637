"""Reading a vendor's error: the same few facts, wherever each vendor puts them.

OpenAI, OpenRouter and vLLM nest them under `error`, Anthropic too with `details`; Mistral and older
vLLM have them flat; Ollama has a plain text under `error`; Google may send a list of one; and what
stands in front of any of them may answer with a page or a line of text.
"""

from collections.abc import Mapping

import msgspec

from aircherd.providers.adapter import as_count, as_map
from aircherd.providers.retry_after import retry_after


class ErrorReply(msgspec.Struct, frozen=True):
    """What an error says, wherever the vendor put it.

    `codes` are all machine-readable names in lower case, and `has:FIELD` for telling fields;
    `text` is the message in lower case, for the table; `is_json` is False for pages and plain text.
    """

    status: int | None
    codes: frozenset[str]
    message: str
    text: str
    is_json: bool = True
    retry_after: float | None = None


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> ErrorReply:
    """Read an error response of any vendor; see `ErrorReply`."""
    wait = retry_after(headers, now)
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return _read_page(status, headers, body, wait)
    if isinstance(value, list) and value:  # Google's, sometimes
        value = value[0]
    return _read(as_map(value), status, wait)


def read_error_object(error: object) -> ErrorReply:
    """Read an error that came inside a stream or a successful response: there is no HTTP status."""
    return _read({"error": error}, None, None)


def _read_page(
    status: int, headers: Mapping[str, str], body: bytes, wait: float | None
) -> ErrorReply:
    is_page = "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"
    message = "a web page (text/html)" if is_page else body.decode("utf-8", "replace").strip()
    codes = frozenset({"has:retry-after"}) if wait is not None else frozenset[str]()
    text = "" if is_page else message.lower()
    return ErrorReply(status, codes, message, text, is_json=False, retry_after=wait)


def _read(body: dict[str, object], status: int | None, wait: float | None) -> ErrorReply:
    error = body.get("error")
    # Mistral and older vLLM put everything flat; Ollama a plain text under "error".
    flat = error if isinstance(error, dict) else body
    metadata, details = as_map(flat.get("metadata")), as_map(flat.get("details"))
    if wait is None:
        wait = _seconds(as_map(flat.get("availability")).get("retry_after"))
    codes = _read_codes(flat, metadata, details)
    if wait is not None:
        codes |= {"has:retry-after"}
    message = _read_message(error, flat, metadata)
    if status is None:
        status = _status_in(flat)
    return ErrorReply(status, frozenset(codes), message, message.lower(), retry_after=wait)


def _read_codes(
    flat: dict[str, object], metadata: dict[str, object], details: dict[str, object]
) -> set[str]:
    named = (
        flat.get("code"),
        flat.get("type"),
        flat.get("status"),
        details.get("error_code"),
        metadata.get("error_type"),
        metadata.get("limit_source"),
    )
    codes = {name.lower() for name in named if isinstance(name, str)}
    codes |= {f"has:{field}" for field in ("reasons", "limit_source") if metadata.get(field)}
    return codes


def _read_message(error: object, flat: dict[str, object], metadata: dict[str, object]) -> str:
    if isinstance(error, str):
        return error
    message = flat.get("message") or flat.get("detail") or flat.get("Message")
    text = message if isinstance(message, str) else ""
    # A router's own message is often only "Provider returned error": the cause is beside it.
    raw = metadata.get("raw")
    return f"{text}: {raw}" if isinstance(raw, str) and raw else text


def _status_in(flat: dict[str, object]) -> int | None:
    code = as_count(flat.get("code"))
    return code if 400 <= code < 600 else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None
