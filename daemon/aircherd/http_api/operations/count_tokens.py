"""Counts the tokens of a request: by the provider that would answer, else by an estimate."""

from typing import Final

import msgspec

from aircher_wire import methods
from aircherd.api.context import RequestContext
from aircherd.api.services import Services
from aircherd.chat.counting import count_by_provider
from aircherd.http_api.operations.exchange import Exchange
from aircherd.http_api.operations.reading import read_body
from aircherd.providers.verbatim.passage import Passage
from aircherd.usage.estimate import input_estimate
from aircherd.vocabulary.chat import ChatRequest

COUNTED: Final = "x-aircher-count"
"""The header that says whose count it is: `provider`, or `estimate`."""

_MARGIN: Final = 1.3
"""Claude's newest tokenizer makes up to a third more tokens of a text than the one before."""
_TOOL_PROMPT: Final = 350
"""Tokens of the instructions that Anthropic adds to a request with tools."""


async def count_tokens(exchange: Exchange) -> None:
    """Answer with a count. An estimate is rather too high: too low, tools compact too late."""
    read = await read_body(exchange.dialect.read_count, exchange.call)
    request = msgspec.structs.replace(exchange.request_of(read), stream=False)
    passage = Passage(msgspec.structs.replace(read.verbatim, operation="count_tokens"))

    async def count(services: Services, context: RequestContext, asked: ChatRequest) -> object:
        config = services.config.usable()
        return await count_by_provider(
            services.chat.services, config, asked, context.caller, passage
        )

    handler = exchange.client.permitted(methods.ROUTE_EXPLAIN, count)
    found = await handler(exchange.services, exchange, request)
    whose = "provider" if isinstance(found, int) else "estimate"
    tokens = found if isinstance(found, int) else estimate(request)
    await exchange.answer(exchange.dialect.count_reply(tokens), [(COUNTED, whose)])


def estimate(request: ChatRequest) -> int:
    """Return how many tokens a request has, at least for models that make many of a text."""
    return int(input_estimate(request) * _MARGIN) + (_TOOL_PROMPT if request.tools else 0)
