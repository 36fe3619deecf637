"""Finds an error where a reply should be: in the body of a 200, or in an event of a stream."""

import re
from typing import Final

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.json_in import as_map
from aircherd.providers.codec.lenient_json import NotRepairable, read_leniently
from aircherd.providers.error_mapping.classify import classify_error, web_page
from aircherd.providers.error_mapping.error_objects import decode_text
from aircherd.providers.error_mapping.parse import error_in
from aircherd.vocabulary.failure import Failure, FailureClass

_SAYS_ERROR: Final = re.compile(r"\W{0,3}error\b", re.IGNORECASE)
_UNRECOGNISED: Final = (FailureClass.SERVER, FailureClass.REFUSED, FailureClass.BAD_REQUEST)

MAX_TEXT = 4096
"""Bytes of an error that is plain text."""


def embedded_error(data: bytes) -> ProviderFailed | None:
    """Return the error in a JSON object or in a text, None if it is something else."""
    try:
        value = read_leniently(data)
    except NotRepairable:
        return _error_of(_text_of(data))
    if isinstance(value, list) and value:  # Google's, sometimes
        value = value[0]
    if isinstance(value, str):
        return _error_of(value)
    error = error_in(as_map(value))
    return None if error is None else ProviderFailed(classify_error(error))


def _error_of(text: str) -> ProviderFailed | None:
    """Return the error that a text is: it says so, is JSON again, or its cause is recognised."""
    if found := error_in(decode_text(text[:MAX_TEXT])):
        return ProviderFailed(classify_error(found))
    if text[:2].lstrip("[")[:1] in ("{", "<"):  # a chunk that was garbled, or a page
        return None
    failure = classify_error(text[:MAX_TEXT])
    is_error = _SAYS_ERROR.match(text) or failure.kind not in _UNRECOGNISED
    return ProviderFailed(failure) if is_error else None


def named_error(data: bytes) -> ProviderFailed:
    """Return the error in an event that is called one: in JSON of any shape, or a text."""
    found = embedded_error(data)
    if found is not None:
        return found
    try:
        value = read_leniently(data)
    except NotRepairable:
        value = _text_of(data)
    return ProviderFailed(classify_error(value))


def text_error(data: bytes) -> ProviderFailed:
    """Return the failure for a body that is neither JSON nor a stream."""
    text = _text_of(data)
    if text.startswith("<"):
        return ProviderFailed(web_page(200))
    failure = classify_error(text)
    if failure.kind in (FailureClass.SERVER, FailureClass.BAD_REQUEST):
        message = f"answered with text, not its API: check base_url: {text}"
        failure = Failure(kind=FailureClass.PROTOCOL, message=message)
    return ProviderFailed(failure)


def _text_of(data: bytes) -> str:
    text = data[:MAX_TEXT].decode("utf-8", "replace").strip("\ufeff\0 \t\r\n")
    return text if text.replace("\n", " ").replace("\t", " ").isprintable() else "binary data"
