"""The token counts of the Anthropic messages API, which counts what was cached apart.

They are not even decoded before they are known to be small.
"""

import msgspec

from aircherd.providers.adapter import MAX_COUNT, branch, count_of
from aircherd.vocabulary.reply import Usage

MAX_FIELD = 1024
"""Bytes of one field of the counts that are kept for later ones."""


class AnthropicUsage(msgspec.Struct, gc=False):
    """The counts as this API sends them."""

    input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens: msgspec.Raw = msgspec.Raw()
    cache_read_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens_details: msgspec.Raw = msgspec.Raw()

    def update(self, later: "AnthropicUsage") -> None:
        """Take over every count that `later` has."""
        for name in self.__struct_fields__:
            # A copy: a piece of the buffer would hold all of it.
            text = bytes(getattr(later, name))
            if text and text != b"null" and len(text) <= MAX_FIELD:
                setattr(self, name, msgspec.Raw(text))


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: msgspec.Raw = msgspec.Raw()


_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()


def read_usage(usage: AnthropicUsage) -> Usage:
    """Normalise the counts: this API counts what was cached apart from the input."""
    cached = count_of(usage.cache_read_input_tokens)
    written = count_of(usage.cache_creation_input_tokens)
    details = branch(_DETAILS, usage.output_tokens_details) or _NO_DETAILS
    return Usage(
        input_tokens=min(count_of(usage.input_tokens) + cached + written, MAX_COUNT),
        output_tokens=count_of(usage.output_tokens),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count_of(details.thinking_tokens),
    )
