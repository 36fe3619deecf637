"""A request as a whole."""

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import LARGE_BODY, MAX_PARTS, check_number
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_responses.request.body import Body, Item, read_body
from aircherd.http_api.dialects.openai_responses.request.conversation import (
    Conversation,
    added_tools,
)
from aircherd.http_api.dialects.openai_responses.request.forwarded import forward
from aircherd.http_api.dialects.openai_responses.request.names import Names
from aircherd.http_api.dialects.openai_responses.request.options import (
    conversation_of,
    effort_of,
    format_of,
    max_tokens_of,
    note_unsayable,
    priced_options,
    sampling_of,
    with_call_limit,
)
from aircherd.http_api.dialects.openai_responses.request.tools import choose, read_tools
from aircherd.vocabulary.chat import ChatRequest


class Style(msgspec.Struct, frozen=True):
    """What the writers need to know of a request."""

    body: Body
    names: Names


def read_request(call: ApiCall) -> ChatRead:
    """Return the request in a call.

    Raises:
        RequestProblem: it is no JSON, or not of the form of this API.
    """
    notes = Unsaid()
    body = read_body(call.body, notes)
    note_unsayable(body, notes)
    names = Names()
    items = _items(body)
    if len(call.body) >= LARGE_BODY:
        _check_number(items)
    raws = [*(body.tools or ()), *added_tools(items)]
    tools, choice = choose(body.tool_choice, read_tools(raws, names, notes), names, notes)
    tools = with_call_limit(tools, body.max_tool_calls, notes)
    conversation = Conversation(names, notes)
    conversation.read(items)
    given = conversation.format or (body.text.format if body.text is not None else None)
    chat = ChatRequest(
        messages=conversation.messages,
        model=body.model,
        system=body.instructions or None,
        tools=tools,
        tool_choice=choice if tools or choice == "required" else None,
        parallel_tool_calls=body.parallel_tool_calls if tools else None,
        response_format=format_of(given, notes),
        reasoning=effort_of(body.reasoning, conversation.effort, notes),
        max_tokens=max_tokens_of(body),
        temperature=sampling_of(body.temperature),
        top_p=sampling_of(body.top_p),
        stream=body.stream is True,
        conversation=conversation_of(body.prompt_cache_key),
        extra=priced_options(body),
    )
    verbatim = forward(call, body, notes.text())
    body.input = None  # nothing needs it twice
    return ChatRead(chat=chat, verbatim=verbatim, style=Style(body, names))


def _check_number(items: list[Item]) -> None:
    """Check that a large request does not have too many parts."""
    parts = len(items)
    for item in items:
        parts += len(item.summary or ())
        for listed in (item.content, item.output):
            if isinstance(listed, list):
                parts += len(listed)
    check_number(parts, MAX_PARTS, "input")


def _items(body: Body) -> list[Item]:
    given = body.input
    if isinstance(given, str):
        return [Item(role="user", content=given)]
    return given or []
