"""Pictures whose bytes are not what their label says (kind A8)."""

import base64
from collections.abc import Callable
from typing import Any

from helpers.field.case import Case
from helpers.field.oddities import OK
from helpers.providers.byte_server import Received, Reply, head, stream, whole

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 40
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
GIF = b"GIF89a\x01\0\x01\0" + b"\0" * 40
WEBP = b"RIFF\x30\0\0\0WEBPVP8 " + b"\0" * 40

CLAUDE = stream(
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "good"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    done=False,
)
GEMINI = stream(
    {"candidates": [{"content": {"parts": [{"text": "good"}]}, "finishReason": "STOP"}]}, done=False
)
RESPONSES = stream(
    {
        "type": "response.completed",
        "response": {
            "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "good"}]}],
        },
    },
    done=False,
)
OLLAMA = [head(200, "application/x-ndjson") + b'{"message":{"content":"good"},"done":true}\n']

KINDS: tuple[tuple[str, str, tuple[str, ...], Reply], ...] = (
    ("chat", "openai", (), stream(*OK)),
    ("router", "openrouter", (), stream(*OK)),
    ("responses", "openai", ('api = "responses"',), RESPONSES),
    ("claude", "anthropic", (), CLAUDE),
    ("gemini", "gemini", (), GEMINI),
    ("ollama", "ollama", (), OLLAMA),
)


def wants(label: str, data: bytes, reply: Reply) -> Callable[[Received], Reply]:
    """Return an answer to a request with this picture by this label; any other is refused."""
    encoded = base64.b64encode(data)

    def answer(received: Received) -> Reply:
        others = {b"image/jpeg", b"image/png", b"image/gif", b"image/webp", b"image/jpg"} - {
            label.encode()
        }
        has_label = label.encode() in received.body or b'"images"' in received.body
        if (
            encoded in received.body
            and has_label
            and not any(other in received.body for other in others)
        ):
            return reply
        return whole({"error": {"message": "the image does not match its media type"}}, 400)

    return answer


def picture(data: bytes, label: str, **more: Any) -> dict[str, Any]:
    return {"type": "image", "data": base64.b64encode(data).decode(), "media_type": label, **more}


def asked(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, *parts]}]}


def in_result(part: dict[str, Any]) -> dict[str, Any]:
    call = {"type": "tool_call", "id": "toolu_1", "name": "look", "arguments": "{}"}
    result = {
        "type": "tool_result",
        "id": "toolu_1",
        "content": [{"type": "text", "text": "so"}, part],
    }
    return {
        "messages": [
            {"role": "user", "content": "look"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ]
    }


CASES = [
    *(
        Case(name=f"picture-{kind_name}-{data_name}", kind=kind, lines=more, reply=wants(right, data, reply), request=asked(picture(data, wrong)), text="good")
        for kind_name, kind, more, reply in KINDS
        for data_name, data, right, wrong in (
            ("jpeg-as-png", JPEG, "image/jpeg", "image/png"),
            ("png-as-jpeg", PNG, "image/png", "image/jpeg"),
            ("webp-as-png", WEBP, "image/webp", "image/png"),
            ("gif-as-webp", GIF, "image/gif", "image/webp"),
            ("png-as-png", PNG, "image/png", "image/png"),
            ("jpeg-as-jpg", JPEG, "image/jpeg", "image/jpg"),
        )
        if not (kind == "gemini" and "gif" in data_name)
    ),
    *(
        Case(name=f"picture-labelled-{name}", kind="anthropic", reply=wants("image/jpeg", JPEG, CLAUDE), request=asked(picture(JPEG, label)), text="good")
        for name, label in (
            ("octets", "application/octet-stream"), ("upper", "IMAGE/PNG"), ("bmp", "image/bmp"), ("pjpeg", "image/pjpeg"),
            ("heic", "image/heic"), ("any", "image/*"), ("parameter", "image/png; charset=binary"), ("spaces", " image/png "), ("x-png", "image/x-png"),
        )
    ),
    *(
        Case(name=f"picture-in-result-{kind_name}", kind=kind, lines=more, reply=wants("image/jpeg", JPEG, reply), request=in_result(picture(JPEG, "image/png")), text="good")
        for kind_name, kind, more, reply in KINDS
    ),
]  # fmt: skip
