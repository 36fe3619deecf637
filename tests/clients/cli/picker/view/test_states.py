import itertools
from typing import get_args

import pytest

from aircher_cli.picker.view import states
from aircher_cli.picker.view.marks import Mark
from aircher_cli.picker.view.states import LiveStates, explain_key, explain_link, source_kind
from aircher_cli.values import Map
from aircherd.auth.key_sources import KeySource
from aircherd.vocabulary.keys import USABLE, Health, KeyState, SourceKind
from helpers.picker.views import NOW, a_key, a_view

KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
NAMES: dict[SourceKind, str] = {"command": "command", "environment": "env:WORK_KEY"}


def key_row(state: KeyState, health: Health, kind: SourceKind | None) -> Map:
    """Return a row of `auth.status` as the daemon writes it."""
    row: Map = {"provider": "work", "state": state.value, "health": health.value}
    if kind is None:
        return row
    name = NAMES.get(kind, "default")
    locator = {"command": ("op",), "environment": ("WORK_KEY", "/home/a/.aircher/environment")}
    source = KeySource(
        provider="work",
        name=name,
        kind=kind,
        origin="https://work:443",
        locator=locator.get(kind, (name,)),
    )
    return {**row, "key": name, "source": source.description}


# The whole table: what each state of a key is, and what helps. States that cannot be used are the
# same in any health, and states that can be used the same for any kind of source.
EXPECTED: dict[tuple[KeyState, Health], tuple[Mark, str]] = {
    (KeyState.AUTHENTICATED, Health.OK): (Mark.READY, ""),
    (KeyState.AUTHENTICATED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.AUTHENTICATED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.AUTHENTICATED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
    (KeyState.UNVERIFIED, Health.OK): (Mark.UNCHECKED, "test"),
    (KeyState.UNVERIFIED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.UNVERIFIED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.UNVERIFIED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
    (KeyState.NOT_REQUIRED, Health.OK): (Mark.READY, ""),
    (KeyState.NOT_REQUIRED, Health.COOLING): (Mark.COOLING, "clear_cooldowns"),
    (KeyState.NOT_REQUIRED, Health.QUOTA_EXHAUSTED): (Mark.NO_CREDIT, "clear_cooldowns"),
    (KeyState.NOT_REQUIRED, Health.UNREACHABLE): (Mark.UNREACHABLE, "refresh"),
}
UNUSABLE: dict[tuple[KeyState, SourceKind | None], tuple[Mark, str]] = {
    (KeyState.NOT_CONFIGURED, None): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "keyring"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "file"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "command"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.NOT_CONFIGURED, "environment"): (Mark.NOT_CONFIGURED, "sign_in"),
    (KeyState.REJECTED, None): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "keyring"): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "file"): (Mark.REJECTED, "sign_in"),
    (KeyState.REJECTED, "command"): (Mark.REJECTED, "test"),
    (KeyState.REJECTED, "environment"): (Mark.REJECTED, "sign_in"),
    (KeyState.LOCKED, None): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "keyring"): (Mark.LOCKED, "unlock"),
    (KeyState.LOCKED, "file"): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "command"): (Mark.LOCKED, "test"),
    (KeyState.LOCKED, "environment"): (Mark.LOCKED, "test"),
    (KeyState.REFUSED, None): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "keyring"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "file"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "command"): (Mark.INVALID, "edit_config"),
    (KeyState.REFUSED, "environment"): (Mark.INVALID, "edit_config"),
}
EVERY = list(itertools.product(KeyState, Health, (None, *KINDS)))


@pytest.mark.parametrize(("state", "health", "kind"), EVERY)
def test_each_state_of_the_daemon_has_its_mark_and_what_helps(state, health, kind):
    """A state that the daemon learns fails here until the picker can explain it."""
    expected = EXPECTED[state, health] if state in USABLE else UNUSABLE[state, kind]
    found = explain_key(key_row(state, health, kind))
    assert expected == (found.mark, found.action)


@pytest.mark.parametrize(("state", "health", "kind"), EVERY)
def test_each_state_says_why_and_what_to_do(state, health, kind):
    """Unless all is well, one sentence says why and another names one command or step."""
    found = explain_key(key_row(state, health, kind))
    assert found.why
    assert "{" not in found.why + found.advice
    assert bool(found.advice) == bool(found.action)


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_source_is_read_from_its_description(kind):
    """`auth.status` has the source as text for people."""
    row = key_row(KeyState.REJECTED, Health.OK, kind)
    assert kind == source_kind(str(row["source"]))


def test_the_reason_and_the_hint_of_the_daemon_come_first():
    """The daemon knows more than the table: its own reason and hint replace the general ones."""
    row = a_key("openai", "rejected", reason="HTTP 401: no such key.", hint="ask the admin")
    found = explain_key(row)
    assert (found.why, found.advice) == ("HTTP 401: no such key", "ask the admin")


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        ("unlock the keyring", "it is locked"),
        ("then 'aircher-cli auth status'", "it is locked; unlock it"),
    ],
)
def test_what_to_do_is_said_once(hint, why):
    """A reason may end with it, unless the hint only goes on from there."""
    found = explain_key(a_key("a", "locked", reason="it is locked; unlock it", hint=hint))
    assert (found.why, found.advice) == (why, hint)


