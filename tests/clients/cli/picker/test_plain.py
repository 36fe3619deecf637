import time
from io import StringIO

import pytest

from aircher_cli.commands.auth import key_input
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.exit_codes import CommandFailed
from aircher_cli.picker.plain import MAX_INPUT, fetch_view, run_plain
from aircher_cli.picker.view.preferences import load_preferences
from aircher_client import Client
from helpers.daemon.cli_daemon import CliDaemon, refuses
from helpers.picker.views import a_key, a_model

MODELS = [
    a_model("a/one"),
    a_model("a/two"),
    a_model("a/embed", chats=False),
    a_model("b/closed", prices={"input": "1", "output": "2"}),
]


class Terminal(StringIO):
    """A terminal without a cursor."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def plain(daemon: CliDaemon):
    """Return a function that runs the picker with typed lines; its result, and the output."""
    keys = [a_key("a"), a_key("b", "not_configured", keys_page="https://b/keys")]
    daemon.answers |= {
        "events.subscribe": {"snapshot": {"provider": []}},
        "status": {"default": {"candidates": ["a/one"]}, "config": {"ok": True}},
        "auth.status": {"rows": keys, "environment": []},
        "models.list": {"models": MODELS, "default": "a/one", "aliases": [], "lists": []},
        "limits.status": {"limits": []},
        "models.use": {"model": "a/two", "file": str(daemon.home / ".aircher/config.toml")},
    }

    def run(*typed: str, stdin: type[StringIO] = Terminal, **options: object):
        out = StringIO()
        environ = {**daemon.environ, "XDG_STATE_HOME": str(daemon.home / "state")}
        lines = stdin("".join(f"{line}\n" for line in typed))
        context = Context(Console(out, StringIO(), environ), environ, lines)
        return run_plain(context, **options), out.getvalue()

    return run


def test_a_number_chooses_a_model(plain, daemon):
    """It becomes the default, and one of the recent models."""
    name, out = plain("2")
    assert name == "a/two"
    assert daemon.params_of("models.use") == {"model": "a/two"}
    assert out.endswith("a/two is now the default model, in ~/.aircher/config.toml.\n")
    environ = {**daemon.environ, "XDG_STATE_HOME": str(daemon.home / "state")}
    assert load_preferences(environ).recent == ("a/two",)


def test_a_name_chooses_a_model(plain):
    """Exactly as `-m` takes it."""
    assert plain("a/two")[0] == "a/two"


def test_a_text_searches(plain):
    """Its matches are numbered from 1 again."""
    name, out = plain("two", "1")
    assert name == "a/two"
    assert "Matches:\n1. a/two, ready, price unknown\n" in out


def test_enter_leaves(plain, daemon):
    """Nothing is chosen."""
    assert plain("")[0] is None
    assert "models.use" not in daemon.methods


def test_the_end_of_the_input_leaves(plain):
    """As for a closed pipe."""
    name, out = plain(stdin=StringIO)
    assert name is None
    assert "1. a/one, price unknown, the default\n" in out


def test_all_models_can_be_listed(plain):
    """Those that are folded too."""
    out = plain("*", "")[1]
    assert "3. a/embed, price unknown, does not chat\n" in out
    assert "4. b/closed, 1 dollar in, 2 dollars out\n" in out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("99", "There is no number 99; the last list has 2.\n"),
        ("0", "There is no number 0; the last list has 2.\n"),
        ("xyz", "Nothing matches.\n"),
        ("nowhere/model", "Nothing matches.\n"),
        ("a/embed", "a/embed does not chat; choose another model.\n"),
    ],
)
def test_what_cannot_be_chosen_is_said(plain, daemon, typed, said):
    """And asked again."""
    name, out = plain(typed, "")
    assert name is None
    assert said in out
    assert "models.use" not in daemon.methods


def test_a_long_list_goes_on(plain, daemon):
    """The numbers go on too, and any number of the list can be chosen."""
    models = [a_model(f"a/m{n}") for n in range(90, 0, -1)]
    daemon.answers["models.list"] = {"models": models, "default": ""}
    name, out = plain("+", "+", "+", "50")
    assert name == "a/m41"
    assert "41. a/m50, price" in out
    assert out.count("That was the whole list.") == 1


def test_without_a_default_to_choose_only_the_name_is_returned(plain, daemon):
    """For `models pick`, and for a chat that goes on with it."""
    assert plain("1", chooses_default=False)[0] == "a/one"
    assert "models.use" not in daemon.methods


def test_a_sign_in_is_offered(plain, daemon, monkeypatch):
    """The key is hidden, and sent only after a yes."""
    monkeypatch.setattr(key_input, "ask_hidden", lambda _prompt: " sk-secret \n")
    daemon.answers["auth.login"] = a_key("b")
    name, out = plain("b/closed", "y")
    assert name == "b/closed"
    assert daemon.params_of("auth.login") == {"provider": "b", "key": "sk-secret"}
    assert "b is not signed in: no key is stored for it.\n" in out
    assert "Keys are created at https://b/keys\n" in out
    assert "signed in to b with the key" in out
    assert "sk-secret" not in out


def test_a_provider_without_models_can_be_signed_in_to(plain, daemon, monkeypatch):
    """Its name is enough; a custom provider has no list before."""
    monkeypatch.setattr(key_input, "ask_hidden", lambda _prompt: "sk-secret")
    daemon.answers["models.list"] = {"models": []}
    daemon.answers["auth.login"] = a_key("b")
    assert "signed in to b with the key" in plain("b", "y", "")[1]


def test_a_model_on_no_list_can_be_used(plain, daemon):
    """A provider may know models that it does not list."""
    name, out = plain("a/unlisted", "y")
    assert name == "a/unlisted"
    assert "a lists no such model; it may know it nevertheless.\n" in out
    assert daemon.params_of("models.use") == {"model": "a/unlisted"}


def test_what_is_typed_is_not_repeated(plain):
    """It may be a key."""
    assert "sk-ant-secret" not in plain("sk-ant-secret", "")[1]


def test_a_refused_key_is_replaced_under_its_label(plain, daemon, monkeypatch):
    """Another label would keep the refused key."""
    monkeypatch.setattr(key_input, "ask_hidden", lambda _prompt: "sk-secret")
    rows = [a_key("a"), a_key("b", "rejected", key="work")]
    daemon.answers["auth.status"] = {"rows": rows, "environment": []}
    daemon.answers["auth.login"] = a_key("b", key="work")
    assert plain("b/closed", "y")[0] == "b/closed"
    assert daemon.params_of("auth.login")["label"] == "work"


@pytest.mark.parametrize("answer", ["", "n", "what"])
def test_a_sign_in_can_be_declined(plain, daemon, answer):
    """Anything but a yes."""
    assert plain("b/closed", answer, "")[0] is None
    assert "auth.login" not in daemon.methods


def test_a_refused_sign_in_says_why(plain, daemon, monkeypatch):
    """Nothing is chosen then."""
    monkeypatch.setattr(key_input, "ask_hidden", lambda _prompt: "sk-secret")
    daemon.answers["auth.login"] = refuses("auth_rejected", "b refused the key")
    name, out = plain("b/closed", "y", "")
    assert name is None
    assert "b refused the key.\n" in out


def test_an_empty_key_is_no_sign_in(plain, daemon, monkeypatch):
    """Enter at the prompt for the key goes back."""
    monkeypatch.setattr(key_input, "ask_hidden", lambda _prompt: "")
    name, out = plain("b/closed", "y", "")
    assert name is None
    assert "the key is empty" in out
    assert "auth.login" not in daemon.methods


def test_no_key_is_asked_for_where_the_daemon_is_elsewhere(plain, daemon):
    """It would refuse it."""
    daemon.answers["status"] = {**daemon.answers["status"], "config": {"file": ""}}
    name, out = plain("b/closed", "")
    assert name is None
    assert "The daemon is on another machine, and takes no keys from this one.\n" in out
    assert "Type y" not in out


def test_no_key_is_read_from_a_pipe(plain, daemon):
    """The next answer is no key; what to do is said."""
    name, out = plain("b/closed", "", stdin=StringIO)
    assert name is None
    assert "What to do: sign in: aircher-cli auth login b\n" in out


def test_a_cooling_model_can_be_chosen(plain, daemon):
    """It is said why it does not answer now."""
    rows = [a_key("a", health="cooling", health_reason="slow down")]
    daemon.answers["auth.status"] = {"rows": rows, "environment": []}
    name, out = plain("1")
    assert name == "a/one"
    assert "a is cooling: slow down.\n" in out


def test_a_choice_sees_the_latest_state(plain, daemon):
    """Another terminal may have signed in meanwhile."""
    before, after = ([a_key("a"), a_key("b", state)] for state in ("not_configured", "unverified"))
    answers = iter([before, after])
    daemon.answers["auth.status"] = lambda *_: {"rows": next(answers), "environment": []}
    assert plain("b/closed")[0] == "b/closed"
    assert "auth.login" not in daemon.methods


def test_a_default_that_cannot_be_written_is_said(plain, daemon):
    """The list stays."""
    daemon.answers["models.use"] = refuses("config_invalid", "line 3 is wrong")
    name, out = plain("1", "")
    assert name is None
    assert "line 3 is wrong.\n" in out


def test_a_pasted_text_is_one_answer(plain):
    """What is beyond the bound is discarded, and does not answer the next questions."""
    out = plain("x" * (3 * MAX_INPUT), "")[1]
    assert out.count("Nothing matches") == 1


def test_a_damaged_input_fails(plain, daemon):
    """With a message, not a traceback."""

    class Broken(Terminal):
        def readline(self, *_: object) -> str:
            raise OSError(5, "Input/output error")

    with pytest.raises(CommandFailed, match="cannot read standard input"):
        plain(stdin=Broken)


def test_a_view_without_limits_is_fetched_too(daemon, plain):
    """An invalid configuration has no limits, but it has a list."""
    daemon.answers["limits.status"] = refuses("config_invalid", "wrong")
    with Client.connect(daemon.environ, autostart=False) as client:
        view = fetch_view(client)
    assert (view.link, len(view.models), view.limits) == ("connected", 4, ())


def test_one_cooling_model_does_not_stop_the_others(daemon, plain):
    """As on the full screen: the row of the key has the worst health that any model has."""
    ill = {"health": "cooling", "health_reason": "one: slow down", "until": time.time() + 600}
    cooling = [{"provider": "a", **ill}, {"provider": "a", "key": "default", "model": "one", **ill}]
    daemon.answers["events.subscribe"] = {"snapshot": {"provider": cooling}}
    daemon.answers["auth.status"] = {"rows": [a_key("a") | ill], "environment": []}
    out = plain("")[1]
    assert "a/one, cooling, price unknown, ready again in 10 min" in out
    assert "a/two, price unknown\n" in out
