"""States of a real daemon as the picker explains them, and the numbered list against it."""

import time
from io import StringIO

import pytest

from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker.plain import fetch_view, run_plain
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import all_rows
from aircher_cli.picker.view.pane.details import detail_lines
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.picker.view.states.live_states import LiveStates
from aircher_cli.picker.view.states.table import State
from aircher_cli.render.marks import Mark
from aircherd.testing.simulator import Fault

KEY = "canary-work-0123456789abcdef"
LIMIT = '\n[[limits]]\nprovider = "work"\nrequests = 1\nper = "day"\n'


def state_of(home, provider: str = "work", model: str | None = None) -> State:
    """Return the state of a provider or model as the picker sees it."""
    with home.client() as client:
        states = LiveStates(fetch_view(client), time.time())
    return states.provider(provider) if model is None else states.model(provider, model)


def ask(home, model: str = "work/gpt-5.5"):
    return home.cli("ask", "-m", model, "hello")


def test_a_provider_without_a_key(daemon):
    """The command that signs in is named."""
    state = state_of(daemon)
    assert state.mark is Mark.NOT_CONFIGURED
    assert "aircher-cli auth login work" in state.advice


def test_a_key_that_works(daemon):
    """After a sign-in, which checks it."""
    daemon.login("work", KEY)
    assert state_of(daemon).mark is Mark.READY


def test_a_key_that_was_not_checked(daemon):
    """It is used all the same."""
    daemon.login("work", KEY, "--no-verify")
    state = state_of(daemon)
    assert (state.mark, state.action) == (Mark.UNCHECKED, "test")


def test_a_key_that_is_refused(daemon, sim):
    """A request shows it, and the reason is the provider's."""
    daemon.login("work", KEY)
    sim.keys.revoke("openai", KEY)
    assert ask(daemon).returncode != 0
    state = state_of(daemon)
    assert (state.mark, state.action) == (Mark.REJECTED, "sign_in")
    assert "aircher-cli auth login work" in state.advice


def test_a_provider_that_limits_the_rate(daemon, sim):
    """The end of the cooldown is the provider's."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    assert ask(daemon).returncode != 0
    state = state_of(daemon, model="gpt-5.5")
    assert state.mark is Mark.COOLING
    assert state.until is not None
    assert 0 < state.until - time.time() <= 600


def test_an_account_without_credit(daemon, sim):
    """It is another thing than a rate limit."""
    daemon.login("work", KEY)
    sim.faults.add(Fault("error", error="quota", vendor="openai"))
    assert ask(daemon).returncode != 0
    assert state_of(daemon).mark is Mark.NO_CREDIT


def test_a_limit_of_the_user_that_is_used_up(home):
    """The state names it, and when there is room again."""
    home.write_config(home.config_file.read_text() + LIMIT)
    home.start()
    home.login("work", KEY)
    assert ask(home).returncode == 0
    state = state_of(home)
    assert state.mark is Mark.LIMITED
    assert "request" in state.why
    assert state.until is not None


def test_a_local_server_that_is_not_running(daemon):
    """Its list of models shows that, before any request."""
    assert state_of(daemon, "ollama").mark is Mark.STOPPED


def test_an_entry_that_is_invalid(home):
    """The provider has its line with the reason."""
    home.write_config(home.config_file.read_text() + '\n[providers.broken]\nkind = "nothing"\n')
    home.start()
    state = state_of(home, "broken")
    assert (state.mark, state.action) == (Mark.INVALID, "edit_config")


def test_a_configuration_that_cannot_be_used(home):
    """No provider is asked."""
    home.write_config("this is no TOML")
    home.start()
    assert state_of(home, "anthropic").mark is Mark.INVALID


def test_a_key_whose_provider_has_moved(daemon):
    """A key goes only where it was stored for."""
    daemon.login("work", KEY)
    config = daemon.config_file.read_text()
    daemon.config_file.write_text(config.replace("/v1", "/v2").replace("127.0.0.1", "localhost", 1))
    assert daemon.cli("config", "reload").returncode == 0
    state = state_of(daemon)
    assert state.mark is Mark.REJECTED
    assert "stored for" in state.why


def test_a_key_that_hides_a_variable(home):
    """The pane says so."""
    home.start({"WORK_KEY": "canary-other-0123456789"})
    home.login("work", KEY)
    with home.client() as client:
        view = fetch_view(client)
        explained = client.call("route.explain", {"model": "chain"})
    rows = all_rows(build_groups(view, Preferences(), time.time(), query="chain"))
    (row,) = (row for row in rows if row.name == "chain")
    lines = detail_lines(view, row, explained, time.time(), 60)
    text = "\n".join("".join(piece for piece, _ in line) for line in lines)
    assert "hides    environment variable WORK_KEY" in text
    assert "now      work/gpt-5.5 with key default" in text
    assert "skipped  spare" in text


@pytest.mark.parametrize("typed", ["chain\n", "cha\n1\n"])
def test_a_model_is_chosen_from_the_numbered_list(daemon, typed):
    """The default is written to the configuration file, whose other lines stay."""
    daemon.login("work", KEY)
    out = StringIO()
    context = Context(Console(out, StringIO(), daemon.environ), daemon.environ, StringIO(typed))
    assert run_plain(context) == "chain"
    assert "chain is now the default model, in ~/.aircher/config.toml." in out.getvalue()
    text = daemon.config_file.read_text()
    assert 'default_model = "chain"' in text
    assert "# A developer's own Ollama" in text
    assert KEY not in out.getvalue()


def test_rows_have_what_the_daemon_measured(daemon):
    """The date of release and the time to the first output."""
    daemon.login("work", KEY)
    assert ask(daemon).returncode == 0
    with daemon.client() as client:
        rows = client.call("models.list", {"provider": "work"})["models"]
    (row,) = (row for row in rows if row["model"] == "gpt-5.5")
    assert row["latency_s"] > 0
    assert all(row.get("chats") is not True for row in rows)
