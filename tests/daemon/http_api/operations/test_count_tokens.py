"""Counts: a provider's, or an estimate that is not too low."""

import json

from aircherd.http_api.dialects.dialect import ChatRead
from aircherd.http_api.dialects.openai_chat import DIALECT
from aircherd.http_api.operations.count_tokens import estimate
from aircherd.usage.estimate import input_estimate
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.content.tools import Tool
from aircherd.vocabulary.verbatim import VerbatimRequest
from helpers.http_api.carrying import carrying
from helpers.http_api.performing import FakeClient, do

BODY = b'{"model":"mine","messages":[{"role":"user","content":"one two three"}]}'


class Counting:
    """A dialect that counts for clients of Anthropic's API."""

    def __init__(self, model):
        self.model = model

    def read_count(self, call):
        chat = ChatRequest(messages=[Message("user", "one two three")], model=self.model)
        return ChatRead(chat=chat, verbatim=VerbatimRequest(dialect="anthropic", body=call.body))

    count_reply = staticmethod(lambda tokens: json.dumps({"tokens": tokens}).encode())
    error = DIALECT.error


async def test_whose_count_it_is(environ):
    """A header says so; the client may count what it may ask."""
    async with carrying(environ) as carrier:
        client = FakeClient()
        dialect = Counting("ant/claude-sonnet-5")
        got = await do(carrier, "count_tokens", BODY, dialect=dialect, client=client)
        assert (got.json, got.headers["x-aircher-count"]) == ({"tokens": 3}, "provider")
        assert client.asked == ["route.explain"]
        got = await do(carrier, "count_tokens", BODY, dialect=Counting("chat/gpt-5.5"))
        assert got.headers["x-aircher-count"] == "estimate"
        assert got.json["tokens"] >= 3
        got = await do(carrier, "count_tokens", BODY, dialect=Counting("no such"))
        assert got.status == 404


def test_trap_22_an_estimate_is_rather_too_high():
    """Other tokenizers count too few of Claude's newest: what trusts them compacts too late."""
    asked = ChatRequest(messages=[Message("user", "def f(x):\n    return x ** 2\n" * 99)])
    assert estimate(asked) > 1.25 * input_estimate(asked)


def test_trap_19_an_estimate_has_everything_in_it():
    """Messages, system and tools; and rather too much, or tools would compact too late."""
    text = "word " * 1000

    def counted(**fields):
        return estimate(ChatRequest(messages=[Message("user", text)], **fields))

    plain = counted()
    assert 1300 < plain < 2000
    assert counted(system=text) > plain + 1300
    tool = Tool(name="t", description=text, parameters="{}")
    assert counted(tools=[tool]) > plain + 1300
