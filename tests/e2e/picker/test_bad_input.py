"""Bad input through the real program: terminals that can do little, and a daemon of the future."""

import pytest

from helpers.daemon.cli_daemon import CliDaemon

KEY = "canary-work-0123456789abcdef"
ROW = {"provider": "work", "key": "default", "state": "authenticated", "health": "ok"}
MODEL = {"provider": "work", "model": "gpt-5.5", "state": "authenticated"}
ANSWERS = {
    "models.list": {"models": [MODEL], "aliases": [], "lists": [], "default": "work/gpt-5.5"},
    "auth.status": {"rows": [ROW]},
    "status": {"providers": [], "default": {"candidates": []}, "config": {"ok": True}},
    "limits.status": {"limits": []},
    "usage.report": {"rows": []},
}


def test_first_run_and_choice_in_twenty_columns_and_five_rows(daemon, terminal):
    """There is room for the steps, the dialog and the list, one after the other."""
    with terminal("models", columns=20, rows=5) as screen:
        screen.wait_for("> Sign in to")
        screen.send("\r")
        screen.wait_for("─ Sign in to")
        screen.send(f"{KEY}\r")
        screen.wait_for("✓")
        screen.send("\r")
        screen.wait_for("> ✓")
        screen.send("gpt-5.5-mini")
        screen.wait_for("Matches")
        screen.send("\r")
        assert screen.wait() == 0
        assert screen.modes() == set()
        assert screen.settings() == screen.settings_before
        assert b"canary" not in screen.raw
    assert 'default_model = "work/gpt-5.5-mini"' in daemon.config_file.read_text()


@pytest.mark.parametrize("environ", [{"LC_ALL": "C"}, {"TERM": "dumb"}], ids=["ASCII", "dumb"])
def test_terminal_that_cannot_draw_gets_the_numbered_list(daemon, terminal, environ):
    """The same models can be chosen there, by number."""
    daemon.login("work", KEY)
    with terminal("models", environ=environ) as screen:
        screen.wait_for("work/gpt-5.5-mini")
        screen.send("work/gpt-5.5-mini\r")
        assert screen.wait() == 0
        assert b"\x1b[?1049h" not in screen.raw
    assert 'default_model = "work/gpt-5.5-mini"' in daemon.config_file.read_text()


def test_no_colours(daemon, terminal):
    """With NO_COLOR no colour is sent, and the states are still there by symbol and word."""
    daemon.login("work", KEY)
    with terminal("models", columns=120, rows=35, environ={"NO_COLOR": "1"}) as screen:
        screen.wait_for("work  ✓ ready", "○ ▸ anthropic  not signed in")
        screen.send("\x03")
        screen.wait()
        for colour in (b"\x1b[31m", b"\x1b[32m", b"\x1b[33m", b"\x1b[38;"):
            assert colour not in screen.raw


def test_events_of_an_unknown_kind(home, terminal):
    """A later daemon may send them; the list stays, and follows the events that are known."""
    with CliDaemon() as fake:
        subscribed = []

        def subscribe(session, msgid, params):
            subscribed.append(session)
            return {"snapshot": {"auth": [ROW], "provider": [], "config": {"ok": True}}}

        fake.answers.update({**ANSWERS, "events.subscribe": subscribe})
        with terminal("models", columns=120, rows=35, environ=fake.environ) as screen:
            screen.wait_for("work  ✓ ready", "> ✓")
            (session,) = subscribed
            fake.answers["auth.status"] = {"rows": [{**ROW, "state": "quantum"}]}
            session.event("weather", wind=3, provider="work")
            session.event("auth", provider="work", state="quantum", key="default")
            screen.wait_for("state 'quantum'")
            session.event("provider", provider=7, health=["?"])
            session.event("auth", **{**ROW, "state": "rejected"})
            fake.answers["auth.status"] = {"rows": [{**ROW, "state": "rejected"}]}
            screen.wait_for("work  ✗ refused")
            screen.send("\x03")
            assert screen.wait() == 130
