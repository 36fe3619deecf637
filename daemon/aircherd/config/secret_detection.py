"""What gives a key away. A key in the config is refused, and neither shown nor kept.

Names are judged by a table, values by what vendors' keys look like (`Redactor` knows).
"""

import re

from aircherd.redaction import Redactor

# Compared in lower case and without `-` and `_`.
_KEY_NAMES = frozenset(
    {"key", "bearer", "passwd", "passphrase", "credential", "credentials", "authorization"}
)
_KEY_NAME_ENDINGS = ("apikey", "secretkey", "token", "secret", "password")

_SHOWN_LENGTH = 64
# Sixteen letters and digits without a break, with at least one digit, are nobody's word.
_LONG_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_DIGIT = re.compile(r"[0-9]")
_REDACTOR = Redactor()


def is_key_name(name: str) -> bool:
    """Tell whether an entry of this name would hold a key: `api_key`, `token`, `openai_api_key`."""
    plain = name.lower().replace("-", "").replace("_", "")
    return plain in _KEY_NAMES or plain.endswith(_KEY_NAME_ENDINGS)


def is_key_like(text: str) -> bool:
    """Tell whether `text` holds what looks like a vendor's key."""
    return _REDACTOR.redact(text) != text


def is_opaque(name: str) -> bool:
    """Tell whether a name may be a key of any kind; stricter than `is_key_like`, for names only."""
    # In two steps: a pattern that looks ahead for the digit takes a minute for a very long name.
    return is_key_like(name) or any(_DIGIT.search(run) for run in _LONG_RUN.findall(name))


def has_key(value: object) -> bool:
    """Tell whether anything in a value from the file gives a key away."""
    if isinstance(value, str):
        return is_key_like(value)
    if isinstance(value, list):
        return any(has_key(item) for item in value)
    if isinstance(value, dict):
        return any(is_key_name(name) or has_key(inner) for name, inner in value.items())
    return False


def shown(name: str) -> str:
    """Return a name from the file as a problem may show it."""
    if is_opaque(name):
        return "[redacted]"
    if len(name) > _SHOWN_LENGTH:
        name = f"{name[:_SHOWN_LENGTH]}…"
    return name if re.fullmatch(r"[\w-]+…?", name, re.ASCII) else ascii(name)


def key_message(provider: str | None) -> str:
    """Say that a key does not belong here, and where it goes."""
    return (
        "a key does not belong in the config: remove it here and store it with "
        f"`aircher-cli auth login {provider or 'PROVIDER'}`"
    )
