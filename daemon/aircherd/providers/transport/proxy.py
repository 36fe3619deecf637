"""Choosing the proxy for a URL, and requests through it over httpx's own transport.

The choice is pure (`proxy_for`), in this order: loopback is always reached directly (a local Ollama
is never behind a proxy); `NO_PROXY` exempts hosts from every proxy; `[network] proxy` serves all
others; else `HTTPS_PROXY` or `HTTP_PROXY` by the URL's scheme; else `ALL_PROXY`. Lower-case
variables override upper-case ones, as in curl. `NO_PROXY` is read as curl and Go read it.

A proxy of the environment is that of the daemon, which may have been started by another shell. So
a failure names the variable, and how to change it.
"""

import ipaddress
import math
import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

import httpx

from aircherd.providers.transport.out_of_files import is_out_of_files, out_of_files
from aircherd.providers.transport.request import (
    HttpResponse,
    OnSent,
    RequestHead,
    ignore_sent,
)
from aircherd.providers.transport.timeouts import RequestDeadlines, Timeouts
from aircherd.vocabulary.hosts import is_loopback

KEEPALIVE_SECONDS = 60.0
PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
"""The variables that may name a proxy, in either case."""


_PORTS = {"http": 80, "https": 443}
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ProxySetting(NamedTuple):
    """A proxy, and the variable of the daemon's environment that names it, if one does."""

    url: str
    variable: str = ""


def proxy_for(
    url: httpx.URL, configured: str | None, environ: Mapping[str, str]
) -> ProxySetting | None:
    """Return the proxy that serves `url`, or None for a direct connection."""
    host, port = url.host.lower().rstrip("."), url.port or _PORTS.get(url.scheme)
    if is_loopback(host) or is_exempt(host, port, _variable(environ, "no_proxy").url):
        return None
    found = ProxySetting(configured or "")
    for name in (f"{url.scheme}_proxy", "all_proxy"):
        found = found if found.url else _variable(environ, name)
    if not found.url:
        return None
    return found if "://" in found.url else found._replace(url=f"http://{found.url}")


def _variable(environ: Mapping[str, str], name: str) -> ProxySetting:
    """Return the value of a variable in either case, empty if it is not set, and its name."""
    name = name if environ.get(name) else name.upper()
    return ProxySetting(environ.get(name, "").strip(), name)


def is_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Return whether `no_proxy` covers `host`: by `*`, a domain, an address, or a network.

    An entry may end with a port; an address of IPv6 is in brackets then.
    """
    entries = (entry.strip().lower() for entry in no_proxy.replace(",", " ").split())
    return any(_matches(entry, host.rstrip("."), port) for entry in entries)


def _matches(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    name, entry_port = _split_port(entry)
    if entry_port and entry_port != str(port):
        return False
    address = _address(host)
    if address is not None:
        return _contains(name, address)
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, str]:
    """Return a name, address or network without brackets, and its port, empty for any."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return (f"{name}{rest}", "") if rest.startswith("/") else (name, rest.removeprefix(":"))
    if entry.count(":") > 1:  # an address of IPv6
        return entry, ""
    name, _, port = entry.partition(":")
    return name, port


