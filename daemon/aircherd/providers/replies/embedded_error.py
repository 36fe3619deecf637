"""Finds an error where a reply should be: in the body of a 200, or in an event of a stream."""

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.json_in import as_map
from aircherd.providers.codec.lenient_json import NotRepairable, read_leniently
from aircherd.providers.error_mapping.classify import classify_error, web_page
from aircherd.providers.error_mapping.parse import error_in
from aircherd.vocabulary.failure import Failure, FailureClass

MAX_TEXT = 4096
"""Bytes of an error that is plain text."""


def embedded_error(data: bytes) -> ProviderFailed | None:
    """Return the error in a JSON object, None if it is something else."""
    try:
        value = read_leniently(data)
    except NotRepairable:
        return None
    if isinstance(value, list) and value:  # Google's, sometimes
        value = value[0]
    error = error_in(as_map(value))
    return None if error is None else ProviderFailed(classify_error(error))


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
