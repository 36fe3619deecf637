"""Reads a vendor's error: its codes, its message and text, its status, and how long to wait.

`error_objects` finds codes and messages wherever the vendor puts them; `google_details` and
`delays` read the rest. A proxy in front of any of them may send a page or
plain text. `error_in` says whether a successful response, or an event, is an error instead.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from aircherd.providers.codec.json_in import as_count, as_map
from aircherd.providers.error_mapping.codes import KNOWN
from aircherd.providers.error_mapping.delays.quota_reset import (
    delay_without_clock,
    longer_wait,
    seconds_to_reset,
)
from aircherd.providers.error_mapping.delays.retry_after import retry_after, should_retry
from aircherd.providers.error_mapping.error_objects import (
    Facts,
    decode_text,
    printed_message,
    read_facts,
)
from aircherd.providers.error_mapping.google_details import read_details

RETRY_OK = "retry:yes"
RETRY_NEVER = "retry:never"
"""Codes for what a server says about retrying: worth it; or never worth it."""

MAX_READ = 4000
"""Characters of an error's texts that the rules search."""

MAX_NAMES = 8
MAX_NAME = 80

_BINARY: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_XML: Final = re.compile(r"<(code|message)>([^<]{1,1000})</", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|`([^`]*)`|(?<!\w)'([^']*)'(?!\w)")
_TO_WORDS: Final = str.maketrans("_.", "  ")
_SIMPLIFIED: Final = str.maketrans(
    "餘額無過長請頻於數輸內區賬帳戶號儲權訪問處載務發達錯誤資點時間後試續費購買滿壓縮"
    "詞審違規實認證驗鑰應為沒該對幣調當運營負飽併並訂閱級單價戰線鏈綁註銷凍結賴檢測據體",
    "余额无过长请频于数输内区账账户号储权访问处载务发达错误资点时间后试续费购买满压缩"
    "词审违规实认证验钥应为没该对币调当运营负饱并并订阅级单价战线链绑注销冻结赖检测据体",
) | {0x2019: "'"}
"""Traditional characters, and a typographic quote, to those that the patterns have."""
# A status in an error whose own is 5xx: a proxy passes on what another server said.
_PASSED_ON = frozenset({401, 402, 403, 408, 413, 429})


class ErrorReply(msgspec.Struct, frozen=True):
    """The facts in an error.

    Attributes:
        status: the HTTP status, or one named in the error.
        codes: all machine-readable names in lower case; OpenRouter's own as `router:NAME`,
            MiniMax's as `minimax:NUMBER`, the field at fault as `param:NAME`, and `has:FIELD` for
            fields that matter by being there.
        message: the message as it came.
        text: all texts in lower case, without phrases in quotes, for the rules.
        names: codes that no table lists, as words: `api key revoked`.
        is_json: False for web pages and plain text.
        retry_after: seconds until a retry is worth it.
    """

    status: int | None
    codes: frozenset[str]
    message: str
    text: str
    names: tuple[str, ...] = ()
    is_json: bool = True
    retry_after: float | None = None


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> ErrorReply:
    """Read an error response of any vendor; see `ErrorReply`."""
    wait = retry_after(headers, now)
    value = _decode(body)
    if value is None:
        return _read_page(status, headers, body, wait, now)
    if isinstance(value, list) and isinstance(value[0], dict):  # Google's, sometimes
        value = value[0]
    body_map = value if isinstance(value, dict) else {"message": value}
    reply = _read(body_map, status, wait)
    reset = seconds_to_reset(body_map, reply.codes, reply.message, now)
    reply = msgspec.structs.replace(reply, retry_after=longer_wait(reply.retry_after, reset))
    more = _retry_codes(body_map, headers, reply.retry_after) | _header_codes(headers)
    return msgspec.structs.replace(reply, codes=reply.codes | more)


def read_error_object(error: object) -> ErrorReply:
    """Read an error inside a stream or a successful response: there is no HTTP status."""
    reply = _read({"error": error}, None, None)
    wait = longer_wait(reply.retry_after, delay_without_clock(error, reply.message))
    return msgspec.structs.replace(reply, retry_after=wait)


# ------------------------------------------------------------------ responses


def _decode(body: bytes) -> object:
    """Return the JSON of a body, {} for null; None for a page and for plain text."""
    try:
        return msgspec.json.decode(body) or {}
    except (ValueError, RecursionError):
        pass
    text = body.decode("utf-8", "replace").lstrip("\ufeff")
    try:  # a raw control character, an invalid byte, NaN: an error says enough without it
        return json.loads(text, strict=False) or {}
    except (ValueError, RecursionError):
        return decode_text(text) or None  # an event of a stream, or words before the JSON


def _read_page(
    status: int, headers: Mapping[str, str], body: bytes, wait: float | None, now: float
) -> ErrorReply:
    if xml := _read_xml(body):
        return _read(xml, status, wait)
    is_page = "html" in headers.get("content-type", "").lower() or body.lstrip()[:1] == b"<"
    plain = _plain_text(body)
    message = "a web page (text/html)" if is_page else printed_message(plain) or plain
    codes = frozenset({"has:retry-after"}) if wait is not None else frozenset[str]()
    text = "" if is_page else _searchable([message])
    if not is_page:
        wait = longer_wait(wait, seconds_to_reset({}, codes, message, now))
    return ErrorReply(status, codes, message, text, is_json=False, retry_after=wait)


def _read_xml(body: bytes) -> dict[str, object]:
    """Return code and message of AWS's and Google's errors in XML, {} for anything else."""
    text = body[:MAX_READ].decode("utf-8", "replace")
    found = {name.lower(): value for name, value in _XML.findall(text)}
    return dict(found) if "message" in found else {}


def _plain_text(body: bytes) -> str:
    # No text has control characters: the body is compressed, or of another protocol.
    return "" if _BINARY.search(body) else body.decode("utf-8", "replace").strip()


def _read(body: dict[str, object], status: int | None, wait: float | None) -> ErrorReply:
    facts = read_facts(body)
    error = body.get("error")
    flat = error if isinstance(error, dict) else body
    metadata = as_map(flat.get("metadata"))
    message = ": ".join(facts.messages)
    google = read_details(flat.get("details"), message)
    waits = (*_router_waits(flat, metadata), wait, google.retry_after)
    wait = next((each for each in waits if each is not None), None)
    codes = facts.codes | google.codes | _router_codes(metadata)
    if wait is not None:
        codes |= {"has:retry-after"}
    return ErrorReply(
        _status(status, facts),
        frozenset(codes),
        message,
        _searchable(facts.texts),
        _unlisted_names(facts.codes),
        retry_after=wait,
    )


def _unlisted_names(codes: set[str]) -> tuple[str, ...]:
    unlisted = sorted(code for code in codes - KNOWN if "_" in code and ":" not in code)
    return tuple(code[:MAX_NAME].translate(_TO_WORDS) for code in unlisted[:MAX_NAMES])


def _status(http_status: int | None, facts: Facts) -> int | None:
    if http_status is None or facts.status == 402:  # no request is refused for money by mistake
        return facts.status
    is_passed_on = facts.status in _PASSED_ON and http_status >= 500
    return facts.status if is_passed_on else http_status


def _searchable(texts: list[str]) -> str:
    """Return the texts in lower case, without what they quote: that may be the user's own text.

    A single word in quotes is a name, such as a model's, and stays.
    """
    joined = "\n".join(dict.fromkeys(map(_bare, texts)))[:MAX_READ]
    return _QUOTED.sub(_unquoted, joined.translate(_SIMPLIFIED)).lower()


def _bare(text: str) -> str:
    """Return a text that is in quotes as a whole without them."""
    text = text.strip()
    is_quoted = text[:1] in ("'", '"') and text.find(text[0], 1) == len(text) - 1
    return text[1:-1] if is_quoted else text


def _unquoted(match: re.Match[str]) -> str:
    inside = next((each for each in match.groups() if each is not None), "")
    return match[0] if len(inside.split()) < 2 else '"..."'


# ------------------------------------------------------------------ OpenRouter and retries


def _router_waits(
    flat: dict[str, object], metadata: dict[str, object]
) -> tuple[float | None, float | None]:
    # OpenRouter's own fields before the header, which may come from the provider behind it.
    availability = as_map(flat.get("availability"))
    return _seconds(availability.get("retry_after")), _seconds(metadata.get("retry_after_seconds"))


def _router_codes(metadata: dict[str, object]) -> set[str]:
    codes = {f"has:{field}" for field in ("reasons", "limit_source") if metadata.get(field)}
    source = metadata.get("limit_source")
    return codes | {source.lower()} if isinstance(source, str) else codes


def _retry_codes(
    body: dict[str, object], headers: Mapping[str, str], wait: float | None
) -> frozenset[str]:
    retryable = as_map(as_map(body.get("error")).get("availability")).get("retryable")
    should = retryable if isinstance(retryable, bool) else should_retry(headers)
    if should is None or (should is False and wait is not None):
        return frozenset()  # with a delay, it is not "never"
    return frozenset({RETRY_OK if should else RETRY_NEVER})


def _header_codes(headers: Mapping[str, str]) -> frozenset[str]:
    # Bedrock names the error in a header: `ThrottlingException:http://...`.
    name = headers.get("x-amzn-errortype", "").partition(":")[0].strip().lower()
    return frozenset({name}) if name else frozenset()


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else None


