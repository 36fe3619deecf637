"""Which certificates are trusted; an untrusted server gets no byte of a request."""

import datetime as dt
import ssl
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
import trio
import trustme
from trio.abc import Stream

from aircherd.config.model import Network
from aircherd.providers.transport.http_transport import open_transport
from aircherd.providers.transport.tls import handshake_problem, make_context
from helpers.providers.http_server import OK, Server, open_server, replies
from helpers.providers.over_httpx import OverHttpx

OURS = trustme.CA()
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    OURS.cert_pem.write_to_path(str(file))
    return str(file)


def server_context(
    ca: trustme.CA, name: str = "127.0.0.1", *, not_after: dt.datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name, not_before=not_after, not_after=not_after).configure_cert(context)
    return context


async def ask(server: Server, environ: Mapping[str, str], ca_file: str | None) -> httpx.Response:
    transport = open_transport(Network(ca_file=ca_file), environ)
    async with httpx.AsyncClient(transport=OverHttpx(transport)) as client:
        return await client.get(server.url, headers={"Authorization": "Bearer sk-secret-key"})


@pytest.mark.parametrize("way", ["ca_file", "SSL_CERT_FILE"])
async def test_trusts_what_the_user_names(ca_file: str, way: str) -> None:
    """An authority named in ca_file or SSL_CERT_FILE is trusted."""
    environ = {"SSL_CERT_FILE": ca_file} if way == "SSL_CERT_FILE" else {}
    async with open_server(replies(OK), server_context(OURS)) as server:
        response = await ask(server, environ, ca_file if way == "ca_file" else None)
    assert (response.text, len(server.requests)) == ("ok", 1)


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        (server_context(OURS, "other.test"), "for another"),
        (server_context(OURS, not_after=LONG_AGO), "has expired"),
        (server_context(trustme.CA()), "unknown authority; to trust that, set"),
    ],
    ids=["wrong name", "expired", "unknown authority"],
)
async def test_sends_nothing_to_untrusted_servers(
    ca_file: str, tls: ssl.SSLContext, words: str
) -> None:
    """A bad certificate ends in a readable message, before any byte of the request."""
    received: list[bytes] = []

    async def listen(_server: Server, stream: Stream) -> None:
        while data := await stream.receive_some(65536):
            received.append(bytes(data))

    async with open_server(listen, tls) as server:
        with pytest.raises(httpx.ConnectError, match=words) as caught:
            await ask(server, {}, ca_file)
        await trio.testing.wait_all_tasks_blocked()
    assert received == []
    error: BaseException | None = caught.value
    while error:
        assert "sk-secret" not in f"{error!r} {error}"
        error = error.__context__


async def test_says_that_a_server_speaks_no_tls(ca_file: str) -> None:
    """https:// to a plain port names the likely mistake."""

    async def answer_plainly(_server: Server, stream: Stream) -> None:
        await stream.receive_some(65536)
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stream.receive_some(65536)

    async with open_server(answer_plainly) as server:
        server.url = server.url.replace("http:", "https:")
        with pytest.raises(httpx.ConnectError, match="does not speak TLS"):
            await ask(server, {}, ca_file)


async def test_says_that_the_server_closed(ca_file: str) -> None:
    """When it closes within the handshake."""

    async def hang_up(_server: Server, stream: Stream) -> None:
        await stream.receive_some(65536)

    async with open_server(hang_up) as server:
        server.url = server.url.replace("http:", "https:")
        with pytest.raises(httpx.ConnectError, match="during the TLS handshake"):
            await ask(server, {}, ca_file)


def test_names_files_it_cannot_read(tmp_path: Path) -> None:
    """A certificate file that is missing or empty is named, with its setting."""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    with pytest.raises(
        httpx.ConnectError, match=r"ca_file = .*empty.pem': it holds no certificate"
    ):
        make_context({}, str(empty))
    with pytest.raises(httpx.ConnectError, match=r"SSL_CERT_FILE .*gone.pem': No such file"):
        make_context({"SSL_CERT_FILE": str(tmp_path / "gone.pem")}, None)


def test_always_verifies() -> None:
    """Certificates and names are verified, whatever the environment."""
    context = make_context({}, None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_broken_handshake_has_a_message() -> None:
    """Also without a TLS reason."""
    assert handshake_problem(None) == "the connection broke during the TLS handshake"


def test_no_file_gets_the_secrets_of_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE would let others read what is sent, keys included."""
    file = tmp_path / "secrets.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    assert make_context({}, None).keylog_filename is None
    assert not file.exists()
