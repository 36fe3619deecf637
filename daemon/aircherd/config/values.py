"""Validate single values: a reader takes a TOML value and returns it typed, or raises `BadValue`.

No message repeats the value.
"""

import math
import re
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httpx

from aircherd.config.problems import BadValue
from aircherd.config.secret_detection import could_be_key, key_message, looks_like_key
from aircherd.vocabulary.hosts import is_ip_address, is_loopback
from aircherd.vocabulary.keys import LABEL
from aircherd.vocabulary.suggestions import nearest

MAX_SECONDS = 86_400.0
"""A longer time was probably meant in milliseconds."""

MAX_URL = 2048
"""Maximum length of a URL. Servers accept little more."""

_TYPE_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),  # before int, its base class
    (str, "a string"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "a section or { ... }"),
    ((datetime, date, time), "a date or time"),
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_ENDPOINTS = ("/chat/completions", "/completions", "/messages", "/responses", "/models")


def type_name(value: object) -> str:
    """Return the name of a value's type, for messages."""
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "a value")


def read_text(value: object) -> str:
    """Read a non-empty string without control characters, which is no key.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, str):
        raise BadValue(f"must be a string in quotes, not {type_name(value)}")
    if not value.strip():
        raise BadValue("is empty", "give it a value, or remove the line")
    if not value.isprintable():
        raise BadValue("contains a control character or line break", "remove it")
    if looks_like_key(value):
        raise BadValue(key_message(None))
    return value


def read_list(value: object) -> list[object]:
    """Read a non-empty list.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, list):
        raise BadValue(f"must be a list of strings, not {type_name(value)}", 'write ["one", "two"]')
    if not value:
        raise BadValue("is an empty list", "give it a value, or remove the line")
    return value


def read_table(value: object) -> dict[str, object]:
    """Read a section.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, dict):
        raise BadValue(f"must be a section or {{ ... }}, not {type_name(value)}")
    return value


def read_choice(value: object, choices: tuple[str, ...]) -> str:
    """Read one of `choices`.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, str) and value in choices:
        return value
    listed = ", ".join(f'"{choice}"' for choice in choices)
    many = len(choices) > 1
    raise BadValue(
        f"must be {'one of ' if many else ''}{listed}",
        partial(_nearest_hint, value, choices) if many and isinstance(value, str) else None,
    )


def _nearest_hint(value: str, choices: tuple[str, ...]) -> str | None:
    """Return a hint with the nearest choice; the message lists all choices already."""
    near = nearest(value, choices)
    return f'did you mean "{near}"?' if near else None


def read_label(value: object) -> str:
    """Read the label of a key. The problem of a key in its place says what belongs there.

    Raises:
        BadValue: it is something else.
    """
    is_key = isinstance(value, str) and could_be_key(value)
    return check_label(str(value) if is_key else read_text(value))


def check_label(text: str) -> str:
    """Return the label of a key.

    Raises:
        BadValue: it is none.
    """
    if could_be_key(text):
        raise BadValue(key_message(None), "key takes the label of a key, as auth status shows it")
    if not LABEL.fullmatch(text):
        raise BadValue("is not the label of a key", "`aircher-cli auth status` shows the labels")
    return text


MAX_TOKENS = 100_000_000
"""More than any model's context window: a larger number is a mistake."""


def read_tokens(value: object) -> int:
    """Read a number of tokens, at least 1.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of tokens, not {type_name(value)}", "write 16384")
    if not 1 <= value <= MAX_TOKENS:
        raise BadValue(f"must be from 1 to {MAX_TOKENS}")
    return value


def read_seconds(value: object) -> float:
    """Read a time in seconds, more than 0 and at most a day.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"must be a number of seconds, not {type_name(value)}", "write 10 or 2.5")
    if not value > 0 or value == math.inf:  # true for nan, too
        raise BadValue("must be a number of seconds greater than 0", "write 10 or 2.5")
    if value > MAX_SECONDS:
        raise BadValue("is longer than a day", "times are in seconds, not milliseconds")
    return float(value)


