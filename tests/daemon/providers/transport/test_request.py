"""The plain form of a call: its bytes, its form for httpx, and what it does not tell."""

import httpx
import pytest

from aircherd.providers.transport.parser import request_message
from aircherd.providers.transport.request import (
    BadUrl,
    Endpoint,
    HttpRequest,
    HttpResponse,
    endpoint_of,
)

HEADERS = (("authorization", "Bearer sk-canary-0123456789"), ("x-team", "Grün"))


def outgoing(
    method: str = "POST", body: bytes = b"{}", url: str = "http://h:81/a?b=c"
) -> HttpRequest:
    return HttpRequest(method, endpoint_of(url), HEADERS, body, {"connect": 1.0})


def test_a_message_holds_line_headers_host_length_and_body() -> None:
    """Nothing else is added, and text that is not ASCII goes out as UTF-8."""
    expected = (
        "POST /a?b=c HTTP/1.1\r\nauthorization: Bearer sk-canary-0123456789\r\nx-team: Grün\r\n"
        "host: h:81\r\ncontent-length: 2\r\n\r\n{}"
    )
    assert expected.encode() == outgoing().message()


@pytest.mark.parametrize(("method", "body"), [("POST", b"{}"), ("POST", b"[1]"), ("GET", b"")])
def test_both_ways_send_the_same_bytes(method: str, body: bytes) -> None:
    """Whether by httpx's objects or past them; the second time too, from what was kept."""
    for _ in range(2):
        call = outgoing(method, body)
        assert request_message(call.as_httpx(), body) == call.message()
        assert call.as_httpx().extensions["timeout"] == {"connect": 1.0}


def test_what_was_kept_of_one_key_serves_no_other() -> None:
    """Another key, path or host is another head."""
    target = endpoint_of("http://h:81/a")
    other = HttpRequest("POST", target, (("authorization", "Bearer other"),), b"", {})
    assert b"sk-canary" not in other.message()
    assert b"host: i\r\n" in outgoing(url="http://i/").message()


@pytest.mark.parametrize("value", ["sk-canary\r\nX: y", "sk-canary\n", "sk-canary\0"])
def test_refuses_smuggled_lines(value: str) -> None:
    """As the other way does, each time anew, and without a word of the value."""
    call = HttpRequest("GET", endpoint_of("http://h/"), (("authorization", value),), b"", {})
    for _ in range(2):
        with pytest.raises(httpx.LocalProtocolError) as caught:
            call.message()
        assert "sk-canary" not in str(caught.value)


def test_a_target_is_worked_out_once() -> None:
    """Origin and name of the peer, as the pool and the sentences need them."""
    target = endpoint_of("https://h/v1")
    assert target is endpoint_of("https://h/v1")
    assert (target.origin, target.peer) == (("https", b"h"), "h")
    assert repr(Endpoint(httpx.URL("http://h:81/"))) == "<Target h:81>"


@pytest.mark.parametrize("text", ["http://h:port/", "http://\u0080/", "http://xn--\uffff/"])
def test_a_bad_url_is_refused(text: str) -> None:
    """With the reason; whose address it is, the caller knows."""
    with pytest.raises(BadUrl, match=r"^cannot be used: "):
        endpoint_of(text)


def test_printing_shows_no_key() -> None:
    """Neither header values nor the body."""
    assert repr(outgoing()) == "<Outgoing POST http://h:81/a?b=c 2 bytes>"
    answer = HttpResponse(200, [(b"set-cookie", b"secret")], None)  # type: ignore[arg-type]
    assert repr(answer) == "<Answer 200 None>"
