"""The list of models of the Anthropic API.

Sizes and capabilities are in the SDK's types since 2026. Compatible servers leave them out; what is
missing or malformed is unknown.
"""

import msgspec

from aircherd.catalog.release_dates import release_date
from aircherd.catalog.sanitize import MAX_LISTED
from aircherd.providers.anthropic.thinking import thinking_profile
from aircherd.providers.codec.json_in import as_text, branch, count_of
from aircherd.providers.model_list import decode_list
from aircherd.vocabulary.models import Model


class _Support(msgspec.Struct, gc=False):
    supported: object = None


class _Capabilities(msgspec.Struct, gc=False):
    image_input: msgspec.Raw = msgspec.Raw()
    pdf_input: msgspec.Raw = msgspec.Raw()
    structured_outputs: msgspec.Raw = msgspec.Raw()
    thinking: msgspec.Raw = msgspec.Raw()


class _Listed(msgspec.Struct, gc=False):
    id: str
    display_name: object = None
    lifecycle: object = None
    created_at: object = None
    max_input_tokens: msgspec.Raw = msgspec.Raw()
    max_tokens: msgspec.Raw = msgspec.Raw()
    capabilities: msgspec.Raw = msgspec.Raw()


class _List(msgspec.Struct, gc=False):
    data: list[_Listed]


_SUPPORT = msgspec.json.Decoder(_Support)
_CAPABILITIES = msgspec.json.Decoder(_Capabilities)
_LIST = msgspec.json.Decoder(_List)
_NO_CAPABILITIES = _Capabilities()


def read_models(body: bytes) -> list[Model]:
    """Return the listed models without retired ones; see `Adapter.read_models`."""
    listed = decode_list(_LIST, body).data[:MAX_LISTED]
    return [_model(each) for each in listed if each.lifecycle != "retired"]


def _model(listed: _Listed) -> Model:
    capabilities = branch(_CAPABILITIES, listed.capabilities) or _NO_CAPABILITIES
    return Model(
        id=listed.id,
        name=as_text(listed.display_name) or None,
        window=count_of(listed.max_input_tokens) or None,
        max_output=count_of(listed.max_tokens) or None,
        images=_supported(capabilities.image_input),
        documents=_supported(capabilities.pdf_input),
        reasoning=_supported(capabilities.thinking),
        json_schema=_supported(capabilities.structured_outputs),
        # The list does not say, and a model that the table does not know may take it.
        sampling=None if thinking_profile(listed.id).takes_sampling else False,
        released=release_date(listed.created_at),
    )


def _supported(raw: msgspec.Raw) -> bool | None:
    support = branch(_SUPPORT, raw)
    if support is None or not isinstance(support.supported, bool):
        return None
    return support.supported
