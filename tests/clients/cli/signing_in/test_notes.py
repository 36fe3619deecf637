"""Notes on what to do before a model can be asked."""

from aircher_cli.signing_in.notes import (
    chosen_notes,
    first_command,
    model_notes,
    plan_notes,
    provider_notes,
    sign_in_error,
)
from aircher_client import Client
from helpers.daemon.cli_daemon import CliDaemon, Map, refuses

WORK: Map = {"provider": "work", "state": "not_configured", "needed": True, "env": ["WORK_KEY"]}
PLAN: Map = {"candidates": [], "sign_in": {"providers": [WORK], "environment": ["WORK_KEY"]}}


def notes(daemon: CliDaemon, model: str | None) -> list[str]:
    with Client.connect(daemon.environ) as client:
        return model_notes(client, {}, model)


def test_a_plan_without_a_key() -> None:
    """The command comes in the second line; a variable of the caller's decides which one."""
    assert plan_notes(PLAN, {})[1] == "  aircher-cli auth login work"
    assert plan_notes(PLAN, {"WORK_KEY": "k"})[1] == "  aircher-cli auth import"


def test_a_plan_with_candidates() -> None:
    """There is nothing to say."""
    assert plan_notes({"candidates": [{"provider": "work"}]}, {}) == []


def test_the_daemon_explains_the_model(daemon: CliDaemon) -> None:
    """Nothing is sent to a provider."""
    daemon.answers["route.explain"] = PLAN
    assert notes(daemon, "work/m")[1] == "  aircher-cli auth login work"
    assert daemon.params_of("route.explain") == {"model": "work/m"}
    notes(daemon, None)
    assert daemon.params_of("route.explain") == {}


def test_a_plan_that_cannot_be_made(daemon: CliDaemon) -> None:
    """It is only a note: the command has succeeded."""
    daemon.answers["route.explain"] = refuses("unknown_model", "no such model")
    assert notes(daemon, "x") == []


def test_a_model_that_does_not_chat(daemon: CliDaemon) -> None:
    """It can be chosen, as its name may mislead, and the reason is said once for all keys."""
    vectors = {"reason": "bad_request", "message": "work/embed turns text into vectors"}
    daemon.answers["route.explain"] = {"candidates": [], "skipped": [vectors, vectors]}
    assert notes(daemon, "work/embed") == ["! work/embed turns text into vectors"]
    cooling = {"reason": "rate_limited", "message": "rate limit reached"}
    daemon.answers["route.explain"] = {"candidates": [], "skipped": [vectors, cooling]}
    assert notes(daemon, "main") == []


def test_a_chain_of_which_a_part_has_no_key(daemon: CliDaemon) -> None:
    """Who chooses it learns that, instead of when the first provider fails."""
    lacking: Map = {
        "provider": "spare",
        "reason": "not_authenticated",
        "message": "no key for spare: sign in with 'X'",
    }
    daemon.answers["route.explain"] = {
        "candidates": [{"provider": "work", "model": "m"}],
        "skipped": [
            {**lacking, "model": "m"},
            {**lacking, "model": "n"},
            {"provider": "work", "model": "n", "reason": "limit_reached", "message": "used up"},
        ],
    }
    with Client.connect(daemon.environ) as client:
        found = chosen_notes(client, {}, "main")
    assert found == ["! spare/m and spare/n cannot answer yet: no key for spare: sign in with 'X'"]
    assert notes(daemon, "main") == []


def test_a_choice_that_cannot_answer_at_all(daemon: CliDaemon) -> None:
    """One piece of advice, about all of it."""
    lacking = {"provider": "work", "model": "m", "reason": "not_authenticated", "message": "no key"}
    daemon.answers["route.explain"] = {**PLAN, "skipped": [lacking]}
    with Client.connect(daemon.environ) as client:
        assert chosen_notes(client, {}, "main") == notes(daemon, "main") != []
        daemon.answers["route.explain"] = refuses("unknown_model", "no such model")
        assert chosen_notes(client, {}, "main") == []


def test_a_label_that_no_key_has(daemon: CliDaemon) -> None:
    """There is no plan then: what the error has counts as well."""
    row = {**WORK, "command": "aircher-cli auth login work --label acme", "env": []}
    found = {"providers": [row], "environment": []}
    daemon.answers["route.explain"] = refuses("not_authenticated", "no key 'acme'", sign_in=found)
    assert notes(daemon, None)[:2] == [
        "There is no key 'acme' for work, which this request needs. Run this first:",
        "  aircher-cli auth login work --label acme",
    ]


def test_notes_about_a_provider(daemon: CliDaemon) -> None:
    """On request only if the caller's shell has a key for it."""
    daemon.answers["route.explain"] = PLAN
    with Client.connect(daemon.environ) as client:
        assert provider_notes(client, {}, "work")[1] == "  aircher-cli auth login work"
        assert provider_notes(client, {}, "work", only_unseen=True) == []
        unseen = provider_notes(client, {"WORK_KEY": "k"}, "work", only_unseen=True)
        assert unseen[1] == "  aircher-cli auth import"
        daemon.answers["route.explain"] = refuses("unknown_model", "no such provider")
        assert provider_notes(client, {}, "work") == []


def test_what_a_request_without_a_model_lacks(daemon: CliDaemon) -> None:
    """As the error that it would have, and as the command that comes first."""
    with Client.connect(daemon.environ) as client:
        daemon.answers["route.explain"] = PLAN
        error = sign_in_error(client)
        assert error is not None
        assert (error.code, error.data) == ("not_authenticated", {"sign_in": PLAN["sign_in"]})
        assert first_command(client, {"WORK_KEY": "k"}) == "aircher-cli auth import"
        for answer in ({"candidates": []}, refuses("config_invalid", "no")):
            daemon.answers["route.explain"] = answer
            assert sign_in_error(client) is None
            assert first_command(client, {}) == ""
