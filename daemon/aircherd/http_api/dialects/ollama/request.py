"""Reads requests for chats, completions and embeddings."""

from typing import Final

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.reading import (
    MAX_PARTS,
    MAX_TOOLS,
    check_number,
    decode_body,
    text_of,
)
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.ollama.conversation import read_media, read_messages
from aircherd.http_api.dialects.ollama.shapes import (
    Chat,
    Embed,
    Generate,
    OllamaTool,
    Options,
    Request,
)
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import (
    MAX_OUTPUT_TOKENS,
    ChatRequest,
    Effort,
    JsonFormat,
    Message,
    ResponseFormat,
    SchemaFormat,
)
from aircherd.vocabulary.content.tools import NO_PARAMETERS, Tool
from aircherd.vocabulary.parts import TextPart
from aircherd.vocabulary.verbatim import VerbatimRequest

Fields = dict[str, object]


class Style(msgspec.Struct, frozen=True):
    """What the writers need to know of a request.

    - `is_completion`: the reply is a text, not a message.
    - `shows_thinking`: thinking is shown unless the client asks for none.
    """

    is_completion: bool = False
    shows_thinking: bool = True


_CHAT: Final = msgspec.json.Decoder(Chat)
_GENERATE: Final = msgspec.json.Decoder(Generate)
_EMBED: Final = msgspec.json.Decoder(Embed)

_EFFORTS: Final[dict[bool | str, Effort]] = {
    True: "medium",
    False: "none",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "max",
}
_USUAL_TEMPERATURE: Final = 0.8
_USUAL_TOP_P: Final = 0.9
"""Ollama's defaults, which clients repeat. Many models of other vendors refuse such options."""

_LATEST: Final = ":latest"


def model_name(name: str) -> str:
    """Return a model's name without the tag that clients add to names that have none."""
    return name.strip().removesuffix(_LATEST)


def read_chat(call: ApiCall) -> ChatRead:
    """Return the request for a chat."""
    body = decode_body(_CHAT, call.body)
    unsaid = Unsaid()
    if not body.messages:
        raise invalid("messages: is empty: there is no model to load here, only to ask", "messages")
    fields = _common(body, unsaid)
    if body.tools:
        check_number(len(body.tools), MAX_TOOLS, "tools")
        fields["tools"] = [
            tool
            for number, each in enumerate(body.tools)
            if (tool := _tool(each, f"tools[{number}]", unsaid)) is not None
        ]
    return _read(call, body, read_messages(body.messages, unsaid), fields, unsaid)


def read_completion(call: ApiCall) -> ChatRead:
    """Return the request for a completion: the prompt is the user's message."""
    body = decode_body(_GENERATE, call.body)
    unsaid = Unsaid()
    if not body.prompt and not body.images:
        raise invalid("prompt: is empty: there is no model to load here, only to ask", "prompt")
    fields = _common(body, unsaid)
    if body.system:
        fields["system"] = body.system
    # These go around a model's own form of a conversation.
    for name in ("suffix", "template", "context", "raw", "width", "height"):
        if getattr(body, name):
            unsaid.add(name)
    prompt = body.prompt or ""
    check_number(len(body.images or ()), MAX_PARTS, "images")
    media = read_media(body.images, "", unsaid)
    content = [*media, TextPart(prompt)] if media else prompt
    return _read(call, body, [Message("user", content)], fields, unsaid)


def _read(
    call: ApiCall, body: Request, messages: list[Message], fields: Fields, unsaid: Unsaid
) -> ChatRead:
    chat = ChatRequest(
        model=model_name(body.model),
        messages=messages,
        stream=body.stream is not False,
        **fields,  # type: ignore[arg-type]  # checked where they are made
    )
    style = Style(isinstance(body, Generate), body.think is not False)
    verbatim = VerbatimRequest(dialect="ollama", body=call.body, unsaid=unsaid.text())
    return ChatRead(chat=chat, verbatim=verbatim, style=style)


def _common(body: Request, unsaid: Unsaid) -> Fields:
    """Return the fields that chats and completions have in common."""
    fields: Fields = {}
    if not body.model:
        raise invalid("model: is empty: name a model", "model")
    if body.options is not None:
        _read_options(body.options, fields)
    if body.think is not None and body.think != "":
        if body.think not in _EFFORTS:
            raise invalid('think: has to be true, false, "low", "medium", "high" or "max"', "think")
        fields["reasoning"] = _EFFORTS[body.think]
    answer = _format(body.format)
    if answer is not None:
        fields["response_format"] = answer
    if body.logprobs:
        unsaid.add("logprobs")
    return fields


def _read_options(options: Options, fields: Fields) -> None:
    # A negative number of tokens means no limit.
    if options.num_predict is not None and options.num_predict >= 1:
        fields["max_tokens"] = min(int(options.num_predict), MAX_OUTPUT_TOKENS)
    if options.temperature not in (None, _USUAL_TEMPERATURE):
        fields["temperature"] = options.temperature
    if options.top_p not in (None, _USUAL_TOP_P, 1.0):
        fields["top_p"] = options.top_p
    if stop := options.stop:
        fields["stop"] = [stop] if isinstance(stop, str) else stop


def _format(raw: msgspec.Raw) -> ResponseFormat | None:
    text = text_of(raw)
    if text in ("", "null", '""'):
        return None
    if text == '"json"':
        return JsonFormat()
    if not text.startswith("{"):
        raise invalid('format: has to be "json" or a JSON Schema', "format")
    return SchemaFormat(text)


def _tool(given: OllamaTool, where: str, unsaid: Unsaid) -> Tool | None:
    if given.function is None:
        unsaid.add(f"{where}.type {given.type!r}")
        return None
    declared = given.function
    parameters = text_of(declared.parameters)
    try:
        return Tool(
            name=declared.name,
            description=declared.description,
            parameters=NO_PARAMETERS if parameters in ("", "null") else parameters,
        )
    except ValueError as error:
        raise invalid(f"{where}: {error}", where) from None


def read_embeddings(call: ApiCall) -> ChatRead:
    """Return a request for embeddings, of one text or of several."""
    body = decode_body(_EMBED, call.body)
    given = body.input if body.input is not None else body.prompt or ""
    text = given if isinstance(given, str) else "\n".join(given)
    if not text.strip():
        raise invalid("input: is empty: send some text", "input")
    chat = ChatRequest(model=model_name(body.model), messages=[Message("user", text)], stream=False)
    verbatim = VerbatimRequest(dialect="ollama", operation="embeddings", body=call.body)
    return ChatRead(chat=chat, verbatim=verbatim, style=Style())
