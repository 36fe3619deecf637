"""In what servers of chat completions differ: efforts, field names, limits, tool call ids."""

import hashlib
import re
import string
from collections.abc import Callable, Sequence
from typing import Final, get_args

import msgspec

from aircherd.config.model import MaxTokensField
from aircherd.providers.chat_completions.reasoning_details import with_any_thinking
from aircherd.providers.chat_completions.request_parts.attachments import (
    SOUNDS,
    ContentPart,
    file_part,
    sound_part,
)
from aircherd.providers.chat_completions.thinking import MessageJson
from aircherd.vocabulary.chat import ChatRequest, Effort
from aircherd.vocabulary.content.media import AudioPart, DocumentPart
from aircherd.vocabulary.content.tools import VendorApi
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ReasoningPart

EVERY_EFFORT: dict[Effort, str] = {effort: effort for effort in get_args(Effort)}

_STEPS: tuple[Effort, ...] = get_args(Effort)


def nearest_efforts(*known: str, every: str | None = None, **exceptions: str) -> dict[Effort, str]:
    """Return the server's effort for each of ours: the nearest of those that it knows.

    Thinking is never turned off by the way: `none` stands for `none` only. `every` is what a server
    without steps calls thinking; `exceptions` come first.
    """
    return {
        step: exceptions.get(step) or _nearest(step, known, every or known[0]) for step in _STEPS
    }


def _nearest(step: Effort, known: Sequence[str], otherwise: str) -> str:
    if step in known:
        return step
    steps = [each for each in _STEPS if each in known and each != "none"]
    target = _STEPS.index(step)
    return min(steps, key=lambda each: abs(_STEPS.index(each) - target), default=otherwise)


# The efforts of OpenAI's older models, by the start of their names; newer ones know every effort.
_OLDER_EFFORTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("o1", ("low", "medium", "high")),
    ("o3", ("low", "medium", "high")),
    ("o4", ("low", "medium", "high")),
    ("gpt-5.1", ("none", "low", "medium", "high")),
    ("gpt-5.", get_args(Effort)),
    ("gpt-5", ("minimal", "low", "medium", "high")),
)


def openai_effort(model: str, effort: Effort) -> str:
    """Return the effort nearest to `effort` that this OpenAI model has.

    Source: OpenAI's model pages, November 2026; a router calls its models `openai/NAME`.
    """
    name = model.rpartition("/")[2]
    steps: tuple[str, ...] = get_args(Effort)
    known = next((known for start, known in _OLDER_EFFORTS if name.startswith(start)), steps)
    target = steps.index(effort)
    return min(known, key=lambda each: abs(steps.index(each) - target))


ANY_ID: Final = re.compile(r".+", re.DOTALL)


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """How one server differs; `name` is used in messages.

    Attributes:
        efforts: the server's effort for each of ours.
        model_efforts: other efforts of models, by a text in their names.
        no_thinking: the fields that turn thinking off, if no effort does.
        max_tokens_field: its name of the output limit.
        max_stop: how many stop texts it takes; None is any number.
        call_id: what the id of a tool call must match.
        add_thinking: adds an assistant's thinking to its message.
        api: what its API is called in messages about parts and tools; `name` without it.
        tools: the types of tools that it may have; `forms` the forms of vendors that it knows.
        tools_hint: what to do about a type that it does not have.
        modalities: the forms of answers that it may have.
        sounds: media type -> its name of the format.
        takes_pdf_urls: whether it fetches files.
        document_part, sound_part: how it takes files and sound.
        takes_marks: whether it takes marks for the prompt cache.
        takes_others: whether what has no word of ours may go back.
        keeps_images: whether it takes back the pictures that its models made.
        has_refusals: whether a refusal is a part of its own.
    """

    name: str
    efforts: dict[Effort, str]
    model_efforts: tuple[tuple[str, dict[Effort, str]], ...] = ()
    no_thinking: dict[str, object] | None = None
    max_tokens_field: MaxTokensField = "max_tokens"
    max_stop: int | None = None
    call_id: re.Pattern[str] = ANY_ID
    add_thinking: Callable[[MessageJson, list[ReasoningPart]], MessageJson] = with_any_thinking
    api: str = ""
    tools: tuple[str, ...] = ("function", "custom", "vendor")
    tools_hint: str = ""
    forms: tuple[VendorApi, ...] = ("chat",)
    modalities: tuple[str, ...] = ("text", "image", "audio")
    sounds: dict[str, str] = msgspec.field(default_factory=lambda: SOUNDS)
    takes_pdf_urls: bool = True
    document_part: Callable[[DocumentPart], ContentPart] = file_part
    sound_part: Callable[[AudioPart, str], ContentPart] = sound_part
    takes_marks: bool = False
    takes_others: bool = True
    keeps_images: bool = False
    has_refusals: bool = False

    def __post_init__(self) -> None:
        if not self.api:
            msgspec.structs.force_setattr(self, "api", self.name)


def effort_of(request: ChatRequest, model: Model, quirks: Quirks) -> str | None:
    """Return the server's name of the requested effort, None if it should get none."""
    # A model that cannot think needs no "none", and would refuse the field.
    if request.reasoning is None or (request.reasoning == "none" and model.reasoning is False):
        return None
    if quirks.efforts is EVERY_EFFORT:
        return openai_effort(model.id, request.reasoning)
    name = model.id.lower()
    tables = (*quirks.model_efforts, _OPEN_WEIGHTS)
    found = next((efforts for text, efforts in tables if text in name), quirks.efforts)
    return found[request.reasoning]


def effort_fields(request: ChatRequest, model: Model, quirks: Quirks) -> dict[str, object]:
    """Return the fields of a body that ask for the requested effort."""
    effort = effort_of(request, model, quirks)
    if effort is None:
        return {}
    if request.reasoning == "none" and quirks.no_thinking is not None and not _always_thinks(model):
        return quirks.no_thinking
    return {"reasoning_effort": effort}


# OpenAI's open models always think; every server refuses other efforts of theirs.
_OPEN_WEIGHTS = ("gpt-oss", nearest_efforts("low", "medium", "high"))


def _always_thinks(model: Model) -> bool:
    return _OPEN_WEIGHTS[0] in model.id.lower()


_ALPHANUMERIC = string.ascii_letters + string.digits


def safe_id(call_id: str, allowed: re.Pattern[str]) -> str:
    """Return `call_id` if it matches `allowed`, else a hash of it.

    Other vendors' ids may be longer or have other characters. The same id always becomes the same
    hash, so results still match their calls. It has nine letters and digits because Mistral takes
    nothing else.
    """
    if allowed.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).digest()
    return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:9])
