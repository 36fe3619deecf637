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
