"""What each response of the daemon changes in the view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.live import answers
from aircher_cli.picker.view.daemon_view import DaemonView


def model(provider, name, **more):
    return {"provider": provider, "model": name, **more}


def test_a_status_has_providers_default_and_health():
    """The health of single keys and models is not in it, and stays."""
    cooling = {"provider": "a", "key": "k", "health": "cooling"}
    before = DaemonView(health=({"provider": "old", "health": "ok"}, cooling))
    row = {"provider": "a", "kind": "openai", "state": "authenticated", "health": "ok"}
    view = answers.with_status(
        before,
        {
            "providers": [row],
            "default": {"model": "fast", "candidates": ["a/m", "b/n"]},
            "config": {"ok": True},
        },
    )
    assert view.providers == (row,)
    assert (view.default, view.default_candidates) == ("fast", ("a/m", "b/n"))
    assert view.health == ({"provider": "a", "health": "ok"}, cooling)
    assert view.config == {"ok": True}


def test_sums_of_one_machine_of_several_are_known_as_such():
    """The status of a daemon in a fleet says what it shares."""
    assert answers.with_status(DaemonView(), {"shared": {"state": "ok"}}).is_in_fleet
    assert not answers.with_status(DaemonView(is_in_fleet=True), {}).is_in_fleet


def test_a_lock_of_all_keys_is_known_until_it_ends():
    """From either answer that has it; one without it says that there is none."""
    lock = {"cause": "command", "reason": "all keys are locked"}
    for take in (answers.with_status, answers.with_keys):
        locked = take(DaemonView(), {"lock": lock})
        assert locked.lock == lock
        assert take(locked, {}).lock == {}


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ({"message": "may not"}, "may not"),
        ({"message": "locked", "command": "auth unlock"}, ""),
        ({}, ""),
    ],
)
def test_why_no_key_can_be_stored_is_known(refused, why):
    """But for the lock of all keys, which the picker ends."""
    view = answers.with_keys(DaemonView(keys_refused="before"), {"refused": refused})
    assert view.keys_refused == why


def test_the_providers_that_may_be_asked_are_known_until_all_may_be():
    """A change of the configuration may end it."""
    allowed = {"providers": ["a"], "section": "aircher-cli"}
    view = answers.with_keys(DaemonView(), {"allowed": allowed})
    assert view.allowed == allowed
    assert answers.with_keys(view, {}).allowed == {}


def test_without_a_configured_default_it_is_the_first_candidate():
    """That is what a request without a model uses."""
    view = answers.with_status(DaemonView(), {"default": {"candidates": ["a/m"]}})
    assert view.default == "a/m"


@pytest.mark.parametrize(
    ("known", "reported", "expected"),
    [
        ({}, {"at": 5.0, "outcome": "network"}, {"at": 5.0, "outcome": "network"}),
        ({"at": 9.0}, {"at": 5.0, "outcome": "network"}, {"at": 9.0}),
        ({"at": 3.0}, {"at": 5.0, "outcome": "network"}, {"at": 5.0, "outcome": "network"}),
        ({"at": 3.0}, None, {"at": 3.0}),
    ],
)
def test_the_later_error_counts(known, reported, expected):
    """One that was seen, or one from before the picker was opened."""
    before = DaemonView(last_errors={"a": known, "gone": {"at": 1.0}} if known else {})
    row = {"provider": "a", **({"last_failure": reported} if reported else {})}
    assert answers.with_status(before, {"providers": [row]}).last_errors == {"a": expected}


def test_keys_change_the_state_of_providers():
    """The state of a provider is that of its best key; the thousands of models stay as they are."""
    before = DaemonView(models=(model("a", "m", state="rejected"),), providers=({"provider": "a"},))
    rows = [
        {"provider": "a", "key": "x", "state": "rejected"},
        {"provider": "a", "key": "y", "state": "unverified"},
    ]
    view = answers.with_keys(before, {"rows": rows, "environment": ["A_KEY"]})
    assert (view.keys, view.environment) == (tuple(rows), ("A_KEY",))
    assert view.models is before.models
    assert view.providers == ({"provider": "a", "state": "unverified"},)


def test_without_a_usable_model_there_is_no_default():
    """`models.list` may name one that cannot be asked: it does not replace what is known."""
    view = answers.with_status(DaemonView(default="a/m"), {"providers": [{"provider": "a"}]})
    assert view.default == ""
    after = answers.with_models(
        view, {"default": "a/m", "models": [model("a", "m", is_default=True)]}
    )
    assert (after.default, after.models) == ("", (model("a", "m"),))


def test_all_models_replace_the_list():
    """From then on it is loaded."""
    result = {
        "models": [model("a", "m")],
        "aliases": [{"name": "x", "routes": ["a/m"]}],
        "lists": [{"provider": "a", "fetched_at": 1.0}],
        "default": "a/m",
    }
    view = answers.with_models(DaemonView(models=(model("b", "n"),)), result)
    assert (view.has_models, view.models, view.default) == (True, (model("a", "m"),), "a/m")
    assert view.lists == ({"provider": "a", "fetched_at": 1.0},)


@pytest.mark.parametrize(
    ("provider", "expected"),
    [("a", ["a/new", "b/n", "c/o"]), ("b", ["a/m", "b/new", "c/o"]), ("d", None)],
)
def test_the_models_of_one_provider_stay_where_they_were(provider, expected):
    """Those of others are unchanged, and a new provider comes last."""
    before = DaemonView(
        models=(model("a", "m"), model("b", "n"), model("c", "o")),
        lists=({"provider": "a", "fetched_at": 1.0},),
    )
    result = {"models": [model(provider, "new")], "lists": [{"provider": provider, "error": "no"}]}
    view = answers.with_models(before, result, provider)
    names = [f"{row['provider']}/{row['model']}" for row in view.models]
    assert names == (expected or ["a/m", "b/n", "c/o", "d/new"])
    assert {"provider": provider, "error": "no"} in view.lists
    assert view.has_models is False  # the lists of others have not come yet


def test_a_provider_without_models_has_no_rows():
    """Its server may have removed the last one."""
    before = DaemonView(models=(model("a", "m"), model("b", "n")))
    assert answers.with_models(before, {"models": []}, "a").models == (model("b", "n"),)


def test_limits_and_spend():
    """Spend is by provider, for today and for the month."""
    view = answers.with_limits(DaemonView(), {"limits": [{"limit": "x"}]})
    row = {"provider": "a", "cost": "0.1"}
    view = answers.with_spend(view, {"rows": [row]}, {"rows": [row, {"provider": "b"}]})
    assert view.limits == ({"limit": "x"},)
    assert view.spend_today == {"a": row}
    assert view.spend_month == {"a": row, "b": {"provider": "b"}}


@pytest.mark.parametrize("name", ["a/m", "fast", "m"])
def test_the_row_of_the_default_is_marked(name):
    """Of an alias it is the first route, of a bare name its first provider."""
    view = DaemonView(
        default="b/n",
        aliases=({"name": "fast", "routes": ["a/m", "b/n"]},),
        models=(model("a", "m"), model("b", "n", is_default=True)),
    )
    after = answers.mark_default(view, name)
    assert after.models == (model("a", "m", is_default=True), model("b", "n"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["provider", "at", "model", "candidates"]), inner)
    ),
    max_leaves=8,
)
NAMES = ["rows", "models", "aliases", "lists", "default", "providers", "config", "limits"]
RESULTS = st.dictionaries(st.sampled_from([*NAMES, "environment"]), VALUES)


@given(RESULTS)
def test_no_response_raises(result):
    """Fields may be missing or have any type."""
    view = DaemonView()
    for change in (
        answers.with_status,
        answers.with_keys,
        answers.with_models,
        answers.with_limits,
    ):
        view = change(view, result)
    view = answers.with_models(view, result, "a")
    answers.with_spend(view, result, result)
