"""Reads embeddings: what they used, and that there are any. They go to the client as they came."""

import msgspec

from aircherd.errors import fail
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.codec.json_in import as_count
from aircherd.providers.codec.reply_stream import ReplyStream
from aircherd.providers.replies.embedded_error import embedded_error
from aircherd.providers.replies.whole_reply import OneReply, ReplyReader
from aircherd.vocabulary.failure import FailureClass
from aircherd.vocabulary.reply import Ending, OtherDelta, ReplyEvent, Usage

MAX_EMBEDDINGS = 64 * 1024 * 1024
"""Bytes of one reply: two thousand texts, as many as OpenAI takes, have as many in decimals."""

KIND = "embeddings"
"""What stands in the record of a reply for what is not read of it."""


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: object = None
    total_tokens: object = None
    promptTokenCount: object = None  # noqa: N815 -- Google's spelling
    cost: object = None


class _Embeddings(msgspec.Struct, gc=False):
    """Those of OpenAI, of Gemini for one text and for several, and of Ollama old and new."""

    data: msgspec.Raw = msgspec.Raw()
    embedding: msgspec.Raw = msgspec.Raw()
    embeddings: msgspec.Raw = msgspec.Raw()
    usage: _Usage | None = None
    usageMetadata: _Usage | None = None  # noqa: N815
    prompt_eval_count: object = None
    model: object = None

    @property
    def has_any(self) -> bool:
        """Whether there are embeddings in it."""
        fields = (self.data, self.embedding, self.embeddings)
        return any(bytes(each)[:1] in (b"[", b"{") for each in fields)

    def tokens(self) -> int | None:
        """Return the tokens of the input, None if they are not reported."""
        used = self.usage or self.usageMetadata or _Usage()
        counts = (used.prompt_tokens, used.promptTokenCount, self.prompt_eval_count)
        known = (as_count(count) for count in (*counts, used.total_tokens) if count is not None)
        return next(iter(known), None)


_DECODER = msgspec.json.Decoder(_Embeddings)


class EmbeddingsReader:
    """A `ReplyReader` for embeddings in any of the forms."""

    def reply_decoder(self) -> ReplyStream:
        """Refuse: no embeddings are streamed."""
        fail(FailureClass.PROTOCOL, "answered with a stream where embeddings should be")

    def read_reply(self, body: bytes) -> list[ReplyEvent]:
        """Return an event that there is something, and the ending.

        Raises:
            ProviderFailed: it holds an error, or no embeddings.
        """
        try:
            found = _DECODER.decode(body)
        except (ValueError, RecursionError):
            found = None
        if found is None or not found.has_any:
            if error := embedded_error(body):
                raise error
            fail(FailureClass.PROTOCOL, "answered with something that is not embeddings")
        tokens, model = found.tokens(), found.model
        usage = None if tokens is None else Usage(tokens, 0)
        name = model if isinstance(model, str) else None
        return [OtherDelta(KIND, "{}"), Ending("stop", usage, name)]

    def __repr__(self) -> str:
        return "<EmbeddingsReader>"


def embeddings_decoder(reader: ReplyReader) -> ReplyDecoder:
    """Return what collects embeddings that `reader` reads.

    How many numbers there are does not matter, because they are not decoded.
    """
    return OneReply(reader.read_reply, MAX_EMBEDDINGS)
