"""Read a provider's `headers`: extra ones for every call, but never one that carries a key."""

import re

from aircherd.config.problems import BadValue, ProblemCollector
from aircherd.config.secret_detection import is_key_like, is_key_name, key_message
from aircherd.config.toml.locate import KeyPath
from aircherd.config.values import read_table, read_text

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_CARRY_KEYS = frozenset(
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

# What the transport writes itself; another value would break the request or lead it astray.
_OUR_OWN = frozenset(
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

# The scheme in front of a key: `Bearer ...`.
_CREDENTIALS = re.compile(r"(bearer|basic|token)\s", re.IGNORECASE)


def read_headers(
    report: ProblemCollector, path: KeyPath, value: object, provider: str
) -> dict[str, str]:
    """Return the headers of the entry at `path`, in their order, without those with a problem."""
    path = (*path, "headers")
    headers: dict[str, str] = {}
    taken: set[str] = set()
    for name, text in (report.read(path, value, read_table) or {}).items():
        bad = _name_problem(name, text, taken, provider)
        if bad is not None:
            report.add_bad((*path, name), bad)
            continue
        header = report.read((*path, name), text, _read_value)
        if header is not None:
            headers[name] = header
            taken.add(name.lower())
    return headers


def _name_problem(name: str, value: object, taken: set[str], provider: str) -> BadValue | None:
    """Say why a header cannot be had, whatever else its value may be."""
    lower = name.lower()
    if lower in _CARRY_KEYS or is_key_name(lower) or is_key_like(name) or _has_key(value):
        return BadValue(key_message(provider))
    if not _NAME.fullmatch(name):
        return BadValue("is not a valid header name", 'write headers = { "X-Team" = "blue" }')
    if lower in _OUR_OWN:
        return BadValue("is set by aircher itself", "remove the line")
    if lower in taken:
        return BadValue("is given twice", "large and small letters are the same in header names")
    return None


def _has_key(value: object) -> bool:
    return isinstance(value, str) and (is_key_like(value) or _CREDENTIALS.match(value) is not None)


def _read_value(value: object) -> str:
    """Take printable ASCII, so that every server reads the same.

    Raises:
        BadValue: it is something else.
    """
    text = read_text(value)
    if not text.isascii():
        raise BadValue("must be plain ASCII", "remove what is not")
    return text.strip()
