"""Who may come in: the token, the Host and the Origin of each request. Sans-I/O.

                  private socket                 a port
    token         names the client, if it is     needed, but for HEAD and GET /
                  one of ours
    Host          any                            this machine's names with our port, or [http] hosts
    Origin        any                            none, or one of [http] origins

On a port, Host is checked before anything else: a web page whose name was rebound to this machine
sends its own name there. No page can send the headers that carry a token without being asked for
(CORS), and the answer is never yes unless the user named its origin.
"""

from collections.abc import Mapping
from typing import Protocol

from aircherd.http_api.call import Headers
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.tokens.token import PREFIX, TokenClient, TokenTable

KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
"""Where the tools put their key. None of them reaches a dialect."""
NOT_FOR_DIALECTS = frozenset(
    {
        *KEY_HEADERS,
        "cookie",
        "proxy-authorization",
        # What is about the connection, and about how the body came.
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
KEY_QUERY = "key"

_OF_A_PAGE = frozenset({"cross-site", "same-site"})
"""What browsers say of a picture or a script that a page wants; such a request has no Origin."""
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EXPOSED = (
    "retry-after, retry-after-ms, x-should-retry, x-request-id, x-aircher-provider, "
    "x-aircher-model, x-aircher-attempts, x-aircher-cost, x-aircher-carried"
)
_PREFLIGHT_SECONDS = "600"


class NoTokens:
    """A table without any token."""

    def find(self, _token: str) -> TokenClient | None:
        """Find none."""
        return None

    def refusal(self, _token: str) -> str:
        """Return why."""
        return "the token is unknown: create one with 'aircher-cli token create NAME'"

    def __repr__(self) -> str:
        return "<NoTokens>"


class Allowed(Protocol):
    """The part of the configuration that decides: `[http]`."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Further names of this machine."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Web pages that may ask."""


def presented(headers: Mapping[str, str], query: Mapping[str, str]) -> list[str]:
    """Return what a request has where tools put their key, without doubles."""
    found = []
    for name in KEY_HEADERS:
        value = headers.get(name)
        if not value:
            continue
        if name == "authorization":
            scheme, _, value = value.partition(" ")
            if scheme.lower() != "bearer":
                continue
        found.append(value.strip())
    if query and (key := query.get(KEY_QUERY)):
        found.append(key)
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def find_token(keys: list[str], tokens: TokenTable) -> TokenClient | None:
    """Return the client of the first key that is a token of ours.

    Raises:
        Refusal: none is, although one looks like it.
    """
    for key in keys:
        if (client := tokens.find(key)) is not None:
            return client
    for key in keys:
        if key.startswith(PREFIX):
            raise unauthorized(tokens.refusal(key))
    return None


def unauthorized(message: str) -> Refusal:
    """Return the refusal of a request without a token that is valid.

    The connection ends: strangers would have many requests refused for one that they open.
    """
    return Refusal(
        401,
        message,
        kind="authentication",
        code="forbidden",
        headers=(("www-authenticate", 'Bearer realm="aircher"'),),
        closes=True,
    )


MISSING = (
    "no token of aircher came with the request: start the tool with 'aircher-cli run -- TOOL', or "
    "create one with 'aircher-cli token create NAME' and send it as the API key"
)


def check_host(host: str | None, port: int, allowed: Allowed) -> None:
    """Refuse a Host that is not a name of this machine.

    Raises:
        Refusal: it is not, or it is missing.
    """
    if host is not None:
        host = host.lower()
        name, colon, number = host.rpartition(":")
        if not colon or host.endswith("]"):
            name, number = host, "80"
        if name in _LOCAL_HOSTS and number == str(port):
            return
        if any(each in (name, host) for each in allowed.hosts):
            return
    shown = "missing" if host is None else f"{host[:100]!r}, which is not a name of this machine"
    raise Refusal(
        403,
        f"Host is {shown}: use http://127.0.0.1:{port}, or add it to [http] hosts",
        kind="permission",
        code="forbidden",
        closes=True,
    )


def check_origin(headers: Mapping[str, str], allowed: Allowed) -> Headers:
    """Return the headers that let a web page read the answer, if it may.

    Raises:
        Refusal: it may not.
    """
    origin = headers.get("origin")
    if origin is None and headers.get("sec-fetch-site") not in _OF_A_PAGE:
        return ()
    if origin is None or origin not in allowed.origins:
        what = "this one has no origin" if origin is None else f"{origin[:100]!r} is none"
        raise Refusal(
            403,
            f"only web pages of [http] origins may use aircher, and {what}",
            kind="permission",
            code="forbidden",
            closes=True,
        )
    return (
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", _EXPOSED),
        ("vary", "origin"),
    )


def preflight(headers: Mapping[str, str]) -> Headers:
    """Return what answers the question of an allowed page's browser, beside `check_origin`."""
    wanted = headers.get("access-control-request-headers", "")
    names = [name.strip() for name in wanted.split(",")]
    kept = [
        name
        for name in names
        if name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    ]
    return (
        ("access-control-allow-methods", "GET, POST, DELETE"),
        *((("access-control-allow-headers", ", ".join(kept)),) if kept else ()),
        ("access-control-max-age", _PREFLIGHT_SECONDS),
        *(
            (("access-control-allow-private-network", "true"),)
            if "access-control-request-private-network" in headers
            else ()
        ),
    )
