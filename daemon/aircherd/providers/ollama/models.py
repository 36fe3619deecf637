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
    remote_host: object = None  # where the model runs, if not on this server


class _List(msgspec.Struct, gc=False):
    # A server without models may send null.
    models: list[_Listed] | None


_LIST = msgspec.json.Decoder(_List)


def read_models(body: bytes) -> list[Model]:
    """Return the installed models that can chat; see `Adapter.read_models`.

    They keep the server's order, newest first, but models that the server forwards to its cloud
    come last: the default model must not send a user's data away unexpectedly.
    """
    listed = decode_list(_LIST, body).models or []
    listed.sort(key=lambda each: bool(each.remote_host))
    read = (_model(each) for each in listed[:MAX_LISTED] if _can_chat(each))
    return [model for model in read if model.id]


def _can_chat(listed: _Listed) -> bool:
    # Older servers report no capabilities.
    return listed.capabilities is None or "completion" in listed.capabilities


def _model(listed: _Listed) -> Model:
    capabilities = listed.capabilities
    details = listed.details or {}
    return Model(
        id=as_text(listed.model) or as_text(listed.name),
        window=as_count(details.get("context_length")) or None,
        tools=None if capabilities is None else "tools" in capabilities,
        images=None if capabilities is None else "vision" in capabilities,
        audio=None if capabilities is None else "audio" in capabilities,
        reasoning=None if capabilities is None else "thinking" in capabilities,
        json_schema=_enforces_schemas(listed),
    )


def _enforces_schemas(listed: _Listed) -> bool | None:
    # The server constrains its own models to the schema; its cloud does not.
    if listed.remote_host:
        return False
    return True if (listed.details or {}).get("format") else None
