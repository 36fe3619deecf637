"""The error of a request that failed, as its client sees it."""

import time
from typing import TypeVar

import structlog

from aircherd.api.audit import note_refusal
from aircherd.errors import AircherError
from aircherd.http_api.operations.answer_headers import ATTEMPTS
from aircherd.http_api.operations.exchange import JSON, Exchange
from aircherd.http_api.operations.known_tools import final_answer, reworded, tool_of
from aircherd.http_api.operations.problems import internal_problem, problem_headers, problem_of
from aircherd.http_api.problem import Problem, RequestProblem

log = structlog.get_logger()
E_ = TypeVar("E_", bound=AircherError)


def note_failure(exchange: Exchange, error: E_) -> E_:
    """Note in the audit log that the client may not do what it asked for; return the error."""
    note_refusal(exchange.services, exchange.caller, error)
    return error.without_frames()


def problem_for(exchange: Exchange, error: Exception) -> Problem:
    """Return the problem of any error, as its tool gets it; one that is a bug is logged."""
    return reworded(_problem(exchange, error), _tool(exchange))


def _problem(exchange: Exchange, error: Exception) -> Problem:
    if isinstance(error, RequestProblem):
        return error.problem
    if isinstance(error, AircherError):
        return problem_of(error, time.time())
    log.error("http_request_crashed", path=exchange.route.path, exc_info=error)
    return internal_problem()


def _tool(exchange: Exchange) -> str | None:
    return tool_of(exchange.caller.client, exchange.call.headers.get("user-agent"))


async def answer_problem(exchange: Exchange, error: Exception) -> None:
    """Answer with an error in the dialect's form."""
    problem = problem_for(exchange, error)
    status, body = final_answer(problem, _tool(exchange), *exchange.dialect.error(problem))
    headers = [("content-type", JSON), *problem_headers(problem)]
    if isinstance(error, AircherError) and isinstance(tried := error.data.get("attempts"), list):
        headers.append((ATTEMPTS, str(len(tried))))
    await exchange.response.whole(status, headers, exchange.services.mask_keys(body))
