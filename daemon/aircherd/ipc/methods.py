"""The table from method name to handler: the index of everything a client can ask.

`docs/protocol.md` describes each; a test holds the two together. A handler takes the session, the
request's number and checked parameters, and returns the result.
"""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

import msgspec
import trio

from aircher_wire import frames, methods
from aircher_wire.version import __version__
from aircherd.chat.caller import Caller, unheard
from aircherd.chat.explain import explain
from aircherd.config.load import parse_config
from aircherd.errors import BadRequest, ConfigInvalid
from aircherd.events import TOPICS
from aircherd.ipc import models, overview, usage
from aircherd.ipc.deltas import told
from aircherd.ipc.services import Services
from aircherd.ipc.session import Method, Session
from aircherd.ipc.unknown_names import unknown_names, with_lines
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.keys import DEFAULT_LABEL
from aircherd.vocabulary.names import nearest
from aircherd.vocabulary.secret import Secret

FEATURES = ("chat", "chat.start", "auth", "models", "events", "config")


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters: an unknown one is an error, so that a misspelt one is not ignored."""


Name = Annotated[str, msgspec.Meta(max_length=200)]
"""Names are repeated in errors, events and logs: they have an end."""


class Nothing(_Form, frozen=True):
    """No parameters."""


class ClientInfo(msgspec.Struct, frozen=True):
    """What a client says of itself; a newer client may say more, and still be greeted."""

    name: Name
    version: Name | None = None


class HelloParams(msgspec.Struct, frozen=True):
    """`protocol` is the highest version that the client speaks."""

    protocol: int = methods.PROTOCOL
    client: ClientInfo | None = None
    project: Annotated[str, msgspec.Meta(max_length=4096)] | None = None


class ExplainParams(ChatRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request; it may do without messages."""

    messages: list[Message] = msgspec.field(default_factory=list)


class LoginParams(_Form, frozen=True):
    """`key` is stored under `label`, after a live check unless `verify` is False."""

    provider: Name
    key: str
    label: Name = DEFAULT_LABEL
    verify: bool = True


class LogoutParams(_Form, frozen=True):
    """Without `label` every stored key of the provider goes."""

    provider: Name
    label: Name | None = None


class TestParams(_Form, frozen=True):
    """Without `provider` every key is tested."""

    provider: Name | None = None


class ImportParams(_Form, frozen=True):
    """The caller's environment variables, name to value."""

    variables: dict[str, str]
    verify: bool = True


class ListParams(_Form, frozen=True):
    """Words of `query` are parts of names; `all` includes providers nobody is signed in to.

    `model`: only this `provider/model`, be it on a list or not; alone, without the others.
    """

    provider: Name | None = None
    query: Name = ""
    all: bool = False
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class UseParams(_Form, frozen=True):
    """A model by any of its names."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class RefreshParams(_Form, frozen=True):
    """Without `provider` every list, and models.dev."""

    provider: Name | None = None


class ClearParams(_Form, frozen=True):
    """Without `provider` everything that cools."""

    provider: Name | None = None


class ReportParams(_Form, frozen=True):
    """`since` and `until` are Unix times, `by` what to group by."""

    since: float | None = None
    until: float | None = None
    by: list[Name] = msgspec.field(default_factory=list)


class SubscribeParams(_Form, frozen=True):
    """Topics of `aircherd.events`."""

    topics: list[Name]


class UnsubscribeParams(_Form, frozen=True):
    """Without `topics` all of them."""

    topics: list[Name] | None = None


class CheckParams(_Form, frozen=True):
    """A configuration's text; `file` is what problems call it."""

    text: str
    file: Annotated[str, msgspec.Meta(max_length=4096)] = "config.toml"


# ------------------------------------------------------------------ the daemon itself


async def hello(session: Session, _: int, params: HelloParams) -> object:
    """Who is there on both sides."""
    if params.protocol < methods.PROTOCOL:
        raise BadRequest(
            f"this daemon speaks protocol {methods.PROTOCOL}, the client {params.protocol}"
        )
    name = params.client.name if params.client else session.caller.client
    session.caller = Caller(name, params.project)
    return {
        "protocol": methods.PROTOCOL,
        "server": {"name": "aircherd", "version": __version__},
        "features": list(FEATURES),
        "limits": {"max_frame": frames.MAX_FRAME},
    }


async def ping(_session: Session, _: int, _params: Nothing) -> object:
    """Alive."""
    return {}


