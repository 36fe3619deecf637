"""Answers a request for embeddings: as its provider does, for they are not translated."""

import msgspec

from aircherd.http_api.operations.chat import answer_whole
from aircherd.http_api.operations.exchange import Exchange
from aircherd.http_api.operations.reading import read_body
from aircherd.providers.verbatim.passage import Passage


async def embeddings(exchange: Exchange) -> None:
    """Answer with the embeddings of the first candidate that has them in the dialect's form."""
    read = await read_body(exchange.dialect.read_embeddings, exchange.call)
    request = msgspec.structs.replace(exchange.request_of(read), stream=False)
    sent = msgspec.structs.replace(read.verbatim, operation="embeddings")
    await answer_whole(exchange, read, request, Passage(sent))
