"""The methods of one connection: the client's introduction, its streams, its events.

All other methods are in `api.methods`, which does not depend on a connection.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aircher_wire import frames, methods
from aircher_wire.version import __version__
from aircherd.api.context import Method, RequestContext
from aircherd.api.methods import note_key_refusal
from aircherd.api.params import (
    HelloParams,
    HttpOpenParams,
    SubscribeParams,
    UnsubscribeParams,
)
from aircherd.api.status import snapshot
from aircherd.errors import BadRequest, ChatFailed, NotAuthenticated
from aircherd.vocabulary.chat import ChatRequest

if TYPE_CHECKING:
    from aircherd.access.gate import Gate
    from aircherd.ipc.session import Session

FEATURES = ("chat", "chat.start", "auth", "models", "events", "config", "pace", "passed")


class ConnectionMethod(Method):
    """A method whose handler takes the session and the parameters, and returns quickly."""

    __slots__ = ()


async def hello(session: "Session", params: HelloParams) -> object:
    """Store the client's name; return what it should know of the daemon, and the notices."""
    if params.protocol < methods.PROTOCOL:
        raise BadRequest(
            f"this daemon speaks protocol {methods.PROTOCOL}, the client {params.protocol}"
        )
    session.claimed_host = params.host
    name = params.client.name if params.client else None
    session.introduce(name, params.project, params.folder)
    if params.session_bus is not None and session.may_call(methods.AUTH_LOGIN):
        session.services.auth.note_session_bus(params.session_bus)
    if params.pace_ms is not None:
        session.pace = params.pace_ms / 1000
    session.signs = params.signatures
    config = session.services.config.current
    kept = config.conversations
    given: dict[str, object] = {}
    if config.projects:
        from aircherd.chat.request.projects import describe_project  # noqa: PLC0415 - rarely used

        given = describe_project(config, session.caller)
    return {
        "protocol": methods.PROTOCOL,
        "server": {"name": "aircherd", "version": __version__},
        "features": list(session.features),
        "limits": {"max_frame": frames.MAX_FRAME},
        "conversations": {"keep": kept.keep, "keep_days": kept.keep_days},
        **({"project": given} if given else {}),
        **({"host": session.host} if session.host else {}),
        "notices": await session.take_notices(are_shown=params.shows_notices),
    }


async def chat_start(session: "Session", request: ChatRequest) -> object:
    """Start a chat and return its stream number at once, for clients that must not block."""

    async def run(context: RequestContext) -> object:
        if session.gate is not None:
            await session.gate.confirm_once()
        chat = session.services.chat.chat
        try:
            return await chat(request, context.caller, context.send, context.scope, context.memory)
        except (ChatFailed, NotAuthenticated) as error:
            note_key_refusal(error, session.services, context)
            raise

    return {"stream": session.start_stream(run, request)}


async def events_subscribe(session: "Session", params: SubscribeParams) -> object:
    """Return a snapshot of the state, then send every change."""
    for topic in params.topics:
        if topic not in methods.TOPICS and topic != methods.CONFIRM:
            known = ", ".join((*methods.TOPICS, methods.CONFIRM))
            raise BadRequest(f"unknown topic {topic!r}; the topics are {known}")
    # No checkpoint in between, so the events continue exactly where the snapshot ends.
    session.events.subscribe(params.topics)
    return snapshot(session.services, params.topics, session.caller)


def subscribe_after(
    gate: "Gate", session: "Session", handler: Callable[..., Awaitable[object]]
) -> Method:
    """Return `events.subscribe` as a request of its own: the user may take a while to confirm it.

    A client that waits for the user's word can still send and cancel requests. `handler` is what
    the session has for the method.
    """

    async def subscribe(_services: object, _context: object, params: SubscribeParams) -> object:
        await gate.confirm_topics(params.topics)
        await session.outbox.wait_for_room()  # or events might come before the snapshot
        return await handler(session, params)

    return Method(SubscribeParams, subscribe)


async def events_unsubscribe(session: "Session", params: UnsubscribeParams) -> object:
    """Unsubscribe from topics."""
    session.events.unsubscribe(params.topics)
    return {}


async def http_open(session: "Session", params: HttpOpenParams) -> object:
    """Open a token of the HTTP side, which ends with the connection."""
    services, caller = session.services, session.caller
    result = await session.hold(services.tokens.open(params))
    services.audit.note("token_open", caller.client, caller.peer, name=params.name, outcome="ok")
    return result


CONNECTION_METHODS: dict[str, ConnectionMethod] = {
    methods.HELLO: ConnectionMethod(HelloParams, hello),
    methods.CHAT_START: ConnectionMethod(ChatRequest, chat_start),
    methods.EVENTS_SUBSCRIBE: ConnectionMethod(SubscribeParams, events_subscribe),
    methods.EVENTS_UNSUBSCRIBE: ConnectionMethod(UnsubscribeParams, events_unsubscribe),
    methods.HTTP_OPEN: ConnectionMethod(HttpOpenParams, http_open),
}
