"""A request as Claude Code sends it: 25 tools, marks, an effort, betas, and about 60 kB."""

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.writing import json_bytes

_BETAS = (
    "claude-code-20250219,context-1m-2025-08-07,interleaved-thinking-2025-05-14,"
    "context-management-2025-06-27,prompt-caching-scope-2026-01-05,effort-2025-11-24"
)
_MARK = {"type": "ephemeral", "ttl": "1h"}


def _tool(number: int) -> dict[str, object]:
    fields = {
        f"option_{n}": {"type": "string", "description": f"Option {n} of tool {number}."}
        for n in range(10)
    }
    return {
        "name": f"Tool{number}",
        "description": f"Does the work number {number}. " + "It explains itself at length. " * 30,
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": fields,
            "required": ["option_0"],
            "additionalProperties": False,
        },
        "eager_input_streaming": True,
    }


def claude_code_body(rounds: int = 4) -> dict[str, object]:
    """Return the body of a request in the middle of its work."""
    messages: list[dict[str, object]] = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>\nBe careful.\n</system-reminder>\n"},
                {"type": "text", "text": "Fix the bug.", "cache_control": _MARK},
            ],
        }
    ]
    for number in range(rounds):
        call = f"toolu_{number:024}"
        messages += [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "", "signature": "EpkBCkYIBxgC" * 20},
                    {"type": "text", "text": "I look at the file."},
                    {
                        "type": "tool_use",
                        "id": call,
                        "name": "Tool1",
                        "input": {"option_0": f"/src/file_{number}.py"},
                    },
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": call,
                        "content": "     1\tdef work() -> None:\n" * 60,
                    }
                ],
            },
        ]
    messages.append({"role": "system", "content": "Two files were changed."})
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 64_000,
        "stream": True,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": '{"device_id":"0f","account_uuid":"","session_id":"6f1c-77"}'},
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.197; cch=1a2b;"},
            {"type": "text", "text": "You are an agent.", "cache_control": _MARK},
            {"type": "text", "text": "Follow the rules. " * 200, "cache_control": _MARK},
        ],
        "tools": [_tool(number) for number in range(25)],
        "messages": messages,
    }


def claude_code_request(rounds: int = 4) -> ApiCall:
    """Return the request."""
    return ApiCall(
        method="POST",
        path="/v1/messages",
        query={"beta": "true"},
        headers={"anthropic-version": "2023-06-01", "anthropic-beta": _BETAS},
        body=json_bytes(claude_code_body(rounds)),
    )
