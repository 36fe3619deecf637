"""What a client on another machine can call: it asks models, and looks at the state.

Nothing here changes what the daemon does for other clients, and nothing calls a provider but for an
answer. The token of a tool over HTTP asks, too, and ends with its connection. All other methods are
refused, so that a client learns where to call them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace

from aircher_wire import methods
from aircherd.api.context import Method
from aircherd.api.elsewhere.hidden_texts import INVALID, HiddenTexts
from aircherd.api.methods import METHODS
from aircherd.api.params import HttpOpenParams
from aircherd.chat.caller import Caller
from aircherd.errors import AircherError, Forbidden
from aircherd.ipc.connection_methods import CONNECTION_METHODS
from aircherd.ipc.forwarded.names import UNKNOWN_HOST
from aircherd.vocabulary.attempt import ChatResult
from aircherd.vocabulary.hosts import host_of, patterns_for

if TYPE_CHECKING:
    from aircherd.ipc.forwarded.session import ForwardedSession

Handler = Callable[..., Awaitable[object]]
View = Callable[[dict[str, object], str], dict[str, object]]
M = TypeVar("M", bound=Method)

ALLOWED = frozenset(
    {
        methods.HELLO,
        methods.PING,
        methods.PROTOCOL_SCHEMA,
        methods.CHAT,
        methods.CHAT_START,
        methods.MODELS_LIST,
        methods.ROUTE_EXPLAIN,
        methods.STATUS,
        methods.AUTH_STATUS,
        methods.LIMITS_STATUS,
        methods.EVENTS_SUBSCRIBE,
        methods.EVENTS_UNSUBSCRIBE,
        methods.HTTP_OPEN,
    }
)
FEATURES = ("chat", "chat.start", "models", "events", "pace", "passed")
"""Of the features of `hello`, those that are left."""

TOPICS = frozenset({"auth", "provider", "attempt", "usage", "config", "models"})
"""Of the topics of events, those that are left. The fleet and questions are this machine's."""

_STATUS = (
    *("version", "pid", "started_at", "started_by", "uptime_s", "clients", "requests", "lock"),
    *("memory", "swap", "default", "tasks"),
)
_STATE = ("state", "since", "on_failure")
_COMMAND = "command"
"""How the source of a key is described that is a program; its path follows."""
_CONFIG = ("exists", "ok", "in_use", "keeps_roles")
_HERE = frozenset({"base_url", "path", "origin", "masked"})
"""Of a row: where a provider is, which may be a name of this network, and the end of a key."""
_OF_FLEET = frozenset({"machines", "used_here", "held_elsewhere"})
"""Of a limit: which machines the user has."""


def status_view(status: dict[str, object]) -> dict[str, object]:
    """Return a `status` without files, other clients, and what only the user here can fix."""
    return {
        **_only(status, _STATUS),
        "socket": "",
        "home": "",
        "data": "",
        "http": {"socket": "", "connections": 0},
        "config": config_view(_part(status, "config")),
        "ledger": _only(_part(status, "ledger"), _STATE),
        "providers": _rows(status.get("providers")),
    }


def config_view(config: Mapping[str, object]) -> dict[str, object]:
    """Return the state of the configuration without its file, and without what is in it."""
    found = _only(config, _CONFIG)
    if config.get("problem"):
        found["problem"] = {"message": INVALID}
    return {"file": "", **found}


def keys_view(result: dict[str, object]) -> dict[str, object]:
    """Return the result of `auth.status` with the configuration as above.

    It names no variables, since `auth.import` cannot be called.
    """
    return {
        **{name: value for name, value in result.items() if name != "shared"},
        "environment": [],
        "rows": _rows(result.get("rows")),
        "config": config_view(_part(result, "config")),
    }


def limits_view(result: dict[str, object], host: str) -> dict[str, object]:
    """Return the result of `limits.status` for clients at a host, without the fleet."""
    rows = [_limit_view(row) for row in _dicts(result.get("limits")) if concerns(row, host)]
    return {"limits": rows, "unknown": [], "ledger": _only(_part(result, "ledger"), _STATE)}


