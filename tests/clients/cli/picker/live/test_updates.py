"""What each event changes in the view at once, and what is fetched after it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.live.updates import (
    ALL,
    MAX_ERRORS,
    MAX_ROWS,
    apply_event,
    apply_snapshot,
    stale_after,
)
from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_wire import methods

KEY = {"provider": "a", "key": "default", "state": "authenticated", "health": "ok"}
OTHER = {"provider": "b", "state": "not_configured"}
MODEL = {"provider": "a", "model": "m", "state": "authenticated"}
BEFORE = DaemonView(
    link="connected",
    keys=(KEY, OTHER),
    health=({"provider": "a", "health": "ok"},),
    limits=({"limit": "5 requests a day", "used": 1},),
    models=(MODEL, {"provider": "b", "model": "n", "state": "not_configured"}),
    providers=({"provider": "a", "state": "authenticated", "health": "ok"},),
    aliases=({"name": "fast", "routes": ["a/m", "b/n"]},),
    config={"ok": True, "file": "config.toml"},
    default="b/n",
)


def event(topic, **fields):
    return {"topic": topic, "seq": 7, "at": 50.0, **fields}


def changed(happened):
    """Return the attributes that the event changed, with their values."""
    after = apply_event(BEFORE, happened)
    names = BEFORE.__dataclass_fields__
    return {
        name: getattr(after, name)
        for name in names
        if getattr(after, name) != getattr(BEFORE, name)
    }


REJECTED = {"provider": "a", "key": "default", "state": "rejected", "reason": "refused"}
COOLING = {"health": "cooling", "health_reason": "rate limit", "until": 90.0}
FAILED = {"provider": "a", "model": "m", "outcome": "auth_rejected", "message": "no"}


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        pytest.param(
            event("auth", **REJECTED),
            {
                "keys": ({**KEY, **REJECTED}, OTHER),
                "providers": ({"provider": "a", "state": "rejected", "health": "ok"},),
            },
            id="a 401 turns the key and its provider",
        ),
        pytest.param(
            event("auth", provider="b", key="default", state="authenticated"),
            {
                "keys": (KEY, {"provider": "b", "key": "default", "state": "authenticated"}),
            },
            id="a key replaces the row of a provider without any",
        ),
        pytest.param(
            event("auth", provider="a", key="default", state="not_configured", removed=True),
            {"keys": (OTHER,)},
            id="a removed key is gone",
        ),
        pytest.param(
            event("provider", provider="a", key="default", **COOLING),
            {
                "health": (
                    {"provider": "a", "key": "default", **COOLING},
                    {"provider": "a", **COOLING},
                ),
                "keys": ({**KEY, **COOLING}, OTHER),
                "providers": ({"provider": "a", "state": "authenticated", **COOLING},),
            },
            id="a cooldown of the only key cools its provider",
        ),
        pytest.param(
            event("provider", provider="a", model="m", **COOLING),
            {"health": (*BEFORE.health, {"provider": "a", "model": "m", **COOLING})},
            id="a cooldown of a model says nothing of its provider",
        ),
        pytest.param(
            event("provider", provider="a", health="unreachable"),
            {
                "health": ({"provider": "a", "health": "unreachable"},),
                "keys": ({**KEY, "health": "unreachable"}, OTHER),
                "providers": (
                    {"provider": "a", "state": "authenticated", "health": "unreachable"},
                ),
            },
            id="an unreachable provider",
        ),
        pytest.param(
            event("attempt", **FAILED),
            {"last_errors": {"a": {**FAILED, "at": 50.0}}},
            id="a failed attempt is the last error",
        ),
        pytest.param(event("attempt", provider="a", outcome="ok"), {}, id="a success is none"),
        pytest.param(event("attempt", provider="a", outcome="cancelled"), {}, id="nor is an end"),
        pytest.param(
            event("usage", limit="5 requests a day", used=5),
            {"limits": ({"limit": "5 requests a day", "used": 5},)},
            id="a limit that is reached",
        ),
        pytest.param(
            event("config", ok=False, problem={"message": "line 3"}),
            {"config": {"ok": False, "file": "config.toml", "problem": {"message": "line 3"}}},
            id="an invalid configuration",
        ),
        pytest.param(
            event("models", default="fast"),
            {"default": "fast", "models": ({**MODEL, "is_default": True}, BEFORE.models[1])},
            id="an alias becomes the default, and its first model has the mark",
        ),
        pytest.param(event("models", providers=["a"]), {}, id="a list is fetched, not sent"),
        pytest.param(event("weather", wind=3), {}, id="an unknown topic"),
        pytest.param({}, {}, id="nothing"),
        pytest.param(event("auth", provider=["a"], state="rejected"), {}, id="no provider"),
        pytest.param(event("auth", provider="a"), {}, id="no state"),
        pytest.param(event("provider", provider="a", health=None), {}, id="no health"),
        pytest.param(event("usage", limit=5), {}, id="no limit"),
        pytest.param(event("config", ok="yes"), {}, id="no outcome"),
        pytest.param(event("models", default=5), {}, id="no name"),
        pytest.param(event("attempt", provider="a", outcome={}), {}, id="no outcome of a call"),
    ],
)
def test_an_event_changes_the_view_at_once(happened, expected):
    """What it does not say stays as it is; wrong fields change nothing."""
    assert changed(happened) == expected


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (event("auth", **REJECTED), {"auth", "status"}),
        (event("provider", provider="a"), {"auth", "status"}),
        (event("attempt", **FAILED), {"rates", "limits", "spend"}),
        (event("usage", limit="x"), {"limits"}),
        (event("config", ok=True, changes=[]), ALL),
        (event("config", ok=True, changes=[{"path": "default_model"}]), {"status"}),
        (event("config", ok=True, changes=[{"path": "default_model"}], more=3), ALL),
        (event("config", ok=False, changes=[{"path": "default_model"}]), ALL),
        (event("config", changes=5), ALL),
        (event("models", providers=["a", "b"]), {"models:a", "models:b", "status"}),
        (event("models", default="a/m"), {"status"}),
        (event("models", providers=5), {"models", "status"}),
        ({"topic": "lagged", "dropped": 5}, ALL),
        (event("weather"), set()),
        ({"topic": ["auth"]}, set()),
    ],
)
def test_what_an_event_makes_stale(happened, expected):
    """Only that is fetched again."""
    assert stale_after(happened) == expected


def test_a_cooldown_that_ends_leaves_no_trace():
    """The key and its provider are well again."""
    cooling = apply_event(BEFORE, event("provider", provider="a", key="default", **COOLING))
    well = apply_event(cooling, event("provider", provider="a", key="default", health="ok"))
    assert (well.keys, well.health, well.providers) == (
        BEFORE.keys,
        BEFORE.health,
        BEFORE.providers,
    )


def test_one_healthy_key_is_enough_for_its_provider():
    """The health of a provider is that of its best key."""
    second = {**KEY, "key": "work"}
    view = apply_event(BEFORE, event("auth", **second))
    view = apply_event(view, event("provider", provider="a", key="work", **COOLING))
    assert [each["health"] for each in view.keys if each["provider"] == "a"] == ["ok", "cooling"]
    assert {"provider": "a", "health": "ok"} in view.health


def test_rate_limits_of_a_key_outlive_an_event_about_its_state():
    """An event has neither them nor the health."""
    limits = [{"counted": "requests", "remaining": 3}]
    view = DaemonView(keys=({**KEY, "rate_limit": limits},))
    (row,) = apply_event(view, event("auth", **REJECTED)).keys
    assert (row["rate_limit"], row["health"], row["state"]) == (limits, "ok", "rejected")


def test_a_snapshot_replaces_what_was_known():
    """Models and spend, which it does not have, stay until they are fetched."""
    snapshot = {
        "auth": [{"provider": "a", "state": "locked"}],
        "provider": [{"provider": "a", "health": "ok"}],
        "usage": [],
        "config": {"ok": False},
        "models": {"default": "a/m", "providers": ["a"]},
    }
    view = apply_snapshot(BEFORE, snapshot)
    assert view.keys == ({"provider": "a", "state": "locked"},)
    assert (view.limits, view.config, view.default) == ((), {"ok": False}, "a/m")
    assert view.models is BEFORE.models
    assert [each["state"] for each in view.providers] == ["locked"]


def test_an_older_daemon_has_no_default_in_its_snapshot():
    """The one that is known stays until the status is fetched."""
    assert apply_snapshot(BEFORE, {}).default == "b/n"


@pytest.mark.parametrize("topic", [*methods.TOPICS, "weather"])
def test_an_hour_of_events_does_not_grow_the_view(topic):
    """Each has new names, which is more than a daemon would send."""
    view = BEFORE
    for number in range(MAX_ROWS + 500):
        name = f"p{number}"
        fields = {"state": "rejected", "health": "cooling", "outcome": "network", "limit": name}
        view = apply_event(view, event(topic, provider=name, key=name, default=name, **fields))
    assert max(len(view.keys), len(view.health), len(view.limits)) <= MAX_ROWS
    assert len(view.last_errors) <= MAX_ERRORS


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "provider",
        "key",
        "model",
        "state",
        "health",
        "outcome",
        "limit",
        "ok",
        "problem",
        "default",
        "providers",
        "changes",
        "until",
        "removed",
        "at",
        "seq",
        "path",
    ]
)
EVENTS = st.builds(
    lambda topic, fields: {**fields, "topic": topic},
    st.sampled_from([*methods.TOPICS, "lagged", "weather"]) | VALUES,
    st.dictionaries(FIELDS, st.sampled_from(["a", "default", "ok", "rejected"]) | VALUES),
)


@given(st.lists(EVENTS, max_size=5))
def test_no_event_raises(events):
    """Fields may be missing or have any type."""
    view = BEFORE
    for happened in events:
        view = apply_event(view, happened)
        stale_after(happened)


@given(st.dictionaries(st.sampled_from([*methods.TOPICS, "weather"]), VALUES))
def test_no_snapshot_raises(snapshot):
    """Fields may be missing or have any type."""
    apply_snapshot(BEFORE, snapshot)


def test_an_event_about_a_limit_of_others_does_not_make_it_ours():
    """It goes to all clients, so it does not say whose limit it is; two may differ in projects."""
    ours, others = ({"limit": "1 request", "project": each} for each in ("/ours", "/others"))
    view = DaemonView(limits=(ours, {**others, "others": True}))
    for row in (ours, others):
        view = apply_event(view, event("usage", **row, used=1))
    assert [row.get("others") for row in view.limits] == [None, True]
    assert [row["used"] for row in view.limits] == [1, 1]
