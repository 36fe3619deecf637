"""What hostile and broken clients send to the real doors, while the daemon serves others."""

import json
import socket
import struct
from contextlib import ExitStack, closing

import pytest

from helpers.daemon.real_daemon import wait_until
from helpers.http_api.sdks import messages
from helpers.http_api.served import create_token
from helpers.memory import resident_mb

PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/chat/gpt-5.5:generateContent",
    "ollama": "/api/chat",
}
BODIES = {
    "openai_chat": {"model": "chat/gpt-5.5", "messages": messages("hi")},
    "openai_responses": {"model": "chat/gpt-5.5", "input": "hi"},
    "anthropic": {"model": "chat/gpt-5.5", "messages": messages("hi"), "max_tokens": 9},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    "ollama": {"model": "chat/gpt-5.5", "messages": messages("hi"), "stream": False},
}
CONTENT = {"openai_responses": "input", "gemini": "contents"}
MB = 1024 * 1024
IDLE = 1000


def message_of(dialect, body):
    """Return the message of an error in the form of its dialect, which is checked."""
    error = body["error"]
    if dialect == "ollama":
        assert isinstance(error, str)
        return error
    if dialect == "anthropic":
        assert body["type"] == "error"
        assert isinstance(error["type"], str)
    if dialect == "gemini":
        assert isinstance(error["code"], int)
        assert error["status"].isupper()
    return error["message"]


@pytest.fixture(name="dialect", params=PATHS)
def each_dialect(request):
    """Each of the five APIs."""
    return request.param


@pytest.fixture(autouse=True)
def still_serves(served):
    """After each test the daemon answers a good request."""
    yield
    served.calm()
    body = BODIES["openai_chat"]
    assert served.post(body).json()["choices"][0]["message"]["content"] == "hi"


# ------------------------------------------------------------------ bodies


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b'{"model":' + b"[" * 5000],
    ids=["empty", "cut", "list", "null", "text", "no utf-8", "deep"],
)
def test_what_is_no_request_is_refused_in_the_apis_own_form(served, dialect, body):
    """With 400, and nothing is sent to a provider."""
    asked = len(served.asked)
    response = served.send(PATHS[dialect], body)
    assert response.status_code == 400
    assert message_of(dialect, response.json())
    assert len(served.asked) == asked


@pytest.mark.parametrize("value", [7, True, {"role": 7}, [7], [None], [{"role": []}]], ids=repr)
def test_a_value_of_the_wrong_type_is_refused_by_name(served, dialect, value):
    """The message says where it is."""
    name = CONTENT.get(dialect, "messages")
    response = served.post({**BODIES[dialect], name: value}, PATHS[dialect])
    assert response.status_code == 400
    assert name in message_of(dialect, response.json())


def test_fifty_megabytes_are_refused_while_they_come(served, dialect):
    """With 413 in the API's own form; they are not kept."""
    assert served.home.process is not None
    before = resident_mb(served.home.process.pid)
    text = b'{"messages":[{"role":"user","content":"' + b"x" * (50 * MB) + b'"}]}'
    response = served.send(PATHS[dialect], text)
    assert response.status_code == 413
    assert message_of(dialect, response.json())
    assert resident_mb(served.home.process.pid) < before + 50


def test_an_unknown_model_is_the_apis_404(served, dialect):
    """It names the model."""
    path = PATHS[dialect].replace("chat/gpt-5.5", "nothing")
    response = served.post({**BODIES[dialect], "model": "nothing"}, path)
    assert response.status_code == 404
    assert "nothing" in message_of(dialect, response.json())


