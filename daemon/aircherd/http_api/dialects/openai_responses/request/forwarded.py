"""What of a request goes to a provider of the same API: its body, and headers with a meaning."""

from collections.abc import Mapping
from typing import Final

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.carriers import carried
from aircherd.http_api.dialects.common.reading import FIELDS, ITEMS
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.openai_responses.request.body import Body, Item
from aircherd.vocabulary.verbatim import VerbatimRequest

_HEADERS: Final = frozenset(
    {"session-id", "session_id", "thread-id", "conversation_id", "conversation-id", "originator"}
)
_PREFIXES: Final = ("openai-", "x-openai-", "x-codex-")
_ACCOUNT: Final = frozenset({"openai-organization", "openai-project"})
"""These belong to the client's own key, which is not the one that is used."""


def forward(call: ApiCall, body: Body, unsaid: str | None) -> VerbatimRequest:
    """Return what goes to a provider that speaks this API."""
    return VerbatimRequest(
        dialect="openai_responses",
        body=without_kept(call.body, body),
        headers=meaningful(call.headers),
        query=call.raw_query,
        unsaid=unsaid,
    )


def meaningful(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers that have a meaning for the vendor."""
    return tuple(
        (name, value)
        for name, value in headers.items()
        if name in _HEADERS or (name.startswith(_PREFIXES) and name not in _ACCOUNT)
    )


def without_kept(data: bytes, body: Body) -> bytes:
    """Return a body without the items that hold what other models need back.

    OpenAI refuses what it did not encrypt itself. All else stays as it came.
    """
    items = body.input
    if not isinstance(items, list):
        return data
    ours = {number for number, item in enumerate(items) if _is_ours(item)}
    if not ours:
        return data
    fields = FIELDS.decode(data)
    raws = ITEMS.decode(fields["input"])
    kept = [bytes(raw) for number, raw in enumerate(raws) if number not in ours]
    pairs = [
        json_bytes(name) + b":" + (b"[%b]" % b",".join(kept) if name == "input" else bytes(value))
        for name, value in fields.items()
    ]
    return b"{%b}" % b",".join(pairs)


def _is_ours(item: Item) -> bool:
    return item.type == "reasoning" and carried(item.encrypted_content or "") is not None
