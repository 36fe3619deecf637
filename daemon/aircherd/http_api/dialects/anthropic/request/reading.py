"""Reads a request of the Anthropic Messages API: pure.

| field | what becomes of it where a provider of another API answers |
|---|---|
| `model`, `max_tokens`, `stream`, `stop_sequences`, `temperature`, `top_p` | said |
| `system`, `messages`, `tools`, `tool_choice` | said, see `messages` and `tools` |
| `thinking`, `output_config`, `output_format` | said, see `options` |
| `metadata.user_id` | names the conversation |
| `top_k`, `service_tier`, `cache_control`, `context_management` | left out |
| `diagnostics`, `fallbacks` | left out |
| `speed`, `container`, `inference_geo`, `mcp_servers`, `max_tokens: 0` | unsaid |
| all other fields, types of blocks in messages of the user, and types of tools | unsaid |

A provider of this API gets all of it as it came, see `forwarding`.
"""

from typing import Final

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.anthropic.request import blocks
from aircherd.http_api.dialects.anthropic.request.fields import (
    EMPTY,
    OUTPUT_CONFIG,
    REQUEST,
    UNSAID,
    Request,
)
from aircherd.http_api.dialects.anthropic.request.forwarding import verbatim_request
from aircherd.http_api.dialects.anthropic.request.messages import messages_of, read_turns
from aircherd.http_api.dialects.anthropic.request.options import (
    OutputConfig,
    Shown,
    conversation_of,
    effort_of,
    format_of,
    shown_thinking,
)
from aircherd.http_api.dialects.anthropic.request.tools import choice_of, read_tools
from aircherd.http_api.dialects.anthropic.request.unknown import Unsaid, read_strictly, wrong
from aircherd.http_api.dialects.common.attached import cache_mark
from aircherd.http_api.dialects.common.reading import ITEMS, check_body, no_json
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.parts import TextPart

ATTRIBUTION: Final = "x-anthropic-billing-header:"
"""How the first block of Claude Code's system prompt begins. It differs in each request, so it
would spoil other vendors' prompt caches."""


_CLAUDE_CODE: Final = "claude-cli/"
"""How Claude Code's user agent begins. It forgets the thinking of an answer whose model is not the
one that it asked for (2.1.197), and with it what the model needs back."""


class Style(msgspec.Struct, frozen=True):
    """What the writers need to know of a request.

    `model` is the name that a reply has to bear, None for that of the model. `lists_sources`: the
    client takes the sources of a search from blocks of their own.
    """

    thinking: Shown
    model: str | None = None
    lists_sources: bool = False


def read_chat(call: ApiCall) -> ChatRead:
    """Read a request.

    Raises:
        RequestProblem: it is no JSON, or does not have the form of a request.
    """
    unsaid = Unsaid()
    request = _read_fields(call.body, unsaid)
    turns = read_turns(request.messages, unsaid)
    chat = _chat(request, turns, unsaid)
    is_claude_code = call.headers.get("user-agent", "").startswith(_CLAUDE_CODE)
    named = request.model if is_claude_code else None
    verbatim = verbatim_request(call, request, turns, unsaid=unsaid.text(), reply_model=named)
    searches = is_claude_code and any(tool.type == "web_search" for tool in chat.tools)
    style = Style(shown_thinking(request.thinking), named, searches)
    return ChatRead(chat=chat, verbatim=verbatim, style=style)


def _read_fields(body: bytes, unsaid: Unsaid) -> Request:
    check_body(body)
    try:
        return REQUEST.decode(body)
    except msgspec.ValidationError:
        return read_strictly(REQUEST, body, "", unsaid)
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None


def _chat(request: Request, turns: list[blocks.Turn], unsaid: Unsaid) -> ChatRequest:
    _note_unsaid(request, unsaid)
    messages = messages_of(turns, unsaid)
    system = _system(request.system, messages, unsaid) if request.system else None
    tools = read_tools(request.tools, unsaid) if request.tools else []
    choice = request.tool_choice
    config = _output_config(request, unsaid)
    return ChatRequest(
        messages=messages,
        model=request.model,
        system=system,
        tools=tools,
        tool_choice=choice_of(choice, tools, unsaid),
        parallel_tool_calls=False if choice and choice.disable_parallel_tool_use else None,
        response_format=format_of(config.format if config else None, request.output_format),
        reasoning=effort_of(request.thinking, config),
        max_tokens=request.max_tokens or (None if request.max_tokens is None else 1),
        temperature=_sampling(request.temperature),
        top_p=_sampling(request.top_p),
        stop=request.stop_sequences or [],
        stream=bool(request.stream),
        conversation=conversation_of(request.metadata, request.model),
        extra=_priced(request),
    )


def _sampling(value: float | None) -> float | None:
    """Return a temperature or `top_p`: 1 changes nothing, and many models take none at all."""
    return None if value == 1 else value


def _note_unsaid(request: Request, unsaid: Unsaid) -> None:
    if request.max_tokens == 0:
        unsaid.add("max_tokens 0")  # only fills the vendor's cache
    for name in UNSAID:
        if (raw := getattr(request, name)) and bytes(raw) not in EMPTY:
            unsaid.add(name)


def _priced(request: Request) -> dict[str, object]:
    """Return options with a price of their own, so that it is not taken for the usual one.

    They are unsaid, so they are never merged into the request of another API.
    """
    if not (request.speed or request.container or request.inference_geo):
        return {}
    raws = {name: getattr(request, name) for name in UNSAID[:3]}
    return {
        name: msgspec.json.decode(raw)
        for name, raw in raws.items()
        if raw and bytes(raw) not in EMPTY
    }


def _output_config(request: Request, unsaid: Unsaid) -> OutputConfig | None:
    raw = request.output_config
    if not raw or bytes(raw) == b"null":
        return None
    return read_strictly(OUTPUT_CONFIG, raw, "output_config", unsaid)


# ------------------------------------------------------------------ the system prompt


def _system(raw: msgspec.Raw, messages: list[Message], unsaid: Unsaid) -> str | None:
    """Return the system prompt. With cache marks it is put before the messages instead.

    Raises:
        RequestProblem: it is neither a text nor a list of texts.
    """
    texts = _system_blocks(raw, unsaid)
    if isinstance(texts, str) or texts is None:
        return texts
    kept = [each for each in texts if not each.text.startswith(ATTRIBUTION)]
    if not any(each.cache_control for each in kept):
        return "\n\n".join(each.text for each in kept) or None
    parts = [TextPart(each.text, cache=cache_mark(each.cache_control)) for each in kept]
    messages.insert(0, Message("system", [*parts]))
    return None


def _system_blocks(raw: msgspec.Raw, unsaid: Unsaid) -> str | list[blocks.Text] | None:
    try:
        known: str | list[blocks.Text] | None = blocks.SYSTEM.decode(raw)
    except msgspec.ValidationError as error:
        texts = ITEMS.decode(raw) if bytes(raw)[:1] == b"[" else []
        if not 0 < len(texts) <= blocks.MAX_SYSTEM:
            raise wrong(error, "system") from None
    except (ValueError, RecursionError) as error:
        raise invalid(f"system: is not JSON: {error}", "system") from None
    else:
        return known
    return [
        read_strictly(blocks.TEXT, each, f"system[{number}]", unsaid)
        for number, each in enumerate(texts)
    ]