async def status(session: Session, _: int, _params: Nothing) -> object:
    """What the daemon is doing."""
    return await overview.status(session.services)


async def shutdown(session: Session, _: int, _params: Nothing) -> object:
    """Drain and stop, after the answer."""
    session.services.shutdown.asked.set()
    return {}


# ------------------------------------------------------------------ chat


async def chat(session: Session, msgid: int, request: ChatRequest) -> object:
    """Answer, streaming under the request's own number."""
    send = session.delta_sender("id", msgid) if request.stream else unheard
    scope = session.scope_of("id", msgid)
    result = await session.services.chat.chat(request, session.caller, send, scope)
    return msgspec.to_builtins(result)


async def chat_start(session: Session, _: int, request: ChatRequest) -> object:
    """Start a chat and answer at once: for clients that must not block."""

    async def run(number: int) -> object:
        sender, scope = session.delta_sender("stream", number), session.scope_of("stream", number)
        result = await session.services.chat.chat(request, session.caller, sender, scope)
        return msgspec.to_builtins(result)

    return {"stream": session.start_stream(run)}


async def route_explain(session: Session, _: int, request: ExplainParams) -> object:
    """Say who would be asked now, and who would not."""
    services = session.services
    return explain(services.chat.means, services.config.usable(), request, session.caller.client)


# ------------------------------------------------------------------ auth


def _check_known(services: Services, provider: str) -> None:
    """Say what is wrong with the configuration, rather than that it has no such provider."""
    if provider not in services.config.current.providers:
        services.config.usable()


async def auth_login(session: Session, _: int, params: LoginParams) -> object:
    """Store a key after a live check."""
    services = session.services
    _check_known(services, params.provider)
    row = await services.auth.login(
        params.provider, Secret(params.key), label=params.label, verify=params.verify
    )
    services.pool.cooldowns.note_other_key(params.provider, params.label)
    if params.verify:
        _wish_lists(services, [params.provider])
    return overview.key_row(services, row)


async def auth_logout(session: Session, _: int, params: LogoutParams) -> object:
    """Remove stored keys."""
    services = session.services
    _check_known(services, params.provider)
    before = services.auth.stored_labels(params.provider)
    rows = await services.auth.logout(params.provider, params.label)
    removed = set(before) - set(services.auth.stored_labels(params.provider))
    for label in removed:
        services.pool.cooldowns.note_other_key(params.provider, label)
    return {"removed": len(removed), "rows": [overview.key_row(services, row) for row in rows]}


async def auth_status(session: Session, _: int, _params: Nothing) -> object:
    """The state of every key."""
    services = session.services
    rows = [overview.key_row(services, row) for row in await services.auth.status()]
    return {
        "rows": rows,
        "environment": overview.environment_names(services),
        "config": overview.config_state(services),
    }


async def auth_test(session: Session, _: int, params: TestParams) -> object:
    """Check keys live, free of charge."""
    services = session.services
    if params.provider is not None:
        _check_known(services, params.provider)
    rows = await services.auth.test(params.provider)
    return {"rows": [overview.key_row(services, row) for row in rows]}


async def auth_import(session: Session, _: int, params: ImportParams) -> object:
    """Store keys from the caller's environment."""
    services = session.services
    outcomes = await services.auth.import_keys(params.variables, verify=params.verify)
    stored = [o.provider for o in outcomes if o.outcome == "stored" and o.provider]
    for provider in stored:
        services.pool.cooldowns.note_other_key(provider, DEFAULT_LABEL)
    if params.verify:
        _wish_lists(services, stored)
    return {"outcomes": [told(outcome) for outcome in outcomes]}


def _wish_lists(services: Services, names: Iterable[str | None]) -> None:
    """Have the models of providers fetched that took a key just now."""
    providers = services.config.current.providers
    services.fetcher.wish(providers[name] for name in names if name in providers)


# ------------------------------------------------------------------ models


async def models_list(session: Session, _: int, params: ListParams) -> object:
    """What models there are, and what is known of each."""
    if params.model is not None:
        if params.provider is not None or params.query or params.all:
            raise BadRequest("model: is one model alone: leave out provider, query and all with it")
        return await models.only(session.services, params.model)
    return await models.listing(session.services, params.provider, params.query, every=params.all)


async def models_use(session: Session, _: int, params: UseParams) -> object:
    """Set the default model in the user's file."""
    return await models.use(session.services, params.model)


