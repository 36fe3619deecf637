"""The base of the vendors' decoders of streamed replies: it finds errors in any shape."""

from aircherd.errors import ProviderFailed
from aircherd.providers.codec.reply_stream import ReplyStream
from aircherd.providers.replies.embedded_error import embedded_error, named_error


class VendorStream(ReplyStream):
    """A `ReplyStream` that finds errors which the vendor's own API does not have."""

    def _find_error(self, data: bytes, *, is_named: bool) -> ProviderFailed | None:
        return named_error(data) if is_named else embedded_error(data)
