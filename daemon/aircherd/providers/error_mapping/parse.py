"""Finds message, codes and status in a vendor's error, wherever the vendor puts them.

OpenAI, OpenRouter and vLLM nest them under `error`, Anthropic too, with `details`. Mistral and
older vLLM send them flat; Ollama sends a text under `error`; Google sends a list of `details` and
may send a list of one error. A proxy in front of any of them may send a page or plain text.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import as_count, as_map
from aircherd.providers.error_mapping.delays.quota_reset import (
    delay_without_clock,
    longer_wait,
    seconds_to_reset,
)
from aircherd.providers.error_mapping.delays.retry_after import retry_after, should_retry
from aircherd.providers.error_mapping.google_details import read_details

RETRY_OK = "retry:yes"
RETRY_NEVER = "retry:never"
"""Codes for what a server says about retrying: worth it; or never worth it."""

_BINARY: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


class ErrorReply(msgspec.Struct, frozen=True):
    """The facts in an error.

    Attributes:
        status: the HTTP status, or one named in the error.
        codes: all machine-readable names in lower case; OpenRouter's own as `router:NAME`, the
            field at fault as `param:NAME`, and `has:FIELD` for fields that matter by being there.
        message: the message as it came.
        text: the message in lower case, for the rules.
        is_json: False for web pages and plain text.
        retry_after: seconds until a retry is worth it.
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
        return _read_page(status, headers, body, wait, now)
    if isinstance(value, list) and value:  # Google's, sometimes
        value = value[0]
    body_map = as_map(value)
    reply = _read(body_map, status, wait)
    reset = seconds_to_reset(body_map, reply.codes, reply.message, now)
    reply = msgspec.structs.replace(reply, retry_after=longer_wait(reply.retry_after, reset))
    should = _retry_codes(body_map, headers, reply.retry_after)
    return msgspec.structs.replace(reply, codes=reply.codes | should)


def read_error_object(error: object) -> ErrorReply:
    """Read an error inside a stream or a successful response: there is no HTTP status."""
    reply = _read({"error": error}, None, None)
    wait = longer_wait(reply.retry_after, delay_without_clock(error, reply.message))
    return msgspec.structs.replace(reply, retry_after=wait)


def _read_page(
    status: int, headers: Mapping[str, str], body: bytes, wait: float | None, now: float
) -> ErrorReply:
    is_page = "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"
    message = "a web page (text/html)" if is_page else _plain_text(body)
    codes = frozenset({"has:retry-after"}) if wait is not None else frozenset[str]()
    text = "" if is_page else message.lower()
    if not is_page:
        wait = longer_wait(wait, seconds_to_reset({}, codes, message, now))
    return ErrorReply(status, codes, message, text, is_json=False, retry_after=wait)


def _plain_text(body: bytes) -> str:
    # No text has control characters: the body is compressed, or of another protocol.
    return "" if _BINARY.search(body) else body.decode("utf-8", "replace").strip()


def _read(body: dict[str, object], status: int | None, wait: float | None) -> ErrorReply:
    error = body.get("error")
    # Mistral and older vLLM send everything flat; Ollama sends a text under "error".
    flat = error if isinstance(error, dict) else body
    metadata, details = as_map(flat.get("metadata")), as_map(flat.get("details"))
    message = _read_message(error, flat, metadata)
    google = read_details(flat.get("details"), message)
    waits = (*_router_waits(flat, metadata), wait, google.retry_after)
    wait = next((each for each in waits if each is not None), None)
    codes = _read_codes(flat, metadata, details) | google.codes
    if wait is not None:
        codes |= {"has:retry-after"}
    if status is None:
        status = _status_in(flat)
    return ErrorReply(status, frozenset(codes), message, message.lower(), retry_after=wait)


def _router_waits(
    flat: dict[str, object], metadata: dict[str, object]
) -> tuple[float | None, float | None]:
    # OpenRouter's own fields before the header, which may come from the provider behind it.
    availability = as_map(flat.get("availability"))
    return _seconds(availability.get("retry_after")), _seconds(metadata.get("retry_after_seconds"))


def _retry_codes(
    body: dict[str, object], headers: Mapping[str, str], wait: float | None
) -> frozenset[str]:
    retryable = as_map(as_map(body.get("error")).get("availability")).get("retryable")
    should = retryable if isinstance(retryable, bool) else should_retry(headers)
    if should is None or (should is False and wait is not None):
        return frozenset()  # with a delay, it is not "never"
    return frozenset({RETRY_OK if should else RETRY_NEVER})


def _read_codes(
    flat: dict[str, object], metadata: dict[str, object], details: dict[str, object]
) -> set[str]:
    names = (
        flat.get("code"),
        flat.get("type"),
        flat.get("status"),
        details.get("error_code"),
        metadata.get("limit_source"),
    )
    codes = {name.lower() for name in names if isinstance(name, str)}
    for prefix, name in (("router", metadata.get("error_type")), ("param", flat.get("param"))):
        if isinstance(name, str):
            codes.add(f"{prefix}:{name.lower()}")
    codes |= {f"has:{field}" for field in ("reasons", "limit_source") if metadata.get(field)}
    return codes


def _read_message(error: object, flat: dict[str, object], metadata: dict[str, object]) -> str:
    if isinstance(error, str):
        return error
    text = _message_text(flat.get("message") or flat.get("detail") or flat.get("Message"))
    # A router's own message is often only "Provider returned error"; `raw` has the cause.
    raw = metadata.get("raw")
    return f"{text}: {raw}" if isinstance(raw, str) and raw else text


def _message_text(message: object) -> str:
    """Return a message as text: from servers that validate fields it is a list of errors."""
    if isinstance(message, dict):  # Mistral
        message = message.get("detail")
    if isinstance(message, list):
        return "; ".join(filter(None, map(_field_error, message)))
    return message if isinstance(message, str) else ""


def _field_error(found: object) -> str:
    text, location = as_map(found).get("msg"), as_map(found).get("loc")
    if not isinstance(text, str):
        return ""
    return f"{'.'.join(map(str, location))}: {text}" if isinstance(location, list) else text


def _status_in(flat: dict[str, object]) -> int | None:
    code = as_count(flat.get("code"))
    return code if 400 <= code < 600 else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None
