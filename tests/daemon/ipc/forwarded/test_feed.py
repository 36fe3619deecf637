"""The events of a client on another machine."""

from types import SimpleNamespace

import msgpack

from aircherd.api.elsewhere.hidden_texts import HiddenTexts
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.paths import resolve_paths
from aircherd.events import EventBus
from aircherd.ipc.forwarded.feed import ForwardedFeed

ENVIRON = {"HOME": "/home/me"}


def events(*published: tuple[str, dict[str, object]]) -> list[dict[str, object]]:
    """Return what a client at `buildbox` receives, without numbers and times."""
    sent: list[bytes] = []
    outbox = SimpleNamespace(is_full=False, put=sent.append)
    bus = EventBus(clock=lambda: 1.0)
    store = SimpleNamespace(current=DEFAULT_CONFIG)
    hidden = HiddenTexts(resolve_paths(ENVIRON), store, ENVIRON)
    feed = ForwardedFeed(bus, outbox, bytes, hidden)  # type: ignore[arg-type]
    feed.host = "buildbox"
    feed.subscribe(["attempt", "auth", "config", "usage"])
    for topic, data in published:
        bus.publish(topic, data)
    feed.close()
    found = [msgpack.unpackb(frame)[2][0] for frame in sent]
    return [{k: v for k, v in each.items() if k not in ("seq", "at")} for each in found]


def test_attempts_of_its_own_machine_only() -> None:
    """What others ask, and in which projects, is not for it."""
    own = {"client": "vim@buildbox", "provider": "work"}

    found = events(
        ("attempt", {"client": "vim", "project": "/home/me/secret"}),
        ("attempt", {"client": "vim@other"}),
        ("attempt", own),
    )

    assert found == [{"topic": "attempt", **own}]


def test_limits_of_its_own_machine_only() -> None:
    """And of all; other clients and projects are not named."""
    found = events(
        ("usage", {"limit": "here", "client": "vim"}),
        ("usage", {"limit": "project", "project": "/home/me/secret"}),
        ("usage", {"limit": "all", "used_here": 1}),
        ("usage", {"limit": "host", "client": "*@buildbox"}),
    )

    assert found == [
        {"topic": "usage", "limit": "all"},
        {"topic": "usage", "limit": "host", "client": "*@buildbox"},
    ]


def test_no_paths() -> None:
    """The configuration's problem is named, but not quoted."""
    found = events(
        ("auth", {"provider": "work", "hint": "see /home/me/x", "masked": "…cdef"}),
        ("config", {"ok": True, "changed": True, "changes": [{"path": "providers.work"}]}),
        ("config", {"ok": False, "problem": {"message": "/home/me/c:1", "file": "/home/me/c"}}),
    )

    assert found == [
        {"topic": "auth", "provider": "work", "hint": "see ~/x"},
        {"topic": "config", "ok": True, "changed": True},
        {
            "topic": "config",
            "ok": False,
            "problem": {"message": "the configuration is invalid, on the daemon's machine"},
        },
    ]
