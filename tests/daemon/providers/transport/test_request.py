"""Requests: their bytes, their form for httpx, and what their repr hides."""

import httpx
import pytest

from aircherd.providers.transport.proxy import as_httpx
from aircherd.providers.transport.request import (
    BadUrl,
    Endpoint,
    HttpRequest,
    RequestHead,
    endpoint_of,
)

HEADERS = [("authorization", "Bearer sk-canary-0123456789"), ("x-team", "Grün")]


def a_head(method: str = "POST", url: str = "http://h:81/a?b=c") -> RequestHead:
    return RequestHead(method, url, HEADERS)


def test_a_message_holds_line_headers_host_length_and_body() -> None:
    """Nothing else is added, and text that is not ASCII goes out as UTF-8."""
    expected = (
        "POST /a?b=c HTTP/1.1\r\nauthorization: Bearer sk-canary-0123456789\r\nx-team: Grün\r\n"
        "host: h:81\r\ncontent-length: 2\r\n\r\n{}"
    )
    assert expected.encode() == a_head().message(b"{}")


def test_a_message_without_a_body_states_no_length() -> None:
    """As a GET has none."""
    assert a_head("GET").message(b"").endswith(b"\r\nhost: h:81\r\n\r\n")


@pytest.mark.parametrize(("method", "body"), [("POST", b"{}"), ("POST", b"[1]"), ("GET", b"")])
def test_httpx_gets_the_same_headers(method: str, body: bytes) -> None:
    """A proxied request is the same as a direct one."""
    request = as_httpx(a_head(method), body, {"timeout": {"connect": 1.0}})
    lines = [b"%b: %b" % header for header in request.headers.raw]
    assert lines == a_head(method).message(body).split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    assert (str(request.url), request.method) == ("http://h:81/a?b=c", method)
    assert request.extensions["timeout"] == {"connect": 1.0}


@pytest.mark.parametrize("value", ["sk-canary\r\nX: y", "sk-canary\n", "sk-canary\0"])
def test_refuses_smuggled_lines(value: str) -> None:
    """A line break or NUL in a header is refused, and the value is not repeated."""
    with pytest.raises(httpx.LocalProtocolError) as caught:
        RequestHead("GET", "http://h/", [("authorization", value)])
    assert "sk-canary" not in str(caught.value)


def test_an_endpoint_is_parsed_once() -> None:
    """Origin and name of the peer, as the pool and the messages need them."""
    endpoint = endpoint_of("https://h/v1")
    assert endpoint is endpoint_of("https://h/v1")
    assert (endpoint.origin, endpoint.peer) == (("https", b"h"), "h")
    assert repr(Endpoint(httpx.URL("http://h:81/"))) == "<Endpoint h:81>"


@pytest.mark.parametrize("text", ["http://h:port/", "http://\u0080/", "http://xn--\uffff/"])
def test_a_bad_url_is_refused(text: str) -> None:
    """With the reason; the caller knows whose address it is."""
    with pytest.raises(BadUrl, match=r"^cannot be used: "):
        endpoint_of(text)
    with pytest.raises(BadUrl):
        a_head(url=text)


def test_printing_shows_no_key() -> None:
    """Neither header values nor the body."""
    assert repr(a_head()) == "<RequestHead POST http://h:81/a?b=c>"
    request = HttpRequest("POST", "https://h/x", HEADERS, b"prompt")
    assert repr(request) == "<HttpRequest POST https://h/x [authorization, x-team] 6 bytes>"
