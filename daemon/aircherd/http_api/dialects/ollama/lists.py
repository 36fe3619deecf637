"""What clients ask for before they chat: the models, one of them, and the version.

Names have a tag here, as in Ollama: clients add `:latest` to those without one, and look that up.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.dialect import ListedModel
from aircherd.http_api.dialects.ollama.request import model_name
from aircherd.http_api.dialects.ollama.shapes import Named

Json = dict[str, object]

VERSION: Final = "0.32.6"
"""A version of Ollama whose API this is. Copilot in VS Code refuses those before 0.6.4."""

ARCHITECTURE: Final = "aircher"
"""What `model_info` begins its names with."""

_CAPABILITIES: Final = {
    "tools": "tools",
    "images": "vision",
    "audio": "audio",
    "reasoning": "thinking",
}
_NO_DATE: Final = "2026-01-01"
_DAY: Final = len("2026-01-01")

_NAMED: Final = msgspec.json.Decoder(Named)


def tagged(name: str) -> str:
    """Return a model's name with a tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def model_list(models: Sequence[ListedModel]) -> bytes:
    """Return all models."""
    return json_bytes({"models": [_entry(each) for each in models]})


def model_entry(model: ListedModel) -> bytes:
    """Return what there is to know of one model."""
    info: Json = {"general.architecture": ARCHITECTURE, "general.basename": model.name or model.id}
    if model.window is not None:
        info[f"{ARCHITECTURE}.context_length"] = model.window
    return json_bytes(
        {
            "license": "",
            "modelfile": "",
            "parameters": "",
            "template": "{{ .Prompt }}",
            "details": _details(model),
            "model_info": info,
            "capabilities": _capabilities(model),
            "modified_at": _modified(model),
        }
    )


def _entry(model: ListedModel) -> Json:
    name = tagged(model.id)
    return {
        "name": name,
        "model": name,
        "modified_at": _modified(model),
        "size": 0,
        # Names of one digest are taken for names of one model.
        "digest": hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(),
        "details": _details(model),
        "capabilities": _capabilities(model),
    }


def _details(model: ListedModel) -> Json:
    family = model.provider or ARCHITECTURE
    details: Json = {
        "parent_model": "",
        "format": "",
        "family": family,
        "families": [family],
        "parameter_size": "",
        "quantization_level": "",
    }
    if model.window is not None:
        details["context_length"] = model.window
    return details


def _capabilities(model: ListedModel) -> list[str]:
    if "embeddings" in model.abilities:
        return ["embedding"]
    found = [name for ability, name in _CAPABILITIES.items() if ability in model.abilities]
    return ["completion", *found]


def _modified(model: ListedModel) -> str:
    released = model.released or ""
    return f"{released if len(released) == _DAY else _NO_DATE}T00:00:00Z"


# ------------------------------------------------------------------ plain answers


def version(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
    """Return the version whose API this is."""
    del call, models
    return 200, json_bytes({"version": VERSION})


def running(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
    """Return which models are in memory: none is here."""
    del call, models
    return 200, b'{"models":[]}'


def pull(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
    """Return that a model is there: some clients pull each before they use it."""
    name = _asked(call)
    if _find(name, models) is None:
        return _unknown(name)
    return 200, b'{"status":"success"}\n'


def refuse(call: ApiCall, models: Sequence[ListedModel]) -> tuple[int, bytes]:
    """Return that models are neither made nor moved here."""
    del models
    what = f"{call.path}: aircher passes requests on and has no models of its own to change"
    return 501, json_bytes({"error": what})


def _asked(call: ApiCall) -> str:
    try:
        named = _NAMED.decode(call.body)
    except (ValueError, RecursionError):
        return ""
    return named.model or named.name or ""


def _find(name: str, models: Sequence[ListedModel]) -> ListedModel | None:
    bare = model_name(name)
    return next((each for each in models if model_name(each.id) == bare), None)


def _unknown(name: str) -> tuple[int, bytes]:
    text = f"model '{name[:200]}' not found: GET /api/tags lists those that can be asked"
    return 404, json_bytes({"error": text})
