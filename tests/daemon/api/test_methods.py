"""The method table matches docs/protocol.md, and handlers check their parameters."""

import re
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from aircher_wire import codes, methods
from aircherd.api import methods as table
from aircherd.api.methods import METHODS as API_METHODS
from aircherd.api.params import NoParams
from aircherd.api.turns import WAITING, Turns
from aircherd.errors import BadRequest
from aircherd.ipc.connection_methods import CONNECTION_METHODS

METHODS = {**API_METHODS, **CONNECTION_METHODS}
PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()


def test_the_page_describes_every_method_and_no_other():
    """The headings of the page are the names of the methods."""
    assert set(re.findall(r"^### `([^`]+)`$", PAGE, re.MULTILINE)) == set(METHODS)


def test_every_name_is_a_method_or_a_notification():
    """A constant without a handler would mislead authors of clients."""
    names = {v for n, v in vars(methods).items() if n.isupper() and isinstance(v, str)}
    notifications = {
        methods.CANCEL,
        methods.VIA,
        methods.CHAT_DELTA,
        methods.CHAT_DONE,
        methods.EVENT,
        methods.ERROR,
    }
    notifications.add(methods.CONFIRM)  # a topic
    assert names - notifications == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_the_page_names_every_parameter(method):
    """The method's section has every parameter."""
    section = PAGE.split(f"### `{method}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    if method in (methods.CHAT_START, methods.ROUTE_EXPLAIN):  # they take a chat request
        section += PAGE.split("### `chat`\n")[1].split("\n### ")[0]
    fields = [field.encode_name for field in msgspec.structs.fields(METHODS[method].params)]
    assert [name for name in fields if not re.search(rf"\b{name}\b", section)] == []


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"hello"}))
def test_an_unknown_parameter_is_refused_by_every_method_but_hello(method):
    """Misspelled parameters are not ignored; `hello` accepts unknown ones of newer clients."""
    needed = {
        "chat": {"messages": [{"role": "user", "content": "q"}]},
        "chat.start": {"messages": [{"role": "user", "content": "q"}]},
        "auth.login": {"provider": "x", "key": "y"},
        "auth.logout": {"provider": "x"},
        "auth.import": {"variables": {}},
        "models.use": {"model": "m"},
        "confirm.answer": {"number": 1, "allow": True},
        "config.check": {"text": ""},
        "config.write": {"text": ""},
        "events.subscribe": {"topics": []},
        "token.create": {"name": "zed"},
        "token.revoke": {"name": "zed"},
        "fleet.forget": {"machine": "ci"},
        "http.open": {"name": "zed"},
    }.get(method, {})
    msgspec.convert(needed, METHODS[method].params)
    with pytest.raises(msgspec.ValidationError, match="unknown field `nonsense`"):
        msgspec.convert({**needed, "nonsense": 1}, METHODS[method].params)


def test_the_page_lists_every_error_code():
    """The table of error codes is complete."""
    known = {
        value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)
    }
    assert (
        set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", PAGE.split("## Error codes")[1], re.MULTILINE))
        == known
    )


def test_the_page_lists_every_topic():
    """The table of topics is complete."""
    section = PAGE.split("### `events.subscribe`")[1].split("\n### ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == {
        *methods.TOPICS,
        methods.CONFIRM,
    }


def test_a_chat_without_messages_is_refused():
    """Only `route.explain` accepts a request without messages."""
    with pytest.raises(msgspec.ValidationError, match="messages"):
        msgspec.convert({}, METHODS["chat"].params)
    msgspec.convert({}, METHODS["route.explain"].params)


@pytest.mark.parametrize("others", [{"provider": "a"}, {"query": "q"}, {"all": True}])
async def test_a_single_model_excludes_other_filters(others):
    """A parameter that would be ignored is refused."""
    method = METHODS["models.list"]
    params = msgspec.convert({"model": "a/m", **others}, method.params)
    with pytest.raises(BadRequest, match="model: selects one model; leave out"):
        await method.handler(None, None, params)


async def test_simultaneous_clients_learn_what_they_themselves_may(nursery, monkeypatch):
    """The states of keys are computed once for both; only one of them may store keys."""
    for name in ("engine_key", "environment_names", "config_state"):
        monkeypatch.setattr(table, name, lambda _: {})
    monkeypatch.setattr(table, "key_rows", lambda _, rows: rows)
    computed, go_on, turns = [], trio.Event(), Turns()
    nursery.start_soon(turns.run)

    async def status():
        computed.append(1)
        await go_on.wait()
        return []

    lock = SimpleNamespace(is_closed=lambda: False, to_wire=dict)
    services = SimpleNamespace(turns=turns, auth=SimpleNamespace(status=status, lock=lock))
    found = {}

    async def ask(caller, refused):
        context = SimpleNamespace(caller=caller, keys_refused=lambda: refused)
        answer = await API_METHODS[methods.AUTH_STATUS].handler(services, context, NoParams())
        found[caller] = msgspec.msgpack.decode(answer).get("refused")

    async with trio.open_nursery() as clients:
        for number in range(WAITING):  # as many as may run at once; those that wait share one
            clients.start_soon(ask, number, None)
            await wait_all_tasks_blocked()
        clients.start_soon(ask, "free", None)
        clients.start_soon(ask, "bound", {"message": "no"})
        await wait_all_tasks_blocked()
        go_on.set()
    assert len(computed) == WAITING + 1
    assert (found["free"], found["bound"]) == (None, {"message": "no"})
