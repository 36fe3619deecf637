"""Errors of requests, and what the audit log has of them."""

from aircherd.errors import Forbidden
from helpers.http_api.carrying import KEY, carrying
from helpers.http_api.performing import FakeClient, chat_body, do


class Forbidding(FakeClient):
    """A client that may do nothing."""

    def permitted(self, method, handler, *, keeps_name=False):
        async def refuse(*_):
            raise Forbidden(f"it may not {method} with {KEY}", method=method)

        return refuse


async def test_what_a_client_may_not_is_noted(environ):
    """It is refused as on the socket, and no key is in what it gets."""
    async with carrying(environ) as carrier:
        counted = []
        carrier.services.audit.count = lambda *facts, **_: counted.append(facts)
        await carrier.ask("openai_chat")  # from now on the key is known
        for operation in ("chat", "list_models"):
            got = await do(carrier, operation, chat_body(), client=Forbidding())
            assert (got.status, got.headers["content-type"]) == (403, "application/json")
            assert KEY.encode() not in got.body
        assert [(each[0], each[1]) for each in counted] == [("refused", "tool")] * 2


async def test_a_tool_gets_the_status_at_which_it_stops(environ):
    """It is known by its User-Agent; others get the status that it is."""
    async with carrying(environ) as carrier:
        for agent, status in (("codex_exec/0.171.0", 400), ("OpenAI/Python 3.57.0", 404)):
            body = chat_body(model="no-such-model")
            got = await do(carrier, "chat", body, headers={"user-agent": agent})
            assert (got.status, got.headers["x-should-retry"]) == (status, "false")
            assert "no-such-model" in got.json["error"]["message"]