# ------------------------------------------------------------------ errors in place of replies

_REPLIES = ("choices", "candidates", "output", "outputs", "content", "response", "delta", "data")
_TEXTS = ("error_message", "error_msg", "errorMessage", "errmsg", "detail", "message", "msg")
_TEXTS_OF_AWS = ("Message", "__type")
_SUCCESS = frozenset({"0", "200", "201", "ok", "success", "succeeded", "completed", "true"})
_FAILURE = frozenset({"error", "fail", "failed", "failure"})


def error_in(body: Mapping[str, object]) -> object | None:
    """Return the error in a JSON object that came in place of a reply, None if there is none.

    Use it for a successful response and for an event of a stream. An empty `error` beside a reply
    is none; `classify_error` takes what is returned.
    """
    error = body.get("error")
    if _says_something(error):
        return error if isinstance(error, dict) else dict(body)
    if any(as_count(as_map(body.get(holder)).get(name)) for holder, name in _FAILED_IF_SET):
        return dict(body)
    if any(_holds_error(body.get(name)) for name in _HOLDERS) and "type" not in body:
        return dict(body)
    if any(_says_something(body.get(name)) for name in _REPLIES):
        return None
    return dict(body) if _is_flat_error(body) else None


_FAILED_IF_SET = (("base_resp", "status_code"), ("header", "code"))
"""MiniMax's and Spark's codes: 0 in a success."""
_HOLDERS = ("Response", "ResponseMetadata", "response", "result", "data", "status")
"""Objects in which Tencent, Volcengine and gateways send an error."""


