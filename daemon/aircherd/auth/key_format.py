"""What can be a key at all: checked before a value is stored, verified, or put into a header.

A paste often brings more than the key: quotes, the name of a variable, a header. Such a value is
refused with what to paste, rather than corrected: a guess could store something else. What only
looks unusual passes, since the master key of a user's own server may be any password.
"""

import functools
import re

from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

MAX_KEY = 8 * 1024
"""In bytes. The longest tokens in use (signed ones) have about 4 KiB."""

_QUOTES = (
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\uff02\uff07"
)
"""Quotation marks of keyboards, programs and languages."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
"""Most keys. They have none of the mistakes, except for placeholders and names of variables."""

_VARIABLE = (
    "it is the name of a variable, which was not replaced by its value: in a shell, put it in "
    "double quotation marks; or paste the value"
)
_NAMED = "it begins with the name of a variable or a field: paste only what follows the name"

_MISTAKES: tuple[tuple[str, str], ...] = (
    (r"(?:sk-)?your[-_ ].*key.*", "it is a placeholder: paste the key itself"),
    (
        r"[a-z][a-z0-9+.-]*://.*",
        (
            "it is an address: paste the key itself; a password manager's reference belongs into "
            "key_command"
        ),
    ),
    (
        (
            r"""(?:(?-i:[A-Z_][A-Z0-9_]*)=)?['"]?"""
            r"""(?:\$(?-i:[A-Z_][A-Z0-9_]*)|\$\w*(?:key|token|secret)\w*|\$?\{\{?[\s\w.:?-]*\}?\}|"""
            r"""\$\{.*\}|\$\(.*\)|%[a-z_][a-z0-9_]*%)['"]?;?"""
        ),
        _VARIABLE,
    ),
    (
        r"(?-i:[A-Z0-9_]+_API_KEY)|(?:process\.env|os\.environ|os\.getenv|import\.meta\.env)\b.*",
        _VARIABLE,
    ),
    (
        (
            r"""['"]?(?:proxy-)?authorization['"]?\s*[:=].*|(?:bearer|basic|token)(?:\s|%20|:).*|"""
            r"""(?:-H|--header)\s.*|['"]?(?:x-|xi-)?(?:goog-)?(?:api-?key|auth-token)['"]?:.*"""
        ),
        "it is a line of an HTTP header: paste only its last word",
    ),
    (r"""\{.*["'].*\}""", "it is an object in JSON: paste only the key in it"),
    (
        # A value in base64 may end with "=", and random letters mix upper and lower case.
        (
            r"(?:export|set|setx|env|declare|let|const|var)\s.*|"
            r"(?:\$env:)?(?-i:[A-Z_][A-Z0-9_]*|[a-z_][a-z_-]*)\s*:?=\s*[^=\s].*|"
            r"""['"]?[\w-]*(?:key|token|secret)['"]?\s*[:=]\s*[^=\s].*|\$env:.*"""
        ),
        _NAMED,
    ),
    (
        rf"(?:[a-z]|\\|\$)?[{_QUOTES}].*|.*[{_QUOTES}]|&(?:quot|apos|#34|#39);.*",
        "there is a quotation mark around it: paste what is between the quotation marks",
    ),
    (r"<.*>|\[.*\]|\(.*\)|\{.*\}", "there are brackets around it: paste what is within"),
    (r".*[;,]", "it ends with a semicolon or a comma: paste it without that"),
    (r".*\\[nr]?", "it ends with a backslash or a line break: paste it without that"),
    (
        r".*(?:\.\.\.|\u2026|\*\*\*|\u2022\u2022).*",
        (
            "a part of it is left out, as pages show it later: paste a whole key, and if none is "
            "shown any more, make a new one"
        ),
    ),
    (r"~/.*", "it is the name of a file: pipe the file in"),
)
"""What is pasted instead of a key, in the order in which it is tried, and what to do.

The patterns ignore case and are for the whole value.
"""


def check_key(text: str) -> Secret:
    """Return `text` as a key, without surrounding white space.

    Only printable ASCII is accepted: an HTTP library would quote the whole header in its error for
    a key with a line break.

    Raises:
        BadRequest: it cannot be a key. The message never repeats it.
    """
    if problem := key_problem(text):
        raise BadRequest(f"that is not a key: {problem}")
    return Secret(text.strip())


def check_password(text: str) -> Secret:
    """Return `text` as the password of an engine, without surrounding white space.

    It may look like anything, and have spaces in it.

    Raises:
        BadRequest: it cannot be a password. The message never repeats it.
    """
    if problem := password_problem(text):
        raise BadRequest(f"that is not a password: {problem}")
    return Secret(text.strip())


def password_problem(text: str) -> str | None:
    """Return why `text` cannot be a password, None if it can be one."""
    password = text.strip()
    if not password:
        return "it is empty"
    if len(password) > MAX_KEY:
        return f"it is longer than {MAX_KEY} bytes; was a whole file pasted?"
    if not (password.isascii() and password.isprintable()):
        return "it contains characters other than printable ASCII"
    return None


def key_problem(text: str) -> str | None:
    """Return why `text` cannot be a key and what to do, None if it can be one."""
    key = text.strip()
    if not key:
        return "it is empty"
    if len(key) > MAX_KEY:
        return f"it is longer than {MAX_KEY} bytes; was a whole file pasted?"
    return _mistake(key) or _character_problem(key)


def _mistake(key: str) -> str | None:
    lower = key.lower()
    if _PLAIN.fullmatch(key) and not ("your" in lower or lower.endswith("_api_key")):
        return None
    return next((problem for pattern, problem in _patterns() if pattern.fullmatch(key)), None)


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    flags = re.IGNORECASE | re.DOTALL
    return [(re.compile(pattern, flags), problem) for pattern, problem in _MISTAKES]


def _character_problem(key: str) -> str | None:
    if any(character.isspace() for character in key):
        return "it contains white space; was more than the key pasted?"
    if not key.isascii():
        return "it contains characters other than printable ASCII; copy it again from its page"
    if not key.isprintable():
        return "it contains a control character"
    return None
