"""What comes first when a request's head is complete: the name, the page, the token, the path."""

import pytest

from aircherd.access.peer import Peer
from aircherd.http_api.server.admission import Admitter
from aircherd.http_api.server.incoming_request import IncomingRequest
from aircherd.http_api.server.refusal import Refusal
from aircherd.http_api.server.router import Router
from helpers.http_api.server import ANTHROPIC, CHAT, TokenOf, Tokens, make_services

ROUTER = Router([CHAT, ANTHROPIC])
TOKEN = TokenOf("mine")
LOCAL = {"host": "localhost:4141"}
KEY = {"x-api-key": "ak-air-a"}


def incoming(target, headers, method="POST"):
    request = IncomingRequest()
    request.method, request.target, request.headers = method, target, headers
    return request


def admitter(port=4141):
    services = make_services()
    return Admitter(services, ROUTER, Tokens(a=TOKEN), port), services


@pytest.mark.parametrize(
    ("method", "target", "headers", "status"),
    [
        ("POST", b"/v1/echo", {"host": "evil:4141", **KEY}, 403),
        ("POST", b"/v1/echo", KEY, 403),
        ("POST", b"/v1/echo", {**LOCAL, **KEY, "origin": "http://evil"}, 403),
        ("GET", b"/", {**LOCAL, "origin": "http://evil"}, 403),
        ("POST", b"/v1/echo", LOCAL, 401),
        ("POST", b"/v1/unknown", LOCAL, 401),
        ("GET", b"/v1/models", LOCAL, 401),
        ("POST", b"/", LOCAL, 401),
        ("OPTIONS", b"/v1/echo", LOCAL, 401),
        ("GET", b"//", LOCAL, 401),
        ("POST", b"/v1/echo", {**LOCAL, "x-api-key": "ak-air-b"}, 401),
        ("POST", b"/v1/unknown", {**LOCAL, **KEY}, 404),
        ("DELETE", b"/v1/echo", {**LOCAL, **KEY}, 405),
    ],
)
def test_nothing_comes_in_at_a_port_without_a_token(method, target, headers, status):
    """Nor from a web page, nor under another name; not even what paths there are comes out."""
    one, services = admitter()
    with pytest.raises(Refusal) as caught:
        one.admit(incoming(target, headers, method), Peer(0, 0))
    assert caught.value.problem.status == status
    kind = {401: "refused_token", 403: "refused_page"}.get(status)
    assert [each[0] for each in services.refused] == ([kind] if kind else [])
    facts = [each[3] for each in services.refused]
    assert set(facts) <= {
        ("door", "port"),
        ("host", "evil:4141"),
        ("host", ""),
        ("origin", "http://evil"),
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_needs_no_token(method):
    """Claude Code asks for it first, without one."""
    one, _ = admitter()
    request = incoming(b"/", LOCAL, method)
    assert one.admit(request, Peer(0, 0)) is None
    assert (request.match, request.path) == (None, "/")


def test_a_key_in_the_query_is_taken_out_of_it():
    """It goes no further."""
    one, _ = admitter()
    request = incoming(b"/v1/echo?a=1&key=ak-air-a&b=2&k%65y=ak-air-a", LOCAL)
    assert one.admit(request, Peer(0, 0)) is TOKEN
    assert (dict(request.query), request.raw_query) == ({"a": "1", "b": "2"}, "a=1&b=2")


def test_the_private_socket_needs_neither_a_token_nor_a_name():
    """A token that is sent names the client; one that is none is refused."""
    one, services = admitter(None)
    assert one.admit(incoming(b"/v1/echo", {"origin": "http://evil"}), Peer(0, 0)) is None
    assert one.admit(incoming(b"/v1/echo", {"x-api-key": "dummy"}), Peer(0, 0)) is None
    assert one.admit(incoming(b"/v1/echo", KEY), Peer(0, 0)) is TOKEN
    with pytest.raises(Refusal):
        one.admit(incoming(b"/v1/echo", {"x-api-key": "ak-air-b"}), Peer(0, 0))
    assert services.refused == [("refused_token", None, services.refused[0][2], ("door", "socket"))]


def test_trap_31_a_websocket_is_refused_so_that_its_client_stops_asking():
    """codex-proxy#681: Codex tries once more after 426, and seven times after 404."""
    one, _ = admitter()
    request = incoming(b"/v1/responses", {**LOCAL, **KEY, "upgrade": "WebSocket"}, "GET")
    request.wants_upgrade = True
    with pytest.raises(Refusal) as caught:
        one.admit(request, Peer(0, 0))
    assert (caught.value.problem.status, caught.value.headers) == (426, (("upgrade", "HTTP/1.1"),))
