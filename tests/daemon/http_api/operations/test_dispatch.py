"""From a route to its operation, and from any failure to an answer."""

import pytest

from aircherd.errors import Forbidden
from aircherd.http_api.operations import dispatch
from aircherd.http_api.problem import invalid
from helpers.http_api.carrying import carrying
from helpers.http_api.performing import FakeClient, Recorder, do


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (invalid("n: is wrong", "n"), 400, "n: is wrong"),
        (Forbidden("you may not", method="chat"), 403, "you may not"),
        (ValueError("secret details"), 424, "internal error"),
    ],
)
async def test_every_failure_is_answered(environ, monkeypatch, error, status, message):
    """In the dialect's form; a bug says nothing of its details."""

    async def fail(_exchange):
        raise error

    monkeypatch.setitem(dispatch.OPERATIONS, "plain", fail)
    async with carrying(environ) as carrier:
        got = await do(carrier, "plain")
        assert (got.status, got.headers["x-should-retry"]) == (status, "false")
        assert message in got.json["error"]["message"]
        assert b"secret details" not in got.body


async def test_a_failure_within_a_response_ends_the_connection(environ, monkeypatch):
    """There is no way to tell the client."""

    async def fail(exchange):
        await exchange.response.start(200, [])
        raise ValueError("broken")

    monkeypatch.setitem(dispatch.OPERATIONS, "plain", fail)
    async with carrying(environ) as carrier:
        response = Recorder()
        with pytest.raises(ValueError, match="broken"):
            await do(carrier, "plain", response=response)
        assert not response.is_ended


def _shown(call, models):
    return f"{call.path} {models[0].id}".encode()


async def test_plain_answers(environ):
    """A dialect's own, from the call and the models."""
    async with carrying(environ) as carrier:
        got = await do(carrier, "plain", answer=lambda call, models: (201, _shown(call, models)))
        assert (got.status, got.body) == (201, b"/v1/x both")


async def test_bodies_that_are_none(environ):
    """They are the client's mistake."""
    async with carrying(environ) as carrier:
        for body in (b"", b"[]", b"{", b'{"model": 7}', b'{"model":"a","model":"b","messages":[]}'):
            for operation in ("chat", "embeddings"):
                got = await do(carrier, operation, body, client=FakeClient())
                assert got.status == 400, (body, operation)
