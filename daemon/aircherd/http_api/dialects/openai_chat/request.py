"""Reads a request of `/chat/completions`."""

import hashlib
from typing import Final, cast, get_args

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import (
    LARGE_BODY,
    MAX_PARTS,
    MAX_TOOLS,
    check_number,
)
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat.body import ChatBody, read_body
from aircherd.http_api.dialects.openai_chat.fields import (
    check_refused,
    priced_fields,
    unsaid_fields,
)
from aircherd.http_api.dialects.openai_chat.messages import Conversation
from aircherd.http_api.dialects.openai_chat.thought_marks import without_marks
from aircherd.http_api.dialects.openai_chat.tools import read_choice, read_format, read_tools
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import MAX_OUTPUT_TOKENS, ChatRequest, Effort, Modality
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.verbatim import VerbatimRequest

_PASSED: Final = frozenset({"x-anthropic-beta", "x-grok-conv-id"})
_PASSED_BEGIN: Final = "openai-"
_ACCOUNT: Final = frozenset({"openai-organization", "openai-project"})
"""Belong to a key, and the key is not the client's."""

SESSION_HEADER: Final = "x-session-affinity"
"""In which opencode names its conversation, so that it stays with one model."""

_MAX_NAMED: Final = 5
"""How many fields a message names that have no word of ours."""
_MAX_SHOWN: Final = 200
_MAX_CONVERSATION: Final = 200
_EFFORTS: Final = frozenset(get_args(Effort))
_MODALITIES: Final = frozenset(get_args(Modality))
_NO_TOOLS: Final[list[Tool]] = []


class Style(msgspec.Struct, frozen=True):
    """What the writers need to know of a request.

    - `include_usage`: a stream ends with the token counts.
    - `shows_thinking`: thinking is wanted.
    - `has_tools`: calls may come, and carry marks.
    """

    include_usage: bool = False
    shows_thinking: bool = True
    has_tools: bool = False


def read_chat(call: ApiCall) -> ChatRead:
    """Read a chat; see `Dialect`.

    Raises:
        RequestProblem: it is no JSON, has wrong types, or asks for what nothing can do.
    """
    body, unknown = read_body(call.body)
    if not body.model:
        raise invalid("model: is missing: name an alias, or provider/model", "model")
    if len(call.body) >= LARGE_BODY:
        _check_numbers(body)
    check_refused(body)
    unsaid = unsaid_fields(body) + unknown
    extra = priced_fields(body, unsaid) if unsaid else {}
    conversation = Conversation()
    conversation.add(body.messages)
    if conversation.unsaid:
        unsaid += conversation.unsaid
    tools = read_tools(body.tools, call.body) if body.tools else _NO_TOOLS
    chat = ChatRequest(
        messages=conversation.messages,
        model=body.model,
        tools=tools,
        tool_choice=read_choice(body.tool_choice, tools, unsaid),
        parallel_tool_calls=body.parallel_tool_calls if tools else None,
        response_format=read_format(body.response_format, unsaid),
        reasoning=_effort(body, unsaid),
        max_tokens=_max_tokens(body),
        temperature=None if body.temperature == 1 else body.temperature,
        top_p=None if body.top_p == 1 else body.top_p,
        stop=_stop(body.stop),
        modalities=None if body.modalities is None else _modalities(body.modalities, unsaid),
        stream=body.stream is True,
        conversation=_conversation(
            body.prompt_cache_key or body.session_id or call.headers.get(SESSION_HEADER)
        ),
        extra=extra,
    )
    verbatim = VerbatimRequest(
        dialect="openai_chat",
        body=without_marks(call.body, conversation.marked) if conversation.marked else call.body,
        headers=passed_headers(call),
        query=call.raw_query,
        unsaid=_named(unsaid) if unsaid else None,
    )
    return ChatRead(chat=chat, verbatim=verbatim, style=_style(body))


def _check_numbers(body: ChatBody) -> None:
    """Check that a large request does not have too many parts."""
    parts = len(body.messages)
    for message in body.messages:
        content = message.content
        parts += len(message.tool_calls or ())
        if content is not None and not isinstance(content, str):
            parts += len(content)
    check_number(parts, MAX_PARTS, "messages")
    check_number(len(body.tools or ()), MAX_TOOLS, "tools")


def passed_headers(call: ApiCall) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request that mean something to a vendor."""
    return tuple([(name, value) for name, value in call.headers.items() if _passes(name)])


def _passes(name: str) -> bool:
    return name in _PASSED or (name.startswith(_PASSED_BEGIN) and name not in _ACCOUNT)


def _style(body: ChatBody) -> Style:
    options = body.stream_options
    hides = body.include_reasoning is False or (body.reasoning and body.reasoning.exclude)
    return Style(
        include_usage=options is not None and options.include_usage is True,
        shows_thinking=not hides,
        has_tools=bool(body.tools),
    )


def _named(unsaid: list[str]) -> str:
    names = unsaid[:_MAX_NAMED]
    more = len(unsaid) - len(names)
    return ", ".join([*map(_shown, names), *([f"and {more} more"] if more else [])])


def _shown(name: str) -> str:
    """Return the name of a client's field as it may be shown."""
    return name[:_MAX_SHOWN] if name.isprintable() else ascii(name[:_MAX_SHOWN])


# ------------------------------------------------------------------ fields


def _stop(given: str | list[str] | None) -> list[str]:
    texts = [given] if isinstance(given, str) else given or []
    return [text for text in texts if text]  # an empty one stops nothing


def _max_tokens(body: ChatBody) -> int | None:
    """Return the limit of the answer. -1 is none, as LM Studio and llama.cpp have it."""
    name, value = "max_completion_tokens", body.max_completion_tokens
    if value is None:
        name, value = "max_tokens", body.max_tokens
    if value is None or value == -1:
        return None
    if not 1 <= value <= MAX_OUTPUT_TOKENS or value != int(value):
        raise invalid(f"{name}: has to be a whole number from 1 to {MAX_OUTPUT_TOKENS}", name)
    return int(value)


def _effort(body: ChatBody, unsaid: list[str]) -> Effort | None:
    """Return how much to think, whichever of its fields says so; without a measure, as usual."""
    effort = body.reasoning_effort
    if effort is None and body.reasoning is not None:
        effort = body.reasoning.effort
        if effort is None and body.reasoning.enabled is False:
            effort = "none"
    if effort is None and (body.thinking is not None or body.enable_thinking is False):
        is_off = body.enable_thinking is False or (
            body.thinking is not None and body.thinking.type == "disabled"
        )
        effort = "none" if is_off else None
    if effort is None or effort in ("default", "auto"):
        return None
    if effort not in _EFFORTS:
        unsaid.append(f"reasoning_effort {effort[:60]!r}")
        return None
    return cast("Effort", effort)


def _modalities(wanted: list[str], unsaid: list[str]) -> list[Modality] | None:
    """Return the forms of the answer; text alone is what all models answer with."""
    if wanted in ([], ["text"]):
        return None
    if not _MODALITIES.issuperset(wanted):
        unsaid.append("modalities")
        return None
    return cast("list[Modality]", wanted)


def _conversation(name: str | None) -> str | None:
    """Return the name by which a conversation stays with the model that answered last.

    `user` and `safety_identifier` name a person, who may have many: after one fallback, all of them
    would stay with the second choice.
    """
    if not name:
        return None
    if len(name) <= _MAX_CONVERSATION and name.isprintable():
        return name
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
