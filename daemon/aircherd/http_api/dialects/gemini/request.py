"""Reads requests: `generateContent`, `countTokens` and embeddings."""

from typing import Final, TypeVar

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import check_body, no_json, wrong_form
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.gemini.conversation import (
    contents_of,
    parts_of,
    read_messages,
    read_system,
)
from aircherd.http_api.dialects.gemini.options import read_options
from aircherd.http_api.dialects.gemini.shapes import (
    BatchEmbedBody,
    Body,
    CountBody,
    EmbedBody,
    Shape,
)
from aircherd.http_api.dialects.gemini.signatures import for_google
from aircherd.http_api.dialects.gemini.spelling import read_loosely
from aircherd.http_api.dialects.gemini.tools import read_tools
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.verbatim import VerbatimRequest

S = TypeVar("S", bound=Shape)


class Style(msgspec.Struct, frozen=True):
    """What the writers need to know of a request.

    - `is_sse`: without `alt=sse` a stream is one JSON list.
    - `shows_thoughts`: a client gets thoughts only if it asks for them.
    - `is_javascript`: the vendor's library for JavaScript overlooks errors that are events.
    """

    is_sse: bool = True
    shows_thoughts: bool = False
    is_javascript: bool = False


_BODY: Final = msgspec.json.Decoder(Body)
_COUNT: Final = msgspec.json.Decoder(CountBody)
_EMBED: Final = msgspec.json.Decoder(EmbedBody)
_BATCH: Final = msgspec.json.Decoder(BatchEmbedBody)

JSON_TYPE: Final = "application/json; charset=UTF-8"

_FOR_GOOGLE: Final = ("cached_content", "continuation_token", "model_armor_config")
"""Fields of the body that only Google can follow."""


def model_of(call: ApiCall) -> str:
    """Return the model's name in the path, without Google's `models/`."""
    return call.params["model"].removeprefix("models/")


def read_chat(call: ApiCall, *, stream: bool) -> ChatRead:
    """Return the request that a call makes."""
    unsaid = Unsaid()
    body = _read(_BODY, Body, call.body, unsaid)
    chat = _chat(body, model_of(call), unsaid, stream=stream)
    is_sse = not stream or call.query.get("alt") == "sse"
    config = body.generation_config
    thinking = None if config is None else config.thinking_config
    shows = thinking is not None and thinking.shows_thoughts
    is_javascript = "gl-node" in call.headers.get("x-goog-api-client", "")
    return ChatRead(
        chat=chat,
        # Providers are asked for events.
        verbatim=_verbatim(call, unsaid, only_translated=not is_sse),
        style=Style(is_sse, shows, is_javascript),
        stream_type=None if is_sse else JSON_TYPE,
    )


def _verbatim(call: ApiCall, unsaid: Unsaid, *, only_translated: bool = False) -> VerbatimRequest:
    return VerbatimRequest(
        dialect="gemini",
        body=for_google(call.body),
        unsaid=unsaid.text(),
        only_translated=only_translated,
    )


def _chat(body: Body, model: str, unsaid: Unsaid, *, stream: bool) -> ChatRequest:
    fields: dict[str, object] = {}
    if body.tools or body.tool_config is not None:
        read_tools(body.tools or [], body.tool_config, fields, unsaid)
    if body.generation_config is not None:
        read_options(body.generation_config, fields, unsaid)
    for name in _FOR_GOOGLE:
        if getattr(body, name):
            first, *others = name.split("_")
            unsaid.add(first + "".join(each.capitalize() for each in others))
    return ChatRequest(
        model=model,
        messages=read_messages(body.contents, unsaid),
        system=read_system(body.system_instruction, unsaid),
        stream=stream,
        **fields,  # type: ignore[arg-type]  # checked where they are made
    )


def read_count(call: ApiCall) -> ChatRead:
    """Return the request whose input is counted: the contents alone, or a whole request."""
    unsaid = Unsaid()
    count = _read(_COUNT, CountBody, call.body, unsaid)
    inner = count.generate_content_request
    if inner is None:
        inner = Body(
            contents=count.contents,
            system_instruction=count.system_instruction,
            tools=count.tools,
            generation_config=count.generation_config,
        )
    chat = _chat(inner, model_of(call), unsaid, stream=False)
    verbatim = msgspec.structs.replace(_verbatim(call, unsaid), operation="count_tokens")
    return ChatRead(chat=chat, verbatim=verbatim, style=Style())


def read_embeddings(call: ApiCall) -> ChatRead:
    """Return a request for embeddings, of one content or of several."""
    unsaid = Unsaid()
    if call.path.endswith(":batchEmbedContents"):
        requests = _read(_BATCH, BatchEmbedBody, call.body, unsaid).requests
    else:
        requests = [_read(_EMBED, EmbedBody, call.body, unsaid)]
    text = "\n".join(_embedded(each) for each in requests)
    if not text.strip():
        raise invalid("content: is empty: send some text", "content")
    chat = ChatRequest(model=model_of(call), messages=[Message("user", text)], stream=False)
    verbatim = VerbatimRequest(
        dialect="gemini", operation="embeddings", body=call.body, unsaid=unsaid.text()
    )
    return ChatRead(chat=chat, verbatim=verbatim, style=Style())


def _embedded(request: EmbedBody) -> str:
    parts = [part for each in contents_of(request.content) for part in parts_of(each)]
    return "\n".join(part.text or "" for part in parts)


def _read(decoder: "msgspec.json.Decoder[S]", shape: type[S], body: bytes, unsaid: Unsaid) -> S:
    """Return a decoded body; what is not known in it is noted.

    Raises:
        RequestProblem: it is no JSON, or has wrong types.
    """
    check_body(body)
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        pass  # perhaps in the other spelling
    try:
        read, unknown = read_loosely(body, shape)
    except msgspec.ValidationError as error:
        raise wrong_form(error) from None
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None
    for name in unknown:
        unsaid.add(name)
    return read