@pytest.mark.parametrize(
    ("dialect", "value", "message"),
    [
        ("openai_chat", {"n": 2}, "n: "),
        ("gemini", {"generationConfig": {"candidateCount": 2}}, "candidateCount"),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(served, dialect, value, message):
    """Two answers at once."""
    response = served.post({**BODIES[dialect], **value}, PATHS[dialect])
    assert response.status_code == 400, response.text
    assert message in message_of(dialect, response.json())


@pytest.mark.parametrize(
    ("method", "path", "status", "dialect"),
    [
        ("POST", "/v1/chat/completion", 404, "openai_chat"),
        ("POST", "/v1/messages/nothing", 404, "anthropic"),
        ("POST", "/v1beta/sing", 404, "gemini"),
        ("POST", "/api/nothing", 404, "ollama"),
        ("GET", "/v1/messages", 405, "anthropic"),
        ("DELETE", "/v1/chat/completions", 405, "openai_chat"),
        ("GET", "/api/chat", 405, "ollama"),
    ],
)
def test_paths_and_methods_that_are_not_there(served, method, path, status, dialect):
    """In the form of the API that it looks like, and not taken for a missing model: trap 18."""
    response = served.send(path, b"{}", method=method)
    assert response.status_code == status
    assert path in message_of(dialect, response.json())
    assert "model" not in response.text.replace(path, "")


# ------------------------------------------------------------------ connections


def connect(served, door):
    """Open a connection to the port or to the private socket."""
    kind = socket.AF_INET if door == "port" else socket.AF_UNIX
    opened = socket.socket(kind)
    opened.connect(("127.0.0.1", served.port) if door == "port" else served.socket)
    opened.settimeout(20)
    return opened


def request_of(served, body, *fields, path="/v1/chat/completions", token=None):
    """Return the bytes of a request."""
    data = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: 127.0.0.1:{served.port}",
        f"authorization: Bearer {token or served.token}",
        f"content-length: {len(data)}",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + data


def read_all(opened):
    """Read until the end; a reset is one too."""
    found = b""
    try:
        while data := opened.recv(65_536):
            found += data
    except ConnectionResetError:
        return found
    return found


@pytest.mark.parametrize("door", ["port", "socket"])
@pytest.mark.parametrize(
    "fields",
    [
        ["content-length: 5"],
        ["content-length: +1"],
        ["transfer-encoding: chunked"],
        ["transfer-encoding: gzip, chunked"],
        ["transfer-encoding: chunked", "content-length: 5"],
        ["content-length : 5"],
        [" folded: x"],
    ],
    ids=repr,
)
def test_two_ways_to_read_a_request_are_none(served, door, fields):
    """Smuggling: it is refused, nothing after it is answered, and the connection ends."""
    asked = len(served.asked)
    smuggled = request_of(served, BODIES["openai_chat"])
    with closing(connect(served, door)) as opened:
        opened.sendall(request_of(served, BODIES["openai_chat"], *fields) + smuggled)
        answer = read_all(opened)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(served.asked) == asked


@pytest.mark.parametrize("door", ["port", "socket"])
def test_a_thousand_idle_connections_hinder_no_client(served, door):
    """Each takes little memory; requests are answered beside them."""
    assert served.home.process is not None
    before = resident_mb(served.home.process.pid)
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(closing(connect(served, door)))
        assert served.post(BODIES["openai_chat"]).status_code == 200
        assert resident_mb(served.home.process.pid) < before + 40


LONG = {"model": "chat/gpt-5.5", "messages": messages("count 50000"), "stream": True}
TRANSLATED = {**LONG, "model": "claude/claude-opus-4-8"}


def begin(served, body, door="port", token=None):
    """Begin a long stream; return its connection and what the provider received."""
    before = len(served.asked)
    opened = connect(served, door)
    opened.sendall(request_of(served, body, token=token))
    answer = b""
    while b"data: " not in answer:
        answer += opened.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    return opened, served.asked[before]


def leave(opened, how):
    """Leave in the middle of a stream."""
    if how == "half-close":
        opened.shutdown(socket.SHUT_WR)
    elif how == "reset":
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        opened.close()
    else:
        opened.close()


@pytest.fixture
def slowly(served):
    """Let providers stream slowly, so that nothing ends by itself."""
    served.sim.behave(delay=0.01)
    yield
    served.sim.behave(delay=0.0)


@pytest.mark.parametrize("how", ["close", "half-close", "reset"])
@pytest.mark.parametrize("body", [LONG, TRANSLATED], ids=["verbatim", "translated"])
@pytest.mark.parametrize("door", ["port", "socket"])
def test_a_client_that_leaves_ends_the_call(served, slowly, door, body, how):
    """At the provider, whichever way it leaves."""
    opened, upstream = begin(served, body, door)
    with closing(opened):
        assert not upstream.disconnected.is_set()
        leave(opened, how)
        wait_until(upstream.disconnected.is_set, "the provider sees that the client left")


@pytest.mark.parametrize("body", [LONG, TRANSLATED], ids=["verbatim", "translated"])
def test_a_client_that_reads_nothing_is_not_read_for(served, body):
    """The provider has to wait too, and what is kept stays small."""
    assert served.home.process is not None
    before = resident_mb(served.home.process.pid)
    many = {**body, "messages": messages("count 100000")}
    opened, upstream = begin(served, many)
    with closing(opened):
        assert served.post(BODIES["openai_chat"]).status_code == 200
        assert not upstream.finished.is_set()
        assert resident_mb(served.home.process.pid) < before + 30
    wait_until(upstream.disconnected.is_set, "the provider sees that the client left")


@pytest.mark.parametrize("body", [LONG, TRANSLATED], ids=["verbatim", "translated"])
def test_a_token_that_is_revoked_ends_its_stream(served, slowly, body):
    """The client sees a stream without an end, the provider sees that it is not wanted."""
    token = create_token(served.home, "short")
    opened, upstream = begin(served, body, token=token)
    with closing(opened):
        done = served.home.cli("token", "revoke", "short")
        assert done.returncode == 0, done.stderr
        rest = read_all(opened)
        assert not rest.endswith(b"0\r\n\r\n") or b'"error"' in rest
        wait_until(upstream.disconnected.is_set, "the provider sees that the token was revoked")
        again = served.post(BODIES["openai_chat"], authorization=f"Bearer {token}")
    assert again.status_code == 401