def concerns(limit: Mapping[str, object], host: str) -> bool:
    """Return whether a limit is for all, or for clients at a host.

    Those of a project are left out: its name is a folder here, and another host may work in it.
    """
    client = limit.get("client")
    if limit.get("project") is not None:
        return False
    return client is None or (
        isinstance(client, str) and (client in patterns_for(host) or host_of(client) == host)
    )


def _limit_view(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in _OF_FLEET}


def snapshot_view(result: dict[str, object], host: str) -> dict[str, object]:
    """Return the result of `events.subscribe` with keys, limits, the configuration as above."""
    snapshot = _part(result, "snapshot")
    if "usage" in snapshot:
        limits = [row for row in _dicts(snapshot["usage"]) if concerns(row, host)]
        snapshot = {**snapshot, "usage": [_limit_view(row) for row in limits]}
    if "auth" in snapshot:
        snapshot = {**snapshot, "auth": _rows(snapshot["auth"])}
    if "config" in snapshot:
        snapshot = {**snapshot, "config": config_view(_part(snapshot, "config"))}
    return {**result, "snapshot": snapshot}


def row_view(row: dict[str, object]) -> dict[str, object]:
    """Return a row of a provider or a key without what only this machine may know."""
    found = {name: value for name, value in row.items() if name not in _HERE}
    if str(found.get("source")).startswith(_COMMAND):
        found["source"] = _COMMAND
    return found


def limit_event(row: dict[str, object], host: str) -> dict[str, object] | None:
    """Return the event of a limit for clients at a host, None if it is not for them."""
    return _limit_view(row) if concerns(row, host) else None


def _rows(rows: object) -> list[object]:
    found = rows if isinstance(rows, list) else []
    return [row_view(row) if isinstance(row, dict) else row for row in found]


def _dicts(rows: object) -> list[dict[str, object]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _part(value: Mapping[str, object], name: str) -> dict[str, object]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _only(value: Mapping[str, object], names: tuple[str, ...]) -> dict[str, object]:
    return {name: value[name] for name in names if name in value}


_VIEWS: dict[str, View] = {
    methods.STATUS: lambda result, _: status_view(result),
    methods.EVENTS_SUBSCRIBE: snapshot_view,
    methods.AUTH_STATUS: lambda result, _: keys_view(result),
    methods.LIMITS_STATUS: limits_view,
    methods.ROUTE_EXPLAIN: lambda result, _: result,
}
"""What makes the answer of a method, in which the texts are then hidden."""


def hiding(handler: Handler, view: View | None = None) -> Handler:
    """Return a handler whose errors have nothing of this machine.

    Nor has its result, if there is a `view`, or if it is that of a chat.
    """

    async def hidden(first: Any, *rest: object) -> object:
        try:
            result = await handler(first, *rest)
        except AircherError as error:
            raise _hidden(first).error(error) from None
        if isinstance(result, ChatResult):
            return chat_view(result, _hidden(first))
        if view is None:
            return result
        # Parts of it may be encoded already.
        plain = msgspec.msgpack.decode(msgspec.msgpack.encode(result))
        return _hidden(first).value(view(plain, _host(first, rest)))

    return hidden


def chat_view(result: ChatResult, hidden: HiddenTexts) -> ChatResult:
    """Return the result of a chat: its message as it is, what failed before it in hidden texts."""
    if not result.skipped and all(each.message is None for each in result.attempts):
        return result
    return replace(
        result,
        attempts=[
            each if each.message is None else replace(each, message=hidden.text(each.message))
            for each in result.attempts
        ],
        skipped=[replace(each, message=hidden.text(each.message)) for each in result.skipped],
    )


def listing(handler: Handler) -> Handler:
    """Return `models.list`, whose rows stay encoded: there may be thousands."""

    async def listed(first: Any, *rest: object) -> object:
        result = await hiding(handler)(first, *rest)
        parts = msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=dict[str, msgspec.Raw])
        lists = msgspec.msgpack.decode(parts["lists"])
        return {**parts, "lists": _hidden(first).value(lists)}

    return listed


