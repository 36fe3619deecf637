"""Bodies that are compressed, or said to be, although that was not asked for (kind A6)."""

import gzip
import json
import sys
import zlib
from typing import Any

import brotli

from helpers.field.case import Case
from helpers.field.oddities import OK, WHOLE
from helpers.providers.byte_server import events, head

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EVENTS, BODY = events(*OK), json.dumps(WHOLE).encode()
GOOD: dict[str, Any] = {"text": "good", "finish": "stop"}
GZIP = "content-encoding: gzip"


def packed(name: str, data: bytes, *fields: str, **more: Any) -> Case:
    return Case(
        name=f"packed-{name}",
        reply=[head(200, "text/event-stream", *fields) + data],
        **(GOOD | more),
    )


def body(name: str, data: bytes, *fields: str, **more: Any) -> Case:
    return Case(
        name=f"packed-body-{name}",
        reply=[head(200, "application/json", f"content-length: {len(data)}", *fields) + data],
        request={"stream": False},
        **(GOOD | more),
    )


def refused(name: str, data: bytes, *fields: str, status: int = 429, **more: Any) -> Case:
    return Case(
        name=f"packed-refused-{name}",
        reply=[head(status, "application/json", f"content-length: {len(data)}", *fields) + data],
        **more,
    )


def pieces(name: str, data: bytes, *fields: str, **more: Any) -> Case:
    """Send each byte on its own."""
    cut = [data[at : at + 1] for at in range(len(data))]
    return Case(
        name=f"packed-pieces-{name}",
        reply=[head(200, "text/event-stream", *fields), *cut],
        **(GOOD | more),
    )


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def flushed(*blocks: bytes) -> bytes:
    """Return gzip that is flushed behind each block, as servers do with events."""
    made = zlib.compressobj(wbits=31)
    parts = [made.compress(block) + made.flush(zlib.Z_SYNC_FLUSH) for block in blocks]
    return b"".join(parts) + made.flush()


NOT = {"text": None, "finish": None, "not_whole": True}
NO_MONEY = json.dumps({"error": {"message": "no credit", "code": "insufficient_quota"}}).encode()
TOO_LONG = json.dumps(
    {"error": {"message": "too long", "code": "context_length_exceeded"}}
).encode()
HALF = events(OK[0], done=False)

