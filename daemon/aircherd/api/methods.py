"""The table of methods and their handlers: the index of what a client can call.

`docs/protocol.md` describes each method; a test compares the two. A handler takes the services, the
context of the request and its validated parameters, and returns the result. Handlers do not depend
on the kind of connection: methods that belong to one connection (`hello`, streams, events) are in
`ipc.connection_methods`.
"""

from collections.abc import Iterable
from functools import partial

import msgspec
import trio

from aircher_wire import methods
from aircherd.api.audit import audited, list_audit
from aircherd.api.context import Method, RequestContext
from aircherd.api.limit_warnings import add_line_numbers, limit_warnings
from aircherd.api.models import (
    LIST_TIMEOUT,
    known_models,
    refresh_models,
    refresh_stale,
    set_default,
    show_model,
)
from aircherd.api.params import (
    AnswerParams,
    AttemptsParams,
    AuditParams,
    CheckParams,
    ClearParams,
    DiagnoseParams,
    ExplainParams,
    FleetReportParams,
    ForgetParams,
    ImportParams,
    ListParams,
    LockParams,
    LoginParams,
    LogoutParams,
    NoParams,
    RefreshParams,
    ReportParams,
    SetParams,
    ShowParams,
    StatusParams,
    TestParams,
    TokenCreateParams,
    TokenRevokeParams,
    UnlockParams,
    UseParams,
    WriteParams,
)
from aircherd.api.services import Services
from aircherd.api.status import (
    config_state,
    daemon_status,
    engine_key,
    environment_names,
    key_row,
    key_rows,
)
from aircherd.api.turns import WAITING, in_turn, together
from aircherd.api.usage import build_report, list_attempts, list_limits
from aircherd.api.wire import encode, to_wire, with_fields
from aircherd.auth.key_sources import UNLOCK, UNLOCK_COMMAND
from aircherd.chat.caller import discard
from aircherd.chat.explain import explain
from aircherd.config.load import parse_config
from aircherd.errors import AircherError, BadRequest, ChatFailed, ConfigInvalid, NotAuthenticated
from aircherd.vocabulary.chat import ChatRequest
from aircherd.vocabulary.keys import DEFAULT_LABEL
from aircherd.vocabulary.secret import Secret
from aircherd.vocabulary.suggestions import unknown_provider

CONFIG, LEDGER = "config", "ledger"
"""Lanes of methods that keep a thread busy; two such threads would slow down the event loop."""

# ------------------------------------------------------------------ the daemon itself