def test_the_label_of_a_stored_key_is_in_the_command_to_sign_in():
    """Signing in without the label would replace another key."""
    found = explain_key(a_key("openai", "rejected", key="work"))
    assert found.advice == "sign in again: aircher-cli auth login openai --label work"


def test_the_hint_to_encrypt_a_working_key_is_no_advice():
    """A key that works needs nothing."""
    row = a_key("openai", source="file, not encrypted", hint="to encrypt it: start a keyring")
    assert explain_key(row).advice == ""


@pytest.mark.parametrize(
    ("health", "is_running", "mark"),
    [("ok", True, Mark.LOCAL), ("ok", False, Mark.STOPPED), ("unreachable", True, Mark.STOPPED)],
)
def test_a_local_server_runs_or_not(health, is_running, mark):
    """A server on this machine that does not answer is not running, rather than unreachable."""
    row = a_key("ollama", "not_required", health)
    assert explain_key(row, is_local=True, is_running=is_running).mark is mark


def test_a_server_without_a_key_elsewhere_is_reached_or_not():
    """It may run, but not be reachable from here."""
    row = a_key("gpu", "not_required")
    assert explain_key(row, is_running=False).mark is Mark.UNREACHABLE


@pytest.mark.parametrize("row", [{}, {"state": 3}, {"state": None, "health": []}, {"state": "new"}])
def test_a_state_of_a_later_daemon_is_unknown(row):
    """A state that this version does not know is neither good nor bad."""
    assert explain_key(row).mark is Mark.UNKNOWN


# ------------------------------------------------------------------ providers


def provider_mark(*keys: Map, **more: object) -> Mark:
    return LiveStates(a_view(keys=keys, **more), NOW).provider(str(keys[0]["provider"])).mark


def test_a_provider_has_the_state_of_its_best_key():
    """One key that works is enough."""
    keys = [a_key("openai", "rejected", key="a"), a_key("openai", key="b")]
    assert provider_mark(*keys) is Mark.READY


def test_a_cooling_key_does_not_count_while_another_is_free():
    """Keys are tried in turn."""
    keys = [a_key("openai", health="cooling", key="a"), a_key("openai", key="b")]
    assert provider_mark(*keys) is Mark.READY


def test_a_provider_without_any_row_is_unknown():
    """Before the daemon's first answer nothing is claimed."""
    assert LiveStates(a_view(), NOW).provider("openai").mark is Mark.UNKNOWN


def test_an_event_is_newer_than_the_row_of_the_key():
    """A key that cools by an event turns at once, before its row is fetched again."""
    cooling = {"provider": "openai", "key": "default", "health": "cooling", "until": NOW + 60}
    state = LiveStates(a_view(keys=[a_key("openai")], health=(cooling,)), NOW).provider("openai")
    assert (state.mark, state.until) == (Mark.COOLING, NOW + 60)


def test_an_event_that_a_key_is_healthy_again_counts_too():
    """A cooldown that was cleared is over, whatever the older row says."""
    healthy = {"provider": "openai", "key": "default", "health": "ok"}
    assert provider_mark(a_key("openai", health="cooling"), health=(healthy,)) is Mark.READY


def test_a_cooldown_whose_time_is_over_counts_as_ready():
    """The daemon tries the provider again from then on."""
    assert provider_mark(a_key("openai", health="cooling", until=NOW - 1)) is Mark.READY


def test_an_unreachable_provider_stays_so_until_a_call_reaches_it():
    """The time of the next attempt says nothing about its result."""
    assert provider_mark(a_key("openai", health="unreachable", until=NOW - 1)) is Mark.UNREACHABLE


def test_a_provider_that_is_unreachable_is_so_for_each_key():
    """An event about the provider has no key."""
    gone = {"provider": "openai", "health": "unreachable"}
    assert provider_mark(a_key("openai"), health=(gone,)) is Mark.UNREACHABLE


def test_without_a_valid_configuration_no_provider_is_asked():
    """Keys that work do not help then."""
    config = {"ok": False, "in_use": "none"}
    state = LiveStates(a_view(keys=[a_key("openai")], config=config), NOW).provider("openai")
    assert (state.mark, state.action) == (Mark.INVALID, "edit_config")


def test_a_used_up_limit_marks_the_provider():
    """A limit without a model is about all models of the provider."""
    limit = {"limit": "5 USD a day", "provider": "openai", "share": 1.0, "resets_at": NOW + 60}
    state = LiveStates(a_view(keys=[a_key("openai")], limits=(limit,)), NOW).provider("openai")
    assert (state.mark, state.until) == (Mark.LIMITED, NOW + 60)
    assert state.why == "your limit is used up: 5 USD a day"


