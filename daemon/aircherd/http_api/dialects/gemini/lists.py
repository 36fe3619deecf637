"""Lists of models and counts in Google's form."""

from collections.abc import Sequence

from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ListedModel

Json = dict[str, object]

_CHAT = ["generateContent", "streamGenerateContent", "countTokens"]
_EMBEDDINGS = ["embedContent", "batchEmbedContents", "countTokens"]


def model_list(models: Sequence[ListedModel]) -> bytes:
    """Return all models; there is one page."""
    return json_bytes({"models": [_entry(each) for each in models]})


def model_entry(model: ListedModel) -> bytes:
    """Return one model."""
    return json_bytes(_entry(model))


def count_reply(tokens: int) -> bytes:
    """Return how many tokens an input has."""
    return json_bytes({"totalTokens": tokens})


def _entry(model: ListedModel) -> Json:
    embeds = "embeddings" in model.abilities
    entry: Json = {
        "name": f"models/{model.id}",
        "baseModelId": model.model or model.id,
        "version": model.released or "1",
        "displayName": model.name or model.id,
        "supportedGenerationMethods": _EMBEDDINGS if embeds else _CHAT,
    }
    if model.provider is not None:
        entry["description"] = f"{model.model or model.id} of {model.provider}"
    if model.window is not None:
        entry["inputTokenLimit"] = model.window
    if model.max_output is not None:
        entry["outputTokenLimit"] = model.max_output
    if "reasoning" in model.abilities:
        entry["thinking"] = True
    return entry
