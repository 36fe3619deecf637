"""The body of a `generateContent` request.

Nearly all options are in its `generationConfig`. Gemini has no way to limit a model to one tool
call at a time, so that is refused.
"""

from aircherd.errors import fail
from aircherd.providers.codec.json_out import parse_object
from aircherd.providers.codec.turns import Turn, turns
from aircherd.providers.gemini.contents import TAKES, write_contents, write_system
from aircherd.providers.gemini.thinking import thinking_config
from aircherd.providers.gemini.tools import join_tools, show_hosted_tools, tool_fields
from aircherd.providers.request_fields import check_modalities, sampling_fields
from aircherd.vocabulary.chat import ChatRequest, SchemaFormat
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import OtherPart

MAX_STOPS = 5
"""The most stop sequences that the API takes."""


def chat_body(request: ChatRequest, model: Model) -> dict[str, object]:
    """Return the body, with the request's `extra` merged into it.

    Raises:
        ProviderFailed: UNSUPPORTED: Gemini or the model cannot express something in the request;
            BAD_REQUEST: no API could.
    """
    check_modalities(request, "Gemini", ("text", "image", "audio"))
    ordered = turns(request.messages, TAKES)
    body: dict[str, object] = {"contents": write_contents(ordered, model.id)}
    if system := write_system(request.system, ordered):
        body["systemInstruction"] = system
    if request.tools:
        body |= tool_fields(request, model.id)
    if config := _generation_config(request, model):
        body["generationConfig"] = config
    merged = _merge_extra(body, request.extra)
    if "tools" in merged or _has_parts(ordered):
        show_hosted_tools(merged, model.id)
    return merged


def _has_parts(ordered: list[Turn]) -> bool:
    return any(isinstance(part, OtherPart) for turn in ordered for part in turn.parts)


def _merge_extra(body: dict[str, object], extra: dict[str, object]) -> dict[str, object]:
    """Merge `extra` into the body, field by field where both have a map; tools are joined.

    Nearly all options are in `generationConfig`: replacing it would lose the request's own.
    """
    merged = body | extra
    for name, value in extra.items():
        own = body.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            merged[name] = own | value
        elif name == "tools" and own is not None:
            merged[name] = join_tools(own, value)
    return merged


def _generation_config(request: ChatRequest, model: Model) -> dict[str, object]:
    config = sampling_fields(request, model)
    if "top_p" in config:
        config["topP"] = config.pop("top_p")
    if request.max_tokens is not None:
        config["maxOutputTokens"] = request.max_tokens
    if len(request.stop) > MAX_STOPS:
        fail(FailureClass.UNSUPPORTED, f"stop: Gemini takes at most {MAX_STOPS} stop sequences")
    if request.stop:
        config["stopSequences"] = request.stop
    if request.response_format is not None:
        config["responseMimeType"] = "application/json"
    if isinstance(request.response_format, SchemaFormat):
        schema = parse_object(request.response_format.schema, "response_format: schema")
        config["responseJsonSchema"] = schema
    if request.modalities is not None:
        config["responseModalities"] = [each.upper() for each in request.modalities]
    if request.reasoning is not None and (thinking := thinking_config(request.reasoning, model.id)):
        config["thinkingConfig"] = thinking
    return config
