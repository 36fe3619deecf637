"""The options of a reply, `generationConfig`, as fields of a chat request.

Some options have no word in other APIs. Where they only tune a reply (`topK`, `seed`), or say what
the vendor does anyway, they are left out. The others make the request one for Google alone.
"""

from typing import Final

import msgspec

from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.gemini.schemas import json_schema
from aircherd.http_api.dialects.gemini.shapes import GenerationConfig, ThinkingConfig
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import (
    MAX_OUTPUT_TOKENS,
    Effort,
    JsonFormat,
    Modality,
    ResponseFormat,
    SchemaFormat,
)

Fields = dict[str, object]

_LEVELS: Final[dict[str, Effort]] = {
    "MINIMAL": "minimal",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "XHIGH": "xhigh",
}

_BUDGETS: Final[tuple[tuple[int, Effort], ...]] = (
    (0, "none"),
    (2048, "low"),
    (12_288, "medium"),
    (28_672, "high"),
)
"""Tokens up to which a budget is an effort: between those that Google itself makes of efforts."""

_MODALITIES: Final[dict[str, Modality]] = {"TEXT": "text", "IMAGE": "image", "AUDIO": "audio"}

_USUAL_TEMPERATURE: Final = 1.0
_USUAL_TOP_P: Final = (0.95, 1.0)
"""Google's defaults, which clients repeat. Many models of other vendors refuse such options."""

_FOR_GOOGLE: Final = (
    *("response_format", "speech_config", "image_config", "audio_transcription_config"),
    *("translation_config", "enable_affective_dialog", "generation_output_config", "logprobs"),
    *("response_logprobs", "presence_penalty", "frequency_penalty"),
)
"""Options that change what the reply is. Zero and false are what it is anyway."""


def read_options(config: GenerationConfig, fields: Fields, unsaid: Unsaid) -> None:
    """Put the options into the fields of a chat request.

    Raises:
        RequestProblem: more than one candidate is asked for, or a value is impossible.
    """
    if config.candidate_count is not None and config.candidate_count > 1:
        message = (
            f"generationConfig.candidateCount: {config.candidate_count} candidates were asked for, "
            "and aircher passes on one: leave it out"
        )
        raise invalid(message, "generationConfig.candidateCount")
    if config.max_output_tokens is not None:
        fields["max_tokens"] = _max_tokens(config.max_output_tokens)
    if config.stop_sequences:
        fields["stop"] = config.stop_sequences
    _read_sampling(config, fields)
    if config.response_modalities:
        fields["modalities"] = _modalities(config.response_modalities, unsaid)
    if config.thinking_config is not None:
        effort = _effort(config.thinking_config, unsaid)
        if effort is not None:
            fields["reasoning"] = effort
    answer = _format(config, unsaid)
    if answer is not None:
        fields["response_format"] = answer
    for name in _FOR_GOOGLE:
        if getattr(config, name):
            unsaid.add(f"generationConfig.{_camel(name)}")


def _max_tokens(value: int) -> int:
    if not 1 <= value <= MAX_OUTPUT_TOKENS:
        message = f"generationConfig.maxOutputTokens: has to be from 1 to {MAX_OUTPUT_TOKENS}"
        raise invalid(message, "generationConfig.maxOutputTokens")
    return value


def _read_sampling(config: GenerationConfig, fields: Fields) -> None:
    if config.temperature not in (None, _USUAL_TEMPERATURE):
        fields["temperature"] = config.temperature
    if config.top_p is not None and config.top_p not in _USUAL_TOP_P:
        fields["top_p"] = config.top_p


def _modalities(given: list[str], unsaid: Unsaid) -> list[Modality] | None:
    known = [_MODALITIES[name] for each in given if (name := each.upper()) in _MODALITIES]
    if len(known) < len(given):
        unsaid.add("generationConfig.responseModalities")
    # Text alone is what every model answers with.
    return None if known == ["text"] else known


def _effort(thinking: ThinkingConfig, unsaid: Unsaid) -> Effort | None:
    """Return how much the model is to think, None where it may decide itself."""
    if thinking.level is not None:
        level = thinking.level.upper()
        if level in _LEVELS:
            return _LEVELS[level]
        if level != "THINKING_LEVEL_UNSPECIFIED":
            unsaid.add("generationConfig.thinkingConfig.thinkingLevel")
        return None
    budget = thinking.budget
    if budget is None or budget < 0:
        return None
    return next((effort for limit, effort in _BUDGETS if budget <= limit), "xhigh")


def _format(config: GenerationConfig, unsaid: Unsaid) -> ResponseFormat | None:
    mime = (config.response_mime_type or "").partition(";")[0].strip().lower()
    if mime in ("", "text/plain"):
        return None
    if mime != "application/json":
        unsaid.add("generationConfig.responseMimeType")
        return None
    schema = config.response_json_schema or config.own_json_schema or config.response_schema
    if not schema or bytes(schema) == b"null":
        return JsonFormat()
    try:
        return SchemaFormat(json_schema(bytes(schema)))
    except (msgspec.DecodeError, RecursionError):
        raise invalid("generationConfig: the schema nests too deeply") from None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
