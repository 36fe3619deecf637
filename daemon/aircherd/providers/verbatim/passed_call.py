"""Calls for HTTP clients: how their requests are built, and how their replies are received."""

from typing import Any

from aircherd.config.model import Provider
from aircherd.providers.adapter import ReplyDecoder
from aircherd.providers.replies.whole_reply import ReplyReader
from aircherd.providers.streaming_call import StreamingCall
from aircherd.providers.transport.request import HttpRequest, HttpResponse
from aircherd.providers.verbatim.headers import merge_headers, shown_headers, shown_type
from aircherd.providers.verbatim.passage import Passage
from aircherd.providers.verbatim.speakers import Speaker
from aircherd.redaction import Redactor
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.verbatim import VerbatimHead

_QUERY = {"anthropic": "beta=true"}
"""What may be in a query and means something to the vendor."""


def passed_head(
    speaker: Speaker,
    passage: Passage,
    provider: Provider,
    model: Model,
    key: Secret | None,
    *,
    stream: bool,
) -> HttpRequest:
    """Return the request of a call without its body: the adapter's, with the client's headers."""
    plain = speaker.adapter.chat_head(provider, model, key, stream=stream)
    headers = merge_headers(provider, plain.headers, passage.request.headers)
    query = _QUERY.get(passage.request.dialect)
    is_asked = query is not None and query in passage.request.query.split("&")
    return HttpRequest(plain.method, f"{speaker.url}?{query}" if is_asked else speaker.url, headers)


def passed_reader(
    reader: ReplyReader,
    passage: Passage,
    content_type: bytes,
    response: HttpResponse,
    redactor: Redactor,
    *,
    stream: bool,
) -> ReplyReader:
    """Return what reads a reply whose bytes are kept for the client."""
    if passage.request.operation == "embeddings":
        from aircherd.providers.verbatim.embeddings import EmbeddingsReader  # noqa: PLC0415

        reader = EmbeddingsReader()
    kept = shown_headers(response.headers, redactor.has_key)
    head = VerbatimHead(shown_type(content_type), kept)
    return passage.begin(reader, head, stream=stream, mask=redactor.mask)


def passed_decoder(passage: Passage, reader: ReplyReader, usual: ReplyDecoder) -> ReplyDecoder:
    """Return what decodes a reply: `usual`, except for embeddings, which may be much larger."""
    if passage.request.operation != "embeddings":
        return usual
    from aircherd.providers.verbatim.embeddings import embeddings_decoder  # noqa: PLC0415

    return embeddings_decoder(reader)


class PassedCall(StreamingCall):
    """A `ChatCall` whose bytes are noted in its `passage`."""

    __slots__ = ("passage",)

    passage: Passage

    def _decode(self, data: bytes) -> list[ReplyEvent]:
        self.passage.note(data)
        return super()._decode(data)


def open_passed(passage: Passage, *args: Any, **options: Any) -> PassedCall:
    """Make a call for a passage; the other arguments are those of a `StreamingCall`."""
    call = PassedCall(*args, **options)
    call.passage = passage
    return call
