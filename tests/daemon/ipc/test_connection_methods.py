"""The methods of one connection, over the daemon's socket."""

from contextlib import asynccontextmanager

import msgpack
import trio

from aircher_wire.version import __version__
from helpers.daemon.in_process import running, write_config


class Peer:
    """The client's end of a connection."""

    def __init__(self, stream):
        self._stream = stream
        self._unpacker = msgpack.Unpacker()

    async def send(self, msgid, method, **params):
        """Send a request."""
        await self._stream.send_all(msgpack.packb([0, msgid, method, [params]]))

    async def close(self):
        """Close the connection."""
        await self._stream.aclose()

    async def receive(self):
        """Return the next frame."""
        while True:
            try:
                return self._unpacker.unpack()
            except msgpack.OutOfData:
                self._unpacker.feed(await self._stream.receive_some())


@asynccontextmanager
async def peer(environ):
    """Run a daemon and connect to it; yield the client's end and the services."""
    async with running(environ) as services:
        stream = await trio.open_unix_socket(str(services.about.socket))
        async with stream:
            yield Peer(stream), services


async def test_hello_introduces_both_sides(environ):
    """The daemon returns its version and remembers the client's name."""
    async with peer(environ) as (client, services):
        await client.send(1, "hello", client={"name": "tester"})
        result = (await client.receive())[3]
        assert result["server"] == {"name": "aircherd", "version": __version__}
        assert result["conversations"] == {"keep": True, "keep_days": 90}
        assert [session.caller.client for session in services.clients] == ["tester"]


BUS = "unix:path=/tmp/a-bus"
RESTRICTED = '[clients.tool]\nallow = ["chat"]\n[clients."*"]\nallow = ["all"]\n'


async def test_session_bus_of_a_client_that_may_sign_in_is_used(environ):
    """What the keyring of a login is looked for on must not come from a client without rights."""
    write_config(environ, RESTRICTED)
    async with peer(environ) as (client, services):
        buses = []
        services.auth.note_session_bus = buses.append
        await client.send(1, "hello", client={"name": "tool"}, session_bus=f"{BUS}-1")
        await client.receive()
        await client.send(2, "hello", client={"name": "tester"})
        await client.receive()
        assert buses == []
        await client.send(3, "hello", client={"name": "tester"}, session_bus=BUS)
        await client.receive()
        assert buses == [BUS]


async def test_older_protocol_is_refused(environ):
    """The error has both versions."""
    async with peer(environ) as (client, _):
        await client.send(1, "hello", protocol=0)
        error = (await client.receive())[2]
        assert error["code"] == "bad_request"
        assert "speaks protocol 1, the client 0" in error["message"]


async def test_events_stop_after_unsubscribe(environ):
    """Before it, each change arrives once."""
    async with peer(environ) as (client, services):
        await client.send(1, "events.subscribe", topics=["config"])
        assert (await client.receive())[:2] == [1, 1]
        services.bus.publish("config", {"ok": True})
        assert (await client.receive())[1] == "event"
        await client.send(2, "events.unsubscribe")
        assert (await client.receive())[:2] == [1, 2]
        services.bus.publish("config", {"ok": True})
        await client.send(3, "ping")
        assert (await client.receive())[:2] == [1, 3]


async def test_unknown_topic_is_refused(environ):
    """The error lists the topics."""
    async with peer(environ) as (client, _):
        await client.send(1, "events.subscribe", topics=["x"])
        assert "unknown topic 'x'; the topics are" in (await client.receive())[2]["message"]


async def test_hello_reports_notices(environ):
    """An invalid configuration is reported to every client as it connects."""
    write_config(environ, "nonsense = 1\n")
    async with peer(environ) as (client, _):
        await client.send(1, "hello")
        (notice,) = (await client.receive())[3]["notices"]
        assert notice["code"] == "config_invalid"
        assert "config.toml, line 1: nonsense" in notice["message"]


async def test_a_token_of_the_http_side_ends_with_the_connection(environ):
    """It and the port are there as long as the client is."""
    async with peer(environ) as (client, services):
        await client.send(1, "http.open", name="claude", project="/src")
        opened = (await client.receive())[3]
        token = services.tokens.find(opened["token"])
        assert (token.name, token.project) == ("claude", "/src")
        assert services.doors.port == opened["port"]
        await client.send(2, "http.open", name="claude", port=opened["port"])
        assert (await client.receive())[2] is None
        await client.close()
        while services.tokens.find(opened["token"]) or services.doors.port:
            await trio.lowlevel.checkpoint()
        assert not token.is_alive


async def test_a_token_that_cannot_be_opened_is_an_error_of_its_request_only(environ):
    """The connection goes on."""
    async with peer(environ) as (client, services):
        digest = "ab" * 32
        for msgid in (1, 2):
            await client.send(msgid, "http.open", name="claude", digest=digest)
        assert "token" not in (await client.receive())[3]
        error = (await client.receive())[2]
        assert (error["code"], error["message"]) == (
            "bad_request",
            "digest: that token is open already",
        )
        await client.send(3, "http.open", name="no name")
        assert (await client.receive())[2]["code"] == "bad_request"
        assert services.tokens is not None
