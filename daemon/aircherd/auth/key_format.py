"""What can be a key at all: checked before a value is stored, verified, or put into a header."""

from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

MAX_KEY = 8 * 1024
"""In bytes. The longest tokens in use (signed ones) have about 4 KiB."""


def check_key(text: str) -> Secret:
    """Return `text` as a key, without surrounding white space.

    Only printable ASCII is accepted: an HTTP library would quote the whole header in its error for
    a key with a line break.

    Raises:
        BadRequest: it cannot be a key. The message never repeats it.
    """
    key = text.strip()
    if problem := _problem(key):
        raise BadRequest(f"that is not a key: {problem}")
    return Secret(key)


def _problem(key: str) -> str | None:
    if not key:
        return "it is empty"
    if len(key) > MAX_KEY:
        return f"it is longer than {MAX_KEY} bytes; was a whole file pasted?"
    if any(character.isspace() for character in key):
        return "it contains white space; was more than the key pasted?"
    if not key.isascii():
        return "it contains characters other than printable ASCII"
    if not key.isprintable():
        return "it contains a control character"
    return None
