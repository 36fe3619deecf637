"""Answers a chat, streamed or in one piece."""

import trio

from aircher_wire import methods
from aircherd.api.context import RequestContext
from aircherd.api.methods import note_key_refusal
from aircherd.api.services import Services
from aircherd.errors import AircherError, ChatFailed, Forbidden, NotAuthenticated
from aircherd.http_api.call import Client, Handler
from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.operations.answer_headers import TRANSLATED, VERBATIM, result_headers
from aircherd.http_api.operations.chat_response import ChatStream, WholeReply
from aircherd.http_api.operations.exchange import JSON, Exchange
from aircherd.http_api.operations.failing import note_failure, problem_for
from aircherd.http_api.operations.model_names import names_in_tools
from aircherd.http_api.operations.reading import read_body
from aircherd.providers.verbatim.passage import Passage
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.chat import ChatRequest


async def chat(exchange: Exchange) -> None:
    """Answer a chat."""
    read = await read_body(exchange.dialect.read_chat, exchange.call)
    request = exchange.request_of(read)
    passage = Passage(read.verbatim)
    if request.stream:
        await _stream(exchange, read, request, passage)
    else:
        await answer_whole(exchange, read, request, passage)


def chat_handler(passage: Passage) -> Handler:
    """Return what does `chat` for an HTTP client: the socket's handler, with what it sent."""

    async def handle(services: Services, context: RequestContext, request: ChatRequest) -> object:
        try:
            return await services.chat.chat(
                request,
                context.caller,
                context.send,
                context.scope,
                context.memory,
                verbatim=passage,
            )
        except (ChatFailed, NotAuthenticated) as error:
            note_key_refusal(error, services, context)
            raise

    return handle


async def run_chat(exchange: Exchange, request: ChatRequest, passage: Passage) -> ChatResult:
    """Run a chat as the client may do it.

    Raises:
        AircherError: it failed, or the client may not.
    """
    if exchange.client.is_bound:
        _check_tools(exchange.client, passage)
    keeps_name = passage.request.operation != "chat"
    handler = exchange.client.permitted(methods.CHAT, chat_handler(passage), keeps_name=keeps_name)
    result: object = None
    with exchange.scope:
        result = await handler(exchange.services, exchange, request)
    assert isinstance(result, ChatResult)
    return result


def _check_tools(client: Client, passage: Passage) -> None:
    """Check that a client that is bound to models asks no other one by a tool of the provider's.

    Raises:
        Forbidden: it does.
        BadRequest: the tools are too large to be looked through.
    """
    for field in ("tools", "plugins"):
        value = passage.value(field)
        for name in names_in_tools(value) if value else ():
            if not client.may_name(name):
                raise Forbidden(
                    f"{field}: the token {client.caller.client!r} may not use the model {name}",
                    client=client.caller.client,
                )


async def answer_whole(
    exchange: Exchange, read: ChatRead, request: ChatRequest, passage: Passage
) -> None:
    """Answer in one piece; errors are raised."""
    reply = WholeReply(exchange, read)
    exchange.send = reply.send
    result = await run_chat(exchange, request, passage)
    found = reply.result()
    if found is None:
        body = exchange.dialect.whole_reply(read, result)
        headers = [("content-type", JSON), *result_headers(result, TRANSLATED)]
    else:
        head, body = found
        content_type = head.content_type or JSON
        headers = [("content-type", content_type), *head.headers, *result_headers(result, VERBATIM)]
    await exchange.response.whole(200, headers, body)


async def _stream(
    exchange: Exchange, read: ChatRead, request: ChatRequest, passage: Passage
) -> None:
    """Answer with a stream; errors before it has begun are raised."""
    stream = ChatStream(exchange, read, passage)
    exchange.send = stream.send
    keep_alive = exchange.dialect.keep_alive
    if keep_alive is None:
        result = await _result_or_error(exchange, request, passage)
    else:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.keep_alive, keep_alive)
            result = await _result_or_error(exchange, request, passage)
            await stream.wait_written()
            nursery.cancel_scope.cancel()
    if isinstance(result, ChatResult):
        await stream.finish(result)
    elif exchange.response.has_started and not stream.is_broken:
        await stream.fail(problem_for(exchange, result))
    else:
        raise result


async def _result_or_error(
    exchange: Exchange, request: ChatRequest, passage: Passage
) -> ChatResult | Exception:
    """Return the result, or the error: a nursery would put it into a group."""
    try:
        return await run_chat(exchange, request, passage)
    except AircherError as error:
        return note_failure(exchange, error)
    except Exception as error:  # noqa: BLE001 -- raised again, or named at the end of the stream
        return error
