"""Who may come in at a port: the token, the Host and the Origin."""

import pytest

from aircherd.config.model import Http
from aircherd.http_api.server import guard
from aircherd.http_api.server.refusal import Refusal
from helpers.http_api.server import TokenOf, Tokens

ALLOWED = Http(hosts=("host.docker.internal", "box:8080"), origins=("http://box:3000",))


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("localhost:4141", True),
        ("LOCALHOST:4141", True),
        ("127.0.0.1:4141", True),
        ("[::1]:4141", True),
        ("host.docker.internal:4141", True),
        ("host.docker.internal:9", True),
        ("host.docker.internal", True),
        ("box:8080", True),
        ("box", False),
        ("box:4141", False),
        ("localhost", False),
        ("localhost:4142", False),
        ("localhost:", False),
        ("[::1]", False),
        ("::1:4141", False),
        ("localhost.:4141", False),
        ("localhost:4141.evil.example", False),
        ("evil.example:4141", False),
        ("evil.example", False),
        ("localhost.evil.example:4141", False),
        ("127.0.0.1.evil.example:4141", False),
        ("127.1:4141", False),
        ("0.0.0.0:4141", False),
        ("localhost:4141, evil.example", False),
        ("user@localhost:4141", False),
        ("", False),
        (None, False),
    ],
)
def test_a_name_must_be_one_of_this_machine(host, is_let_in):
    """A page whose name was rebound to this machine sends its own."""
    if is_let_in:
        guard.check_host(host, 4141, ALLOWED)
        return
    with pytest.raises(Refusal) as caught:
        guard.check_host(host, 4141, ALLOWED)
    assert caught.value.problem.status == 403


def test_at_port_80_a_name_needs_no_port():
    """Clients leave it out."""
    guard.check_host("localhost", 80, ALLOWED)
    guard.check_host("[::1]", 80, ALLOWED)


@pytest.mark.parametrize(
    "origin",
    ["http://box", "https://box:3000", "http://box:3000.evil", "null", "", "http://localhost:4141"],
)
def test_any_other_web_page_is_refused(origin):
    """Even one that aircher's own port could have sent."""
    with pytest.raises(Refusal) as caught:
        guard.check_origin({"origin": origin}, ALLOWED)
    assert caught.value.problem.status == 403


@pytest.mark.parametrize(
    ("site", "is_refused"),
    [("cross-site", True), ("same-site", True), ("none", False), ("same-origin", False)],
)
def test_a_picture_that_a_page_wants_is_refused(site, is_refused):
    """It has no Origin; what the user typed into the browser passes, and needs a token."""
    headers = {"sec-fetch-site": site}
    if not is_refused:
        assert guard.check_origin(headers, ALLOWED) == ()
        return
    with pytest.raises(Refusal) as caught:
        guard.check_origin(headers, ALLOWED)
    assert caught.value.problem.status == 403


def test_only_an_allowed_page_gets_headers_and_never_for_all():
    """Programs send no Origin, and get none of these headers."""
    assert guard.check_origin({}, ALLOWED) == ()
    headers = dict(guard.check_origin({"origin": "http://box:3000"}, ALLOWED))
    assert headers["access-control-allow-origin"] == "http://box:3000"
    assert "access-control-allow-credentials" not in headers
    asked = {"access-control-request-headers": "x-api-key, a\r\nb, *, "}
    assert dict(guard.preflight(asked))["access-control-allow-headers"] == "x-api-key"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer ak-air-a"}, {}),
        ({"authorization": "bearer  ak-air-a"}, {}),
        ({"x-api-key": "ak-air-a"}, {}),
        ({"api-key": "ak-air-a"}, {}),
        ({"x-goog-api-key": "ak-air-a"}, {}),
        ({}, {"key": "ak-air-a"}),
        ({"authorization": "Bearer dummy", "x-api-key": "ak-air-a"}, {}),
        ({"authorization": "Basic x", "x-api-key": "ak-air-a"}, {}),
    ],
)
def test_a_token_is_found_wherever_tools_put_their_key(headers, query):
    """The first that is one of ours counts."""
    client = TokenOf("mine")
    keys = guard.presented(headers, query)
    assert guard.find_token(keys, Tokens(a=client)) is client


def test_what_looks_like_a_token_and_is_none_is_refused():
    """Anything else is not: on the private socket tools send what they have."""
    table = Tokens(a=TokenOf("mine"))
    assert guard.find_token(["dummy", "sk-ant-1"], table) is None
    with pytest.raises(Refusal) as caught:
        guard.find_token(["dummy", "ak-air-gone"], table)
    assert caught.value.problem.status == 401
    assert "ak-air-gone" not in str(caught.value)
    assert guard.presented({"authorization": "Basic x"}, {}) == []
