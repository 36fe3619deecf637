"""The choice of a proxy, and requests through a small real one on loopback."""

import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
import trustme
from trio.abc import Stream

from aircherd.config.model import Network
from aircherd.providers.transport.http_transport import open_transport
from aircherd.providers.transport.proxy import ProxiedTransport, ProxySetting, is_exempt, proxy_for
from aircherd.providers.transport.timeouts import Timeouts
from helpers.providers.http_server import (
    OK,
    Server,
    open_server,
    read_request,
    replies,
    send_slowly,
)
from helpers.providers.over_httpx import OverHttpx, get, read_body

PROXY = "http://proxy.test:3128"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TIMES = Timeouts(connect=3.0, write=3.0, first_byte=9.0, read=4.0)


@pytest.mark.parametrize(
    ("url", "configured", "environ", "expected"),
    [
        ("https://api.test/", None, {}, None),
        ("https://api.test/", PROXY, {}, PROXY),
        ("https://api.test/", None, {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://api.test/", None, {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ("https://api.test/", None, {"HTTP_PROXY": PROXY}, None),
        ("http://api.test/", None, {"HTTP_PROXY": PROXY}, PROXY),
        ("http://api.test/", None, {"ALL_PROXY": PROXY}, PROXY),
        ("https://api.test/", PROXY, {"HTTPS_PROXY": "http://other"}, PROXY),
        ("https://api.test/", PROXY, {"NO_PROXY": "api.test"}, None),
        ("https://api.test/", None, {"HTTPS_PROXY": "proxy.test:3128"}, PROXY),
        ("https://api.test/", None, {"HTTPS_PROXY": " "}, None),
        ("http://127.0.0.1:11434/", PROXY, {}, None),
        ("http://localhost:11434/", None, {"ALL_PROXY": PROXY}, None),
        ("http://[::1]:11434/", PROXY, {}, None),
    ],
)
def test_proxy_for(
    url: str, configured: str | None, environ: dict[str, str], expected: str | None
) -> None:
    """The config before the environment, by scheme, minus NO_PROXY, never for loopback."""
    found = proxy_for(httpx.URL(url), configured, environ)
    assert expected == (found and found.url)


@pytest.mark.parametrize(
    ("url", "no_proxy", "is_direct"),
    [
        ("https://h.test/", "h.test:443", True),
        ("https://h.test:8443/", "h.test:443", False),
        ("http://h.test/", "h.test:80", True),
        ("http://h.test/", "h.test:443", False),
        ("https://10.1.2.3:8443/", "10.1.2.3:8443", True),
        ("https://10.1.2.3/", "10.1.2.3:8443", False),
        ("https://10.1.2.3/", "10.0.0.0/8:443", True),
        ("https://[fd00::1]:8443/", "[fd00::1]:8443", True),
        ("https://[fd00::1]/", "[fd00::1]:8443", False),
        ("https://[fd00:0::1]/", "[fd00::1]", True),
        ("https://[fd00::1]/", "[fd00::]/8", True),
        ("https://10.1.2.3/", "::ffff:10.1.2.3", True),
        ("https://h.test/", "h.test.", True),
        ("https://h.test./", "h.test", True),
        ("https://a.h.test./", ".h.test.:443", True),
        ("https://h.test/", "h.test:", True),
        ("https://h.test/", "h.test:443x", False),
        ("https://localhost./", "", True),
    ],
)
def test_ports_and_trailing_dots(url: str, no_proxy: str, is_direct: bool) -> None:
    """As curl and Go read them; the port of a URL without one is that of its scheme."""
    environ = {"HTTPS_PROXY": PROXY, "HTTP_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert is_direct == (proxy_for(httpx.URL(url), None, environ) is None)


@pytest.mark.parametrize(
    ("configured", "environ", "variable"),
    [
        (PROXY, {"HTTPS_PROXY": PROXY}, ""),
        (None, {"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        (None, {"https_proxy": PROXY, "HTTPS_PROXY": PROXY}, "https_proxy"),
        (None, {"https_proxy": "", "ALL_PROXY": PROXY}, "ALL_PROXY"),
    ],
)
def test_the_source_of_a_proxy(
    configured: str | None, environ: dict[str, str], variable: str
) -> None:
    """The variable is named as it is spelled; it is empty for the configuration."""
    assert proxy_for(httpx.URL("https://h.test"), configured, environ) == (PROXY, variable)


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "expected"),
    [
        ("*", "any.test", None, True),
        ("a.test,b.test", "b.test", None, True),
        ("b.test", "x.b.test", None, True),
        (".b.test", "x.b.test", None, True),
        ("*.b.test", "x.b.test", None, True),
        ("b.test", "xb.test", None, False),
        ("B.Test", "b.test", None, True),
        ("b.test:8080", "b.test", 8080, True),
        ("b.test:8080", "b.test", None, False),
        ("10.0.0.0/8", "10.1.2.3", None, True),
        ("10.1.2.3", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "11.1.2.3", None, False),
        ("fd00::/8", "fd00::1", None, True),
        ("b.test", "10.1.2.3", None, False),
        ("", "b.test", None, False),
        (" , ,.", "b.test", None, False),
    ],
)
def test_is_exempt(no_proxy: str, host: str, port: int | None, expected: bool) -> None:
    """NO_PROXY lists hosts, domains, addresses, networks, or everything."""
    assert expected == is_exempt(host, port, no_proxy)


class Proxy:
    """A proxy that connects every host to one port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.first_lines: list[bytes] = []

    async def handle(self, _server: Server, stream: Stream) -> None:
        request = await read_request(stream)
        self.first_lines.append(request.split(b"\r\n")[0])
        upstream = await trio.open_tcp_stream("127.0.0.1", self.port)
        if request.startswith(b"CONNECT"):
            await stream.send_all(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            await upstream.send_all(request)
        async with upstream, trio.open_nursery() as nursery:
            nursery.start_soon(self._carry, stream, upstream, nursery.cancel_scope)
            nursery.start_soon(self._carry, upstream, stream, nursery.cancel_scope)

    async def _carry(self, source: Stream, sink: Stream, scope: trio.CancelScope) -> None:
        try:
            while data := await source.receive_some(65536):
                await sink.send_all(data)
        except trio.BrokenResourceError:
            pass
        scope.cancel()


@asynccontextmanager
async def proxied(upstream: Server) -> AsyncIterator[tuple[Proxy, str]]:
    proxy = Proxy(upstream.port)
    async with open_server(proxy.handle) as server:
        yield proxy, server.url


async def test_forwards_plain_requests() -> None:
    """http:// goes to the proxy with its whole URL."""
    async with open_server(replies(OK)) as upstream, proxied(upstream) as (proxy, url):
        transport = open_transport(Network(proxy=url), {})
        async with httpx.AsyncClient(transport=OverHttpx(transport)) as client:
            assert (await client.get("http://api.test/v1/models")).text == "ok"
    assert proxy.first_lines == [b"GET http://api.test/v1/models HTTP/1.1"]


async def test_tunnels_tls(tmp_path: Path) -> None:
    """https:// goes through a tunnel: the proxy sees the host's name and no key."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("api.test").configure_cert(tls)
    async with open_server(replies(OK), tls) as upstream, proxied(upstream) as (proxy, url):
        transport = open_transport(
            Network(ca_file=str(tmp_path / "ca.pem")), {"HTTPS_PROXY": url, "NO_PROXY": "x.test"}
        )
        async with httpx.AsyncClient(transport=OverHttpx(transport)) as client:
            assert (await client.get("https://api.test/v1")).text == "ok"
    assert proxy.first_lines == [b"CONNECT api.test:443 HTTP/1.1"]


async def test_loopback_is_reached_directly() -> None:
    """With a proxy configured, over our own transport."""
    async with open_server(replies(OK)) as upstream:
        transport = open_transport(Network(proxy="http://127.0.0.1:1"), {})
        async with httpx.AsyncClient(transport=OverHttpx(transport)) as client:
            assert (await client.get(upstream.url)).text == "ok"


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "no answer from api.test .* within 9 s"),
        ([CHUNKED], "no answer from api.test .* within 9 s"),
        ([CHUNKED + b"1\r\na\r\n"], "api.test .* sent nothing more for 4 s"),
    ],
    ids=["no head", "no body", "no more body"],
)
async def test_keeps_our_deadlines(
    autojump_clock: trio.testing.MockClock, pieces: list[bytes], words: str
) -> None:
    """The head, the first byte and the gaps have their deadlines through a proxy too."""
    autojump_clock.autojump_threshold = 0.05

    async def stall(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await send_slowly(stream, pieces)
        await trio.sleep_forever()

    async with (
        open_server(stall) as upstream,
        proxied(upstream) as (_, url),
        aclosing(open_transport(Network(proxy=url), {})) as transport,
    ):
        with pytest.raises(httpx.ReadTimeout, match=words):
            await read_body(await get(transport, "http://api.test/", TIMES))


async def test_reads_a_proxied_body_to_its_end() -> None:
    """Piece by piece; whether all of it has arrived is unknown."""
    reply = CHUNKED + b"2\r\nhi\r\n2\r\nyo\r\n0\r\n\r\n"
    async with (
        open_server(replies(reply)) as upstream,
        proxied(upstream) as (_, url),
        aclosing(open_transport(Network(proxy=url), {})) as transport,
    ):
        assert await read_body(await get(transport, "http://api.test/", TIMES)) == b"hiyo"


async def test_names_an_unreachable_proxy() -> None:
    """Without its password."""
    async with aclosing(
        open_transport(Network(proxy="http://me:hunter2@127.0.0.1:1"), {})
    ) as transport:
        with pytest.raises(httpx.ConnectError, match=r"by the proxy 127.0.0.1:1") as caught:
            await get(transport, "http://api.test/")
    assert "hunter2" not in str(caught.value) + repr(transport)
    assert str(caught.value).endswith("; the proxy is network.proxy in the configuration")


async def test_names_the_variable_of_an_unreachable_proxy() -> None:
    """The user's shell may not have it: the daemon was started by another one."""
    environ = {"ALL_PROXY": "http://127.0.0.1:1"}
    async with aclosing(open_transport(Network(), environ)) as transport:
        with pytest.raises(httpx.ConnectError) as caught:
            await get(transport, "http://api.test/")
    assert "; the proxy is ALL_PROXY of the daemon's environment" in str(caught.value)
    assert "'aircher-cli daemon restart'" in str(caught.value)


async def test_names_a_proxy_that_refuses() -> None:
    """Such as one that wants a password."""

    async def refuse(_server: Server, stream: Stream) -> None:
        await read_request(stream)
        await stream.send_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    async with (
        open_server(refuse) as server,
        aclosing(open_transport(Network(), {"https_proxy": server.url})) as transport,
    ):
        with pytest.raises(
            httpx.ProxyError, match=r"it answered 407 .* is https_proxy of the daemon"
        ):
            await get(transport, "https://api.test/")


@pytest.mark.parametrize(
    "proxy", ["ftp://me:hunter2@p.test", "socks5://me:hunter2@p.test", "socks://me:hunter2@p.test"]
)
def test_refuses_proxies_it_cannot_use(proxy: str) -> None:
    """Only http proxies are supported; the error does not show the password."""
    with pytest.raises(httpx.ProxyError, match=r"cannot use the proxy p.test") as caught:
        ProxiedTransport(ProxySetting(proxy, "ALL_PROXY"), ssl.create_default_context)
    assert "ALL_PROXY of the daemon's environment" in str(caught.value)
    assert "hunter2" not in str(caught.value)
