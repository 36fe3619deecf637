"""Read a provider's `headers`: extra headers for every call, none of which may carry a key."""

import re

from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.secret_detection import is_key_name, key_message, looks_like_key
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_table, read_text

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_KEY_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
    }
)

# Written by the transport itself; another value would break or redirect the request.
_RESERVED = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "accept-encoding",
        "expect",
        "te",
        "trailer",
        "upgrade",
    }
)

# The scheme before a key: `Bearer ...`.
_CREDENTIALS = re.compile(r"(bearer|basic|token)\s", re.IGNORECASE)


def read_headers(
    report: ProblemCollector, path: KeyPath, value: object, provider: str
) -> dict[str, str]:
    """Return the valid headers of the entry at `path`, in their order."""
    path = (*path, "headers")
    headers: dict[str, str] = {}
    seen: set[str] = set()
    for name, text in (report.read(path, value, read_table) or {}).items():
        bad = _name_problem(name, text, seen, provider)
        if bad is not None:
            report.add_bad((*path, name), bad)
            continue
        header = report.read((*path, name), text, _read_value)
        if header is not None:
            headers[name] = header
            seen.add(name.lower())
    return headers


def _name_problem(name: str, value: object, seen: set[str], provider: str) -> BadValue | None:
    """Return why a header is not allowed, whatever its value is."""
    lower = name.lower()
    if lower in _KEY_HEADERS or is_key_name(lower) or looks_like_key(name) or _contains_key(value):
        return BadValue(key_message(provider))
    if not _NAME.fullmatch(name):
        return BadValue("is not a valid header name", 'write headers = { "X-Team" = "blue" }')
    if lower in _RESERVED:
        return BadValue("is set by aircher itself", "remove the line")
    if lower in seen:
        return BadValue("is defined twice", "upper and lower case are the same in header names")
    return None


def _contains_key(value: object) -> bool:
    return isinstance(value, str) and (
        looks_like_key(value) or _CREDENTIALS.match(value) is not None
    )


def _read_value(value: object) -> str:
    """Read printable ASCII, which every server decodes the same way.

    Raises:
        BadValue: it is something else.
    """
    text = read_text(value)
    if not text.isascii():
        raise BadValue("must be plain ASCII", "remove the other characters")
    return text.strip()
