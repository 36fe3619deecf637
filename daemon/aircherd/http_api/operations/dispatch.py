"""Does what a request asks for, and tells its client what went wrong.

On failure: before the response has begun, an error in the dialect's form with the headers by which
SDKs decide whether to ask again; after that, the stream's own error. A client that left cancels
this task, and with it the calls to providers.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from aircherd.api.services import Services
from aircherd.errors import AircherError
from aircherd.http_api.call import ApiCall, Client, Response
from aircherd.http_api.dialects.dialect import Dialect, OperationName, Route
from aircherd.http_api.operations.chat import chat
from aircherd.http_api.operations.count_tokens import count_tokens
from aircherd.http_api.operations.embeddings import embeddings
from aircherd.http_api.operations.exchange import Exchange
from aircherd.http_api.operations.failing import answer_problem, note_failure
from aircherd.http_api.operations.list_models import list_models, plain, show_model
from aircherd.http_api.problem import RequestProblem

log = structlog.get_logger()

OPERATIONS: Final[dict[OperationName, Callable[[Exchange], Awaitable[None]]]] = {
    "chat": chat,
    "count_tokens": count_tokens,
    "embeddings": embeddings,
    "list_models": list_models,
    "show_model": show_model,
    "plain": plain,
}


async def perform(  # noqa: PLR0917 -- what a request has
    services: Services,
    client: Client,
    dialect: Dialect,
    route: Route,
    call: ApiCall,
    response: Response,
) -> None:
    """Answer a request; its errors as well.

    Raises:
        trio.Cancelled: the client left, or the daemon stops.
        OSError, trio.BrokenResourceError: the connection broke.
    """
    exchange = Exchange(services, client, dialect, route, call, response)
    try:
        await OPERATIONS[route.operation](exchange)
    except RequestProblem as problem:
        failure: Exception = problem
    except AircherError as error:
        failure = note_failure(exchange, error)
    except Exception as error:
        if response.has_started:  # the connection is broken, or the stream cannot be ended
            raise
        failure = error
    else:
        return
    if response.has_started:
        log.error("http_response_broken", path=route.path, exc_info=failure)
        return
    await answer_problem(exchange, failure)