async def models_refresh(session: Session, _: int, params: RefreshParams) -> object:
    """Ask for news of models."""
    return await models.refresh(session.services, params.provider)


# ------------------------------------------------------------------ cooldowns


async def cooldowns_clear(session: Session, _: int, params: ClearParams) -> object:
    """Forget what is held against a provider, or against all: they are asked again at once."""
    services = session.services
    if params.provider is not None:
        _check_known(services, params.provider)
        known = services.config.current.providers
        if params.provider not in known:
            close = nearest(params.provider, known)
            meant = f" (did you mean {close!r}?)" if close else ""
            raise BadRequest(f"provider: there is no provider {params.provider!r}{meant}")
    return {"cleared": services.pool.cooldowns.clear(params.provider)}


# ------------------------------------------------------------------ usage


async def usage_report(session: Session, _: int, params: ReportParams) -> object:
    """What was asked and spent, in sums."""
    return await usage.report(session.services, params.since, params.until, params.by)


async def limits_status(session: Session, _: int, _params: Nothing) -> object:
    """How far each of the user's limits is used."""
    return usage.limits(session.services)


# ------------------------------------------------------------------ configuration


async def config_check(session: Session, _: int, params: CheckParams) -> object:
    """Say what is wrong with a text, without using it."""
    text, file = params.text, params.file
    try:
        # In a thread: the worst of texts takes most of a second.
        config = await trio.to_thread.run_sync(partial(parse_config, text, file=file))
    except ConfigInvalid as error:
        return {"ok": False, "message": error.message, "problems": error.data["problems"]}
    found = unknown_names(session.services, config.limits)
    placed = await trio.to_thread.run_sync(with_lines, found, text, file)
    return {"ok": True, "problems": [], "unknown": msgspec.to_builtins(placed)}


async def config_reload(session: Session, _: int, _params: Nothing) -> object:
    """Load the file now; a bad one changes nothing and is reported."""
    services = session.services
    changed = await services.reload()
    file = str(services.about.paths.config_file)
    return {
        "changed": changed,
        "file": file,
        "unknown": msgspec.to_builtins(unknown_names(services, services.config.current.limits)),
    }


# ------------------------------------------------------------------ events


async def events_subscribe(session: Session, _: int, params: SubscribeParams) -> object:
    """A picture of how things stand, then every change."""
    for topic in params.topics:
        if topic not in TOPICS:
            raise BadRequest(f"there is no topic {topic!r}; there are {', '.join(TOPICS)}")
    # No checkpoint between the two: the events continue exactly where the snapshot ends.
    session.subscribe(params.topics)
    return overview.snapshot(session.services, params.topics)


async def events_unsubscribe(session: Session, _: int, params: UnsubscribeParams) -> object:
    """No more of these."""
    session.unsubscribe(params.topics)
    return {}


METHODS: dict[str, Method] = {
    methods.HELLO: Method(HelloParams, hello),
    methods.PING: Method(Nothing, ping),
    methods.STATUS: Method(Nothing, status),
    methods.SHUTDOWN: Method(Nothing, shutdown),
    methods.CHAT: Method(ChatRequest, chat),
    methods.CHAT_START: Method(ChatRequest, chat_start),
    methods.ROUTE_EXPLAIN: Method(ExplainParams, route_explain),
    methods.AUTH_LOGIN: Method(LoginParams, auth_login),
    methods.AUTH_LOGOUT: Method(LogoutParams, auth_logout),
    methods.AUTH_STATUS: Method(Nothing, auth_status),
    methods.AUTH_TEST: Method(TestParams, auth_test),
    methods.AUTH_IMPORT: Method(ImportParams, auth_import),
    methods.MODELS_LIST: Method(ListParams, models_list),
    methods.MODELS_USE: Method(UseParams, models_use),
    methods.MODELS_REFRESH: Method(RefreshParams, models_refresh),
    methods.USAGE_REPORT: Method(ReportParams, usage_report),
    methods.LIMITS_STATUS: Method(Nothing, limits_status),
    methods.COOLDOWNS_CLEAR: Method(ClearParams, cooldowns_clear),
    methods.CONFIG_CHECK: Method(CheckParams, config_check),
    methods.CONFIG_RELOAD: Method(Nothing, config_reload),
    methods.EVENTS_SUBSCRIBE: Method(SubscribeParams, events_subscribe),
    methods.EVENTS_UNSUBSCRIBE: Method(UnsubscribeParams, events_unsubscribe),
}
