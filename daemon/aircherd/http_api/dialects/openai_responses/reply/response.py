"""The response that the first and the last events of a stream repeat, and its counts."""

from collections.abc import Iterable
from typing import Final

import msgspec

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.vocabulary.reply import Usage

_REASONS: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Finish -> why a response is incomplete; with any other finish it is complete."""


class Frame(msgspec.Struct, frozen=True):
    """What stays the same of a response: `echo` is what it repeats of its request, as JSON."""

    response_id: str
    created_at: int
    model: str
    echo: bytes


def response_json(
    frame: Frame,
    status: str,
    output: Iterable[bytes] = (),
    *,
    now: int | None = None,
    usage: Usage | None = None,
    error: dict[str, object] | None = None,
    reason: str | None = None,
    goes_on: bool = False,
) -> bytes:
    """Return a response as JSON.

    `now` is when it was completed, `reason` why it is incomplete. With `goes_on` the turn is not
    over: it continues when the conversation is sent back.
    """
    head: dict[str, object] = {
        "id": frame.response_id,
        "object": "response",
        "created_at": frame.created_at,
        "completed_at": now,
        "status": status,
        "background": False,
        "error": error,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": frame.model,
        "usage": usage_of(usage),
    }
    if goes_on:
        head["end_turn"] = False
    return b'%b,%b,"output":[%b]}' % (json_bytes(head)[:-1], frame.echo, b",".join(output))


def incomplete_reason(finish: str) -> str | None:
    """Return why a response with this finish is incomplete, None if it is complete."""
    return _REASONS.get(finish)


def usage_of(usage: Usage | None) -> dict[str, object] | None:
    """Return the counts of a response, None if they are unknown."""
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
