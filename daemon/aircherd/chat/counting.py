"""Counts the tokens of an HTTP client's request, by the provider that would answer it."""

import structlog
import trio

from aircherd.chat.caller import Caller
from aircherd.chat.live_state import LiveRoutingState
from aircherd.chat.request.requirements import requirements_of
from aircherd.chat.services import ChatServices
from aircherd.config.model import Config
from aircherd.errors import NotAuthenticated, ProviderFailed
from aircherd.providers.verbatim.passage import Passage
from aircherd.routing.candidate import Candidate
from aircherd.routing.plan import RouteQuery, make_plan
from aircherd.vocabulary.chat import ChatRequest

COUNT_SECONDS = 5.0
"""The time for a count: after that, an estimate has to do."""
MAX_ASKED = 2
"""Providers that are asked for one count."""

log = structlog.get_logger()


async def count_by_provider(
    services: ChatServices,
    config: Config,
    request: ChatRequest,
    caller: Caller,
    passage: Passage,
) -> int | None:
    """Return the count of the first candidate that speaks the client's API, None if none counts.

    It is no request under the user's limits and has no row in the ledger, and a failure says
    nothing about the provider's health.

    Raises:
        UnknownModel, BadRequest, NotAuthenticated, ConfigInvalid: as a chat.
    """
    requirements = requirements_of(request)
    query = RouteQuery(model=request.model, options=request.route, requirements=requirements)
    plan = make_plan(query, config, LiveRoutingState(services, requirements, caller))
    asked = 0
    with trio.move_on_after(COUNT_SECONDS):
        for step in plan.steps():
            if asked < MAX_ASKED and isinstance(step, Candidate) and not step.is_last_resort:
                found = await _ask(services, step, request, passage)
                if isinstance(found, int):
                    return found
                asked += found is not None
    return None


async def _ask(
    services: ChatServices, candidate: Candidate, request: ChatRequest, passage: Passage
) -> int | ProviderFailed | None:
    """Return a candidate's count, why there is none, or None if it does not speak the API."""
    provider, auth = candidate.provider, services.auth
    try:
        key = await auth.get_api_key(provider, candidate.key) if provider.needs_key else None
        return await services.provider_client.free_calls.count_tokens(
            provider, candidate.model, key, request, passage
        )
    except NotAuthenticated:
        return None
    except ProviderFailed as error:
        log.info("tokens_not_counted", provider=provider.name, reason=error.message)
        return error
