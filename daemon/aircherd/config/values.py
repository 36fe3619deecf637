"""Checks of single values: each reader takes what TOML gave and returns it typed, or `BadValue`.

No message repeats the value.
"""

import ipaddress
import math
import re
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import httpx

from aircherd.config.model import is_loopback
from aircherd.config.problems import BadValue
from aircherd.config.secret_detection import is_key_like
from aircherd.vocabulary.suggestions import nearest

MAX_SECONDS = 86_400.0
"""Longer waits are milliseconds by mistake."""

MAX_ADDRESS = 2048
"""Characters of an address. Servers take little more, and the client refuses what is far longer."""

_TYPE_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),  # before int, of which it is a kind
    (str, "a text"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "a section or { ... }"),
    ((datetime, date, time), "a date or time"),
)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_ENDPOINTS = ("/chat/completions", "/completions", "/messages", "/responses", "/models")


def type_name(value: object) -> str:
    """Name the kind of a value in words."""
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "a value")


def read_text(value: object) -> str:
    """Take a text that is not empty and has no control character in it.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, str):
        raise BadValue(f"must be a text in quotes, not {type_name(value)}")
    if not value.strip():
        raise BadValue("is empty", "give it a value, or remove the line")
    if not value.isprintable():
        raise BadValue("holds a control character or line break", "remove it")
    return value


def read_list(value: object) -> list[object]:
    """Take a list that is not empty.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, list):
        raise BadValue(f"must be a list of texts, not {type_name(value)}", 'write ["one", "two"]')
    if not value:
        raise BadValue("is an empty list", "give it a value, or remove the line")
    return value


def read_table(value: object) -> dict[str, object]:
    """Take a section.

    Raises:
        BadValue: it is something else.
    """
    if not isinstance(value, dict):
        raise BadValue(f"must be a section or {{ ... }}, not {type_name(value)}")
    return value


def read_choice(value: object, choices: tuple[str, ...]) -> str:
    """Take one of `choices`.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, str) and value in choices:
        return value
    wanted = ", ".join(f'"{choice}"' for choice in choices)
    many = len(choices) > 1
    raise BadValue(
        f"must be {'one of ' if many else ''}{wanted}",
        partial(_meant, value, choices) if many and isinstance(value, str) else None,
    )


def _meant(value: str, choices: tuple[str, ...]) -> str | None:
    """Return a hint that names the nearest choice; all of them are in the message already."""
    near = nearest(value, choices)
    return f'did you mean "{near}"?' if near else None


MAX_TOKENS = 100_000_000
"""More than any model's window: a larger number is a mistake."""


LEAST_DAYS = 32
"""A month's limits are counted from attempts, so they are kept as long."""
MAX_DAYS = 36_500


def read_days(value: object) -> int:
    """Take a number of days, at least `LEAST_DAYS`.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of days, not {type_name(value)}", "write 400")
    if not LEAST_DAYS <= value <= MAX_DAYS:
        raise BadValue(f"must be from {LEAST_DAYS} to {MAX_DAYS}", "a month has to stay whole")
    return value


def read_tokens(value: object) -> int:
    """Take a number of tokens, at least 1.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number of tokens, not {type_name(value)}", "write 16384")
    if not 1 <= value <= MAX_TOKENS:
        raise BadValue(f"must be from 1 to {MAX_TOKENS}")
    return value


def read_seconds(value: object) -> float:
    """Take a time in seconds, more than 0 and at most a day.

    Raises:
        BadValue: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"must be a number of seconds, not {type_name(value)}", "write 10 or 2.5")
    if not value > 0 or value == math.inf:  # nor is it "not a number"
        raise BadValue("must be a number of seconds greater than 0", "write 10 or 2.5")
    if value > MAX_SECONDS:
        raise BadValue("is longer than a day", "times are in seconds, not milliseconds")
    return float(value)


# ------------------------------------------------------------------ addresses


def read_base_url(value: object) -> str:
    """Take the address where an API begins, without a trailing slash.

    Raises:
        BadValue: it is not http or https, has no host, or has what only a key or a mistake brings:
            a user, a query, a fragment, white space, the path of one method of the API.
    """
    parts = _split_url(value, 'write base_url = "https://host/v1"')
    path = parts.path.rstrip("/")
    if is_key_like(path):
        raise BadValue("holds what looks like a key")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            raise BadValue(f"must be where the API begins, without {endpoint}", "remove that end")
    return f"{parts.scheme}://{parts.netloc}{path}"


def read_proxy(value: object) -> str:
    """Take the address of a proxy.

    Raises:
        BadValue: as for `read_base_url`; nor may there be a path.
    """
    parts = _split_url(value, 'write proxy = "http://proxy:3128"')
    if parts.path not in ("", "/"):
        raise BadValue("must be the proxy's host and port alone", "remove what follows the port")
    return f"{parts.scheme}://{parts.netloc}"


def read_download(value: object) -> str:
    """Take the address of a file to be fetched, over https or from this machine.

    Raises:
        BadValue: as for `read_base_url`; nor may it be plain http to another machine.
    """
    example = 'write models_dev = "https://models.dev/api.json"'
    parts = _split_url(value, example)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise BadValue("is plain http to another machine: anybody on the way could change it")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _split_url(value: object, example: str) -> SplitResult:
    """Take an address of the form scheme://host[:port][/path]."""
    text = read_text(value)
    if len(text) > MAX_ADDRESS:
        raise BadValue(f"has more than {MAX_ADDRESS} characters", example)
    if " " in text or not text.isascii():
        raise BadValue("must be an address without spaces, in plain ASCII", example)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Its message quotes the address.
        raise BadValue("is not an address: see its brackets and its port", example) from None
    if parts.scheme not in ("http", "https"):
        raise BadValue("must begin with http:// or https://", example)
    if "@" in parts.netloc:
        raise BadValue(
            "must not hold a user or a password",
            "remove what stands before the @: no key or password belongs in the config",
        )
    if not _is_host(host) or port == 0:
        raise BadValue("has no valid host or port", example)
    if "?" in text or "#" in text:
        raise BadValue("must end before any ? or #", f"remove the rest; {example}")
    if not _is_callable(text):
        raise BadValue("is not an address that can be called: see its host", example)
    return parts


def _is_callable(address: str) -> bool:
    """Tell whether the HTTP client takes it; that knows more about hosts than the pattern here."""
    try:
        return bool(httpx.URL(address).host)  # `host` is where it decodes international names
    except (httpx.InvalidURL, ValueError):  # ValueError: so are a UnicodeError, an IDNAError
        return False


def _is_host(host: str) -> bool:
    if ":" in host:
        return is_ip_address(host)
    return _HOST.fullmatch(host) is not None


def is_ip_address(host: str) -> bool:
    """Tell whether `host` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------ files


def read_file(value: object, folder: Path) -> str:
    """Take the path of a file that exists, relative to `folder`; `~` is the user's home.

    Raises:
        BadValue: there is no such file.
    """
    try:
        path = folder.absolute() / Path(read_text(value)).expanduser()
        found = path.is_file()
    except (OSError, RuntimeError):  # a folder on the way is closed to us; no such user
        raise BadValue("names a file that cannot be reached", "check the path") from None
    if not found:
        raise BadValue(
            "names a file that does not exist",
            "check the path; a relative one begins at the config's folder",
        )
    return str(path)
