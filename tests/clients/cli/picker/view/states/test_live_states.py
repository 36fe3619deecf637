from dataclasses import replace

import pytest

from aircher_cli.picker.view.here import Here
from aircher_cli.picker.view.states.live_states import LiveStates, explain, explain_link
from aircher_cli.render.marks import Mark
from aircher_cli.values import Map
from helpers.picker.views import NOW, a_key, a_model, a_view


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


def test_a_used_up_budget_leaves_what_costs_nothing():
    """The daemon asks free models all the same, while a limit of requests stops them too."""
    free = {"input": "0", "output": "0"}
    models = [
        a_model("ollama/local", prices=free),
        a_model("mixed/free", prices=free),
        a_model("mixed/paid", prices={"input": "1", "output": "2"}),
        a_model("mixed/unknown"),
    ]
    view = a_view(models, [a_key("ollama", "not_required"), a_key("mixed")])

    def marks(counted: str) -> dict[str, bool]:
        limited = replace(view, limits=({"counted": counted, "share": 1.0},))
        live = LiveStates(limited, NOW)
        rows = ("ollama/local", "mixed/free", "mixed/paid", "mixed/unknown")
        found = {name: live.model(*name.split("/")).mark.answers for name in rows}
        return found | {name: live.provider(name).mark.answers for name in ("ollama", "mixed")}

    assert [name for name, answers in marks("usd").items() if answers] == [
        "ollama/local",
        "mixed/free",
        "ollama",
    ]
    assert not any(marks("requests").values())


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
    assert explain(a_view(["a/m"]), "a", "m", NOW).mark is Mark.READY


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


def test_a_budget_stops_models_without_a_price():
    """Under a limit in USD, the daemon asks no model whose cost it cannot tell."""
    paid = a_model("mixed/paid", prices={"input": "1", "output": "2"})
    models = [a_model("mixed/unknown"), a_model("mixed/other"), paid]
    budget = {"limit": "5 USD", "counted": "usd", "max": "5", "share": 0.1, "provider": "mixed"}
    view = a_view([*models, a_model("bare/m")], limits=(budget,))
    live = LiveStates(view, NOW)
    assert live.model("mixed", "unknown").mark is Mark.LIMITED
    assert '[catalog."mixed/unknown"]' in live.model("mixed", "unknown").advice
    assert '[catalog."mixed/other"]' in live.model("mixed", "other").advice
    assert live.model("mixed", "paid").mark is Mark.READY
    assert live.provider("mixed").mark is Mark.READY
    assert live.model("bare", "m").mark is Mark.READY
    elsewhere = LiveStates(replace(view, limits=({**budget, "others": True},)), NOW)
    assert elsewhere.model("mixed", "unknown").mark is Mark.READY


def test_of_a_label_only_the_state_of_its_key_counts():
    """Another key of the provider would not be used."""
    keys = [a_key("openai"), a_key("openai", "rejected", key="work"), a_key("groq")]
    live = LiveStates(a_view(keys=keys), NOW)
    assert live.provider("openai").mark is Mark.READY
    assert live.provider("openai", "work").mark is Mark.REJECTED
    assert live.answering_key("openai", "default")["key"] == "default"
    assert live.answering_key("openai", "work") == {}
    state = live.model("groq", "m", "work")
    assert state.mark is Mark.NOT_CONFIGURED
    assert state.why == "it has no key 'work', and the alias allows no other"
    assert state.advice == "sign in: aircher-cli auth login groq --label work"


def test_the_label_of_the_folder_counts_where_a_route_has_none():
    """And providers without accounts are asked all the same."""
    keys = [
        a_key("openai"),
        a_key("openai", key="work"),
        a_key("groq"),
        a_key("ollama", "not_required"),
        a_key("closed", "locked", key=""),
        a_key("wrong", "refused", key=""),
        a_key("bare", "not_configured"),
    ]
    here = Here(key="work", key_from="~/acme/.aircher")
    live = LiveStates(a_view(keys=keys, here=here), NOW)
    marks = {each: live.provider(each).mark for each in live.provider_names()}
    assert marks == {
        "openai": Mark.READY,
        "groq": Mark.NOT_CONFIGURED,
        "ollama": Mark.LOCAL,
        "closed": Mark.LOCKED,
        "wrong": Mark.INVALID,
        "bare": Mark.NOT_CONFIGURED,
    }
    assert live.provider("groq").why == "it has no key 'work', and ~/acme/.aircher allows no other"
    assert live.model("groq", "m", "default").mark is Mark.READY


def test_a_server_that_was_not_reached_says_why():
    """Before any request, its list tells; of another daemon its address is known."""
    source = "the daemon at /run/laptop.sock has the keys"
    key = a_key("laptop", "not_required", source=source)
    lists = ({"provider": "laptop", "is_absent": True},)
    state = LiveStates(a_view(keys=[key]), NOW).provider("laptop")
    assert state.why == "another daemon answers, and has the keys"
    state = LiveStates(a_view(keys=[key], lists=lists), NOW).provider("laptop")
    assert state.mark is Mark.UNREACHABLE
    assert state.why == "the daemon at /run/laptop.sock cannot be reached"
    assert state.advice.startswith("start or forward that daemon")


def test_a_provider_that_the_client_may_not_ask_says_so():
    """Also if it is signed in; what is unknown altogether stays so, and so do the keys."""
    allowed = {"providers": ["ollama"], "section": "aircher-cli"}
    view = a_view(keys=[a_key("openai"), a_key("ollama")], allowed=allowed)
    live = LiveStates(view, NOW)
    state = live.model("openai", "gpt-5")
    assert (state.mark, state.action) == (Mark.NOT_ALLOWED, "edit_config")
    assert state.why.endswith('[clients."aircher-cli"] allows ollama')
    assert live.provider("ollama").mark is Mark.READY
    assert live.provider("unknown").mark is Mark.UNKNOWN
    assert [key.mark for _, key in live.keys("openai")] == [Mark.READY]
    assert live.answering_key("openai") == {}
    assert live.answering_key("ollama") != {}
