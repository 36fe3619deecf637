"""The list of models that an Ollama server has installed."""

import msgspec

from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.providers.codec.json_in import as_count, as_text
from aircherd.providers.model_list import decode_list
from aircherd.vocabulary.models import Model


class _Listed(msgspec.Struct, gc=False):
    model: object = None
    name: object = None
    capabilities: list[object] | None = None
    details: dict[str, object] | None = None
    remote_host: object = None  # where a model really runs that is only called through this server


class _List(msgspec.Struct, gc=False):
    # What has no models at all may say null.
    models: list[_Listed] | None


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return the installed models that can chat; see `Adapter.read_models`.

    The newest is the first, as the server has it, but those that run here come before those that
    the server only passes on: nobody who names no model should leave his machine unawares.
    """
    listed = decode_list(_LIST, body).models or []
    listed.sort(key=lambda each: bool(each.remote_host))
    read = (_model(each) for each in listed[:MAX_LISTED] if _can_chat(each))
    return [model for model in read if model.id]


def _can_chat(listed: _Listed) -> bool:
    # Older servers do not say what a model can do.
    return listed.capabilities is None or "completion" in listed.capabilities


def _model(listed: _Listed) -> Model:
    can = listed.capabilities
    details = listed.details or {}
    return Model(
        id=as_text(listed.model) or as_text(listed.name),
        window=as_count(details.get("context_length")) or None,
        tools=None if can is None else "tools" in can,
        images=None if can is None else "vision" in can,
        reasoning=None if can is None else "thinking" in can,
        json_schema=_keeps_to_schemas(listed),
    )


def _keeps_to_schemas(listed: _Listed) -> bool | None:
    # The server lets a model of its own write nothing that does not fit, its cloud does not.
    if listed.remote_host:
        return False
    return True if (listed.details or {}).get("format") else None
