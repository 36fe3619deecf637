"""The method table and its page agree, and every handler does what the page says."""

import re
from pathlib import Path

import msgspec
import pytest

from aircher_wire import codes, methods
from aircherd.api.methods import METHODS as API_METHODS
from aircherd.errors import BadRequest
from aircherd.events import TOPICS
from aircherd.ipc.connection_methods import CONNECTION_METHODS

METHODS = {**API_METHODS, **CONNECTION_METHODS}
PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()


def test_the_page_describes_every_method_and_no_other():
    """A method nobody can read about does not exist; one that is only written about neither."""
    assert set(re.findall(r"^### `([^`]+)`$", PAGE, re.MULTILINE)) == set(METHODS)


def test_every_name_of_the_wire_is_served_or_is_a_notification():
    """A constant that nothing answers would mislead a client's author."""
    names = {v for n, v in vars(methods).items() if n.isupper() and isinstance(v, str)}
    told = {methods.CANCEL, methods.CHAT_DELTA, methods.CHAT_DONE, methods.EVENT, methods.ERROR}
    assert names - told == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_the_page_names_every_parameter(method):
    """In the section of the method."""
    section = PAGE.split(f"### `{method}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    if method in (methods.CHAT_START, methods.ROUTE_EXPLAIN):  # they take a chat request
        section += PAGE.split("### `chat`\n")[1].split("\n### ")[0]
    fields = [field.encode_name for field in msgspec.structs.fields(METHODS[method].params)]
    assert [name for name in fields if not re.search(rf"\b{name}\b", section)] == []


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"hello"}))
def test_an_unknown_parameter_is_refused_by_every_method_but_hello(method):
    """So that a misspelt one is not ignored; a newer client's greeting is heard all the same."""
    needed = {
        "chat": {"messages": [{"role": "user", "content": "q"}]},
        "chat.start": {"messages": [{"role": "user", "content": "q"}]},
        "auth.login": {"provider": "x", "key": "y"},
        "auth.logout": {"provider": "x"},
        "auth.import": {"variables": {}},
        "models.use": {"model": "m"},
        "config.check": {"text": ""},
        "events.subscribe": {"topics": []},
    }.get(method, {})
    msgspec.convert(needed, METHODS[method].params)
    with pytest.raises(msgspec.ValidationError, match="unknown field `nonsense`"):
        msgspec.convert({**needed, "nonsense": 1}, METHODS[method].params)


def test_the_page_lists_every_error_code():
    """With its meaning."""
    known = {
        value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)
    }
    assert (
        set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.split("## Error codes")[1], re.MULTILINE))
        == known
    )


def test_the_page_lists_every_topic():
    """With its snapshot and its event."""
    section = PAGE.split("### `events.subscribe`")[1].split("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(TOPICS)


def test_a_chat_without_messages_is_refused():
    """Nobody would answer it; only the explanation of a route does without."""
    with pytest.raises(msgspec.ValidationError, match="messages"):
        msgspec.convert({}, METHODS["chat"].params)
    msgspec.convert({}, METHODS["route.explain"].params)


@pytest.mark.parametrize("beside", [{"provider": "a"}, {"query": "q"}, {"all": True}])
async def test_one_model_is_not_searched_for(beside):
    """What would be passed over is refused, before anybody is asked."""
    method = METHODS["models.list"]
    params = msgspec.convert({"model": "a/m", **beside}, method.params)
    with pytest.raises(BadRequest, match="model: is one model alone: leave out"):
        await method.handler(None, None, params)
