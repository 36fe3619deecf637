"""Each change in a real daemon arrives on the view of the picker by itself."""

import itertools
import threading

import pytest

from aircher_cli.picker.live.actions import KEPT
from aircher_cli.render.marks import Mark
from aircherd.testing.simulator import Fault
from helpers.daemon.live_views import actions_of, following, key_of, marks_of

KEY = "canary-work-0123456789abcdef"
OTHER = "canary-more-0123456789abcdef"
LIMIT = '\n[[limits]]\nprovider = "work"\nrequests = 1\nper = "day"\n'


@pytest.fixture
def signed_in(daemon):
    """A daemon with a key for `work`."""
    daemon.login("work", KEY)
    return daemon


def ask(home, model="work/gpt-5.5"):
    """Ask from another terminal."""
    return home.cli("ask", "-m", model, "hello")


def has_state(state, provider="work"):
    return lambda view: key_of(view, provider).get("state") == state


def has_health(health, provider="work"):
    return lambda view: key_of(view, provider).get("health") == health


def test_a_refused_key_in_another_terminal_turns_the_row(signed_in, sim):
    """The key, its provider, its models, and the last error."""
    with following(signed_in) as views:
        sim.keys.revoke("openai", KEY)
        assert ask(signed_in).returncode != 0
        view = views.wait(has_state("rejected"), "the key is refused")
        assert marks_of(view, "work") == {Mark.REJECTED}
        assert view.last_errors["work"]["outcome"] == "auth_rejected"
        assert KEY not in repr(view)


def test_a_cooldown_begins_and_ends(signed_in, sim):
    """The end needs no request."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=2))
    with following(signed_in) as views:
        ask(signed_in)
        view = views.wait(has_health("cooling"), "it cools")
        assert isinstance(key_of(view, "work")["until"], float)
        views.wait(has_health("ok"), "it is well again")


def test_clearing_cooldowns_shows_at_once(signed_in, sim):
    """The picker's own action, too, is seen by the event."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
    with following(signed_in) as views:
        ask(signed_in)
        views.wait(has_health("cooling"), "it cools")
        done = actions_of(signed_in).clear_cooldowns("work")
        assert (done.ok, done.message) == (True, "ended 1 cooldown of work")
        views.wait(has_health("ok"), "it is well again")


def test_signing_in_and_out(daemon, sim):
    """The models of the provider follow, and its list is fetched."""
    actions = actions_of(daemon)
    sim.behave(models={"openai": ["only-here"]})
    with following(daemon) as views:
        done = actions.sign_in("work", f"  {KEY}\n")
        assert done.ok, done.message
        view = views.wait(has_state("authenticated"), "it is signed in")
        views.wait(
            lambda view: any(row["model"] == "only-here" for row in view.models),
            "its list was fetched",
        )
        done = actions.sign_out("work")
        assert done.message == "removed 1 key of work"
        view = views.wait(has_state("not_configured"), "it is signed out")
        assert marks_of(view, "work") == {Mark.NOT_CONFIGURED}


def test_a_refused_key_is_not_stored_and_the_old_one_stays(signed_in):
    """The view does not change, and no text has either key."""
    with following(signed_in) as views:
        done = actions_of(signed_in).sign_in("work", OTHER)
        assert done.ok is False
        assert KEPT in done.message
        assert OTHER not in repr(done)
        assert key_of(views.latest, "work")["state"] == "authenticated"
    assert ask(signed_in).returncode == 0
    assert OTHER not in signed_in.everything_written()


def test_a_test_of_a_key(signed_in, sim):
    """It is checked live, and the row has the result."""
    actions = actions_of(signed_in)
    assert actions.test("work").message == "work: the key works"
    sim.keys.revoke("openai", KEY)
    with following(signed_in) as views:
        done = actions.test("work")
        assert (done.ok, "refused" in done.message) == (False, True)
        views.wait(has_state("rejected"), "the row has the result")