def _holds_error(value: object) -> bool:
    fields = as_map(value)
    if any(_says_something(fields.get(name)) for name in ("error", "Error")):
        return True
    return _is_error_status(str(fields.get("code"))) and isinstance(fields.get("message"), str)


def _is_flat_error(body: Mapping[str, object]) -> bool:
    """Return whether an object without a reply is an error that is not nested in `error`."""
    if "error" in (body.get("object"), body.get("type")) or any(
        _says_something(body.get(name)) for name in ("Error", "fault")
    ):
        return True
    if False in (body.get("success"), body.get("ok")):
        return True
    states = {str(body.get(name)).lower() for name in ("status", "code", "status_code", "state")}
    if states & _FAILURE or any(_is_error_status(state) for state in states):
        return True
    if states & _SUCCESS:
        return False
    return bool(body.get("errors")) or any(
        isinstance(text := body.get(name), str | list) and bool(text)
        for name in (*_TEXTS, *_TEXTS_OF_AWS)
    )


def _is_error_status(state: str) -> bool:
    return 400 <= as_count(state) < 600


def _says_something(value: object) -> bool:
    """Return whether a field has a value: null, false, 0, "" and what has only those is none."""
    if isinstance(value, dict):
        code = str(value.get("code")).lower()
        return code not in _SUCCESS and any(map(_is_set, value.values()))
    if isinstance(value, str):
        return value.strip().lower() not in ("", "null", "none", "false")
    return _is_set(value)


def _is_set(value: object) -> bool:
    return value not in (None, False, 0, "", [], {})
