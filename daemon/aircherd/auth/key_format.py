"""What may be a key at all: checked before a value is stored, tried, or put into a header."""

from aircherd.errors import BadRequest
from aircherd.vocabulary.secret import Secret

MAX_KEY = 8 * 1024
"""In bytes. The longest tokens in use (signed ones) have about 4 KiB."""


def check_key(text: str) -> Secret:
    """Return `text` as a key, without the white space around it.

    A key with a line break inside would make an HTTP library quote the whole header in its error,
    so nothing but printable ASCII passes.

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
        return "there is white space inside; was more than the key pasted?"
    if not key.isascii():
        return "it has characters that no key has (only printable ASCII is possible)"
    if not key.isprintable():
        return "there is a control character inside"
    return None
