"""`aircher-cli models` and `aircher-cli models pick`."""

import json

import pytest

from aircher_cli.exit_codes import INTERRUPTED, OK, USAGE
from aircher_cli.picker import run
from aircher_cli.picker.live.outcome import Outcome
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon

MODELS = {
    "models": [{"provider": "openai", "model": "gpt-5.5", "state": "authenticated"}],
    "aliases": [],
    "lists": [],
}
DONE = Outcome(
    True,
    "openai/gpt-5.5 is now the default model",
    {"model": "openai/gpt-5.5", "file": "/home/me/.aircher/config.toml"},
)
TERMINAL = {"TERM": "xterm", "LANG": "C.UTF-8"}


@pytest.fixture
def picks(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The picker's place is taken: it notes its arguments and chooses a model."""
    calls: list[dict[str, object]] = []

    def pick(context: object, **options: object) -> run.Choice:
        calls.append(options)
        return run.Choice("openai/gpt-5.5", DONE)

    monkeypatch.setattr(run, "pick_on_screen", pick)
    monkeypatch.setattr(run, "can_draw", lambda _: True)
    return calls


@pytest.mark.parametrize("words", [["models"], ["models", "pick"]], ids=" ".join)
def test_terminal_opens_the_picker(
    daemon: CliDaemon, picks: list[dict[str, object]], words: list[str]
) -> None:
    """On a terminal both open the picker, and say what was written."""
    done = run_cli(daemon.environ | TERMINAL, *words, terminal=True)
    expected = "✓ openai/gpt-5.5 is now the default, in /home/me/.aircher/config.toml"
    assert expected in " ".join(done.out.replace("\x1b[0m", "").replace("\x1b[32m", "").split())
    assert done.code == OK
    assert picks == [{"chooses_default": True, "all_models": False}]


def test_all_is_passed_on(daemon: CliDaemon, picks: list[dict[str, object]]) -> None:
    """`--all` starts with nothing folded."""
    run_cli(daemon.environ | TERMINAL, "models", "pick", "--all", terminal=True)
    assert picks == [{"chooses_default": True, "all_models": True}]


def test_json_prints_the_choice(daemon: CliDaemon, picks: list[dict[str, object]]) -> None:
    """`models pick --json` prints the choice and the file, after the picker has closed."""
    done = run_cli(daemon.environ | TERMINAL, "models", "pick", "--json", terminal=True)
    assert DONE.data == json.loads(done.out)


@pytest.mark.parametrize(
    ("words", "stdin", "terminal"),
    [
        (["models"], None, False),
        (["models"], "", True),
        (["models", "--json"], None, True),
        (["models", "--json"], "", False),
        (["models", "--all"], None, False),
    ],
)
def test_models_without_a_terminal_prints_the_list(
    daemon: CliDaemon,
    picks: list[dict[str, object]],
    words: list[str],
    stdin: str | None,
    terminal: bool,
) -> None:
    """In a pipe, and with `--json`, `models` prints what `models list` prints."""
    daemon.answers["models.list"] = MODELS
    environ = daemon.environ | TERMINAL
    found = run_cli(environ, *words, stdin=stdin, terminal=terminal)
    expected = run_cli(environ, "models", "list", *words[1:], stdin=stdin, terminal=terminal)
    assert (OK, expected.out) == (found.code, found.out)
    assert "gpt-5.5" in found.out
    assert picks == []


@pytest.mark.parametrize(
    ("words", "terminal", "out"),
    [
        (["--json"], True, '{"model": "work/a"}\n'),
        (["--json"], False, '{"model": "work/a"}\n'),
        ([], False, "work/a\n"),
    ],
)
def test_the_numbered_list_is_not_mixed_with_the_choice(
    daemon: CliDaemon, words: list[str], terminal: bool, out: str
) -> None:
    """A program reads the output, so the list is on standard error, wherever that leads."""
    daemon.answers |= {
        "events.subscribe": {"snapshot": {}},
        "status": {"config": {"ok": True}},
        "auth.status": {"rows": [{"provider": "work", "key": "k", "state": "authenticated"}]},
        "models.list": {"models": [{"provider": "work", "model": "a", "state": "authenticated"}]},
        "limits.status": {"limits": []},
        "models.use": {"model": "work/a"},
    }
    done = run_cli(
        daemon.environ, "models", "pick", "--plain", *words, stdin="1\n", terminal=terminal
    )
    assert (done.code, done.out) == (OK, out)
    assert "1. work/a" in done.err


def test_pick_without_a_terminal_is_refused(daemon: CliDaemon) -> None:
    """A script that cannot choose learns what it can do instead."""
    done = run_cli(daemon.environ, "models", "pick", stdin="")
    assert done.code == USAGE
    assert "needs a terminal" in done.err
    assert "aircher-cli models use MODEL" in done.err


@pytest.mark.parametrize(("words", "code"), [(["models"], OK), (["models", "pick"], 1)])
def test_leaving_without_a_choice(
    monkeypatch: pytest.MonkeyPatch,
    daemon: CliDaemon,
    picks: list[dict[str, object]],
    words: list[str],
    code: int,
) -> None:
    """Looking at the models is no failure; `models pick` says that nothing was chosen."""
    monkeypatch.setattr(run, "pick_on_screen", lambda context, **options: None)
    done = run_cli(daemon.environ | TERMINAL, *words, terminal=True)
    assert (code, "", "") == (done.code, done.out, done.err)


def test_interrupt_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, daemon: CliDaemon, picks: list[dict[str, object]]
) -> None:
    """Ctrl-C in the picker is exit code 130, without a message."""

    def interrupt(context: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "pick_on_screen", interrupt)
    done = run_cli(daemon.environ | TERMINAL, "models", terminal=True)
    assert (done.code, done.out, done.err) == (INTERRUPTED, "", "")
