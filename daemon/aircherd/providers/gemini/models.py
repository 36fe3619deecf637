"""Gemini's list of models, and what a model's name says about it."""

import re
from typing import Final

import msgspec

from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.providers.codec.json_in import as_count, as_text
from aircherd.providers.model_list import decode_list
from aircherd.vocabulary.models import Model

_OLD: Final = re.compile(r"gemini-(?:1|2)[.-]|gemini-pro(?!-latest)|gemma-[123]")


def bare_name(model: str) -> str:
    """Return a model's name without `models/`."""
    return model.removeprefix("models/")


def is_old(model: str) -> bool:
    """Return whether a model is older than Gemini 3.

    Old models take unsigned tool calls, but no images in tool results.
    """
    return _OLD.match(bare_name(model)) is not None


class _Listed(msgspec.Struct, gc=False, rename="camel"):
    name: str
    display_name: object = None
    input_token_limit: object = None
    output_token_limit: object = None
    supported_generation_methods: list[object] | None = None
    thinking: object = None


class _List(msgspec.Struct, gc=False):
    models: list[_Listed]


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return the listed models that can chat; see `Adapter.read_models`."""
    listed = decode_list(_LIST, body).models[:MAX_LISTED]
    return [_model(each) for each in listed if _can_chat(each)]


def _can_chat(listed: _Listed) -> bool:
    return "generateContent" in (listed.supported_generation_methods or ())


def _model(listed: _Listed) -> Model:
    return Model(
        id=bare_name(listed.name),
        name=as_text(listed.display_name) or None,
        window=as_count(listed.input_token_limit) or None,
        max_output=as_count(listed.output_token_limit) or None,
        # The API omits false values as well as unknown ones.
        reasoning=listed.thinking if isinstance(listed.thinking, bool) else None,
    )
