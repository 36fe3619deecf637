"""The facts in every vendor's format of error."""

import msgspec
import pytest

from aircherd.providers.error_mapping.parse import (
    RETRY_NEVER,
    RETRY_OK,
    read_error,
    read_error_object,
)

NESTED = {"error": {"message": "Why", "type": "T", "code": "C", "param": None}}


@pytest.mark.parametrize(
    ("body", "codes", "message"),
    [
        (NESTED, {"t", "c"}, "Why"),
        ({"type": "error", "error": {"type": "T", "message": "Why"}}, {"t"}, "Why"),
        (
            {"error": {"type": "T", "message": "Why", "details": {"error_code": "D"}}},
            {"t", "d"},
            "Why",
        ),
        ({"object": "error", "message": "Why", "type": "T", "code": 5}, {"t"}, "Why"),
        ({"error": "Why"}, set(), "Why"),
        ({"detail": "Why"}, set(), "Why"),
        (
            {"detail": [{"msg": "Why"}, {"loc": ["body", 0], "msg": "No"}, 3]},
            set(),
            "Why; body.0: No",
        ),
        ({"object": "error", "message": {"detail": [{"msg": "Why"}]}}, set(), "Why"),
        ({"error": {"message": "Why", "param": "P"}}, {"param:p"}, "Why"),
        ([{"error": {"message": "Why", "status": "S"}}], {"s"}, "Why"),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 429,
                    "metadata": {"raw": "Why", "error_type": "E", "reasons": ["r"]},
                }
            },
            {"router:e", "has:reasons"},
            "Provider returned error: Why",
        ),
        ({"error": {"availability": {"retry_after": 5}}}, {"has:retry-after"}, ""),
        (
            {"error": {"status": "S", "details": [{"reason": "R"}, {"retryDelay": "5s"}]}},
            {"s", "r", "has:retry-after"},
            "",
        ),
        ({"error": None}, set(), ""),
        ({"error": {"message": {"a": 1}, "code": [], "metadata": 3}}, set(), ""),
        ([], set(), ""),
        (None, set(), ""),
    ],
)
def test_formats(body: object, codes: set[str], message: str) -> None:
    """Codes and message are found wherever the vendor puts them."""
    reply = read_error(400, {}, msgspec.json.encode(body), now=0)
    assert (codes, message, True) == (set(reply.codes), reply.message, reply.is_json)


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        ({"content-type": "text/html; charset=utf-8"}, b"<p>", "a web page (text/html)"),
        ({}, b"  <!DOCTYPE html>", "a web page (text/html)"),
        ({"content-type": "text/plain"}, b"404 page not found\n", "404 page not found"),
        ({}, b"", ""),
        ({}, b"\xff", "\ufffd"),
        ({}, b"\x1f\x8b\x08\x00 compressed", ""),
        ({}, b"[" * 100_000, "[" * 100_000),
    ],
)
def test_bodies_that_are_not_json(headers: dict[str, str], body: bytes, message: str) -> None:
    """Web pages are named, plain text is quoted, binary data is left out."""
    reply = read_error(500, headers, body, now=0)
    assert (message, False) == (reply.message, reply.is_json)


@pytest.mark.parametrize(
    ("code", "status"), [(429, 429), ("503", 503), (200, None), ("x", None), (None, None)]
)
def test_status_inside_a_stream(code: object, status: int | None) -> None:
    """In a stream the status, if any, is in the error object."""
    assert status == read_error_object({"code": code}).status


def test_retry_after_header_becomes_a_code() -> None:
    """The delay is kept, and rules can match it."""
    reply = read_error(402, {"retry-after": "3"}, b"{}", now=0)
    assert (3.0, {"has:retry-after"}) == (reply.retry_after, set(reply.codes))
    assert {"has:retry-after"} == read_error(503, {"retry-after": "3"}, b"oops", now=0).codes


@pytest.mark.parametrize(
    ("availability", "headers", "again", "wait"),
    [
        ({}, {}, set(), None),
        ({}, {"x-should-retry": "true"}, {RETRY_OK}, None),
        ({}, {"x-should-retry": "false"}, {RETRY_NEVER}, None),
        ({}, {"x-should-retry": "false", "retry-after": "3"}, set(), 3.0),
        ({"retryable": True}, {"x-should-retry": "false"}, {RETRY_OK}, None),
        ({"retryable": False}, {"x-should-retry": "true"}, {RETRY_NEVER}, None),
        ({"retryable": "yes", "retry_after": "soon"}, {}, set(), None),
        ({"retry_after": 4}, {"retry-after": "3"}, set(), 4.0),
    ],
)
def test_retry_codes(
    availability: object, headers: dict[str, str], again: set[str], wait: float | None
) -> None:
    """OpenRouter's own field wins over a header; with a delay it is not "never"."""
    body = msgspec.json.encode({"error": {"availability": availability}})
    reply = read_error(429, headers, body, now=0)
    assert (again, wait) == (set(reply.codes) - {"has:retry-after"}, reply.retry_after)
