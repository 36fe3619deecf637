"""A request as handlers see it."""

import msgspec
import pytest

from aircherd.config.model import Config, Http
from aircherd.http_api.call import ApiCall
from aircherd.http_api.dialects.dialect import Route
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.operations.exchange import Exchange
from aircherd.http_api.problem import RequestProblem
from helpers.chat import A
from helpers.http_api.chat_dialect import call_of
from helpers.http_api.performing import FakeClient, Recorder


class Store:
    """Services with a configuration only."""

    def __init__(self, config):
        self.config = self
        self.current = config


def exchange_of(models=None, **headers):
    config = Config(providers={"a": A}, http=Http(models=models or {}))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    call = ApiCall(method="POST", path="/v1/x", headers=named)
    return Exchange(
        Store(config), FakeClient(), DIALECT, Route("POST", "/x", "chat"), call, Recorder()
    )


def test_the_request_of_a_client():
    """The model is what its name stands for; the client may say how long it waits."""
    read = DIALECT.read_chat(call_of(model="gpt-x"))
    assert exchange_of().request_of(read) is read.chat
    changed = exchange_of({"gpt-*": "a/m"}, x_aircher_timeout="2.5").request_of(read)
    assert changed == msgspec.structs.replace(read.chat, model="a/m", timeout=2.5)
    with pytest.raises(RequestProblem):
        exchange_of(x_aircher_timeout="never").request_of(read)


async def test_answers():
    """They are JSON."""
    exchange = exchange_of()
    await exchange.answer(b"{}", [("x-a", "b")])
    assert exchange.response.headers == {"content-type": "application/json", "x-a": "b"}
    assert exchange.caller.client == "tool"
    assert exchange.memory.size == 0
