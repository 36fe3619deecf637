"""Thinking in Chat Completions: requesting it, showing it, and checking what is sent back.

OpenAI neither shows it nor accepts it. Compatible servers show it in one of two fields
(`Behaviour.reasoning_field`): those with `reasoning_content` require it back with the tool calls it
led to, like DeepSeek; those with `reasoning` accept no other name, like Groq. OpenRouter uses
`reasoning_details`: texts with the model's signature, which must be sent back unchanged.
Sources: the vendors' documentation, and refusals reported in issues, November 2026.
"""

from typing import Any

from aircherd.testing.simulator import script
from aircherd.testing.simulator.context import Context
from aircherd.testing.simulator.errors.bodies import Refusal, refuse

Json = dict[str, Any]

DETAILS = "reasoning_details"
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
FEW_EFFORTS = ("low", "medium", "high")
_FORMAT: Json = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}


def field_of(context: Context) -> str | None:
    """Return the field in which thinking is shown, None if it is not shown."""
    if context.vendor == "openrouter":
        return DETAILS
    return context.behaviour.reasoning_field


def wants_thinking(context: Context) -> bool:
    """Return whether the request turns thinking on. It is off by default.

    Raises:
        Refusal: the parameter is invalid.
    """
    body = context.body
    effort = body.get("reasoning_effort")
    if context.vendor == "openrouter" and body.get("reasoning") is not None:
        asked = body["reasoning"]
        if asked.get("effort") is not None and asked.get("max_tokens") is not None:
            raise refuse(
                "openrouter",
                'Only one of "reasoning.effort" and "reasoning.max_tokens" may be specified',
            )
        effort = asked.get("effort") or ("medium" if _is_on(asked) else None)
    if effort is None:
        return False
    known = FEW_EFFORTS if context.behaviour.reasoning_field else EFFORTS
    if effort not in known:
        raise refuse(
            context.vendor,
            f"Invalid value: '{effort}'. Supported values are: {known}.",
            param="reasoning_effort",
        )
    return bool(effort != "none")


def _is_on(asked: Json) -> bool:
    return bool(asked.get("enabled") or asked.get("max_tokens"))


# ------------------------------------------------------------------ shown


def shown_deltas(field: str | None, thoughts: list[str], *, hidden: bool) -> list[list[Json]]:
    """Return the deltas in which thinking is streamed: a list for each piece.

    OpenRouter's signature follows the last piece, without text.
    """
    if field is None or hidden or not thoughts:
        return []
    if field != DETAILS:
        return [[{"content": None, field: piece}] for piece in thoughts]
    signature = script.signature("".join(thoughts))
    deltas = [[_detailed(piece, {"text": piece})] for piece in thoughts]
    deltas[-1].append(_detailed(None, {"signature": signature}))
    return deltas


def _detailed(text: str | None, detail: Json) -> Json:
    return {
        "role": "assistant",
        "content": "",
        "reasoning": text,
        DETAILS: [{**_FORMAT, **detail}],
    }


def shown_whole(field: str | None, thoughts: list[str], *, hidden: bool) -> Json:
    """Return the fields of a complete message that show its thinking."""
    text = "".join(thoughts)
    if field is None or hidden or not text:
        return {}
    if field != DETAILS:
        return {field: text}
    detail = {**_FORMAT, "text": text, "signature": script.signature(text)}
    return {"reasoning": text, DETAILS: [detail]}


# ------------------------------------------------------------------ back


def check_returned(context: Context, messages: list[Json], *, thinks: bool) -> None:
    """Check the thinking in earlier messages of a conversation.

    Raises:
        Refusal: it has another format, was changed, or is missing before a tool call.
    """
    if context.vendor not in ("openai", "openrouter"):
        return
    field = field_of(context)
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        if field == DETAILS:
            _check_details(message)
        else:
            _check_names(context, message, at, field)
        wanted = field if thinks and field in (DETAILS, "reasoning_content") else None
        if wanted and message.get("tool_calls") and not message.get(wanted):
            raise _missing(context, wanted)


def _check_names(context: Context, message: Json, at: int, field: str | None) -> None:
    for name in ("reasoning", "reasoning_content", DETAILS):
        if name not in message or name == field:
            continue
        if field is None:
            unknown = f"Unknown parameter: 'messages[{at}].{name}'."
            raise refuse(context.vendor, unknown, code="unknown_parameter")
        raise refuse(
            context.vendor,
            f"'messages.{at}' : for 'role:assistant' the following must be satisfied"
            f"[('messages.{at}' : property '{name}' is unsupported)]",
        )


def _check_details(message: Json) -> None:
    for detail in message.get(DETAILS) or []:
        if detail["type"] == "reasoning.text":
            signed = script.signature(detail.get("text") or "")
            if detail.get("signature") != signed:
                raise _at_the_maker("Invalid `signature` in `thinking` block")


def _missing(context: Context, field: str) -> Refusal:
    if field == DETAILS:
        return _at_the_maker("Expected `thinking` or `redacted_thinking`, but found `tool_use`")
    return refuse(
        context.vendor, f"The `{field}` in the thinking mode must be passed back to the API."
    )


def _at_the_maker(message: str) -> Refusal:
    """Return the refusal of the model's vendor, as OpenRouter passes it on."""
    return refuse("openrouter", f"Provider returned error: messages.1.content.0: {message}")
