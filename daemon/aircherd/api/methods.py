"""The table from method name to handler: the index of what every client can ask.

`docs/protocol.md` describes each; a test holds the two together. A handler takes the services, the
context of the request and its checked parameters, and returns the result. No handler knows how a
client is connected: what belongs to one connection (`hello`, streams, events) is in
`ipc.connection_methods`.
"""

from collections.abc import Iterable
from functools import partial

import msgspec
import trio

from aircher_wire import methods
from aircherd.api import models, usage
from aircherd.api import status as overview
from aircherd.api.context import Method, RequestContext
from aircherd.api.limit_warnings import unknown_names, with_lines
from aircherd.api.params import (
    CheckParams,
    ClearParams,
    ExplainParams,
    ImportParams,
    ListParams,
    LoginParams,
    LogoutParams,
    NoParams,
    RefreshParams,
    ReportParams,
    TestParams,
    UseParams,
)
from aircherd.api.services import Services
from aircherd.api.wire import to_wire
from aircherd.chat.caller import discard
from aircherd.chat.explain import explain
from aircherd.config.load import parse_config
from aircherd.errors import BadRequest, ConfigInvalid
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.keys import DEFAULT_LABEL
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.suggestions import nearest

# ------------------------------------------------------------------ the daemon itself


async def ping(_services: Services, _: RequestContext, _params: NoParams) -> object:
    """Alive."""
    return {}


async def status(services: Services, _: RequestContext, _params: NoParams) -> object:
    """What the daemon is doing."""
    return await overview.status(services)


