"""Errors of key checks, and what they say about the key."""

import msgspec
import pytest

from aircherd.providers.error_mapping.key_verdict import is_key_valid


def openai(message: str, kind: str | None = None, code: str | None = None) -> object:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str, code: str | None = None) -> object:
    details = {"details": {"error_code": code}} if code else {}
    error = {"type": kind, "message": message, **details}
    return {"type": "error", "error": error, "request_id": "req_011CV"}


def router(code: int, message: str, **metadata: object) -> object:
    return {"error": {"code": code, "message": message, "metadata": metadata}}


def raw(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)


@pytest.mark.parametrize(
    ("status", "body", "valid"),
    [
        (401, openai("Incorrect API key"), False),
        (403, openai("Missing scopes: api.model.read"), True),
        (403, anthropic("permission_error", "Your API key lacks permission"), True),
        (403, openai("Country, region, or territory not supported"), None),
        (403, b"<html>permission denied</html>", None),
        (402, router(402, "Insufficient credits"), True),
        (429, openai("x", "insufficient_quota"), True),
        (402, b"<html>", None),
        (429, b"", None),
        (500, b"", None),
        (404, b"", None),
        # What the error says counts, whatever its status.
        (
            400,
            {"code": "Client specified an invalid argument", "error": "Incorrect API key"},
            False,
        ),
        (400, openai("Invalid API key", None, "invalid_api_key"), False),
        (500, openai("Authentication Fails", "authentication_error"), False),
        (400, anthropic("invalid_request_error", "Your credit balance is too low"), True),
        (400, openai("Access denied, please check it.", None, "Arrearage"), True),
        (400, openai("The request is not valid."), None),
        (400, anthropic("invalid_request_error", "This organization has been disabled."), None),
        (400, b"", None),
        (404, {"detail": "Not Found"}, None),
    ],
)
def test_is_key_valid(status: int, body: object, valid: bool | None) -> None:
    """401 refuses a key; errors that only known keys get prove it; others say nothing."""
    assert valid is is_key_valid(status, {}, raw(body))


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_web_page_says_nothing_about_a_key(status: int) -> None:
    """A web page does not come from the API, even with a 401."""
    assert is_key_valid(status, {"content-type": "text/html"}, b"<html>Sign in</html>") is None
