"""Errors inside of a 200, in the events and bodies of every API (kind A7)."""

import json
from typing import Any

from helpers.field.case import Case
from helpers.providers.byte_server import Reply, head, whole

CASES: list[Case] = []
PLAIN = {"message": "Insufficient balance"}


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def data(value: object) -> bytes:
    text = value if isinstance(value, bytes) else encoded(value)
    return b"data: " + text + b"\n\n"


def sse(*events: bytes) -> Reply:
    return [head() + b"".join(events)]


def add(name: str, reply: Reply, outcome: str = "quota_exhausted", **more: Any) -> None:
    CASES.append(Case(name=f"inside-{name}", reply=reply, outcome=outcome, **more))


ANTHROPIC: dict[str, Any] = {"kind": "anthropic"}
add(
    "anthropic-1",
    sse(
        b"event: error\ndata: "
        + encoded({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
        + b"\n\n"
    ),
    "overloaded",
    **ANTHROPIC,
)
add(
    "anthropic-2",
    whole(
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "prompt is too long: 3 tokens > 2 maximum",
            },
        }
    ),
    "context_too_long",
    **ANTHROPIC,
)
add("anthropic-3", sse(b"data: " + encoded({"error": PLAIN}) + b"\n\n"), **ANTHROPIC)
add("anthropic-4", whole({"code": 1113, "msg": "余额不足"}), **ANTHROPIC)
add("anthropic-5", sse(b"event: error\ndata: Insufficient balance\n\n"), **ANTHROPIC)
add("anthropic-6", whole({"success": False, "message": "Insufficient balance"}), **ANTHROPIC)
add(
    "anthropic-7",
    whole({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
    **ANTHROPIC,
)
add("anthropic-8", whole(b"Insufficient balance", kind="text/plain"), **ANTHROPIC)
add(
    "anthropic-9",
    sse(
        b'data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"m","usage":{"input_tokens":1,"output_tokens":1}}}\n\n',
        b"event: error\ndata: "
        + encoded(
            {
                "type": "error",
                "error": {
                    "type": "rate_limit_error",
                    "message": "This request would exceed your account's rate limit.",
                },
            }
        )
        + b"\n\n",
    ),
    "rate_limited",
    **ANTHROPIC,
)
GEMINI: dict[str, Any] = {"kind": "gemini"}
add(
    "gemini-1",
    sse(
        b"data: "
        + encoded(
            {
                "error": {
                    "code": 429,
                    "message": "Resource exhausted",
                    "status": "RESOURCE_EXHAUSTED",
                }
            }
        )
        + b"\n\n"
    ),
    "rate_limited",
    **GEMINI,
)
add(
    "gemini-2",
    whole(
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid.",
                    "status": "INVALID_ARGUMENT",
                    "details": [{"reason": "API_KEY_INVALID"}],
                }
            }
        ]
    ),
    "auth_rejected",
    **GEMINI,
)
add(
    "gemini-3",
    whole({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    "overloaded",
    **GEMINI,
)
add(
    "gemini-4",
    sse(
        b"data: "
        + encoded(
            [
                {
                    "error": {
                        "code": 503,
                        "message": "The model is overloaded.",
                        "status": "UNAVAILABLE",
                    }
                }
            ]
        )
        + b"\n\n"
    ),
    "overloaded",
    **GEMINI,
)
add(
    "gemini-5",
    sse(
        b"data: "
        + encoded({"candidates": [], "error": {"code": 503, "message": "The model is overloaded."}})
        + b"\n\n"
    ),
    "overloaded",
    **GEMINI,
)
OLLAMA: dict[str, Any] = {"kind": "ollama"}
add(
    "ollama-1",
    whole({"error": "the input length exceeds the context length"}),
    "context_too_long",
    **OLLAMA,
)
add(
    "ollama-2",
    [head(200, "application/x-ndjson") + b'{"error":"model requires more system memory"}\n'],
    "provider_error",
    **OLLAMA,
)
add(
    "ollama-3",
    [
        head(200, "application/x-ndjson")
        + b'{"model":"m","message":{"role":"assistant","content":""},"done":false}\n{"error":"you (x) have reached your weekly usage limit"}\n'
    ],
    "quota_exhausted",
    **OLLAMA,
)
add(
    "ollama-4",
    whole({"error": "you (x) have reached your session usage limit"}, 429),
    "quota_exhausted",
    **OLLAMA,
)
add(
    "ollama-5",
    whole(
        {
            "StatusCode": 429,
            "Status": "429 Too Many Requests",
            "error": "too many concurrent requests",
        }
    ),
    "rate_limited",
    **OLLAMA,
)
RESPONSES: dict[str, Any] = {"lines": ('api = "responses"',)}


def event(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\n" + data({"type": kind, **fields})


add(
    "responses-1",
    sse(
        event(
            "response.failed",
            response={
                "id": "r",
                "status": "failed",
                "error": {
                    "code": "insufficient_quota",
                    "message": "You exceeded your current quota",
                },
            },
        )
    ),
    **RESPONSES,
)
add(
    "responses-2",
    sse(
        event(
            "response.failed",
            response={
                "id": "r",
                "status": "failed",
                "error": {"code": "context_length_exceeded", "message": "too long"},
            },
        )
    ),
    "context_too_long",
    **RESPONSES,
)
add(
    "responses-3",
    sse(event("error", code="rate_limit_exceeded", message="Rate limit reached", param=None)),
    "rate_limited",
    **RESPONSES,
)
add(
    "responses-4",
    sse(event("error", error={"code": "rate_limit_exceeded", "message": "Rate limit reached"})),
    "rate_limited",
    **RESPONSES,
)
add("responses-5", whole({"error": {"message": "Insufficient balance"}}), **RESPONSES)
add("responses-6", whole({"detail": "Insufficient balance"}), **RESPONSES)
add(
    "responses-7",
    sse(
        event(
            "response.failed",
            response={
                "id": "r",
                "status": "failed",
                "error": {"code": "server_is_overloaded", "message": "x"},
            },
        )
    ),
    "overloaded",
    **RESPONSES,
)
add(
    "responses-9",
    sse(
        event(
            "response.failed",
            response={
                "id": "r",
                "status": "failed",
                "error": {"code": "usage_limit_reached", "message": "x", "resets_in_seconds": 7200},
            },
        )
    ),
    "quota_exhausted",
    cools=7000,
    **RESPONSES,
)
add(
    "chat-1",
    sse(
        b"data: "
        + encoded(
            {
                "choices": [
                    {
                        "index": 0,
                        "delta": {},
                        "finish_reason": "error",
                        "error": {"code": 429, "message": "Rate limit reached"},
                    }
                ]
            }
        )
        + b"\n\n"
    ),
    "rate_limited",
)
add(
    "chat-2",
    sse(
        b"data: "
        + encoded({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": None}]})
        + b"\n\ndata: "
        + encoded({"error": PLAIN})
        + b"\n\ndata: [DONE]\n\n"
    ),
)
add("chat-3", sse(b"data: [ERROR] Insufficient balance\n\n"))
add("chat-4", sse(b"data: Error: Insufficient balance\n\n"))
add(
    "chat-5",
    sse(
        b": keep-alive\n\ndata: "
        + encoded({"object": "error", "message": "Insufficient balance", "code": 402})
        + b"\n\n"
    ),
)
add(
    "chat-6", sse(b"event: error\ndata: " + encoded({"status_code": 402, "message": "x"}) + b"\n\n")
)
add("chat-7", sse(b"error: Insufficient balance\n\n"))
add("chat-8", sse(encoded({"error": PLAIN}) + b"\n\n"))
add("chat-9", whole(b"Insufficient balance", kind="text/plain"))
add("chat-10", sse(b"data: " + encoded({"error": "Insufficient balance", "status": 402}) + b"\n\n"))
add("chat-11", sse(b"data: " + encoded({"error": {"error": PLAIN}}) + b"\n\n"))
add("chat-12", sse(b"data: " + encoded({"error": encoded({"error": PLAIN}).decode()}) + b"\n\n"))
add("chat-13", sse(b"data: " + json.dumps(encoded({"error": PLAIN}).decode()).encode() + b"\n\n"))
add("chat-14", whole(json.dumps(encoded({"error": PLAIN}).decode()).encode()))
add("chat-15", sse(b"data: " + encoded({"code": "insufficient_quota", "message": "x"}) + b"\n\n"))
add(
    "chat-16",
    sse(
        b"data: "
        + encoded(
            {
                "id": "",
                "choices": [],
                "created": 0,
                "message": "Insufficient balance",
                "code": 30001,
            }
        )
        + b"\n\n"
    ),
)
add(
    "chat-17",
    sse(
        b"data: "
        + encoded(
            {
                "choices": [{"index": 0, "message": {"content": ""}, "finish_reason": "error"}],
                "error": PLAIN,
            }
        )
        + b"\n\n"
    ),
)
add(
    "chat-18",
    sse(b"data: " + encoded({"errorCode": "x", "errorMessage": "Insufficient balance"}) + b"\n\n"),
)
add("chat-19", sse(b"data: " + encoded({"status": "error", "error_info": PLAIN}) + b"\n\n"))
add("chat-20", whole({"status": 402, "title": "Payment Required"}))
add("chat-21", whole({"message": "Insufficient balance", "data": None, "code": -1}))
add("chat-22", whole({"msg": "Insufficient balance", "code": "500"}))
add("chat-23", whole({"code": 500, "msg": "Insufficient balance", "data": {}}))
add("chat-24", whole({"code": 20001, "msg": "Insufficient balance", "data": ""}))
add(
    "chat-25",
    whole({"error_description": "The access token expired", "error": "invalid_token"}),
    "auth_rejected",
)
add("chat-26", whole({"result": {"error": PLAIN}}))
add("chat-27", whole({"response": {"error": PLAIN}}))
add("chat-28", whole({"data": {"error": PLAIN}}))
add("chat-29", whole({"status": {"code": 402, "message": "x"}}))
add(
    "chat-30",
    whole({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"}),
    "auth_rejected",
)
add("chat-31", whole({"state": "fail", "info": "Insufficient balance"}))
add("chat-32", whole([{"error": PLAIN}]))
add("chat-33", whole({"request_id": "x", "code": "Arrearage", "message": "Access denied"}))
add(
    "chat-34",
    whole(
        {"output": None, "code": "Throttling.RateQuota", "message": "Requests rate limit exceeded"}
    ),
    "rate_limited",
)
add("chat-35", whole({"Code": "Throttling", "Message": "x"}), "rate_limited")
add("chat-36", whole({"errors": [{"message": "Insufficient balance"}], "data": None}))
add("chat-37", whole({"isError": True, "message": "Insufficient balance"}))
add(
    "chat-38",
    whole({"error_code": 336501, "error_msg": "Rate limit reached for RPM", "id": "x"}),
    "rate_limited",
)
