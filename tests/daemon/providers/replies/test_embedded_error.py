"""Errors where a reply should be keep their message and their class."""

import pytest

from aircherd.providers.replies.embedded_error import embedded_error, named_error, text_error
from aircherd.vocabulary.failure import FailureClass as F


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"error":{"message":"no worker"}}', "no worker"),
        (b'[{"error":{"message":"no worker"}}]', "no worker"),
        (b'{"error":"no worker"}\0', "no worker"),
        (b'{"error_type":"X","error_message":"no worker","choices":null}', "no worker"),
        (b'{"detail":"no worker"}', "no worker"),
        (b'{"status":"439","msg":"no worker"}', "no worker"),
        (b'{"base_resp":{"status_code":1000,"status_msg":"no worker"}}', "no worker"),
        (b'{"message":"no worker\t"}', "no worker"),
        (b'{"choices":[{"delta":{"content":"a"}}],"error":{}}', None),
        (b'{"error":""}', None),
        (b'{"type":"ping"}', None),
        (b"[1]", None),
        (b"[]", None),
        (b"oops", None),
        (b"[ERROR] no worker", "no worker"),
        (b"Error: no worker", "no worker"),
        (b"Insufficient balance", "Insufficient balance"),
        (b'"{\\"error\\":\\"no worker\\"}"', "no worker"),
        (b'{"choices":[{"delta":{"content":"Insufficient balance', None),
        (b'[{"choices":[{"delta":{"content":"Error: invalid api key', None),
        (b"<p>Insufficient balance</p>", None),
        (b'"a plain text"', None),
    ],
)
def test_errors_in_json(data: bytes, message: str | None) -> None:
    """An error is found in every shape; what is no error is none."""
    found = embedded_error(data)
    assert (found is not None) == (message is not None)
    if found is not None and message is not None:
        assert message in found.failure.message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"the worker died", "the worker died"),
        (b'"the worker died"', "the worker died"),
        (b'{"reason":{"x":1}}', ""),
        (b'{"error":{"message":"the worker died"}}', "the worker died"),
        (b"\x00\x01\x02", "binary data"),
        (b"", ""),
    ],
)
def test_what_is_called_an_error_is_one(data: bytes, message: str) -> None:
    """Its text is the message, in JSON or not."""
    assert message in named_error(data).failure.message


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"hello", F.PROTOCOL, "answered with text, not its API: check base_url: hello"),
        (b"  <html>", F.PROTOCOL, "web page"),
        (b"x" * 10_000, F.PROTOCOL, "xxx"),
        (b"\x01\xff\x02", F.PROTOCOL, "binary data"),
    ],
)
def test_texts(data: bytes, kind: F, message: str) -> None:
    """A body that is a text is quoted."""
    failure = text_error(data).failure
    assert (failure.kind, message in failure.message) == (kind, True)
    assert len(failure.message) < 5000
