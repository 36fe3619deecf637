"""Which quirks the known servers of chat completions have, by the host of their URL.

An effort that a vendor does not have becomes the nearest one that it has. What differs by model
within a vendor is left to a refusal, which `corrections` understands. Sources: the vendors'
documentation and the SDKs of others, November 2026.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import msgspec

from aircherd.config.model import MaxTokensField, Provider
from aircherd.providers.chat_completions.quirks import EVERY_EFFORT, Quirks, nearest_efforts
from aircherd.providers.chat_completions.request_parts.attachments import (
    OPENAI_SOUNDS,
    bare_sound_part,
    document_url_part,
)
from aircherd.providers.chat_completions.thinking import without_thinking

# OpenAI's newer models refuse `max_tokens`; many other servers do not know the new name.
_OPENAI: Final = Quirks(
    name="OpenAI",
    efforts=EVERY_EFFORT,
    max_tokens_field="max_completion_tokens",
    max_stop=4,
    call_id=re.compile(r".{1,40}", re.DOTALL),
    add_thinking=without_thinking,
    api="OpenAI's Chat Completions API",
    modalities=("text", "audio"),
    sounds=OPENAI_SOUNDS,
    takes_pdf_urls=False,
    takes_others=False,
    has_refusals=True,
)
# All thinking models of Mistral have these two efforts, only some have more.
_MISTRAL: Final = Quirks(
    name="Mistral",
    efforts=nearest_efforts("none", "high", minimal="none"),
    call_id=re.compile(r"[A-Za-z0-9]{9}"),
    document_part=document_url_part,
    sound_part=bare_sound_part,
)

_OFF: Final[dict[str, object]] = {"thinking": {"type": "disabled"}}
_COMMON: Final = nearest_efforts("none", "low", "medium", "high")

_COMPATIBLE: Final = Quirks(
    name="this server",
    efforts=_COMMON,
    tools_hint='; if it has OpenAI\'s Responses API, set api = "responses" for the provider',
)

_VENDORS: Final[dict[str, Quirks]] = {
    "api.openai.com": _OPENAI,
    "mistral.ai": _MISTRAL,
    # Groq's Qwen thinks or does not; only gpt-oss has efforts.
    "groq.com": Quirks(
        name="Groq",
        efforts=_COMMON,
        model_efforts=(("qwen", nearest_efforts("none", every="default")),),
    ),
    "api.deepseek.com": Quirks(
        name="DeepSeek",
        efforts=nearest_efforts("low", "high", "max", medium="high", xhigh="max"),
        no_thinking=_OFF,
    ),
    "generativelanguage.googleapis.com": Quirks(
        name="Google", efforts=nearest_efforts("none", "minimal", "low", "medium", "high")
    ),
    "z.ai": Quirks(name="Z.ai", efforts=_COMMON, no_thinking=_OFF),
    "bigmodel.cn": Quirks(name="BigModel", efforts=_COMMON, no_thinking=_OFF),
    "moonshot.ai": Quirks(name="Moonshot", efforts=_COMMON, no_thinking=_OFF),
    "moonshot.cn": Quirks(name="Moonshot", efforts=_COMMON, no_thinking=_OFF),
    "aliyuncs.com": Quirks(name="Alibaba", efforts=_COMMON, no_thinking={"enable_thinking": False}),
    "together.ai": Quirks(
        name="Together", efforts=_COMMON, no_thinking={"reasoning": {"enabled": False}}
    ),
    "together.xyz": Quirks(
        name="Together", efforts=_COMMON, no_thinking={"reasoning": {"enabled": False}}
    ),
}
"""Domain -> quirks. Cerebras, xAI, Fireworks and DeepInfra have those of every other server."""


def is_openai(provider: Provider) -> bool:
    """Return whether `provider` is OpenAI itself, not a compatible server."""
    return _vendor(provider.base_url) is _OPENAI  # also eu.api.openai.com and the like


def quirks_of(provider: Provider) -> Quirks:
    """Return the quirks of the server behind `provider`; its configuration overrides them."""
    return _quirks_of(provider.base_url, provider.max_tokens_field)


@lru_cache(maxsize=512)  # called for every request
def _quirks_of(base_url: str, max_tokens_field: MaxTokensField | None) -> Quirks:
    quirks = _vendor(base_url)
    if max_tokens_field is None:
        return quirks
    return msgspec.structs.replace(quirks, max_tokens_field=max_tokens_field)


@lru_cache(maxsize=512)  # called for every request
def _vendor(base_url: str) -> Quirks:
    labels = (urlsplit(base_url).hostname or "").split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_VENDORS[name] for name in domains if name in _VENDORS), _COMPATIBLE)
