"""What may be shown of a vendor's message about a refused key.

Vendors quote parts of the key, in many forms: no pattern finds all of them. So a message is shown
only if it consists of words that such messages have, and of nothing else. Of the others, the reason
is shown if it is a known one.
"""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final = _words(
    """a access account active an and api apikey are auth authenticate authenticated authentication
    authorization authorized available be been bearer blocked call can cannot certification
    check console correct correctly could create credential credentials deactivated delete
    deleted denied did disabled do does doesn't didn't error exist expired fail failed fails
    failure find for format forgot found from generate get given go has have header http in
    inactive include incorrect incorrectly invalid is isn't it its key keys leaked log login
    longer make malformed match missing need new no not obtain of on or pass passed please
    provide provided reason recognized refresh request requests required revoked see set sign
    supplied supply sure team that the this to token tokens try unauthorized unknown use used
    user using valid verify was we were with wrong x-api-key you your"""
)
_SPLIT: Final = re.compile(r"[\s.,:;!?()\[\]\"/]+")
_MAX: Final = 300

_REASONS: Final = (
    (re.compile(r"\bexpired\b|过期"), "it has expired"),
    (re.compile(r"\brevoked\b"), "it was revoked"),
    (re.compile(r"\bleaked\b"), "it was reported as leaked"),
    (re.compile(r"\b(?:disabled|deactivated)\b"), "it is disabled"),
)


def shown_message(message: str, text: str) -> str:
    """Return what may be shown of `message`; `text` is all that the error says, in lower case."""
    words = filter(None, _SPLIT.split(message.lower().replace("\u2019", "'")))
    if len(message) <= _MAX and all(word in _WORDS for word in words):
        return message
    return next((reason for pattern, reason in _REASONS if pattern.search(text)), "")