async def shutdown(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Drain and stop, after the answer."""
    services.shutdown.asked.set()
    return {}


# ------------------------------------------------------------------ chat


async def chat(services: Services, context: RequestContext, request: ChatRequest) -> object:
    """Answer a chat request; deltas go to the context's `send`."""
    send = context.send if request.stream else discard
    return await services.chat.chat(request, context.caller, send, context.scope)


async def route_explain(
    services: Services, context: RequestContext, request: ExplainParams
) -> object:
    """Say who would be asked now, and who would not."""
    return explain(services.chat.services, services.config.usable(), request, context.caller.client)


# ------------------------------------------------------------------ auth


def _check_known(services: Services, provider: str) -> None:
    """Say what is wrong with the configuration, rather than that it has no such provider."""
    if provider not in services.config.current.providers:
        services.config.usable()


async def auth_login(services: Services, _: RequestContext, params: LoginParams) -> object:
    """Store a key after a live check."""
    _check_known(services, params.provider)
    row = await services.auth.login(
        params.provider, Secret(params.key), label=params.label, verify=params.verify
    )
    services.provider_client.cooldowns.note_other_key(params.provider, params.label)
    if params.verify:
        _wish_lists(services, [params.provider])
    return overview.key_row(services, row)


async def auth_logout(services: Services, _: RequestContext, params: LogoutParams) -> object:
    """Remove stored keys."""
    _check_known(services, params.provider)
    before = services.auth.stored_labels(params.provider)
    rows = await services.auth.logout(params.provider, params.label)
    removed = set(before) - set(services.auth.stored_labels(params.provider))
    for label in removed:
        services.provider_client.cooldowns.note_other_key(params.provider, label)
    return {"removed": len(removed), "rows": [overview.key_row(services, row) for row in rows]}


async def auth_status(services: Services, _: RequestContext, _params: NoParams) -> object:
    """The state of every key."""
    rows = [overview.key_row(services, row) for row in await services.auth.status()]
    return {
        "rows": rows,
        "environment": overview.environment_names(services),
        "config": overview.config_state(services),
    }


async def auth_test(services: Services, _: RequestContext, params: TestParams) -> object:
    """Check keys live, free of charge."""
    if params.provider is not None:
        _check_known(services, params.provider)
    rows = await services.auth.test(params.provider)
    return {"rows": [overview.key_row(services, row) for row in rows]}


async def auth_import(services: Services, _: RequestContext, params: ImportParams) -> object:
    """Store keys from the caller's environment."""
    outcomes = await services.auth.import_keys(params.variables, verify=params.verify)
    stored = [o.provider for o in outcomes if o.outcome == "stored" and o.provider]
    for provider in stored:
        services.provider_client.cooldowns.note_other_key(provider, DEFAULT_LABEL)
    if params.verify:
        _wish_lists(services, stored)
    return {"outcomes": [to_wire(outcome) for outcome in outcomes]}


def _wish_lists(services: Services, names: Iterable[str | None]) -> None:
    """Have the models of providers fetched that took a key just now."""
    providers = services.config.current.providers
    services.fetcher.start_fetching(providers[name] for name in names if name in providers)


# ------------------------------------------------------------------ models


async def models_list(services: Services, _: RequestContext, params: ListParams) -> object:
    """What models there are, and what is known of each."""
    if params.model is not None:
        if params.provider is not None or params.query or params.all:
            raise BadRequest("model: is one model alone: leave out provider, query and all with it")
        return await models.only(services, params.model)
    return await models.listing(services, params.provider, params.query, every=params.all)


async def models_use(services: Services, _: RequestContext, params: UseParams) -> object:
    """Set the default model in the user's file."""
    return await models.use(services, params.model)


async def models_refresh(services: Services, _: RequestContext, params: RefreshParams) -> object:
    """Ask for news of models."""
    return await models.refresh(services, params.provider)


# ------------------------------------------------------------------ cooldowns


async def cooldowns_clear(services: Services, _: RequestContext, params: ClearParams) -> object:
    """Forget what is held against a provider, or against all: they are asked again at once."""
    if params.provider is not None:
        _check_known(services, params.provider)
        known = services.config.current.providers
        if params.provider not in known:
            close = nearest(params.provider, known)
            meant = f" (did you mean {close!r}?)" if close else ""
            raise BadRequest(f"provider: there is no provider {params.provider!r}{meant}")
    return {"cleared": services.provider_client.cooldowns.clear(params.provider)}


# ------------------------------------------------------------------ usage


async def usage_report(services: Services, _: RequestContext, params: ReportParams) -> object:
    """What was asked and spent, in sums."""
    return await usage.report(services, params.since, params.until, params.by)


async def limits_status(services: Services, _: RequestContext, _params: NoParams) -> object:
    """How far each of the user's limits is used."""
    return usage.limits(services)


# ------------------------------------------------------------------ configuration


async def config_check(services: Services, _: RequestContext, params: CheckParams) -> object:
    """Say what is wrong with a text, without using it."""
    text, file = params.text, params.file
    try:
        # In a thread: the worst of texts takes most of a second.
        config = await trio.to_thread.run_sync(partial(parse_config, text, file=file))
    except ConfigInvalid as error:
        return {"ok": False, "message": error.message, "problems": error.data["problems"]}
    found = unknown_names(services, config.limits)
    placed = await trio.to_thread.run_sync(with_lines, found, text, file)
    return {"ok": True, "problems": [], "unknown": msgspec.to_builtins(placed)}


async def config_reload(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Load the file now; a bad one changes nothing and is reported."""
    changed = await services.reload()
    file = str(services.about.paths.config_file)
    return {
        "changed": changed,
        "file": file,
        "unknown": msgspec.to_builtins(unknown_names(services, services.config.current.limits)),
    }


METHODS: dict[str, Method] = {
    methods.PING: Method(NoParams, ping),
    methods.STATUS: Method(NoParams, status),
    methods.SHUTDOWN: Method(NoParams, shutdown),
    methods.CHAT: Method(ChatRequest, chat),
    methods.ROUTE_EXPLAIN: Method(ExplainParams, route_explain),
    methods.AUTH_LOGIN: Method(LoginParams, auth_login),
    methods.AUTH_LOGOUT: Method(LogoutParams, auth_logout),
    methods.AUTH_STATUS: Method(NoParams, auth_status),
    methods.AUTH_TEST: Method(TestParams, auth_test),
    methods.AUTH_IMPORT: Method(ImportParams, auth_import),
    methods.MODELS_LIST: Method(ListParams, models_list),
    methods.MODELS_USE: Method(UseParams, models_use),
    methods.MODELS_REFRESH: Method(RefreshParams, models_refresh),
    methods.USAGE_REPORT: Method(ReportParams, usage_report),
    methods.LIMITS_STATUS: Method(NoParams, limits_status),
    methods.COOLDOWNS_CLEAR: Method(ClearParams, cooldowns_clear),
    methods.CONFIG_CHECK: Method(CheckParams, config_check),
    methods.CONFIG_RELOAD: Method(NoParams, config_reload),
}