async def ping(_services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return an empty result."""
    return {}


@together(at_once=WAITING)
async def status(services: Services, _: RequestContext, params: StatusParams) -> object:
    """Return the state of the daemon."""
    return await daemon_status(services, keyring=params.keyring, clients=params.clients)


@together(at_once=2)
async def diagnose(services: Services, _: RequestContext, params: DiagnoseParams) -> object:
    """Check everything that may be wrong, and say what to do."""
    # Imported late: it is rarely called.
    from aircherd.api.diagnosis.diagnose import diagnose as run  # noqa: PLC0415

    return await run(services, params)


async def shutdown(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Drain and stop the daemon after the response."""
    services.shutdown.requested.set()
    return {}


# ------------------------------------------------------------------ chat


def _keys_refused(services: Services, context: RequestContext) -> dict[str, object] | None:
    """Return why no key can be stored now, and the command that changes that; None if one can."""
    refused, lock = context.keys_refused(), services.auth.lock
    if not lock.is_closed() or (refused and not refused.get("elsewhere")):
        return refused
    return {"message": f"{lock.reason}; {UNLOCK}", "command": UNLOCK_COMMAND, **(refused or {})}


def note_key_refusal(error: AircherError, services: Services, context: RequestContext) -> None:
    """Let an error about keys say if this client cannot store any."""
    is_about_keys = "sign_in" in error.data or isinstance(error, NotAuthenticated)
    if is_about_keys and (refused := _keys_refused(services, context)):
        from aircherd.auth.sign_in import refuse_sign_in  # noqa: PLC0415 -- only after this failure

        why = str(refused["message"])
        error.message = error.message if why in error.message else f"{error.message}; {why}"
        error.args = (error.message,)
        refuse_sign_in(error.data, refused)


async def chat(services: Services, context: RequestContext, request: ChatRequest) -> object:
    """Answer a chat request; deltas go to the context's `send`."""
    send = context.send if request.stream else discard
    chat = services.chat.chat
    try:
        return await chat(request, context.caller, send, context.scope, context.memory)
    except (ChatFailed, NotAuthenticated) as error:
        note_key_refusal(error, services, context)
        raise


@in_turn()
async def route_explain(
    services: Services, context: RequestContext, request: ExplainParams
) -> object:
    """Explain which candidates a request would use now, and which it would skip."""
    try:
        plan = explain(services.chat.services, services.config.usable(), request, context.caller)
    except NotAuthenticated as error:
        note_key_refusal(error, services, context)
        raise
    if "sign_in" in plan and (refused := _keys_refused(services, context)):
        from aircherd.auth.sign_in import refuse_sign_in  # noqa: PLC0415 -- rarely needed

        refuse_sign_in(plan, refused)
    return plan


# ------------------------------------------------------------------ auth


def _check_provider(services: Services, provider: str) -> None:
    """Raise ConfigInvalid if the provider is unknown only because the config is invalid."""
    config = services.config.current
    if provider not in config.providers:
        services.config.usable()
    if entry := config.refused.providers.get(provider):
        raise entry.error(provider)


async def auth_login(services: Services, _: RequestContext, params: LoginParams) -> object:
    """Store a key after checking it live."""
    _check_provider(services, params.provider)
    secret = Secret(params.key)
    if not params.replace:
        kept = await services.auth.stored.matching_row(params.provider, secret, params.label)
        if kept is not None:
            return {**key_row(services, kept), "kept": True}
    row = await services.auth.stored.login(
        params.provider,
        secret,
        label=params.label,
        verify=params.verify,
        where=params.store,
    )
    services.provider_client.cooldowns.note_other_key(params.provider, params.label)
    if params.verify:
        _fetch_lists(services, [params.provider])
    return key_row(services, row)


async def auth_logout(services: Services, _: RequestContext, params: LogoutParams) -> object:
    """Remove stored keys, also those of a provider that the configuration refuses.

    It needs nothing of the configuration, and a stolen key cannot wait until that is repaired.
    """
    before = services.auth.stored.labels(params.provider)
    if not before:
        _check_provider(services, params.provider)
    rows = await services.auth.stored.logout(params.provider, params.label)
    removed = set(before) - set(services.auth.stored.labels(params.provider))
    for label in removed:
        services.provider_client.cooldowns.note_other_key(params.provider, label)
    return {"removed": len(removed), "rows": [key_row(services, row) for row in rows]}


async def auth_status(services: Services, context: RequestContext, params: NoParams) -> object:
    """Return the state of every key, and whether this client may store any."""
    found = await _key_states(services, context, params)
    refused = _keys_refused(services, context)
    return with_fields(found, {"refused": refused}) if refused else found


@together(at_once=WAITING)
async def _key_states(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return what is the same for all clients."""
    return {
        "rows": key_rows(services, await services.auth.status()),
        **engine_key(services),
        **services.auth.lock.to_wire(),
        "environment": environment_names(services),
        "config": config_state(services),
    }


@together(at_once=WAITING)
async def auth_test(services: Services, _: RequestContext, params: TestParams) -> object:
    """Check keys with live requests that cost nothing."""
    services.config.usable()
    if params.provider is not None:
        _check_provider(services, params.provider)
    rows = await services.auth.tester.test(params.provider)
    engine = engine_key(services) if params.provider is None else {}
    return {"rows": [key_row(services, row) for row in rows], **engine}


async def auth_import(services: Services, _: RequestContext, params: ImportParams) -> object:
    """Store keys from the client's environment variables."""
    services.config.usable()  # it says to which servers they belong
    outcomes = await services.auth.stored.import_keys(
        params.variables, verify=params.verify, where=params.store
    )
    stored = [o.provider for o in outcomes if o.outcome == "stored" and o.provider]
    for provider in stored:
        services.provider_client.cooldowns.note_other_key(provider, DEFAULT_LABEL)
    if params.verify:
        _fetch_lists(services, stored)
    return {"outcomes": [to_wire(outcome) for outcome in outcomes]}


async def auth_lock(services: Services, _: RequestContext, params: LockParams) -> object:
    """Forget all keys, and read none until they are unlocked."""
    problem = await services.auth.locker.lock(params.seconds)
    return {**services.auth.lock.to_wire(), **({"problem": problem} if problem else {})}


async def auth_unlock(services: Services, _: RequestContext, params: UnlockParams) -> object:
    """Read the keys again, for a client that can read the user's files."""
    from aircherd.api.file_proof import require_proof  # noqa: PLC0415 -- rarely used

    await require_proof(services, params.proof, "unlocking the keys")
    problem = await services.auth.locker.unlock()
    rows = key_rows(services, services.auth.rows())
    return {"rows": rows, **({"problem": problem} if problem else {})}


async def audit_list(services: Services, _: RequestContext, params: AuditParams) -> object:
    """Return lines of the audit log."""
    return await list_audit(services, params)


async def confirm_list(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return the questions to the user that wait for an answer."""
    return {"questions": services.questions.rows()}


async def confirm_answer(
    services: Services, context: RequestContext, params: AnswerParams
) -> object:
    """Answer a question, for a client that can read the user's files."""
    from aircherd.api.file_proof import require_proof  # noqa: PLC0415 -- rarely used

    await require_proof(services, params.proof, "answering for the user")
    peer = context.caller.peer
    services.questions.answer(params.number, allow=params.allow, pid=peer.pid if peer else None)
    return {}


def _fetch_lists(services: Services, names: Iterable[str | None]) -> None:
    """Fetch the model lists of providers with a new key, in the background."""
    providers = services.config.current.providers
    services.fetcher.start_fetching(providers[name] for name in names if name in providers)


# ------------------------------------------------------------------ models


async def models_list(services: Services, context: RequestContext, params: ListParams) -> object:
    """Return the available models and their metadata."""
    if params.model is not None:
        if params.provider is not None or params.query or params.all or params.own:
            raise BadRequest("model: selects one model; leave out provider, query, all and own")
        return await _one_model(services, context, params)
    # Lists are waited for apart, or calls for other providers would have to wait, too.
    await _stale_lists(services, context, params)
    return await _known_models(services, context, params)


@together(at_once=WAITING)
async def _one_model(services: Services, _: RequestContext, params: ListParams) -> object:
    return await show_model(services, params.model or "", wait=params.wait)


@together(at_once=WAITING)
async def _stale_lists(services: Services, _: RequestContext, params: ListParams) -> None:
    timeout = LIST_TIMEOUT if params.wait else 0
    await refresh_stale(services, params.provider, timeout, own=params.own)


@together()
async def _known_models(services: Services, _: RequestContext, params: ListParams) -> object:
    every, own = params.all, params.own
    return await known_models(services, params.provider, params.query, every=every, own=own)


async def models_use(services: Services, _: RequestContext, params: UseParams) -> object:
    """Set the default model in the configuration file."""
    return await set_default(services, params.model)


@together(at_once=WAITING)
async def models_refresh(services: Services, _: RequestContext, params: RefreshParams) -> object:
    """Fetch the model lists now."""
    services.config.usable()
    return await refresh_models(services, params.provider)


# ------------------------------------------------------------------ cooldowns


async def cooldowns_clear(services: Services, _: RequestContext, params: ClearParams) -> object:
    """Clear the cooldowns of one provider or of all, so they are tried again at once."""
    if params.provider is not None:
        _check_provider(services, params.provider)
        known = services.config.current.providers
        if params.provider not in known:
            raise BadRequest(f"provider: {unknown_provider(params.provider, known)}")
    return {"cleared": services.provider_client.cooldowns.clear(params.provider)}


# ------------------------------------------------------------------ usage


@together(lane=LEDGER)
async def usage_report(services: Services, _: RequestContext, params: ReportParams) -> object:
    """Return totals of requests, tokens and cost."""
    return await build_report(services, params.since, params.until, params.by)


@together(lane=LEDGER)
async def attempts_list(services: Services, _: RequestContext, params: AttemptsParams) -> object:
    """Return attempts one by one."""
    return await list_attempts(services, params)


async def limits_status(services: Services, context: RequestContext, _params: NoParams) -> object:
    """Return the usage of each of the user's limits.

    The engine of a fleet is asked once for all clients that limits do not tell apart.
    """
    caller = context.caller
    key = (methods.LIMITS_STATUS, caller.client, caller.project, caller.folder)

    async def work() -> object:
        return msgspec.Raw(encode(await list_limits(services, caller)))

    return await services.turns.take(methods.LIMITS_STATUS, work, client=caller, key=key)


@together()
async def report_fleet(services: Services, _: RequestContext, params: FleetReportParams) -> object:
    """Return what each machine of the fleet used."""
    from aircherd.api.fleet.report import fleet_report  # noqa: PLC0415 -- under [shared] only

    return await fleet_report(services, params)


async def fleet_forget(services: Services, _: RequestContext, params: ForgetParams) -> object:
    """Forget a machine of the fleet that will not come back."""
    from aircherd.api.fleet.report import forget_machine  # noqa: PLC0415 -- under [shared] only

    return await forget_machine(services, params.machine)


# ------------------------------------------------------------------ configuration


@in_turn(lane=CONFIG)
async def config_check(services: Services, _: RequestContext, params: CheckParams) -> object:
    """Report the problems in the text of a configuration, without applying it."""
    text, file = params.text, params.file
    if text is None:
        from aircherd.api.config import check_file_in_use  # noqa: PLC0415 -- rarely used

        return await check_file_in_use(services)
    try:
        # In a thread because the worst possible text takes almost a second.
        config = await trio.to_thread.run_sync(partial(parse_config, text, file=file))
        if file == str(services.config.file):
            from aircherd.api.config import check_own_file  # noqa: PLC0415 -- rarely used

            await check_own_file(services)
    except ConfigInvalid as error:
        return {"ok": False, "message": error.message, "problems": error.data["problems"]}
    from aircherd.api.config import shut_out_row  # noqa: PLC0415 -- rarely used

    found = limit_warnings(services, config.limits)
    warnings = await trio.to_thread.run_sync(add_line_numbers, found, text, file)
    unknown = msgspec.to_builtins(warnings)
    return {"ok": True, "problems": [], "unknown": unknown, **shut_out_row(config)}


@together()
async def config_reload(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Load the configuration file now. An invalid one is reported and changes nothing."""
    result = await services.reload()
    return {
        **result.to_wire(),
        "file": str(services.about.paths.config_file),
        "unknown": msgspec.to_builtins(limit_warnings(services, services.config.current.limits)),
    }


@together(lane=CONFIG)
async def config_show(services: Services, _: RequestContext, params: ShowParams) -> object:
    """Return the settings in effect, and where each comes from."""
    from aircherd.api.config import show_config  # noqa: PLC0415 -- rarely used

    return await show_config(services, with_defaults=params.all)


@together()
async def config_schema(_services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return the JSON Schema of the configuration file."""
    from aircherd.api.config import schema_text  # noqa: PLC0415 -- rarely used

    return {"schema": schema_text()}


@together()
async def protocol_schema(_services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return the description of the protocol."""
    # In a thread: the first time it takes 40 ms, half of them to import the types.
    return {"schema": await trio.to_thread.run_sync(_protocol_schema)}


def _protocol_schema() -> str:
    from aircherd.api.schema.document import schema_text  # noqa: PLC0415 -- rarely used

    return schema_text()


async def config_write(services: Services, _: RequestContext, params: WriteParams) -> object:
    """Replace the configuration file by a valid text, and reload it."""
    from aircherd.api.config import write_config  # noqa: PLC0415 -- rarely used

    return await write_config(services, params.text, params.base, params.proof)


async def config_set(services: Services, _: RequestContext, params: SetParams) -> object:
    """Set and remove entries of the configuration file, and reload it."""
    from aircherd.api.config import set_entries  # noqa: PLC0415 -- rarely used

    return await set_entries(services, params.entries, params.unset, params.proof)


# ------------------------------------------------------------------ tokens of the HTTP side


async def token_create(services: Services, _: RequestContext, params: TokenCreateParams) -> object:
    """Create a token for a program that comes over HTTP."""
    return await services.tokens.create(params)


async def token_list(services: Services, _: RequestContext, _params: NoParams) -> object:
    """Return all tokens without their values."""
    return await services.tokens.list()


async def token_revoke(services: Services, _: RequestContext, params: TokenRevokeParams) -> object:
    """End a token, and what it is used for now."""
    return await services.tokens.revoke(params.name)


METHODS: dict[str, Method] = {
    methods.PING: Method(NoParams, ping),
    methods.STATUS: Method(StatusParams, status),
    methods.DIAGNOSE: Method(DiagnoseParams, diagnose),
    methods.SHUTDOWN: Method(NoParams, audited("shutdown", shutdown)),
    methods.CHAT: Method(ChatRequest, chat),
    methods.ROUTE_EXPLAIN: Method(ExplainParams, route_explain),
    methods.AUTH_LOGIN: Method(LoginParams, audited("sign_in", auth_login, ("provider", "label"))),
    methods.AUTH_LOGOUT: Method(
        LogoutParams, audited("sign_out", auth_logout, ("provider", "label"))
    ),
    methods.AUTH_STATUS: Method(NoParams, auth_status),
    methods.AUTH_TEST: Method(TestParams, audited("key_test", auth_test, ("provider",))),
    methods.AUTH_IMPORT: Method(ImportParams, audited("import", auth_import)),
    methods.AUTH_LOCK: Method(LockParams, audited("lock", auth_lock, ("seconds",))),
    methods.AUTH_UNLOCK: Method(UnlockParams, audited("unlock", auth_unlock)),
    methods.AUDIT_LIST: Method(AuditParams, audit_list),
    methods.CONFIRM_LIST: Method(NoParams, confirm_list),
    methods.CONFIRM_ANSWER: Method(
        AnswerParams, audited("confirmation", confirm_answer, ("number", "allow"))
    ),
    methods.MODELS_LIST: Method(ListParams, models_list),
    methods.MODELS_USE: Method(UseParams, audited("config_change", models_use, ("model",))),
    methods.MODELS_REFRESH: Method(RefreshParams, models_refresh),
    methods.USAGE_REPORT: Method(ReportParams, usage_report),
    methods.ATTEMPTS_LIST: Method(AttemptsParams, attempts_list),
    methods.LIMITS_STATUS: Method(NoParams, limits_status),
    methods.FLEET_REPORT: Method(FleetReportParams, report_fleet),
    methods.FLEET_FORGET: Method(ForgetParams, fleet_forget),
    methods.COOLDOWNS_CLEAR: Method(ClearParams, cooldowns_clear),
    methods.CONFIG_CHECK: Method(CheckParams, config_check),
    methods.CONFIG_RELOAD: Method(NoParams, audited("config_reload", config_reload)),
    methods.CONFIG_SHOW: Method(ShowParams, config_show),
    methods.CONFIG_SCHEMA: Method(NoParams, config_schema),
    methods.CONFIG_WRITE: Method(WriteParams, audited("config_change", config_write)),
    methods.CONFIG_SET: Method(SetParams, audited("config_change", config_set)),
    methods.PROTOCOL_SCHEMA: Method(NoParams, protocol_schema),
    methods.TOKEN_CREATE: Method(
        TokenCreateParams, audited("token_create", token_create, ("name",))
    ),
    methods.TOKEN_LIST: Method(NoParams, token_list),
    methods.TOKEN_REVOKE: Method(
        TokenRevokeParams, audited("token_revoke", token_revoke, ("name",))
    ),
}
