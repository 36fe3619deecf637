"""Read the list of models of OpenAI and compatible servers.

OpenAI lists little more than names, and also models that cannot chat. Other servers report sizes,
each in a field of its own, and some report capabilities.
"""

import re
from typing import Final

import msgspec

from aircherd.catalog.release_dates import date_of_time
from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.config.model import Provider
from aircherd.providers.codec.json_in import as_count, branch
from aircherd.providers.headers import bearer, call_headers
from aircherd.providers.model_list import decode_list
from aircherd.providers.transport.request import HttpRequest
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.secret import Secret


class _Capabilities(msgspec.Struct, gc=False):
    """Mistral's."""

    completion_chat: object = None
    function_calling: object = None
    vision: object = None
    audio: object = None


class _Listed(msgspec.Struct, gc=False):
    id: str
    owned_by: object = None
    created: object = None
    type: object = None  # LM Studio: llm, vlm, embeddings
    loaded_context_length: object = None  # LM Studio: as loaded
    max_model_len: object = None  # vLLM
    context_window: object = None  # Groq
    context_length: object = None  # Together, Fireworks
    max_context_length: object = None  # Mistral; LM Studio: the maximum
    max_completion_tokens: object = None  # Groq
    meta: msgspec.Raw = msgspec.Raw()  # llama.cpp
    capabilities: msgspec.Raw = msgspec.Raw()  # Mistral's map; LM Studio's list


class _List(msgspec.Struct, gc=False):
    data: list[_Listed]


# Together sends the bare list.
_LIST = msgspec.json.Decoder(_List | list[_Listed])
_META = msgspec.json.Decoder(dict[str, msgspec.Raw])
_COUNT = msgspec.json.Decoder(int)
_CAPABILITIES = msgspec.json.Decoder(_Capabilities)
_NO_CAPABILITIES = _Capabilities()

_OPENAI_OWNERS = frozenset({"openai", "openai-internal", "openai-dev", "system"})

# OpenAI's models for other uses: images, speech, embeddings, and legacy completions.
_CANNOT_CHAT: Final = re.compile(
    r"""text-embedding | .*-similarity | .*-search-(?:ada|babbage|curie|davinci)
      | .*moderation | whisper | tts- | .*-tts | .*transcribe | .*realtime | .*audio | gpt-live
      | dall-e | (?:gpt|chatgpt)-image | sora
      | .*instruct | (?:ada|babbage|curie|davinci)(?:-|$) | text-(?:ada|babbage|curie|davinci)""",
    re.VERBOSE,
)


def read_models(body: bytes) -> list[Model]:
    """Return the listed models that can chat; see `Adapter.read_models`."""
    listed = decode_list(_LIST, body)
    entries = listed.data if isinstance(listed, _List) else listed
    return [_model(each) for each in entries[:MAX_LISTED] if _can_chat(each)]


def _can_chat(listed: _Listed) -> bool:
    if listed.type in ("embeddings", "embedding"):
        return False
    if _capabilities(listed).completion_chat is False:
        return False
    # Other servers may give their models any name.
    return not (listed.owned_by in _OPENAI_OWNERS and _CANNOT_CHAT.match(listed.id))


def _model(listed: _Listed) -> Model:
    capabilities = _capabilities(listed)
    return Model(
        id=listed.id,
        window=_window(listed),
        max_output=as_count(listed.max_completion_tokens) or None,
        tools=_as_bool(capabilities.function_calling),
        images=True if listed.type == "vlm" else _as_bool(capabilities.vision),
        audio=_as_bool(capabilities.audio),
        # Not every server puts the release there: the catalogue drops what cannot be one.
        released=date_of_time(listed.created),
    )


def _window(listed: _Listed) -> int | None:
    """Return the context window: the size the model runs with before its maximum."""
    meta = branch(_META, listed.meta) or {}
    sizes = (
        listed.loaded_context_length,
        listed.max_model_len,
        branch(_COUNT, meta.get("n_ctx", msgspec.Raw())),
        listed.context_window,
        listed.context_length,
        listed.max_context_length,
        branch(_COUNT, meta.get("n_ctx_train", msgspec.Raw())),
    )
    return next((count for size in sizes if (count := as_count(size))), None)


def _capabilities(listed: _Listed) -> _Capabilities:
    return branch(_CAPABILITIES, listed.capabilities) or _NO_CAPABILITIES


def _as_bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


class OpenAIModelCalls:
    """The part of an adapter that lists models and checks keys, for every OpenAI-style API."""

    def key_check_call(self, provider: Provider, key: Secret) -> HttpRequest:
        """Return the free check: the list of models."""
        return self.models_call(provider, key)

    def models_call(self, provider: Provider, key: Secret | None) -> HttpRequest:
        """Return the call that lists the models; see `Adapter`."""
        return HttpRequest(
            "GET", provider.base_url + "/models", call_headers(provider, bearer(key))
        )

    def read_models(self, body: bytes) -> list[Model]:
        """Read the list of models; see `Adapter`."""
        return read_models(body)