def test_a_limit_of_one_key_leaves_the_other_key():
    """Limits may be for one key."""
    limit = {"provider": "openai", "key": "a", "share": 1.2}
    keys = [a_key("openai", key="a"), a_key("openai", key="b")]
    assert provider_mark(*keys, limits=(limit,)) is Mark.READY


def test_a_limit_of_one_model_leaves_the_other_models():
    """Limits may be for one model."""
    limit = {"provider": "openai", "model": "gpt-5", "share": 1.0}
    live = LiveStates(a_view(keys=[a_key("openai")], limits=(limit,)), NOW)
    assert live.provider("openai").mark is Mark.READY
    assert live.model("openai", "gpt-5").mark is Mark.LIMITED
    assert live.model("openai", "gpt-4").mark is Mark.READY


def test_a_cooldown_of_one_model_leaves_the_other_models():
    """Some providers limit the rate for each model."""
    cooling = {"provider": "openai", "key": "default", "model": "gpt-5", "health": "cooling"}
    live = LiveStates(a_view(keys=[a_key("openai")], health=(cooling,)), NOW)
    assert live.model("openai", "gpt-5").mark is Mark.COOLING
    assert live.model("openai", "gpt-4").mark is Mark.READY


def test_the_summary_of_a_key_does_not_make_its_other_models_cool():
    """The daemon's row of a key has the worst health of any model, with the same end."""
    until = NOW + 60.0
    key = a_key("openai", health="cooling", until=until, health_reason="gpt-5: slow down")
    exact = {"provider": "openai", "key": "default", "model": "gpt-5", "health": "cooling"}
    whole = {"provider": "openai", "health": "cooling", "until": until + 1e-6}
    live = LiveStates(a_view(keys=[key], health=(whole, {**exact, "until": until})), NOW)
    assert live.provider("openai").mark is Mark.READY
    assert live.model("openai", "gpt-4").mark is Mark.READY
    assert live.model("openai", "gpt-5").mark is Mark.COOLING


def test_a_key_that_cools_longer_than_its_model_cools_with_all_models():
    """Then its own row is not that of the model."""
    key = a_key("openai", health="cooling", until=NOW + 600)
    exact = {"provider": "openai", "key": "default", "model": "gpt-5", "health": "cooling"}
    live = LiveStates(a_view(keys=[key], health=({**exact, "until": NOW + 60},)), NOW)
    assert live.model("openai", "gpt-4").mark is Mark.COOLING


def test_a_keyless_server_elsewhere_is_not_local():
    """The house is for servers on this machine."""
    servers = ({"provider": "gpu", "base_url": "http://gpu-box:8000/v1"},)
    assert provider_mark(a_key("gpu", "not_required"), providers=servers) is Mark.READY


def test_a_keyless_server_is_local_until_the_status_says_where_it_is():
    """The status arrives after the keys; the row of Ollama must not change its word then."""
    assert provider_mark(a_key("ollama", "not_required")) is Mark.LOCAL


def test_a_local_server_that_did_not_answer_is_not_running():
    """The list of models tells that the server is absent."""
    servers = ({"provider": "ollama", "base_url": "http://localhost:11434"},)
    lists = ({"provider": "ollama", "is_absent": True},)
    key = a_key("ollama", "not_required")
    assert provider_mark(key, providers=servers) is Mark.LOCAL
    assert provider_mark(key, providers=servers, lists=lists) is Mark.STOPPED
    absent = ({**servers[0], "absent": True},)
    assert provider_mark(key, providers=absent) is Mark.STOPPED


def test_the_key_that_answers_is_the_first_one_that_can():
    """It is the one whose limits count."""
    keys = [a_key("openai", "rejected", key="a"), a_key("openai", key="b")]
    live = LiveStates(a_view(keys=keys), NOW)
    assert live.answering_key("openai")["key"] == "b"
    assert live.answering_key("unknown") == {}


def test_one_model_is_explained():
    """In one call."""
    assert states.explain(a_view(["a/m"]), "a", "m", NOW).mark is Mark.READY


# ------------------------------------------------------------------ the connection


@pytest.mark.parametrize(
    ("more", "mark"),
    [
        ({"link": "connecting"}, Mark.UNKNOWN),
        ({"link": "reconnecting", "link_problem": "it stopped"}, Mark.UNREACHABLE),
        ({"has_models": False}, Mark.UNKNOWN),
    ],
)
def test_what_is_not_current_is_said(more, mark):
    """A list that may be out of date is marked, and one that is loading is not called empty."""
    found = explain_link(a_view(**more))
    assert found is not None
    assert found.mark is mark


def test_a_current_view_needs_no_note():
    """Nothing is said while all is well."""
    assert explain_link(a_view()) is None


def test_the_tables_have_no_states_that_the_daemon_does_not_know():
    """A state that was renamed does not stay behind."""
    assert {*states.USABLE, *states.UNUSABLE} == {state.value for state in KeyState}
    assert set(states.HEALTH) == {health.value for health in Health}