# ------------------------------------------------------------------ URLs


def read_base_url(value: object) -> str:
    """Read the base URL of an API, without a trailing slash.

    Raises:
        BadValue: it is not http or https, has no host, or has a part that is a key or a mistake: a
            user, a query, a fragment, white space, the path of one endpoint of the API.
    """
    parts = _split_url(value, 'write base_url = "https://host/v1"')
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            raise BadValue(f"must be the base of the API, without {endpoint}", "remove that path")
    return f"{parts.scheme}://{parts.netloc}{path}"


def read_proxy(value: object) -> str:
    """Read the URL of a proxy.

    Raises:
        BadValue: as for `read_base_url`, or there is a path.
    """
    parts = _split_url(value, 'write proxy = "http://proxy:3128"')
    if parts.path not in ("", "/"):
        raise BadValue("must be the proxy's host and port only", "remove what follows the port")
    return f"{parts.scheme}://{parts.netloc}"


def read_download_url(value: object) -> str:
    """Read the URL of a file to fetch, over https or from this machine.

    Raises:
        BadValue: as for `read_base_url`, or it is plain http to another machine.
    """
    example = 'write models_dev = "https://models.dev/api.json"'
    parts = _split_url(value, example)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise BadValue("is plain http to another machine: the file could be changed in transit")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _split_url(value: object, example: str) -> SplitResult:
    """Parse a URL like scheme://host[:port][/path]."""
    text = read_text(value)
    if len(text) > MAX_URL:
        raise BadValue(f"has more than {MAX_URL} characters", example)
    if " " in text or not text.isascii():
        raise BadValue("must be a URL without spaces, in plain ASCII", example)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Its message quotes the URL.
        raise BadValue("is not a valid URL: check its brackets and its port", example) from None
    if parts.scheme not in ("http", "https"):
        raise BadValue("must begin with http:// or https://", example)
    if "@" in parts.netloc:
        raise BadValue(
            "must not contain a user or a password",
            "remove the part before the @: no key or password belongs in the config",
        )
    if not is_host(host) or port == 0:
        raise BadValue("has no valid host or port", example)
    if "?" in text or "#" in text:
        raise BadValue("must end before any ? or #", f"remove the rest; {example}")
    if not _is_callable(text):
        raise BadValue("is not a URL that can be called: check its host", example)
    return parts


def _is_callable(url: str) -> bool:
    """Return whether the HTTP client accepts it, which knows more about hosts than `_HOST`."""
    try:
        return bool(httpx.URL(url).host)  # accessing `host` decodes international names
    except (httpx.InvalidURL, ValueError):  # UnicodeError and IDNAError are ValueErrors
        return False


def is_host(host: str) -> bool:
    """Return whether it is a name or an address, without a port and brackets."""
    if ":" in host:
        return is_ip_address(host)
    return _HOST.fullmatch(host) is not None


# ------------------------------------------------------------------ files


def read_path(value: object, folder: Path) -> str:
    """Read a path, relative to `folder`; `~` is the user's home.

    Raises:
        BadValue: it is no text, or names a user who does not exist.
    """
    try:
        return str(folder.absolute() / Path(read_text(value)).expanduser())
    except RuntimeError:
        raise BadValue("names the home of a user that does not exist", "check the path") from None


def read_file(value: object, folder: Path) -> str:
    """Read the path of an existing file, relative to `folder`; `~` is the user's home.

    Raises:
        BadValue: there is no such file.
    """
    try:
        path = folder.absolute() / Path(read_text(value)).expanduser()
        found = path.is_file()
    except (OSError, RuntimeError):  # a directory is not accessible; no such user
        raise BadValue("names a file that cannot be reached", "check the path") from None
    if not found:
        raise BadValue(
            "names a file that does not exist",
            "check the path; a relative path starts at the config's directory",
        )
    return str(path)
