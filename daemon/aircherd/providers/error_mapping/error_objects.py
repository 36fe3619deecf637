"""Walks the body of an error and collects its facts: codes, messages and a status.

Vendors put them in many places, and proxies wrap the error of another server in their own, as an
object or as JSON in a text. So all of them are collected, from every object that may describe the
error. The walk is bounded: a hostile server decides what is in the body.

Sources: the vendors' documentation and SDKs, and users' reports, November 2026.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from aircherd.providers.codec.json_in import as_count, as_map
from aircherd.providers.error_mapping.pattern import Pattern

MAX_TEXT = 4000
"""Characters of a message that are read."""

MAX_JSON = 65_536
"""Characters of a text that is decoded as JSON."""

_MAX_OBJECTS = 24
_MAX_ITEMS = 8
_MAX_DEPTH = 5

# Objects and lists that describe the error further. `base_resp` is MiniMax's, `header` Spark's,
# `Response` Tencent's, `ResponseMetadata` Volcengine's,
# `innererror` Azure's, `raw` OpenRouter's: the error of the provider behind it.
_NESTED = (
    "error",
    "Error",
    "errors",
    "detail",
    "details",
    "message",
    "innererror",
    "inner_error",
    "base_resp",
    "header",
    "fault",
    "raw",
    "metadata",
    "response",
    "Response",
    "ResponseMetadata",
    "data",
    "result",
    "status",
    "err",
    "error_info",
    "exception",
    "cause",
)
_CODES = (
    "code",
    "type",
    "status",
    "error_code",
    "error_type",
    "errorCode",
    "err_code",
    "reason",
    "Code",
    "__type",
)
_MESSAGES = (
    "message",
    "msg",
    "error_message",
    "error_msg",
    "errorMessage",
    "errorMsg",
    "err_msg",
    "errMsg",
    "error_description",
    "status_msg",
    "errmsg",
    "detail",
    "Message",
    "description",
    "reason",
    "text",
    "err",
    "exception",
    "faultstring",
    "title",
)
_STATUSES = ("code", "status", "status_code", "statusCode", "http_code", "error_code")
_QUOTED = frozenset({"input", "ctx", "url", "request", "messages", "prompt", "content"})
"""Fields in which servers quote the request: nothing in them says what is wrong."""
_LISTS = ("detail", "details", "message")
_LABELS = frozenset({"error", "none", "null"})
"""What stands in the fields of codes and says nothing."""

_DECODER = json.JSONDecoder(strict=False)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A message that is a name: `model_not_found`, `AuthenticationError`.
_NAME = re.compile(r"[a-z0-9]{1,40}(?:_[a-z0-9]{1,40}){1,8}|(?:[A-Z][a-z0-9]{1,40}){2,8}")
# The message in an error that was printed as a Python object, or as JSON that was cut off.
_PRINTED = Pattern(
    r"""['"](?:message|msg|detail)['"]: ?"""
    r"""(?:"((?:[^"\\]|\\.){1,1000})"|'((?:[^'\\]|\\.){1,1000})')"""
)


class Facts(msgspec.Struct):
    """What an error says.

    Attributes:
        codes: machine-readable names in lower case: as they are, `param:NAME` for the field at
            fault, `minimax:NUMBER` for MiniMax's own.
        messages: for people, from the outside in.
        texts: all texts that may say what happened, `messages` among them.
        status: the first HTTP status that is named in a field, None if none is.
    """

    codes: set[str] = msgspec.field(default_factory=set)
    messages: list[str] = msgspec.field(default_factory=list)
    texts: list[str] = msgspec.field(default_factory=list)
    status: int | None = None


def read_facts(value: object) -> Facts:
    """Collect the facts of a decoded error."""
    facts = Facts()
    for name, each in _objects(value):
        _read_codes(name, each, facts)
        _read_messages(each, facts)
        if facts.status is None:
            facts.status = next(_statuses(each), None)
    if not facts.texts:
        _read_any_text(value, facts)
    return facts


def decode_text(text: str) -> dict[str, object]:
    """Return the JSON object in `text`, which may begin with other words; {} without any."""
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end <= MAX_JSON:
        return {}
    try:
        return as_map(msgspec.json.decode(text[start : end + 1]))
    except (ValueError, RecursionError):
        return _decode_start(text[start : end + 1])


def _decode_start(text: str) -> dict[str, object]:
    try:  # more follows the object
        return as_map(_DECODER.raw_decode(text)[0])
    except (ValueError, RecursionError):
        return {}


def printed_message(text: str) -> str | None:
    """Return the message in an object that was printed, or in JSON that was cut off."""
    printed = _PRINTED.search(text)
    return printed and (printed[1] or printed[2])


# ------------------------------------------------------------------ objects


def _objects(value: object) -> list[tuple[str, dict[str, object]]]:
    """Return the objects that describe the error, each with its name, the outermost first."""
    found: list[tuple[str, dict[str, object]]] = []
    level = [("", value)]
    for _ in range(_MAX_DEPTH):
        maps = [(name, each) for name, one in level for each in _maps(one)]
        found += maps[: _MAX_OBJECTS - len(found)]
        level = [nested for _, each in maps[:_MAX_OBJECTS] for nested in _nested(each)]
    return found


