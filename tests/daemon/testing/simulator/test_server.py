"""The server: invalid HTTP, TLS and shutdown."""

import ssl

import httpx
import pytest
import trio
import trustme

from aircherd.testing.simulator import Fault, open_simulator

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}


async def open_raw(url: str) -> trio.SocketStream:
    return await trio.open_tcp_stream("127.0.0.1", int(url.rpartition(":")[2]))


async def test_bytes_that_are_not_http_are_refused():
    """With a 400, and the connection is closed."""
    async with open_simulator() as simulator, await open_raw(simulator.url) as stream:
        await stream.send_all(b"\x16\x03\x01 hello\r\n\r\n")
        answer = b"".join([data async for data in stream])
        assert simulator.requests.total == 0
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_pipelined_requests_are_answered_in_order():
    """Two requests in one write; the second waits while the first is answered."""
    one = b"GET /ollama/api/version HTTP/1.1\r\nhost: x\r\n\r\n"
    last = b"GET /ollama/nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with open_simulator() as simulator, await open_raw(simulator.url) as stream:
        await stream.send_all(one + last)
        answer = b"".join([data async for data in stream])
    assert answer.count(b"HTTP/1.1 200 OK") == 1
    assert answer.index(b"HTTP/1.1 200 OK") < answer.index(b"HTTP/1.1 404 Not Found")


async def test_a_client_that_waits_for_continue_gets_it():
    """`expect: 100-continue` is answered before the body arrives."""
    head = b"POST /v1/messages HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    async with open_simulator() as simulator, await open_raw(simulator.url) as stream:
        await stream.send_all(head)
        assert await stream.receive_some() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await stream.send_all(b"{}")
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 401 ")


async def test_it_serves_tls():
    """With a server context."""
    authority = trustme.CA()
    server, trusted = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(trusted)
    async with (
        open_simulator(accept={"openai": "*"}, tls=server) as simulator,
        httpx.AsyncClient(trust_env=False, verify=trusted) as client,
    ):
        response = await client.post(f"{simulator.url}/v1/chat/completions", json=BODY)
    assert (simulator.url.startswith("https://"), response.status_code) == (True, 200)


async def test_leaving_the_context_ends_every_connection():
    """Even during an endless stall."""
    with trio.fail_after(10):
        async with open_simulator(accept={"openai": "*"}) as simulator:
            simulator.faults.add(Fault("stall"))
            stream = await open_raw(simulator.url)
            await stream.send_all(
                b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 0\r\n\r\n"
            )
            await simulator.requests.wait_for(1)
        async with stream:
            assert await stream.receive_some() == b""


async def test_an_exception_of_the_callers_block_is_raised_unchanged():
    """It is not wrapped in a group."""
    with pytest.raises(LookupError, match="mine"):
        async with open_simulator():
            raise LookupError("mine")


async def test_the_journal_is_bounded():
    """Old entries are dropped, the count continues."""
    async with open_simulator(keep=2) as simulator, httpx.AsyncClient(trust_env=False) as client:
        for _ in range(5):
            await client.get(simulator.base_url("ollama") + "/api/version")
        numbers = [received.number for received in simulator.requests]
        assert (numbers, simulator.requests.total) == ([4, 5], 5)
