"""In what servers of chat completions differ: efforts, field names, limits, tool call ids."""

import hashlib
import re
import string
from collections.abc import Callable
from typing import Final, get_args

import msgspec

from aircherd.config.model import MaxTokensField
from aircherd.providers.chat_completions.reasoning_details import with_any_thinking
from aircherd.providers.chat_completions.thinking import MessageJson
from aircherd.vocabulary.chat import ChatRequest, Effort
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.parts import ReasoningPart

EVERY_EFFORT: dict[Effort, str] = {effort: effort for effort in get_args(Effort)}

THREE_EFFORTS: dict[Effort, str] = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}

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
        max_tokens_field: its name of the output limit.
        max_stop: how many stop texts it takes; None is any number.
        call_id: what the id of a tool call must match.
        add_thinking: adds an assistant's thinking to its message.
    """

    name: str
    efforts: dict[Effort, str]
    max_tokens_field: MaxTokensField = "max_tokens"
    max_stop: int | None = None
    call_id: re.Pattern[str] = ANY_ID
    add_thinking: Callable[[MessageJson, list[ReasoningPart]], MessageJson] = with_any_thinking


def effort_of(request: ChatRequest, model: Model, quirks: Quirks) -> str | None:
    """Return the server's name of the requested effort, None if it should get none."""
    # A model that cannot think needs no "none", and would refuse the field.
    if request.reasoning is None or (request.reasoning == "none" and model.reasoning is False):
        return None
    if quirks.efforts is EVERY_EFFORT:
        return openai_effort(model.id, request.reasoning)
    return quirks.efforts[request.reasoning]


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
