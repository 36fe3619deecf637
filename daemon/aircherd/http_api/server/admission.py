"""Whether a request may come in, and what it is for: decided when its head is complete."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from aircherd.access.peer import Peer
from aircherd.api.services import Services
from aircherd.http_api.call import Headers
from aircherd.http_api.server import guard
from aircherd.http_api.server.incoming_request import IncomingRequest
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.router import Router, split_target
from aircherd.http_api.tokens.token import TokenClient, TokenTable

MAX_NOTED = 100
"""Characters of a Host or an Origin in the audit log."""
RETRY_SECONDS = 1.0
"""A daemon starts in less."""


class Admitter:
    """Admits the requests of one door. `port` is None at the private socket."""

    def __init__(
        self, services: Services, router: Router, tokens: TokenTable, port: int | None
    ) -> None:
        self._services = services
        self._router = router
        self._tokens = tokens
        self.port = port

    def admit(self, request: IncomingRequest, peer: Peer) -> TokenClient | None:
        """Find out what a request is for; return the client of its token.

        Raises:
            Refusal: the request may not come in, or there is nothing at its path.
        """
        headers, port = request.headers, self.port
        if port is not None:
            request.extra = self._check_page(headers, port, peer)
        path, raw_query = split_target(request.target)
        request.path = path
        query: dict[str, str] = {}
        if raw_query:
            query = dict(parse_qsl(raw_query, keep_blank_values=True))
        is_preflight = request.method == "OPTIONS" and bool(request.extra)
        is_own = is_preflight or (path == "/" and request.method in ("GET", "HEAD"))
        request.query = query
        token = self._token(headers, query, peer, is_needed=port is not None and not is_own)
        if not is_own:
            _refuse_upgrade(request)
            request.match = self._router.match(request.method, path, headers, query)
        if guard.KEY_QUERY in query:
            del query[guard.KEY_QUERY]
            raw_query = _without_key(raw_query)
        request.raw_query = raw_query
        return token

    def _check_page(self, headers: Mapping[str, str], port: int, peer: Peer) -> Headers:
        """Refuse what a web page could have sent; return the headers for one that is allowed."""
        allowed = self._services.config.current.http
        host = headers.get("host")
        try:
            guard.check_host(host, port, allowed)
            return guard.check_origin(headers, allowed)
        except Refusal:
            origin = headers.get("origin")
            fact = ("host", host or "") if origin is None else ("origin", origin)
            self._services.audit.count("refused_page", None, peer, (fact[0], fact[1][:MAX_NOTED]))
            raise

    def _token(
        self, headers: Mapping[str, str], query: Mapping[str, str], peer: Peer, *, is_needed: bool
    ) -> TokenClient | None:
        keys = guard.presented(headers, query)
        try:
            token = guard.find_token(keys, self._tokens) if keys else None
            if token is None and is_needed:
                raise guard.unauthorized(guard.MISSING)
        except Refusal:
            door = "socket" if self.port is None else "port"
            self._services.audit.count("refused_token", None, peer, ("door", door))
            raise
        return token

    def __repr__(self) -> str:
        return f"<Admitter of {'the socket' if self.port is None else self.port}>"


def shutting_down() -> Refusal:
    """Return the refusal of a request that comes while the daemon stops."""
    return Refusal(
        503,
        "the daemon is shutting down; send the request again",
        kind="unavailable",
        code="shutting_down",
        may_retry=True,
        retry_after=RETRY_SECONDS,
        closes=True,
    )


def _refuse_upgrade(request: IncomingRequest) -> None:
    """Refuse WebSocket with what makes clients stop asking; other upgrades are ignored."""
    if request.wants_upgrade and "websocket" in request.headers.get("upgrade", "").lower():
        raise Refusal(
            426,
            "aircher does not speak WebSocket: use HTTP/1.1",
            kind="method",
            code="unknown_method",
            headers=(("upgrade", "HTTP/1.1"),),
            closes=True,
        )


def _without_key(raw_query: str) -> str:
    kept = [
        each
        for each in raw_query.split("&")
        if unquote_plus(each.partition("=")[0]) != guard.KEY_QUERY
    ]
    return "&".join(kept)