def _host(first: Any, rest: Sequence[object]) -> str:
    """Return the client's host; `first` is the session, or the services before its context."""
    known: Any = first if hasattr(first, "caller") else rest[0]
    caller: Caller = known.caller
    return host_of(caller.client) or UNKNOWN_HOST


def _hidden(first: Any) -> HiddenTexts:
    """Return what hides texts; `first` are the services, or the session."""
    services = getattr(first, "services", first)
    return HiddenTexts(services.about.paths, services.config)


_NO_PORT = (
    "tools over HTTP need a port that is forwarded, too. Where the daemon runs: aircher-cli config "
    "set http.port PORT, and then: aircher-cli forward HOST -- -R PORT:127.0.0.1:PORT"
)


async def _open_http(session: "ForwardedSession", params: HttpOpenParams) -> object:
    """Open a token of a tool at the client's host, which ends with the connection.

    It comes to the port of the configuration, and to no other: to forward it is the user's wish.

    Raises:
        Forbidden: the configuration has no port.
    """
    services, caller = session.services, session.caller
    port = services.config.current.http.port
    if port is None:
        raise Forbidden(_NO_PORT, method=methods.HTTP_OPEN)
    wanted = replace(params, port=port)
    opened = await session.hold(services.tokens.open(wanted, session.host))
    services.audit.note("token_open", caller.client, caller.peer, name=params.name, outcome="ok")
    return {name: value for name, value in opened.items() if name != "socket"}


_IN_WORDS = {
    methods.DIAGNOSE: "looking for problems",
    methods.SHUTDOWN: "stopping the daemon",
    methods.MODELS_USE: "choosing the default model",
    methods.MODELS_REFRESH: "fetching the lists of models",
    methods.COOLDOWNS_CLEAR: "ending cooldowns",
    "auth": "signing in, or testing or changing keys,",
    "audit": "reading the audit log",
    "confirm": "answering questions",
    "usage": "reading the usage",
    "attempts": "reading the usage",
    "fleet": "seeing or changing the fleet",
    "config": "seeing or changing the configuration",
    "token": "seeing or changing tokens",
}
"""What a client cannot do, by the method, or by what is before its dot."""


def _refusal(name: str) -> Forbidden:
    what = _IN_WORDS.get(name) or _IN_WORDS.get(name.partition(".")[0], name)
    message = f"{what} does not work from another machine: run this where the daemon runs"
    return Forbidden(message, method=name)


def _refuse(name: str) -> Handler:
    async def refuse(*_: object) -> object:
        raise _refusal(name)

    return refuse


def _with_few_topics(handler: Handler) -> Handler:
    """Return `events.subscribe` without the questions to the user, which are answered here.

    Other topics of this machine are left out, since clients subscribe to all that they know.
    """

    async def subscribe(session: object, params: Any) -> object:
        if methods.CONFIRM in params.topics:
            raise _refusal(methods.CONFIRM_LIST)
        left = [topic for topic in params.topics if topic in TOPICS or topic not in methods.TOPICS]
        return await handler(session, replace(params, topics=left))

    return subscribe


def _forwarded(table: Mapping[str, M]) -> dict[str, M]:
    return {name: method.with_handler(_handler(name, method)) for name, method in table.items()}


def _handler(name: str, method: Method) -> Handler:
    if name not in ALLOWED:
        return _refuse(name)
    handler: Handler = method.handler
    if name == methods.EVENTS_SUBSCRIBE:
        handler = _with_few_topics(handler)
    elif name == methods.HTTP_OPEN:
        handler = _open_http
    elif name == methods.MODELS_LIST:
        return listing(handler)
    return hiding(handler, _VIEWS.get(name))


TABLE = _forwarded(METHODS)
CONNECTION_TABLE = _forwarded(CONNECTION_METHODS)
