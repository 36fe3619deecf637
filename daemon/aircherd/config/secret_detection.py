"""Recognise a key in the configuration, where it is refused, never shown and never kept.

Names are checked against a table, values against the shapes of vendors' keys (`Redactor`).
"""

import re

from aircherd.redaction import Redactor

# Compared in lower case and without `-` and `_`.
_KEY_NAMES = frozenset(
    {"key", "bearer", "passwd", "passphrase", "credential", "credentials", "authorization"}
)
_KEY_NAME_ENDINGS = ("apikey", "secretkey", "token", "secret", "password")

_MAX_SHOWN = 64
# Sixteen or more letters and digits in a row, with at least one digit, are not a word.
_LONG_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_DIGIT = re.compile(r"[0-9]")
_REDACTOR = Redactor()


def is_key_name(name: str) -> bool:
    """Return whether the name suggests a key: `api_key`, `token`, `openai_api_key`."""
    plain = name.lower().replace("-", "").replace("_", "")
    return plain in _KEY_NAMES or plain.endswith(_KEY_NAME_ENDINGS)


def looks_like_key(text: str) -> bool:
    """Return whether `text` contains something with the shape of a vendor's key."""
    return _REDACTOR.redact(text) != text


def could_be_key(name: str) -> bool:
    """Return whether a name could be any key; stricter than `looks_like_key`, for names only."""
    # In two steps: one pattern with a look-ahead takes a minute for a very long name.
    return looks_like_key(name) or any(_DIGIT.search(run) for run in _LONG_RUN.findall(name))


def contains_key(value: object) -> bool:
    """Return whether a value from the file contains a key at any depth."""
    if isinstance(value, str):
        return looks_like_key(value)
    if isinstance(value, list):
        return any(contains_key(item) for item in value)
    if isinstance(value, dict):
        return any(is_key_name(name) or contains_key(inner) for name, inner in value.items())
    return False


def safe_name(name: str) -> str:
    """Return a name from the file as a problem may show it: redacted, shortened or quoted."""
    if could_be_key(name):
        return "[redacted]"
    if len(name) > _MAX_SHOWN:
        name = f"{name[:_MAX_SHOWN]}…"
    return name if re.fullmatch(r"[\w-]+…?", name, re.ASCII) else ascii(name)


def key_message(provider: str | None) -> str:
    """Return the message that a key does not belong in the config, and how to store it."""
    return (
        "a key does not belong in the config: remove it here and store it with "
        f"`aircher-cli auth login {provider or 'PROVIDER'}`"
    )
