"""What the user does: the call, the outcome, and that a key appears nowhere."""

import pytest

from aircher_cli.exit_codes import CommandFailed
from aircher_cli.picker.live.actions import KEPT, MAX_KEY, Actions, NotAKey, clean_key
from aircher_cli.picker.live.outcome import NOT_RUNNING
from aircher_client import Client, DaemonUnreachable
from helpers.daemon.cli_daemon import Refusal

KEY = "sk-canary-0123456789abcdef"


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {KEY}\n",
        f"\r\n\t{KEY}\r\n\r\n",
        f"\x1b[200~{KEY}\n\x1b[201~",
        f"\ufeff{KEY}\u200b \u200b",
        f"\u00a0{KEY}\u2003",
    ],
)
def test_what_a_paste_adds_around_a_key_is_removed(pasted):
    """White space, newlines, marks of the terminal, characters without a width."""
    assert clean_key(pasted) == KEY


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\x1b[200~\x1b[201~", "empty"),
        (f"{KEY} {KEY}", "white space"),
        (f"{KEY}\n{KEY}", "white space"),
        (f"export KEY={KEY} # mine", "white space"),
        (f"sk\x00{KEY}", "control character"),
        (f"sk\x1b[A{KEY}", "control character"),
        (f"sk\u200b{KEY}", "control character"),
        (f"{KEY}é", "ASCII"),
        ("x" * (MAX_KEY + 1), "whole file"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_a_sentence(pasted, problem):
    """The sentence does not repeat it."""
    with pytest.raises(NotAKey, match=problem) as caught:
        clean_key(pasted)
    assert KEY not in str(caught.value)


@pytest.fixture
def actions(daemon):
    def connect(**options):
        return Client.connect(daemon.environ, **options)

    return Actions(connect)


@pytest.mark.parametrize(
    ("name", "arguments", "method", "params"),
    [
        ("choose_default", ("a/m",), "models.use", {"model": "a/m"}),
        ("refresh", (), "models.refresh", {}),
        ("refresh", ("a",), "models.refresh", {"provider": "a"}),
        ("explain", ("fast",), "route.explain", {"model": "fast"}),
        ("sign_in", ("a", f" {KEY}\n"), "auth.login", {"provider": "a", "key": KEY}),
        (
            "sign_in",
            ("a", KEY, "work"),
            "auth.login",
            {"provider": "a", "key": KEY, "label": "work"},
        ),
        ("sign_out", ("a",), "auth.logout", {"provider": "a"}),
        ("sign_out", ("a", "work"), "auth.logout", {"provider": "a", "label": "work"}),
        ("test", ("a",), "auth.test", {"provider": "a"}),
        ("import_keys", ({"A": KEY},), "auth.import", {"variables": {"A": KEY}}),
        ("clear_cooldowns", ("a",), "cooldowns.clear", {"provider": "a"}),
    ],
)
def test_each_action_is_one_call(request, actions, name, arguments, method, params):  # noqa: PLR0917 - a table
    """On a connection of its own, which is closed afterwards; a refusal is an outcome."""
    daemon = request.getfixturevalue("daemon")
    daemon.answers[method] = {"model": "a/m"}
    getattr(actions, name)(*arguments)
    assert daemon.params_of(method) == params
    assert daemon.methods == [method]
    del daemon.answers[method]
    found = getattr(actions, name)(*arguments)
    assert (found.ok, found.message) == (False, f"no method {method}")
    assert all(session.is_closed.wait(20) for session in daemon.sessions)


def test_an_action_without_a_daemon_is_an_outcome():
    """No daemon is started: the user may have stopped it."""
    autostart = []

    def connect(**options):
        autostart.append(options["autostart"])
        raise DaemonUnreachable("aircherd is not running: no process listens on /s")

    found = Actions(connect).choose_default("a/m")
    assert (found.ok, found.message, autostart) == (False, NOT_RUNNING, [False])


def test_a_sign_in_says_which_key_is_stored(daemon, actions):
    """Masked, as the daemon does."""
    daemon.answers["auth.login"] = {"provider": "a", "masked": "sk-…cdef", "state": "authenticated"}
    found = actions.sign_in("a", KEY)
    assert (found.ok, found.message) == (True, "signed in to a with the key sk-…cdef")
    assert found.data["state"] == "authenticated"


@pytest.mark.parametrize(
    ("rows", "label", "kept"),
    [
        ([{"provider": "a", "key": "default"}], None, True),
        ([{"provider": "a", "key": "default"}], "work", False),
        ([{"provider": "a", "key": "work"}], "work", True),
        ([{"provider": "b", "key": "default"}], None, False),
        ([{"provider": "a"}], None, False),
        ([{"provider": "a", "key": "env:A_KEY"}], None, False),
    ],
)
def test_a_refused_key_says_why_and_that_the_old_one_was_kept(daemon, actions, rows, label, kept):
    """If there was one with this label; and it does not say the key."""

    def refuse(session, msgid, params):
        raise Refusal("auth_rejected", f"a refused the key {params['key']}: 401.")

    daemon.answers["auth.login"] = refuse
    daemon.answers["auth.status"] = {"rows": rows}
    found = actions.sign_in("a", KEY, label)
    assert found.ok is False
    assert found.message.startswith("a refused the key (the key): 401.")
    assert (KEPT in found.message) is kept
    assert KEY not in repr(found)


def test_a_lost_connection_after_a_refusal_keeps_the_reason(daemon, actions):
    """Whether there was a key stored is unknown then."""

    def refuse(session, msgid, params):
        raise Refusal("auth_rejected", "a refused the key")

    def leave(session, msgid, params):
        session.sock.shutdown(2)
        raise Refusal("internal", "gone")

    daemon.answers |= {"auth.login": refuse, "auth.status": leave}
    assert actions.sign_in("a", KEY).message == "a refused the key"


def test_what_is_no_key_is_not_sent(daemon, actions):
    """The daemon would refuse it, too."""
    found = actions.sign_in("a", f"{KEY} {KEY}")
    assert (found.ok, daemon.methods) == (False, [])
    assert KEY not in repr(found)


def test_the_daemon_is_started_as_the_user_asked(daemon, actions):
    """By what is given for it, or by a connection."""
    daemon.answers["ping"] = {}
    assert actions.start_daemon().ok
    started = []
    assert Actions(lambda **_: None, lambda: started.append(1)).start_daemon().ok
    assert started == [1]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DaemonUnreachable("aircherd could not start; its log is /l\nboom"), "aircherd could not"),
        (CommandFailed("the service does not start"), "the service does not start"),
    ],
)
def test_a_daemon_that_cannot_be_started_is_an_outcome(error, message):
    """It says why."""

    def start():
        raise error

    found = Actions(lambda **_: None, start).start_daemon()
    assert found.ok is False
    assert found.message.startswith(message)
    assert repr(Actions(lambda **_: None, start)) == "<Actions>"