def test_the_default_changes_and_comments_stay(signed_in):
    """By the picker or another program; the row of the new default has the mark."""
    before = signed_in.config_file.read_text()
    signed_in.config_file.write_text(f"# mine\n{before}")
    with following(signed_in) as views:
        done = actions_of(signed_in).choose_default("work/gpt-5.5")
        assert (done.ok, done.message) == (True, "work/gpt-5.5 is now the default model")
        view = views.wait(lambda view: view.default == "work/gpt-5.5", "it is the default")
        assert [row["model"] for row in view.models if row.get("is_default")] == ["gpt-5.5"]
        text = signed_in.config_file.read_text()
        assert "# mine\n" in text
        assert "# A developer's own Ollama" in text
        signed_in.cli("models", "use", "chain")
        views.wait(lambda view: view.default == "chain", "another program changes it")
        assert actions_of(signed_in).choose_default("no-such/model").ok is False


def test_a_default_is_written_while_another_program_changes_the_file(signed_in):
    """Both changes survive, or the outcome says that nothing was written."""
    is_over = threading.Event()

    def edit():
        """Replace the file again and again, as an editor that saves."""
        for number in itertools.count():
            if is_over.is_set():
                return
            text = signed_in.config_file.read_text()
            lines = [line for line in text.splitlines() if not line.startswith("# save")]
            new = signed_in.config_file.with_name("new.toml")
            new.write_text("\n".join([f"# save {number}", *lines, ""]))
            if signed_in.config_file.read_text() == text:
                new.replace(signed_in.config_file)

    thread = threading.Thread(target=edit)
    thread.start()
    try:
        names = ["chain", "work/gpt-5.5"] * 4
        done = [actions_of(signed_in).choose_default(name) for name in names]
    finally:
        is_over.set()
        thread.join()
    for each in done:
        assert each.ok or "changed by another program" in each.message
    text = signed_in.config_file.read_text()
    assert "# save" in text
    assert "# A developer's own Ollama" in text
    assert actions_of(signed_in).choose_default("work/gpt-5.5").ok
    assert "# A developer's own Ollama" in signed_in.config_file.read_text()


def test_a_changed_configuration_shows_by_itself(signed_in):
    """A new provider appears; an invalid file is reported with its problem."""
    text = signed_in.config_file.read_text()
    with following(signed_in) as views:
        signed_in.config_file.write_text(
            text + '\n[models.quick]\nroutes = ["work/gpt-5.5-mini"]\n'
        )
        views.wait(
            lambda view: any(row["name"] == "quick" for row in view.aliases), "the alias is there"
        )
        signed_in.config_file.write_text(text + "\n[models.quick]\nnonsense = 1\n")
        view = views.wait(lambda view: view.config.get("ok") is False, "the problem is there")
        assert "nonsense" in str(view.config["problem"])
        signed_in.config_file.write_text(text)
        views.wait(lambda view: view.config.get("ok") is True, "it is well again")


def test_a_refreshed_list_shows_new_models(signed_in, sim):
    """Of this provider only; the others are not sent again."""
    with following(signed_in) as views:
        sim.behave(models={"openai": ["brand-new"]})
        done = actions_of(signed_in).refresh("work")
        assert (done.ok, done.message) == (True, "updated 1 list of models")
        view = views.wait(
            lambda view: any(row["model"] == "brand-new" for row in view.models), "it is there"
        )
        assert {row["provider"] for row in view.models} > {"work"}


def test_a_limit_that_is_reached_shows(signed_in):
    """With the spend of today and of the month."""
    signed_in.config_file.write_text(signed_in.config_file.read_text() + LIMIT)
    with following(signed_in) as views:
        views.wait(lambda view: len(view.limits) == 1, "the limit is there")
        assert ask(signed_in).returncode == 0
        views.wait(lambda view: view.limits[0].get("share") == 1.0, "the limit is reached")
        view = views.wait(lambda view: "work" in view.spend_today, "the request is counted")
        assert view.spend_today["work"]["requests"] == 1
        assert view.spend_month["work"]["requests"] == 1


def test_the_last_error_is_known_although_the_picker_was_opened_later(signed_in, sim):
    """With its time and in the provider's words, without the key."""
    sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=1))
    ask(signed_in)
    with following(signed_in) as views:
        latest = views.latest.last_errors["work"]
    assert (latest["outcome"], latest["model"]) == ("rate_limited", "gpt-5.5")
    assert isinstance(latest["at"], float)
    assert "429" in str(latest["message"])


def test_who_would_answer_now(signed_in):
    """For an alias with a fallback chain."""
    done = actions_of(signed_in).explain("chain")
    assert done.message == "work/gpt-5.5 would answer now"
    assert [row["provider"] for row in done.data["skipped"]] == ["spare"]
