"""What is known of an HTTP client: its name, its process, its share, and what it may do.

A client is all connections that have the same token, or the same program's name and process: a tool
opens several. It is counted, slowed down and shown as one, like a client of the socket.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aircherd.access.peer import Peer
from aircherd.api.services import Services
from aircherd.chat.caller import Caller
from aircherd.config.model import UNVERIFIED
from aircherd.http_api.tokens.token import TokenClient
from aircherd.memory.request_memory import RequestMemory
from aircherd.sharing.share import Share
from aircherd.vocabulary.chat import ChatRequest

if TYPE_CHECKING:
    from aircherd.access.gate import Gate

Handler = Callable[..., Awaitable[object]]

UNNAMED = "http"
"""The name of a client that sends no User-Agent that can be one."""
MAX_NAME = 64
PROJECT_HEADER = "x-aircher-project"
MAX_PROJECT = 4096
_LANGUAGES = frozenset({"python", "js", "java", "go", "ruby", "php", "csharp", ".net"})
_NAMES = {"geminicli": "gemini-cli", "mozilla": "browser"}


def name_of(user_agent: str | None) -> str:
    """Return a client's name: its program without the version, as `claude-cli`, `openai-python`."""
    product = (user_agent or "").split(" ", 1)[0]
    name, _, version = product.partition("/")
    if version.lower() in _LANGUAGES:  # OpenAI/Python 3.57.0, AsyncAnthropic/Python
        name = f"{name.removeprefix('Async').lower()}-{version.lower()}"
    name = _NAMES.get(name.lower(), name)
    if not name or len(name) > MAX_NAME or not name.isprintable() or name.startswith(UNVERIFIED):
        return UNNAMED
    return name


class HttpClient:
    """One client; `connections` are those that it has open. `share` is of the loop's time."""

    def __init__(
        self, name: str, peer: Peer, token: TokenClient | None, services: Services
    ) -> None:
        self.peer = peer
        self.token = token
        self.share = Share()
        self.memory = services.memory.open_share()
        self.connections = 0
        self.gate: Gate | None = None
        self._services = services
        self._claimed_name = name
        project = token.project if token else None
        self.caller = Caller(name, project, peer)
        self._callers: dict[str, Caller] = {}
        self.decide_rights()

    def decide_rights(self) -> None:
        """Decide what the client may do; again whenever the configuration changes."""
        config = self._services.config.current
        name, before, self.gate = self._claimed_name, self.gate, None
        if config.has_roles:
            from aircherd.access.gate import Gate  # noqa: PLC0415 -- most users have no roles
            from aircherd.access.rights import decide  # noqa: PLC0415

            host = self.token.host if self.token else None
            rights = decide(config, name, self.peer.runs, host)
            name = rights.name
            self.gate = Gate(config, rights, self.peer, self._services.questions, host)
            if before is not None:
                self.gate.continue_from(before)
        if name != self.caller.client:
            self.caller = Caller(name, self.caller.project, self.peer)
            self._callers.clear()

    def caller_for(self, headers: Mapping[str, str]) -> Caller:
        """Return the caller of a request, with the project that it names."""
        project = headers.get(PROJECT_HEADER)
        if not project or project == self.caller.project or len(project) > MAX_PROJECT:
            return self.caller
        found = self._callers.get(project)
        if found is None:
            if len(self._callers) >= 64:
                self._callers.clear()
            found = self._callers[project] = Caller(self.caller.client, project, self.peer)
        return found

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another machine: its token was opened from there."""
        return self.token is not None and self.token.host is not None

    def in_errors_of(self, handler: Handler) -> Handler:
        """Return a handler whose errors are fit for the client: one elsewhere gets no paths."""
        if not self.is_elsewhere:
            return handler
        from aircherd.api.elsewhere.hidden_texts import HiddenTexts  # noqa: PLC0415 - rarely used

        services = self._services
        return HiddenTexts(services.about.paths, services.config).in_errors_of(handler)

    def describe(self) -> dict[str, object]:
        """Return the client for `status`."""
        peer, gate = self.peer, self.gate
        return {
            "name": self.caller.client,
            **({"pid": peer.pid} if peer.pid else {}),
            **({"program": program} if (program := peer.script or peer.program) else {}),
            "since": peer.since,
            "role": gate.rights.role if gate else "all",
            "http": "token" if self.token else "socket",
            "connections": self.connections,
        }

    def close(self) -> None:
        """Give everything back: its last connection was closed."""
        self.memory.close()

    def __repr__(self) -> str:
        return f"<HttpClient {self.caller.client}, {self.connections} connections>"


class RequestClient:
    """The client of one request (`call.Client`)."""

    __slots__ = ("_client", "caller", "memory")

    def __init__(self, client: HttpClient, caller: Caller, memory: RequestMemory) -> None:
        self._client = client
        self.caller = caller
        self.memory = memory

    def may_name(self, model: str) -> bool:
        """Return whether its token lets it ask for a model by this name."""
        token = self._client.token
        return token is None or token.may_name(model)

    @property
    def is_bound(self) -> bool:
        """Whether its token names the models that it may ask for."""
        token = self._client.token
        return token is not None and token.models is not None

    def may_ask(self, provider: str) -> bool:
        """Return whether its token lets this provider answer."""
        token = self._client.token
        return token is None or token.providers is None or provider in token.providers

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another machine."""
        return self._client.is_elsewhere

    def permitted(self, method: str, handler: Handler, *, keeps_name: bool = False) -> Handler:
        """Return what to call instead of `handler`, given what the client and its token may do."""
        gate, token = self._client.gate, self._client.token
        if token is not None:
            handler = _restricted(token, handler, keeps_name=keeps_name)
        if gate is not None:
            handler = gate.handler(method, handler)
        return self._client.in_errors_of(handler)

    def __repr__(self) -> str:
        return f"<RequestClient {self.caller.client}>"


def _restricted(token: TokenClient, handler: Handler, *, keeps_name: bool) -> Handler:
    async def restricted(*arguments: Any) -> object:
        last = arguments[-1] if arguments else None
        if isinstance(last, ChatRequest):
            arguments = (*arguments[:-1], token.restrict(last, keeps_name=keeps_name))
        return await handler(*arguments)

    return restricted


class ClientTable:
    """The clients that have connections, by their token, or by their program and process."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clients: dict[object, HttpClient] = {}

    def __iter__(self) -> Iterator[HttpClient]:
        return iter(tuple(self._clients.values()))

    def __len__(self) -> int:
        return len(self._clients)

    def __contains__(self, client: object) -> bool:
        return client in self._clients.values()

    def enter(self, user_agent: str | None, peer: Peer, token: TokenClient | None) -> HttpClient:
        """Return the client of a connection with this token, or this program and process."""
        name = token.name if token else name_of(user_agent)
        key = (name, peer.pid, id(token))
        found = self._clients.get(key)
        if found is None:
            found = HttpClient(name, peer, token, self._services)
            self._clients[key] = found
        found.connections += 1
        return found

    def leave(self, client: HttpClient) -> None:
        """Note that a connection of the client was closed."""
        client.connections -= 1
        if not client.connections:
            for key in [key for key, each in self._clients.items() if each is client]:
                del self._clients[key]
            client.close()

    def __repr__(self) -> str:
        return f"<ClientTable of {len(self._clients)} clients>"
