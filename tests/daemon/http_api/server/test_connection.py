"""One connection: requests one after the other, clients that leave, that are slow, or hostile."""

import gzip
import json
import socket
from contextlib import suppress

import pytest
import trio

from aircherd.http_api.server import bounds
from aircherd.memory.budget import MEGABYTE, MemoryBudget
from helpers.http_api.server import (
    TokenOf,
    Tokens,
    make_services,
    request,
    serving,
    with_http,
)

ECHO = "POST /v1/echo HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}"


async def test_requests_of_a_connection_are_answered_one_after_the_other():
    """Pipelined ones as well; the dialect gets the path, the query, the headers and the body."""
    async with serving() as (peer, _, _):
        await peer.send(request(ECHO) * 3)
        for _ in range(3):
            status, headers, body = await peer.answer()
            assert (status, headers["content-type"]) == (200, "application/json")
            assert "date" in headers
        status, _, body = await peer.ask(
            "POST /v1/echo?a=1&b=%20 HTTP/1.1\nHost: x\nX-A: 1\nx-a: 2\n"
            "Authorization: Bearer dummy\nUser-Agent: claude-cli/2.1.197 (external, cli)\n"
            "X-Aircher-Project: /p\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        seen = json.loads(body)
        assert (status, seen["body"], seen["dialect"]) == (200, "abcde", "openai_chat")
        assert (seen["path"], seen["query"]) == ("/v1/echo", {"a": "1", "b": " "})
        assert seen["headers"]["x-a"] == "1, 2"
        assert not {"authorization", "transfer-encoding"} & seen["headers"].keys()
        assert (seen["client"], seen["project"]) == ("http", "/p")


async def test_streams_come_in_chunks_with_trailers():
    """A client of HTTP/1.0 gets the bytes until the end."""
    async with serving() as (peer, _, _):
        _, headers, body = await peer.ask("POST /v1/stream HTTP/1.1\nHost: x\n\n")
        assert headers["trailer"] == "x-aircher-cost"
        assert body == (
            b"9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\nx-aircher-cost: 0.01\r\n\r\n"
        )
        await peer.send(request("POST /v1/stream HTTP/1.0\nContent-Length: 0\n\n"))
        head, body = (await peer.rest()).split(b"\r\n\r\n", 1)
        assert b"connection: close" in head
        assert body == b"data: a\n\ndata: b\n\n"


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("POST /v1/echo HTTP/1.1\nHost: x\nConnection: close\n\n", True),
        ("POST /v1/echo HTTP/1.0\n\n", True),
        ("POST /v1/echo HTTP/1.0\nConnection: keep-alive\n\n", False),
        ("POST /v1/echo HTTP/1.1\nHost: x\n\n", False),
    ],
)
async def test_a_connection_is_kept_as_the_client_wants(text, closes):
    """What is kept carries another request."""
    async with serving() as (peer, _, _):
        status, headers, _ = await peer.ask(text)
        assert status == 200
        assert (headers.get("connection") == "close") is closes
        if closes:
            assert await peer.rest() == b""
        else:
            assert (await peer.ask(ECHO))[0] == 200


async def test_head_of_a_path_has_the_length_and_no_body():
    """`HEAD /` is what Claude Code asks first."""
    async with serving() as (peer, _, _):
        status, headers, _ = await peer.ask("HEAD / HTTP/1.1\nHost: x\n\n", is_head=True)
        assert (status, headers["content-length"]) == (200, "19")
        assert (await peer.ask("GET / HTTP/1.1\nHost: x\n\n"))[2] == b"aircher is running\n"
        status, headers, _ = await peer.ask("HEAD /v1/models HTTP/1.1\nHost: x\n\n", is_head=True)
        assert (status, int(headers["content-length"]) > 2) == (200, True)


async def test_a_client_that_waits_for_100_gets_it():
    """Unless the request is refused: then it gets the reason instead."""
    head = "POST {} HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 2\n\n"
    async with serving() as (peer, _, _):
        await peer.send(request(head.format("/v1/echo")))
        assert await peer.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await peer.send(b"{}")
        assert (await peer.answer())[0] == 200
        status, headers, _ = await peer.ask(head.format("/v1/unknown"))
        assert (status, headers["connection"]) == (404, "close")


