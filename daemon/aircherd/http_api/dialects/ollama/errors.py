"""Errors in Ollama's form: `{error: "text"}`, also as the last line of a stream."""

from typing import Final

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.problem import Problem

_STATUS: Final = {
    "invalid_request": 400,
    "context_length": 400,
    "unsupported": 400,
    "authentication": 401,
    "not_signed_in": 401,
    "permission": 403,
    "usage_limit": 429,
    "rate_limit": 429,
    "not_found": 404,
    "method": 405,
    "too_large": 413,
    "overloaded": 503,
    "unavailable": 502,
    "timeout": 504,
    "interrupted": 502,
    "internal": 500,
}


def error_body(problem: Problem) -> tuple[int, bytes]:
    """Return the status and the body of an error."""
    return _STATUS[problem.kind], json_bytes({"error": problem.message})


def error_line(problem: Problem) -> bytes:
    """Return the line that ends a stream with an error."""
    return error_body(problem)[1] + b"\n"
