"""What a client on another machine can call."""

from types import SimpleNamespace

import pytest

from aircher_wire import methods
from aircherd.access.rules import RULES
from aircherd.api.params import SubscribeParams
from aircherd.chat.caller import Caller
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.paths import resolve_paths
from aircherd.errors import BadRequest, Forbidden
from aircherd.events import EventBus
from aircherd.ipc.forwarded.methods import (
    ALLOWED,
    CONNECTION_TABLE,
    TABLE,
    config_view,
    hiding,
    keys_view,
    limits_view,
    row_view,
    snapshot_view,
    status_view,
)

ALL = {**TABLE, **CONNECTION_TABLE}


def test_every_method_is_decided() -> None:
    """A new one is refused until it is allowed here; none is missing."""
    assert set(ALL) == set(RULES)
    assert set(ALL) >= ALLOWED
    for name in ALLOWED - {methods.HTTP_OPEN}:  # of a role that may do all
        assert {"chat", "read"} & set(RULES[name].roles), f"{name} changes something"


@pytest.mark.parametrize("name", sorted(set(ALL) - ALLOWED))
async def test_all_others_are_refused(name: str) -> None:
    """Whatever their parameters are; the error says where they can be called."""
    with pytest.raises(Forbidden, match="where the daemon runs") as caught:
        await ALL[name].handler(None, None)

    assert caught.value.data == {"method": name}
    assert name not in caught.value.message, "in words, not by the method's name"


async def test_questions_are_answered_here() -> None:
    """A client elsewhere cannot answer whether it may be served."""
    subscribe = CONNECTION_TABLE[methods.EVENTS_SUBSCRIBE]
    about = SimpleNamespace(paths=resolve_paths({"HOME": "/home/me"}))
    store = SimpleNamespace(current=DEFAULT_CONFIG)
    session = SimpleNamespace(services=SimpleNamespace(about=about, config=store))

    with pytest.raises(Forbidden, match=r"^answering questions does not work from another machine"):
        await subscribe.handler(session, SubscribeParams(topics=["auth", "confirm"]))


async def test_topics_of_this_machine_are_left_out() -> None:
    """A client that subscribes to all that it knows gets the others; unknown ones are refused."""
    seen: list[str] = []
    about = SimpleNamespace(paths=resolve_paths({"HOME": "/home/me"}))
    session = SimpleNamespace(
        caller=Caller("vim@buildbox"),
        services=SimpleNamespace(
            about=about, bus=EventBus(), config=SimpleNamespace(current=DEFAULT_CONFIG)
        ),
        events=SimpleNamespace(subscribe=seen.extend),
    )
    subscribe = CONNECTION_TABLE[methods.EVENTS_SUBSCRIBE].handler

    result = await subscribe(session, SubscribeParams(topics=["attempt", "shared"]))
    assert (result, seen) == ({"snapshot": {"attempt": []}}, ["attempt"])
    with pytest.raises(BadRequest, match="unknown topic 'later'"):
        await subscribe(session, SubscribeParams(topics=["later"]))


def test_a_status_without_files_and_other_clients() -> None:
    """What is left says how providers do."""
    status: dict[str, object] = {
        "version": "1",
        "socket": "/run/a.sock",
        "home": "/home/me/.aircher",
        "data": "/data",
        "log": "/log",
        "connected": [{"name": "vim", "program": "/usr/bin/vim"}],
        "http": {"socket": "/run/http.sock", "connections": 2, "ports": [80]},
        "config": {"file": "/c", "exists": True, "ok": False, "problem": {"file": "/c"}},
        "ledger": {"state": "degraded", "reason": "cannot write /data/ledger.db"},
        "providers": [{"provider": "work", "base_url": "http://intranet/v1"}],
        "shared": {"url": "redis://intranet"},
    }

    assert status_view(status) == {
        "version": "1",
        "socket": "",
        "home": "",
        "data": "",
        "http": {"socket": "", "connections": 0},
        "config": config_view({"exists": True, "ok": False, "problem": True}),
        "ledger": {"state": "degraded"},
        "providers": [{"provider": "work"}],
    }


def test_a_snapshot_has_no_file_and_no_end_of_a_key() -> None:
    """Other topics stay as they are."""
    keys = [{"provider": "work", "masked": "…cdef", "origin": "http://intranet"}]
    result = {"snapshot": {"config": {"file": "/c", "ok": True}, "auth": keys, "models": [1]}}

    assert snapshot_view(result, "buildbox") == {
        "snapshot": {
            "config": {"file": "", "ok": True},
            "auth": [{"provider": "work"}],
            "models": [1],
        }
    }
    engine = {"provider": "shared", "origin": "redis://intranet"}
    answer = {"rows": keys, "config": {}, "shared": engine, "environment": ["WORK_KEY"]}
    assert keys_view(answer) == {
        "rows": [{"provider": "work"}],
        "environment": [],
        "config": {"file": ""},
    }


LIMITS: list[dict[str, object]] = [
    {"limit": "everything", "machines": [{"label": "laptop"}], "used_here": 1, "used": 2},
    {"limit": "own", "client": "vim@buildbox"},
    {"limit": "own host", "client": "*@buildbox"},
    {"limit": "all hosts", "client": "*@*"},
    {"limit": "here", "client": "vim"},
    {"limit": "other host", "client": "*@ci"},
    {"limit": "client of another host", "client": "vim@ci"},
    {"limit": "project", "project": "/srv/plans"},
]


def test_limits_of_its_own_host_only() -> None:
    """Names of other clients, of projects and of the machines of a fleet are not for it."""
    shared = {"engine": "rediss://intranet", "label": "laptop"}
    ledger = {"state": "ok", "reason": "/data"}
    result = {"limits": LIMITS, "unknown": ["vim"], "ledger": ledger, "shared": shared}
    kept = [{"limit": "everything", "used": 2}, *LIMITS[1:4]]

    assert limits_view(result, "buildbox") == {
        "limits": kept,
        "unknown": [],
        "ledger": {"state": "ok"},
    }
    assert snapshot_view({"snapshot": {"usage": LIMITS}}, "buildbox") == {
        "snapshot": {"usage": kept}
    }


def test_the_source_of_a_key_has_no_path() -> None:
    """Only that it is a program."""
    row: dict[str, object] = {"provider": "work", "source": "command /opt/vault/read"}
    assert row_view(row) == {"provider": "work", "source": "command"}
    assert row_view({"source": "keyring"}) == {"source": "keyring"}


async def test_a_result_without_a_view_is_passed_on() -> None:
    """Chats and lists of models are not walked through."""
    result = object()

    async def handler(*_: object) -> object:
        return result

    assert await hiding(handler)(None) is result