def _maps(value: object) -> list[dict[str, object]]:
    if isinstance(value, str):
        value = decode_text(value)
    each = value[:_MAX_ITEMS] if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, dict) and one]


def _nested(body: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name in _NESTED:
        value = body.get(name)
        # Google's `details` are read elsewhere; the others list the fields at fault.
        if value and not (isinstance(value, list) and name in _LISTS):
            yield name, value


# ------------------------------------------------------------------ codes


def _read_codes(name: str, body: dict[str, object], facts: Facts) -> None:
    if name == "metadata":  # OpenRouter's: its other fields belong to the provider behind it
        if isinstance(cause := body.get("error_type"), str):
            facts.codes.add(f"router:{cause.lower()[:80]}")
        return
    if name == "base_resp" and (number := as_count(body.get("status_code"))):
        facts.codes.add(f"minimax:{number}")
    for field in _CODES:
        _add_code(body.get(field), facts)
    for field in ("error", "message", "detail", "msg"):
        text = body.get(field)
        if isinstance(text, str) and _NAME.fullmatch(text):
            _add_code(text, facts)
    _add_param(body.get("param"), facts)
    for fault in _faults(body):
        _add_code(fault.get("type"), facts)
        location = fault.get("loc")
        _add_param(location[-1] if isinstance(location, list) and location else None, facts)


def _faults(body: dict[str, object]) -> list[dict[str, object]]:
    """Return the fields at fault, which servers that validate them list."""
    lists = (value for name in _LISTS if isinstance(value := body.get(name), list))
    return [as_map(each) for one in lists for each in one[:_MAX_ITEMS]]


def _add_code(value: object, facts: Facts) -> None:
    if type(value) is int and 1000 <= value < 10**9:  # smaller ones are statuses
        value = str(value)
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT:
        return
    if " " in value:  # xAI's codes are sentences
        facts.texts.append(value)
    name = value.rpartition("#")[2]  # AWS: a namespace before the "#"
    if name.lower() not in _LABELS:
        snake = _HUMP.sub("_", name).replace("-", "_")  # `InvalidApiKey`, `invalid_api_key`
        codes = {name.lower(), snake.lower()}
        facts.codes |= codes | {code.partition(".")[0] for code in codes}  # `throttling.tpm`


def _add_param(value: object, facts: Facts) -> None:
    if isinstance(value, str) and value:
        facts.codes.add(f"param:{value.lower()[:80]}")


def _statuses(body: dict[str, object]) -> Iterator[int]:
    for name in _STATUSES:
        status = as_count(body.get(name))
        if 400 <= status < 600:
            yield status


# ------------------------------------------------------------------ messages


def _read_messages(body: dict[str, object], facts: Facts) -> None:
    # A reason of one word is a code.
    each = {name: text for name in _MESSAGES if (text := _text_of(body.get(name)))}
    if " " not in each.get("reason", " "):
        del each["reason"]
    own = [*_strings(body.get("error")), *_strings(body.get("errors"))]
    shown = [*own, *list(each.values())[:1], *_strings(body.get("raw"))]
    facts.texts += [*shown, *list(each.values())[1:]]
    for text in shown:
        _show(text[:MAX_TEXT], facts)


def _show(text: str, facts: Facts) -> None:
    if decode_text(text):
        text = text[: text.find("{")].strip(" \n:-")  # the object is read for itself
    elif printed := printed_message(text):
        facts.texts.append(printed)
    if text and text not in facts.messages:
        facts.messages.append(text)


def _read_any_text(value: object, facts: Facts) -> None:
    """Read every sentence of an error whose fields have other names, each behind that name."""
    level: list[tuple[str, object]] = [("", value)]
    for _ in range(_MAX_DEPTH):
        below: list[tuple[str, object]] = []
        for name, each in level[:_MAX_OBJECTS]:
            if isinstance(each, str) and name not in _QUOTED and _is_sentence(each):
                facts.texts.append(f"{name.replace('_', ' ')} {each}".strip())
                _show(each[:MAX_TEXT], facts)
            elif isinstance(each, dict):
                below += each.items()
            elif isinstance(each, list) and name not in _QUOTED:
                below += [(name, one) for one in each[:_MAX_ITEMS]]
        level = below


def _is_sentence(text: str) -> bool:
    return " " in text.strip() or not text.isascii()


def _strings(value: object) -> list[str]:
    each = value[:_MAX_ITEMS] if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, str) and one]


def _text_of(value: object) -> str:
    """Return a message as text; of a list of the fields at fault, what is wrong with each."""
    if isinstance(value, list):
        each = [one if isinstance(one, str) else _fault_text(as_map(one)) for one in value[:99]]
        return "; ".join(list(filter(None, each))[:_MAX_ITEMS])
    return value if isinstance(value, str) else ""


def _fault_text(fault: dict[str, object]) -> str:
    text, location = fault.get("msg"), fault.get("loc")
    if not isinstance(text, str):
        return ""
    return f"{'.'.join(map(str, location))}: {text}" if isinstance(location, list) else text
