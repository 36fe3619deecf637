"""The usual first candidate of a request, used without a plan."""

from aircherd.chat.caller import Caller
from aircherd.chat.route_cache import Target
from aircherd.chat.services import ChatServices
from aircherd.config.model import Config
from aircherd.routing.plan import Plan
from aircherd.vocabulary.chat import ChatRequest, Requirements

_NO_OPTIONS = ChatRequest(messages=[]).route
"""The `route` of all requests that set none: the same object."""


def find_first_choice(
    services: ChatServices,
    config: Config,
    request: ChatRequest,
    requirements: Requirements,
    caller: Caller,
) -> Target | None:
    """Return the cached first choice if it can serve the request now, else None: make a plan."""
    if not _is_cacheable(request):
        return None
    target = services.routes.first(config, request.model)
    if target is None or not target.fits(requirements):
        return None
    cooldowns = services.provider_client.cooldowns
    if not cooldowns.is_calm and cooldowns.cooling(*target.names) is not None:
        return None
    provider, key, _ = target.names
    model = target.candidate.model
    if services.accounting.room_for(caller, provider, key, model, requirements):
        return None
    return target


def keep_first_choice(
    services: ChatServices, config: Config, request: ChatRequest, plan: Plan, target: Target
) -> None:
    """Cache the first candidate of a plan for later requests, if it is the same for all of them."""
    if _is_cacheable(request) and plan.is_fixed and not target.candidate.is_last_resort:
        services.routes.keep(config, request.model, target)


def _is_cacheable(request: ChatRequest) -> bool:
    """Return whether the first choice depends on the model's name only."""
    return request.route is _NO_OPTIONS and not request.conversation
