"""The token counts of the Anthropic Messages API, which counts cached tokens separately.

Counts are decoded only after they are known to be small.
"""

import msgspec

from aircherd.providers.codec.json_in import MAX_COUNT, branch, count_of, counts_of
from aircherd.vocabulary.reply import Usage

MAX_FIELD = 1024
"""The longest value, in bytes, of one count that is kept until later counts arrive."""


class AnthropicUsage(msgspec.Struct, gc=False):
    """The counts as this API sends them."""

    input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens: msgspec.Raw = msgspec.Raw()
    cache_read_input_tokens: msgspec.Raw = msgspec.Raw()
    cache_creation_input_tokens: msgspec.Raw = msgspec.Raw()
    output_tokens_details: msgspec.Raw = msgspec.Raw()

    def update(self, later: "AnthropicUsage") -> None:
        """Overwrite every count that `later` has."""
        for name in self.__struct_fields__:
            # Copy: a slice would keep the whole buffer alive.
            text = bytes(getattr(later, name))
            if text and text != b"null":
                setattr(self, name, msgspec.Raw(text if len(text) <= MAX_FIELD else _TOO_LONG))


_TOO_LONG = b'"too long"'


class _Details(msgspec.Struct, gc=False):
    thinking_tokens: msgspec.Raw = msgspec.Raw()


_DETAILS = msgspec.json.Decoder(_Details)
_NO_DETAILS = _Details()


def read_usage(usage: AnthropicUsage) -> Usage | None:
    """Normalise the counts; None if they are unknown. The input includes cached tokens."""
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
