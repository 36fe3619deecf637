"""Reads the JSON of a request: pure.

Decoders are typed and made once. What they refuse becomes a message that names the field.
"""

from typing import Final, TypeVar

import msgspec

from aircherd.http_api.problem import RequestProblem, invalid
from aircherd.vocabulary.validation_messages import describe_invalid

T = TypeVar("T")

MAX_VALUES: Final = 400_000
"""Objects and lists in a body, and fields: small ones cost far more than their bytes.

Brackets and colons in texts count, too: a million tokens of code have half of them.
"""
_LARGE: Final = 1024 * 1024
"""Bytes of a body that is decoded without counting them."""

LARGE_BODY: Final = 128 * 1024
"""Bytes of a body from which on a thread reads it, and its parts are counted. What smaller ones can
hold takes 20 ms at most."""

MAX_PARTS: Final = 20_000
"""Messages and parts of a request: a million tokens have a tenth of it. Each takes some
microseconds, in which all other clients wait."""
MAX_TOOLS: Final = 5000

Fields = dict[str, msgspec.Raw]
FIELDS: Final = msgspec.json.Decoder(Fields)
ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def decode_body(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Return the decoded body.

    Raises:
        RequestProblem: it is no JSON, or does not have the decoder's form; the message names the
            field.
    """
    check_body(body)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise wrong_form(error) from None
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None


def check_body(body: bytes) -> None:
    """Check what decoders do not check: what they leave undecoded has to be UTF-8, too.

    Raises:
        RequestProblem: it is not UTF-8, or decoding it would take too much memory.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise invalid(f"the body is not UTF-8: byte {error.start}") from None
    if len(body) <= _LARGE:
        return
    if body.count(b"{") + body.count(b"[") > MAX_VALUES:
        raise invalid(f"the body has more than {MAX_VALUES} objects and lists")
    if body.count(b":") > MAX_VALUES:
        raise invalid(f"the body has more than {MAX_VALUES} fields")


def check_number(number: int, most: int, path: str) -> None:
    """Check that there are not too many of something.

    Raises:
        RequestProblem: there are.
    """
    if number > most:
        raise invalid(f"{path}: there are more than {most} of them", path)


def wrong_form(error: msgspec.ValidationError) -> RequestProblem:
    """Return the problem of a body that is JSON, but not of this API."""
    message = describe_invalid(error)
    path, colon, _ = message.partition(": ")
    if message.startswith("has to be "):
        message = f"the body {message}"
    return invalid(message, path if colon and " " not in path else None)


def no_json(error: Exception) -> RequestProblem:
    """Return the problem of a body that is no JSON."""
    if isinstance(error, RecursionError):
        return invalid("the body is nested too deeply")
    # msgspec's message names the byte, and quotes nothing of the body.
    return invalid(f"the body is not JSON: {error}")


def is_set(raw: msgspec.Raw) -> bool:
    """Return whether an undecoded field is there, and not null."""
    return memoryview(raw).nbytes > 4 or bytes(raw) not in (b"", b"null")


def text_of(raw: msgspec.Raw) -> str:
    """Return undecoded JSON as text."""
    return bytes(raw).decode("utf-8", "replace")
