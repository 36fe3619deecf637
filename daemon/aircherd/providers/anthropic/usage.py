"""The token counts of the Anthropic messages API, which counts what was cached apart.

They are not even decoded before they are known to be small.
"""

import msgspec

from aircherd.providers.codec.json_in import MAX_COUNT, branch, count_of, counts_of
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
            if text and text != b"null":
                setattr(self, name, msgspec.Raw(text if len(text) <= MAX_FIELD else _RUBBISH))


_RUBBISH = b'"too long"'


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: msgspec.Raw = msgspec.Raw()


_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()


def read_usage(usage: AnthropicUsage) -> Usage | None:
    """Normalise the counts, None if they are unknown: what was cached is counted apart here."""
    counts = counts_of(
        usage.input_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
        usage.output_tokens,
    )
    if counts is None:
        return None
    plain, cached, written, output = counts
    details = branch(_DETAILS, usage.output_tokens_details) or _NO_DETAILS
    return Usage(
        input_tokens=min(plain + cached + written, MAX_COUNT),
        output_tokens=output,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count_of(details.thinking_tokens),
    )