def _address(host: str) -> _Address | None:
    """Return an address; one of IPv4 that is written as one of IPv6 is the same."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _contains(entry: str, address: _Address) -> bool:
    if (own := _address(entry)) is not None:
        return own == address
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


class ProxiedTransport:
    """httpx's own transport through one proxy, with our deadlines and messages; an `HttpTransport`.

    httpx has one read timeout for everything; here it gets none, and the head and each piece of the
    body get a deadline of their own.
    """

    def __init__(self, proxy: ProxySetting, make_context: Callable[[], ssl.SSLContext]) -> None:
        self._name = _without_password(proxy.url)
        self._advice = _advice(proxy.variable)
        try:
            self._inner = httpx.AsyncHTTPTransport(
                proxy=proxy.url,
                verify=make_context(),
                trust_env=False,
                limits=httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
            )
        except (ValueError, ImportError, httpx.InvalidURL):
            # Their messages may hold the URL, and the URL a password.
            problem = f"cannot use the proxy {self._name}: it must be an http:// or https:// URL"
            raise httpx.ProxyError(f"{problem}{self._advice}") from None

    def __repr__(self) -> str:
        return f"<ProxiedTransport by {self._name}>"

    async def send(
        self, head: RequestHead, body: bytes, timeouts: Timeouts, on_sent: OnSent = ignore_sent
    ) -> HttpResponse:
        """Send a request through the proxy; see `HttpTransport`."""
        deadlines = RequestDeadlines(
            timeouts, f"{head.endpoint.url.host} (by the proxy {self._name})"
        )

        async def trace(event: str, _details: Mapping[str, object]) -> None:
            if event.endswith("receive_response_headers.started"):
                deadlines.begin("first_byte")

        timeout = {"connect": timeouts.connect, "write": timeouts.write}
        request = as_httpx(head, body, {"timeout": timeout, "trace": trace})
        try:
            response = await self._send(request, deadlines)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
            raise
        except BaseException:
            on_sent()  # perhaps: httpx does not tell
            raise
        on_sent()
        return response

    async def _send(self, request: httpx.Request, deadlines: RequestDeadlines) -> HttpResponse:
        with deadlines.open_scope("connect") as scope:
            scope.deadline = math.inf  # until the response is awaited, httpx keeps the deadlines
            try:
                response = await self._inner.handle_async_request(request)
            except httpx.ConnectTimeout:
                raise deadlines.error("connect") from None
            except httpx.WriteTimeout:
                raise deadlines.error("write") from None
            except httpx.ConnectError as error:
                if is_out_of_files(error):
                    raise out_of_files() from None
                message = f"cannot connect to {deadlines.peer}: {error}{self._advice}"
                raise httpx.ConnectError(message) from None
            except httpx.ProxyError as error:
                message = f"cannot connect to {deadlines.peer}: it answered {error}{self._advice}"
                raise httpx.ProxyError(message) from None
            return ProxiedResponse(response, deadlines)
        raise deadlines.error()

    def close_expired(self) -> None:
        """Do nothing: httpx closes expired connections by itself."""

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class ProxiedResponse:
    """An `HttpResponse` of httpx's transport, its body read piece by piece under our deadlines."""

    def __init__(self, response: httpx.Response, deadlines: RequestDeadlines) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self.status = response.status_code
        self.headers = response.headers.raw
        self._stream = response.stream
        self._pieces = aiter(response.stream)
        self._deadlines = deadlines
        self._first_by = deadlines.begin("first_byte")
        self._has_begun = False

    def take_whole(self) -> None:
        """Return None: whether the whole body has arrived is unknown."""

    async def receive_some(self) -> bytes:
        """Return the next piece; b"" at the end."""
        piece = b""
        with self._deadlines.open_scope("read") as scope:
            if not self._has_begun:
                scope.deadline = self._first_by
            piece = await anext(self._pieces, b"")
        if scope.cancelled_caught:
            await self.aclose()
            raise self._deadlines.error("read" if self._has_begun else "first_byte")
        self._has_begun = True
        return piece

    def finish(self) -> None:
        """Do nothing: `aclose` does everything."""

    async def aclose(self) -> None:
        """Close the connection, or return it if the body was read to its end."""
        await self._stream.aclose()


def as_httpx(head: RequestHead, body: bytes, extensions: dict[str, object]) -> httpx.Request:
    """Return a request as httpx's object."""
    headers = [*head.headers, (b"content-length", b"%d" % len(body))] if body else head.headers
    return httpx.Request(
        head.method,
        head.endpoint.url,
        headers=headers,
        stream=httpx.ByteStream(body),
        extensions=extensions,
    )


def _without_password(proxy: str) -> str:
    """Return host and port of the proxy's URL, which may hold a password."""
    try:
        url = httpx.URL(proxy)
    except httpx.InvalidURL:
        return "(its URL is invalid)"
    return f"{url.host}:{url.port}" if url.port else url.host


def _advice(variable: str) -> str:
    """Return where the proxy comes from, and how to change that."""
    if not variable:
        return "; the proxy is network.proxy in the configuration"
    return (
        f"; the proxy is {variable} of the daemon's environment: correct it, then run "
        "'aircher-cli daemon restart'"
    )