CASES = [
    packed("gzip", gzip.compress(EVENTS), GZIP),
    packed("gzip-upper", gzip.compress(EVENTS), "Content-Encoding: GZIP"),
    packed("x-gzip", gzip.compress(EVENTS), "content-encoding: x-gzip"),
    packed("gzip-flushed", flushed(*(each + b"\n\n" for each in EVENTS.split(b"\n\n") if each)), GZIP),
    packed("gzip-members", gzip.compress(EVENTS[:40]) + gzip.compress(EVENTS[40:]), GZIP),
    packed("gzip-padded", gzip.compress(EVENTS) + b"\0" * 20, GZIP),
    packed("gzip-twice", gzip.compress(gzip.compress(EVENTS)), "content-encoding: gzip, gzip"),
    packed("gzip-twice-two-fields", gzip.compress(gzip.compress(EVENTS)), GZIP, GZIP),
    packed("gzip-said-twice", gzip.compress(EVENTS), "content-encoding: gzip, gzip"),
    packed("gzip-unsaid", gzip.compress(EVENTS)),
    packed("gzip-identity", gzip.compress(EVENTS), "content-encoding: identity"),
    packed("gzip-said-deflate", gzip.compress(EVENTS), "content-encoding: deflate"),
    packed("zlib-said-gzip", zlib.compress(EVENTS), GZIP),
    packed("raw-said-gzip", raw_deflate(EVENTS), GZIP),
    packed("deflate-gzip", gzip.compress(zlib.compress(EVENTS)), "content-encoding: deflate, gzip"),
    packed("aws-chunked", gzip.compress(EVENTS), "content-encoding: aws-chunked,gzip"),
    packed("plain-said-gzip", EVENTS, GZIP),
    packed("plain-said-br", EVENTS, "content-encoding: br"),
    packed("plain-said-zstd", EVENTS, "content-encoding: zstd"),
    packed("plain-said-deflate", EVENTS, "content-encoding: deflate"),
    packed("plain-said-utf-8", EVENTS, "content-encoding: utf-8"),
    packed("plain-said-nothing", EVENTS, "content-encoding:"),
    packed("plain-said-chunked", EVENTS, "content-encoding: chunked"),
    packed("zlib", zlib.compress(EVENTS), "content-encoding: deflate"),
    packed("raw", raw_deflate(EVENTS), "content-encoding: deflate"),
    packed("raw-stored", zlib.compress(EVENTS, 0)[2:-4], "content-encoding: deflate"),
    packed("br", brotli.compress(EVENTS), "content-encoding: br"),
    packed("zstd", zstd.compress(EVENTS), "content-encoding: zstd"),
    packed("zstd-unsaid", zstd.compress(EVENTS)),
    packed("zlib-unsaid", zlib.compress(EVENTS)),
    packed("zstd-said-gzip", zstd.compress(EVENTS), GZIP),
    packed("br-cut", brotli.compress(EVENTS)[:20], "content-encoding: br", **NOT),
    packed("zstd-cut", zstd.compress(EVENTS)[:30], "content-encoding: zstd", **NOT),
    packed("gzip-br", brotli.compress(gzip.compress(EVENTS)), "content-encoding: gzip, br"),
    body("br", brotli.compress(BODY), "content-encoding: br"),
    body("zstd", zstd.compress(BODY), "content-encoding: zstd"),
    refused("br", brotli.compress(NO_MONEY), "content-encoding: br", outcome="quota_exhausted", cools=600),
    refused("zstd", zstd.compress(NO_MONEY), "content-encoding: zstd", outcome="quota_exhausted", cools=600),
    pieces("br", brotli.compress(EVENTS), "content-encoding: br"),
    pieces("zstd", zstd.compress(EVENTS), "content-encoding: zstd"),
    pieces("gzip", gzip.compress(EVENTS), GZIP),
    pieces("gzip-unsaid", gzip.compress(EVENTS)),
    pieces("raw", raw_deflate(EVENTS), "content-encoding: deflate"),
    packed("gzip-no-trailer", gzip.compress(EVENTS)[:-8], GZIP),
    packed("gzip-cut", gzip.compress(EVENTS)[:30], GZIP, **NOT),
    packed("gzip-cut-flushed", flushed(HALF)[:-10], GZIP, **NOT),
    packed("gzip-of-half", gzip.compress(HALF), GZIP, **NOT),
    packed("zlib-cut", zlib.compress(EVENTS)[:20], "content-encoding: deflate", **NOT),
    packed("gzip-broken", gzip.compress(EVENTS)[:15] + b"\xff" * 40, GZIP, **NOT),
    packed("gzip-of-nothing", gzip.compress(b""), GZIP, **NOT),
    packed("unknown", b"\x01\x02\x03\x04\x05\x06" * 10, "content-encoding: dcb", **NOT),
    packed("bomb", gzip.compress(b" " * 60_000_000), GZIP, **NOT),
    body("gzip", gzip.compress(BODY), GZIP),
    body("gzip-unsaid", gzip.compress(BODY)),
    body("deflate", zlib.compress(BODY), "content-encoding: deflate"),
    body("raw", raw_deflate(BODY), "content-encoding: deflate"),
    body("plain-said-gzip", BODY, GZIP),
    body("plain-said-br", BODY, "content-encoding: br"),
    body("gzip-of-stream", gzip.compress(EVENTS), GZIP),
    body("gzip-cut", gzip.compress(BODY)[:30], GZIP, **NOT),
    body("zlib-said-gzip", zlib.compress(BODY), GZIP),
    refused("gzip", gzip.compress(NO_MONEY), GZIP, outcome="quota_exhausted", cools=600),
    refused("gzip-unsaid", gzip.compress(NO_MONEY), outcome="quota_exhausted", cools=600),
    refused("deflate", zlib.compress(NO_MONEY), "content-encoding: deflate", outcome="quota_exhausted", cools=600),
    refused("raw", raw_deflate(NO_MONEY), "content-encoding: deflate", outcome="quota_exhausted", cools=600),
    refused("plain-said-gzip", NO_MONEY, GZIP, outcome="quota_exhausted", cools=600),
    refused("plain-said-br", NO_MONEY, "content-encoding: br", outcome="quota_exhausted", cools=600),
    refused("zlib-said-gzip", zlib.compress(NO_MONEY), GZIP, outcome="quota_exhausted", cools=600),
    refused("gzip-cut", gzip.compress(NO_MONEY)[:-6], GZIP, outcome="quota_exhausted", cools=600),
    refused("gzip-context", gzip.compress(TOO_LONG), GZIP, status=400, outcome="context_too_long"),
    refused("gzip-page", gzip.compress(b"<html>no</html>"), GZIP, status=503, not_whole=True),
    Case(name="packed-error-in-200", reply=[head(200, "application/json", GZIP) + gzip.compress(NO_MONEY)], outcome="quota_exhausted"),
    Case(name="packed-claude", kind="anthropic", reply=[head(200, "text/event-stream", GZIP) + gzip.compress(events({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, done=False))], **GOOD),
    Case(name="packed-gemini", kind="gemini", reply=[head(200, "text/event-stream", GZIP) + gzip.compress(events({"candidates": [{"content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}]}, done=False))], **GOOD),
    Case(name="packed-ollama", kind="ollama", reply=[head(200, "application/x-ndjson", GZIP) + gzip.compress(b'{"message":{"content":"good"},"done":true}\n')], **GOOD),
]  # fmt: skip