HUGE = b"x" * 70_000
POST = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\n"
LENGTH = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NO_CHUNK = b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (POST + LENGTH + b"Content-Length: 3\r\n\r\n{}", 400),
        (POST + LENGTH + CHUNKED + NO_CHUNK, 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n" + NO_CHUNK, 501),
        (POST + CHUNKED + b"Transfer-Encoding: identity\r\n" + NO_CHUNK, 400),
        (b"POST /v1/echo HTTP/1.0\r\n" + CHUNKED + NO_CHUNK, 501),
        (POST + CHUNKED + b"\r\nzz\r\n", 400),
        (POST + CHUNKED + b"\r\n1;" + HUGE, 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
        (POST + b"Content-Length: 52428800\r\n\r\n", 413),
        (b"POST /v1/echo HTTP/1.1\r\n\r\n", 400),
        (POST + b"Host: y\r\n\r\n", 400),
        (b"POST /v1/echo HTTP/1.1\nHost: x\n\n", 400),
        (POST + b"X-A: b\r\n c\r\n\r\n", 400),
        (POST + b"X-A: b\0c\r\n\r\n", 400),
        (POST + b"X-A: b\x01c\r\n\r\n", 400),
        (b"POST /v1/echo HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"POST /v1/ec\0ho HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /v1/echo%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /v1/echo%ff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST http://elsewhere/v1/echo HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /v1/echo HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
        (POST + b"Expect: tea\r\n\r\n", 417),
        (b"POST /" + HUGE + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (POST + b"X-A: " + HUGE + b"\r\n\r\n", 431),
        (POST + b"X-A: " + HUGE, 431),
        (POST + b"A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
async def test_what_is_hostile_is_refused_and_the_connection_ends(data, status):
    """With a clear error; what follows is not taken for another request."""
    async with serving() as (peer, _, backstage):
        await peer.send(data + request(ECHO))
        found, headers, body = await peer.answer()
        assert (found, headers["connection"]) == (status, "close")
        assert json.loads(body)["message"]
        assert headers["x-should-retry"] == "false"
        assert await peer.rest() == b""
        assert backstage.calls == []


@pytest.mark.parametrize(
    ("text", "status", "dialect"),
    [
        ("GET /v1/unknown HTTP/1.1\nHost: x\n\n", 404, "openai_chat"),
        ("GET /v1/messages HTTP/1.1\nHost: x\n\n", 405, "anthropic"),
        ("POST /v1/messages/x HTTP/1.1\nHost: x\n\n", 404, "anthropic"),
        ("GET /v1/echo HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n\n", 426,
         "openai_chat"),
        ("POST /v1/echo HTTP/1.1\nHost: x\nContent-Encoding: lzw\nContent-Length: 2\n\n{}", 415,
         "openai_chat"),
        ("POST /v1/echo HTTP/1.1\nHost: x\nAuthorization: Bearer ak-air-gone\n\n", 401,
         "openai_chat"),
    ],
)  # fmt: skip
async def test_refusals_are_in_the_form_of_the_dialect(text, status, dialect):
    """The connection goes on, unless the client speaks something else, or may not come in."""
    async with serving() as (peer, _, _):
        found, headers, body = await peer.ask(text)
        assert (found, json.loads(body)["dialect"]) == (status, dialect)
        if status == 405:
            assert headers["allow"] == "POST"
        if status == 426:
            assert headers["upgrade"] == "HTTP/1.1"
        elif status == 401:
            assert headers["connection"] == "close"
        else:
            assert (await peer.ask(ECHO))[0] == 200


@pytest.mark.parametrize(
    ("agent", "status"), [("codex_exec/0.171.0", 400), ("OpenAI/Python 3.57.0", 401)]
)
async def test_a_tool_stops_at_a_token_that_is_refused(agent, status):
    """Codex would ask six times after a 401."""
    headers = f"Host: x\nAuthorization: Bearer ak-air-gone\nUser-Agent: {agent}"
    async with serving() as (peer, _, _):
        found, got, _ = await peer.ask(f"POST /v1/echo HTTP/1.1\n{headers}\n\n")
        assert (found, got["x-should-retry"]) == (status, "false")


async def test_codex_leaves_websockets():
    """After any other status than 426 it tries for seconds."""
    upgrade = "Connection: Upgrade\nUpgrade: websocket\nUser-Agent: codex_exec/0.171.0"
    async with serving() as (peer, _, _):
        assert (await peer.ask(f"GET /v1/echo HTTP/1.1\nHost: x\n{upgrade}\n\n"))[0] == 426


async def test_what_is_refused_by_its_head_is_in_the_form_of_the_dialect_too():
    """A body that is announced as too large: the request was not admitted yet."""
    async with serving() as (peer, _, _):
        text = "POST /v1/messages HTTP/1.1\nHost: x\nContent-Length: 50000000\n\n"
        found, _, body = await peer.ask(text)
        assert (found, json.loads(body)["dialect"]) == (413, "anthropic")


async def test_other_upgrades_are_ignored():
    """Java's client asks for HTTP/2 with every request."""
    text = (
        "POST /v1/echo HTTP/1.1\nHost: x\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\n"
        "HTTP2-Settings: AAEAAEAA\nContent-Length: 2\n\n{}"
    )
    async with serving() as (peer, _, _):
        await peer.send(request(text) + request(ECHO))
        for _ in range(2):
            status, _, body = await peer.answer()
            assert (status, json.loads(body)["body"]) == (200, "{}")


@pytest.mark.parametrize("way", ["close", "half-close", "reset"])
@pytest.mark.parametrize("body", ["started", "waiting"])
async def test_a_client_that_leaves_ends_its_request(way, body):
    """At once, however it leaves, before the answer began and after."""
    head = f"POST /v1/hang HTTP/1.1\nHost: x\nContent-Length: {len(body)}\n\n{body}"
    async with serving() as (peer, _, backstage):
        await peer.send(request(head))
        await backstage.hanging.wait()
        if way == "half-close":
            await peer.stream.send_eof()
        else:
            if way == "reset":
                peer.stream.socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )
            await peer.stream.aclose()
        await backstage.cancelled.wait()
        await backstage.ended.wait()


async def test_a_client_that_does_not_read_makes_its_chat_wait(autojump_clock, monkeypatch):
    """Then it is cut off; nothing piles up."""
    async with serving() as (peer, connection, backstage):
        await peer.send(request("POST /v1/flood HTTP/1.1\nHost: x\n\n"))
        await trio.sleep(bounds.WRITE_SECONDS - 1)
        flooded = backstage.flooded
        assert 0 < flooded < 3 * MEGABYTE
        connection.check(trio.current_time())
        assert not backstage.ended.is_set()
        await trio.sleep(2)
        connection.check(trio.current_time())
        await backstage.ended.wait()
        assert backstage.flooded == flooded


@pytest.mark.parametrize(
    ("data", "seconds", "status"),
    [
        (b"", bounds.IDLE_SECONDS, None),
        (b"POST /v1/echo HT", bounds.HEAD_SECONDS, 408),
        (POST + b"Content-Length: 9\r\n\r\n{", bounds.BODY_SECONDS, 408),
    ],
)
async def test_clients_have_their_time(autojump_clock, data, seconds, status):
    """For a head, for a body, and for doing nothing."""
    async with serving() as (peer, connection, backstage):
        if data:
            await peer.send(data)
        await trio.sleep(seconds - 0.5)
        connection.check(trio.current_time())
        await trio.testing.wait_all_tasks_blocked()
        assert not backstage.ended.is_set()
        await trio.sleep(1)
        connection.check(trio.current_time())
        if status is None:
            assert await peer.rest() == b""
        else:
            found, headers, _ = await peer.answer()
            assert (found, headers["connection"]) == (status, "close")


async def test_one_byte_a_second_is_too_slow(autojump_clock):
    """More bytes earn more time, but not that few."""
    async with serving() as (peer, connection, backstage):
        await peer.send(b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        for _ in range(int(bounds.BODY_SECONDS) + 1):
            await peer.send(b"x")
            await trio.sleep(1)
            connection.check(trio.current_time())
        assert (await peer.answer())[0] == 408
        assert backstage.calls == []


async def test_a_body_may_take_long_if_it_is_large(autojump_clock):
    """It comes slowly, but it comes."""
    piece, count = b"x" * (4 * bounds.BODY_RATE), 20
    async with serving() as (peer, connection, _):
        head = f"POST /v1/echo HTTP/1.1\nHost: x\nContent-Length: {len(piece) * count}\n\n"
        await peer.send(request(head))
        for _ in range(count):
            await peer.send(piece)
            await trio.sleep(4)
            connection.check(trio.current_time())
        assert (await peer.answer())[0] == 200


async def test_trap_28_a_quiet_stream_is_not_idle(autojump_clock):
    """bifrost#5010: healthy streams were cut. The time of idle connections begins after them."""
    async with serving() as (peer, connection, backstage):
        await peer.ask(ECHO)
        await peer.send(request("POST /v1/hang HTTP/1.1\nHost: x\nContent-Length: 7\n\nstarted"))
        await backstage.hanging.wait()
        for _ in range(3):
            await trio.sleep(bounds.IDLE_SECONDS + 1)
            connection.check(trio.current_time())
        assert (connection.is_answering, backstage.cancelled.is_set()) == (True, False)


async def test_a_body_that_is_too_large_is_refused_while_it_comes():
    """Also in chunks, and when it grows by decompressing; the client can read why."""
    async with serving() as (peer, _, backstage):
        await peer.send(request("POST /v1/echo HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n"))

        async def send():
            piece = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
            for _ in range(50):
                await peer.send(piece)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            assert (await peer.answer())[0] == 413
        assert backstage.calls == []
    bomb = gzip.compress(bytes(bounds.MAX_BODY + 1))
    async with serving() as (peer, _, backstage):
        head = "POST /v1/echo HTTP/1.1\nHost: x\nContent-Encoding: gzip\nContent-Length: {}\n\n"
        await peer.send(request(head.format(len(bomb))) + bomb)
        assert (await peer.answer())[0] == 413
        assert backstage.calls == []


async def test_a_compressed_body_reaches_the_dialect_plain():
    """A broken one is refused."""
    data = gzip.compress(b'{"a": 1}')
    head = "POST /v1/echo HTTP/1.1\nHost: x\nContent-Encoding: gzip\nContent-Length: {}\n\n"
    async with serving() as (peer, _, _):
        await peer.send(request(head.format(len(data))) + data)
        assert json.loads((await peer.answer())[2])["body"] == '{"a": 1}'
        broken = data[:2] + bytes(30)
        await peer.send(request(head.format(len(broken))) + broken)
        assert (await peer.answer())[0] == 400


async def test_bodies_count_in_the_budget_and_are_given_back():
    """A client that asks for more than its share may come again."""
    memory = MemoryBudget(40 * MEGABYTE)
    size = 20 * MEGABYTE
    head = "POST /v1/hang HTTP/1.1\nHost: x\nContent-Length: {}\n\n"
    async with serving(make_services(memory=memory)) as (peer, _, backstage):
        await peer.send(request(head.format(size // 4)) + b"x" * (size // 4))
        await backstage.hanging.wait()
        assert memory.used > size // 4
        await peer.stream.aclose()
        await backstage.ended.wait()
        assert memory.used == 0
    async with serving(make_services(memory=memory)) as (peer, _, backstage):
        await peer.send(request(head.format(size)))

        async def send():
            with suppress(trio.BrokenResourceError):
                await peer.send(b"x" * size)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            status, headers, _ = await peer.answer()
            assert (status, headers["x-should-retry"], headers["retry-after"]) == (503, "true", "1")
            nursery.cancel_scope.cancel()


async def test_an_operation_that_crashes_is_answered_without_its_message():
    """After the answer began it is cut off, so that the client knows."""
    async with serving() as (peer, _, _):
        status, headers, body = await peer.ask("POST /v1/crash HTTP/1.1\nHost: x\n\n")
        assert (status, headers["connection"]) == (500, "close")
        assert b"canary" not in body
    async with serving() as (peer, _, _):
        await peer.send(request("POST /v1/crash-late HTTP/1.1\nHost: x\n\n"))
        assert (await peer.rest()).endswith(b"\r\n\r\n3\r\none\r\n")
    async with serving() as (peer, _, _):
        assert (await peer.ask("POST /v1/nothing HTTP/1.1\nHost: x\n\n"))[0] == 500


async def test_more_requests_at_once_than_may_wait_end_with_the_last_that_may():
    """Its answer says so, and the client sends the others again."""
    async with serving() as (peer, _, backstage):
        await peer.send(request(ECHO) * (bounds.MAX_PIPELINED + 10))
        for number in range(bounds.MAX_PIPELINED):
            _, headers, _ = await peer.answer()
            assert ("connection" in headers) is (number == bounds.MAX_PIPELINED - 1)
        assert await peer.rest() == b""
        assert len(backstage.calls) == bounds.MAX_PIPELINED


async def test_a_revoked_token_ends_its_stream():
    """The client sees that something is missing."""
    token = TokenOf("mine", project="/p")
    head = (
        "POST /v1/hang HTTP/1.1\nHost: localhost:80\nAuthorization: Bearer ak-air-a\n"
        "Content-Length: 7\n\nstarted"
    )
    async with serving(port=80, tokens=Tokens(a=token)) as (peer, _, backstage):
        await peer.send(request(head))
        await backstage.hanging.wait()
        caller = backstage.clients[0].caller
        assert (caller.client, caller.project) == ("mine", "/p")
        token.end()
        assert (await peer.rest()).endswith(b"\r\n\r\n3\r\none\r\n")
        assert backstage.cancelled.is_set()


async def test_a_token_that_ends_before_the_answer_is_the_reason():
    """Its client must not ask again, as it would after a restart of the daemon."""
    token = TokenOf("mine")
    head = "POST /v1/hang HTTP/1.1\nHost: localhost:80\nX-Api-Key: ak-air-a\n\n"
    async with serving(port=80, tokens=Tokens(a=token)) as (peer, _, backstage):
        await peer.send(request(head))
        await backstage.hanging.wait()
        token.end()
        status, headers, body = await peer.answer()
        assert (status, headers["x-should-retry"]) == (401, "false")
        assert "the token has ended" in json.loads(body)["message"]


async def test_who_has_no_token_takes_no_memory_and_is_no_client():
    """What anyone may ask is answered, and the body dropped: other users could fill the budget."""
    services = make_services(memory=MemoryBudget())
    head = "GET / HTTP/1.1\nHost: localhost:80\nUser-Agent: claude-cli/2\n"
    async with serving(services, port=80) as (peer, connection, backstage):
        size = 4 * MEGABYTE
        await peer.send(request(f"{head}Content-Length: {size}\n\n") + b"x" * (size - 1))
        await trio.testing.wait_all_tasks_blocked()
        assert connection.is_busy
        assert services.memory.used == 0
        assert len(backstage.house.clients) == 0
        await peer.send(b"x" + request(f"{head}\n") * 9)
        status, headers, _ = await peer.answer()
        assert (status, headers["connection"]) == (200, "close")
        assert await peer.rest() == b""  # one request for each connection
    async with serving(services, port=80) as (peer, _, _):
        assert (await peer.ask(f"{head}Expect: 100-continue\nContent-Length: 0\n\n"))[0] == 100


async def test_draining_lets_a_request_end_and_refuses_another():
    """An idle connection is closed at once."""
    async with serving() as (peer, connection, backstage):
        await peer.ask(ECHO)
        connection.drain()
        assert await peer.rest() == b""
    async with serving() as (peer, connection, backstage):
        await peer.send(request("POST /v1/hang HTTP/1.1\nHost: x\n\n"))
        await backstage.hanging.wait()
        connection.drain()
        connection.cancel()
        status, headers, body = await peer.answer()
        assert (status, headers["connection"]) == (503, "close")
        assert "shutting down" in json.loads(body)["message"]


async def test_a_web_page_that_is_allowed_can_read_its_answers():
    """Its browser's question needs no token, and gets no more than that answered."""
    services = make_services(with_http(origins=("http://box:3000",)))
    head = "Host: localhost:80\nOrigin: http://box:3000\n"
    tokens = Tokens(a=TokenOf("mine"))
    asked = (
        f"OPTIONS /v1/echo HTTP/1.1\n{head}Access-Control-Request-Method: POST\n"
        "Access-Control-Request-Headers: authorization, x-api-key\n\n"
    )
    found = []
    for text in (
        asked,
        f"POST /v1/echo HTTP/1.1\n{head}\n",
        f"POST /v1/echo HTTP/1.1\n{head}X-Api-Key: ak-air-a\n\n",
    ):
        async with serving(services, port=80, tokens=tokens) as (peer, _, _):
            status, headers, _ = await peer.ask(text)
        assert headers["access-control-allow-origin"] == "http://box:3000"
        if text is asked:
            assert headers["access-control-allow-headers"] == "authorization, x-api-key"
        found.append((status, headers.get("connection")))
    assert found == [(204, "close"), (401, "close"), (200, None)]
    assert [each[0] for each in services.refused] == ["refused_token"]
