"""The JSON of replies, streamed or whole.

Only containers are typed; a value of an unexpected type is handled where it is read and never fails
the decoding.
"""

import msgspec

from aircherd.providers.anthropic.usage import AnthropicUsage


class Delta(msgspec.Struct, gc=False):
    """What an event adds to a block, or to the message."""

    type: object = None
    text: object = None
    thinking: object = None
    signature: object = None
    partial_json: object = None
    stop_reason: object = None
    usage: AnthropicUsage | None = None  # of a server that puts it here
    citation: msgspec.Raw = msgspec.Raw()
    container: msgspec.Raw = msgspec.Raw()
    stop_details: msgspec.Raw = msgspec.Raw()


class Message(msgspec.Struct, gc=False):
    """A whole reply, or the start of a streamed one."""

    content: list[msgspec.Raw] | None = None
    model: object = None
    stop_reason: object = None
    usage: AnthropicUsage | None = None
    error: object = None
    container: msgspec.Raw = msgspec.Raw()
    stop_details: msgspec.Raw = msgspec.Raw()
    context_management: msgspec.Raw = msgspec.Raw()
    diagnostics: msgspec.Raw = msgspec.Raw()
    input_transformations: msgspec.Raw = msgspec.Raw()


class Event(msgspec.Struct, gc=False):
    """All events in one struct, so that one decoder serves them all."""

    type: object = None
    index: object = None
    delta: Delta | None = None
    content_block: msgspec.Raw = msgspec.Raw()
    message: Message | None = None
    usage: AnthropicUsage | None = None
    stop_reason: object = None  # of a server that does not put it into the delta
    error: object = None
    context_management: msgspec.Raw = msgspec.Raw()
    input_transformations: msgspec.Raw = msgspec.Raw()


class RawDelta(msgspec.Struct, gc=False):
    """An event whose delta is kept as it came."""

    delta: msgspec.Raw = msgspec.Raw()


EVENT = msgspec.json.Decoder(Event)
MESSAGE = msgspec.json.Decoder(Message)
RAW_DELTA = msgspec.json.Decoder(RawDelta)
