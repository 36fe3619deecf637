"""The fields of a request, as the API has them: structs only.

Source: the types of the vendor's SDK 2.14, November 2026.
"""

from typing import Annotated, Final

import msgspec

from aircherd.http_api.dialects.anthropic.request.blocks import ABSENT
from aircherd.http_api.dialects.anthropic.request.options import (
    Format,
    Metadata,
    OutputConfig,
    Thinking,
)
from aircherd.http_api.dialects.anthropic.request.tools import Choice
from aircherd.vocabulary.chat import MAX_OUTPUT_TOKENS

MAX_MESSAGES: Final = 100_000
"""The vendor's own bound."""

MAX_TOOLS: Final = 5_000


class Request(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    """A request."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    messages: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MAX_MESSAGES)]
    max_tokens: Annotated[int, msgspec.Meta(ge=0, le=MAX_OUTPUT_TOKENS)] | None = None
    system: msgspec.Raw = ABSENT
    stream: bool | None = None
    tools: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MAX_TOOLS)] | None = None
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: msgspec.Raw = ABSENT
    output_format: Format | None = None
    metadata: Metadata | None = None
    stop_sequences: Annotated[list[str], msgspec.Meta(max_length=10_000)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    # They stay behind: a provider of another API answers without them.
    top_k: msgspec.Raw = ABSENT
    service_tier: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT
    context_management: msgspec.Raw = ABSENT
    diagnostics: msgspec.Raw = ABSENT
    fallbacks: msgspec.Raw = ABSENT
    # They are unsaid, and some have a price: only a provider of this API can answer.
    speed: msgspec.Raw = ABSENT
    container: msgspec.Raw = ABSENT
    inference_geo: msgspec.Raw = ABSENT
    mcp_servers: msgspec.Raw = ABSENT


UNSAID: Final = ("speed", "container", "inference_geo", "mcp_servers")
"""Fields that no other API has, and that change which provider may answer, or what it costs."""

EMPTY: Final = (b"", b"null", b"[]", b"{}", b'"standard"')
"""Values that ask for nothing."""

REQUEST: Final = msgspec.json.Decoder(Request)
OUTPUT_CONFIG: Final = msgspec.json.Decoder(OutputConfig)
