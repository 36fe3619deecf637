"""The JSON of a request, typed.

Items of the input are of one type with the fields of all kinds, because a message may lack its
type. What may have any form is an object, and is read where the kind is known.
"""

from typing import Final, Literal

import msgspec

from aircherd.http_api.dialects.common.reading import check_body, no_json, wrong_form
from aircherd.http_api.dialects.common.unsaid import Unsaid

NONE: Final = msgspec.Raw()


class Content(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A part of a message, of a tool's output, or of thinking."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None
    input_audio: msgspec.Raw = NONE
    annotations: msgspec.Raw = NONE
    logprobs: msgspec.Raw = NONE
    prompt_cache_breakpoint: msgspec.Raw = NONE


class Format(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The form of the answer."""

    type: str = "text"
    name: str | None = None
    schema: msgspec.Raw = NONE
    strict: bool | None = None
    description: str | None = None


class TextConfig(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """How the text of the answer is to be."""

    format: Format | None = None
    verbosity: str | None = None


class Reasoning(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """How the model is to think."""

    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None
    context: str | None = None
    mode: str | None = None


class Item(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An item of the input."""

    type: str | None = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[Content] | None = None
    id: str | None = None
    status: str | None = None
    phase: str | None = None
    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: object = None
    input: object = None
    output: object = None
    execution: str | None = None
    encrypted_content: str | None = None
    summary: list[Content] | None = None
    tools: list[msgspec.Raw] | None = None
    reasoning: Reasoning | None = None
    text: TextConfig | None = None
    result: str | None = None


class Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A request."""

    model: str | None = None
    input: str | list[Item] | None = None
    instructions: str | None = None
    tools: list[msgspec.Raw] | None = None
    tool_choice: msgspec.Raw = NONE
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = None
    reasoning: Reasoning | None = None
    text: TextConfig | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    top_logprobs: int | None = None
    stream: bool | None = None
    stream_options: msgspec.Raw = NONE
    store: bool | None = None
    include: list[str] | None = None
    previous_response_id: str | None = None
    conversation: msgspec.Raw = NONE
    background: bool | None = None
    background_options: msgspec.Raw = NONE
    prompt: msgspec.Raw = NONE
    prompt_cache_key: str | None = None
    prompt_cache_options: msgspec.Raw = NONE
    prompt_cache_retention: msgspec.Raw = NONE
    context_management: msgspec.Raw = NONE
    metadata: msgspec.Raw = NONE
    client_metadata: msgspec.Raw = NONE
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    truncation: str | None = None
    moderation: msgspec.Raw = NONE
    access_programs: msgspec.Raw = NONE
    image: msgspec.Raw = NONE
    models: msgspec.Raw = NONE
    fallbacks: msgspec.Raw = NONE
    fallback_models: msgspec.Raw = NONE


VALUE: Final = msgspec.json.Decoder()
_BODY: Final = msgspec.json.Decoder(Body)


def read_body(body: bytes, notes: Unsaid) -> Body:
    """Return the request in a body; fields that are not known are noted, and left out.

    Raises:
        RequestProblem: it is no JSON, or a field has a wrong type.
    """
    check_body(body)
    try:
        return _BODY.decode(body)
    except msgspec.ValidationError:
        pass  # most often because of a field that is not known
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None
    from aircherd.http_api.dialects.openai_responses.request.unknown import (  # noqa: PLC0415 - rare
        without_unknown,
    )

    try:
        return _BODY.decode(without_unknown(body, notes))
    except msgspec.ValidationError as error:
        raise wrong_form(error) from None
    except (ValueError, RecursionError) as error:
        raise no_json(error) from None


def value_of(raw: msgspec.Raw) -> object:
    """Return the value of an undecoded field, None if there is none."""
    return VALUE.decode(raw) if raw else None
