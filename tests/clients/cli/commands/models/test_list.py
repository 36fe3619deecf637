"""`aircher-cli models list`."""

import json
import os
import pty
from pathlib import Path

import pytest

from aircher_cli.__main__ import run
from aircher_cli.commands.models.list import select_models
from aircher_cli.console import Console
from aircher_cli.context import Context
from helpers.daemon.cli import run_cli
from helpers.daemon.cli_daemon import CliDaemon, Map

SONNET: Map = {
    "provider": "anthropic",
    "model": "claude-sonnet-5",
    "tools": True,
    "images": True,
    "state": "authenticated",
    "is_default": True,
}
GPT: Map = {"provider": "openai", "model": "gpt-5.5", "tools": True, "state": "not_configured"}
LLAMA: Map = {"provider": "ollama", "model": "llama3.2", "state": "not_required"}


def listed(daemon: CliDaemon, *models: Map, lists: object = ()) -> None:
    daemon.answers["models.list"] = {"models": list(models), "aliases": [], "lists": list(lists)}  # type: ignore[call-overload]


OLD: Map = {**SONNET, "model": "claude-2", "released": "2023-07", "is_default": False}
VECTORS: Map = {**LLAMA, "model": "nomic-embed-text", "chats": False}
GONE: Map = {**LLAMA, "health": "unreachable"}
COOLING: Map = {**SONNET, "health": "rate_limited"}


@pytest.mark.parametrize(
    ("models", "options", "expected"),
    [
        ([SONNET, GPT, LLAMA], {}, [SONNET, LLAMA]),
        ([SONNET, GPT, LLAMA], {"every": True}, [SONNET, GPT, LLAMA]),
        ([GPT], {}, []),
        ([GPT], {"is_narrowed": True}, [GPT]),
        ([GPT], {"is_narrowed": True, "signed_in": True}, []),
        ([SONNET, OLD, VECTORS], {}, [SONNET]),
        ([SONNET, OLD, VECTORS], {"every": True}, [SONNET, OLD, VECTORS]),
        ([VECTORS], {}, []),
        ([VECTORS], {"is_narrowed": True}, [VECTORS]),
        ([OLD], {}, [OLD]),
        ([{**OLD, "is_default": True}, SONNET], {}, [{**OLD, "is_default": True}, SONNET]),
        ([SONNET, GONE], {}, [SONNET]),
        ([GONE], {}, [GONE]),
        ([COOLING, LLAMA], {}, [COOLING, LLAMA]),
    ],
)
def test_choose(models: list[Map], options: dict[str, bool], expected: list[Map]) -> None:
    """What can answer now, of that what one would choose; the rest if it is asked for."""
    assert expected == select_models(models, **options)


def test_what_is_left_out_is_counted(daemon: CliDaemon) -> None:
    """The table on standard output, how to see more on standard error."""
    listed(daemon, SONNET, GPT, LLAMA)
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.out.splitlines() == [
        "✓ anthropic/claude-sonnet-5 *  ?  ?  tools images",
        "⌂ ollama/llama3.2              ?  ?  ?",
    ]
    assert outcome.err == "1 more model (not signed in): show it with --all\n"
    assert outcome.code == 0


def test_each_reason_is_named_once(daemon: CliDaemon) -> None:
    """Why models are left out, whatever their number."""
    listed(daemon, SONNET, GPT, OLD, {**VECTORS, "model": "a"}, VECTORS, GONE)
    assert run_cli(daemon.environ, "models", "list").err == (
        "5 more models (not signed in; unreachable; not for chat, or old): show them with --all\n"
    )


def test_a_model_that_does_not_chat_says_so(daemon: CliDaemon) -> None:
    """It is not one without abilities, nor one of which nothing is known."""
    listed(daemon, VECTORS)
    outcome = run_cli(daemon.environ, "models", "list", "embed")
    assert outcome.out == "⌂ ollama/nomic-embed-text  ?  ?  does not chat\n"


def test_filters(daemon: CliDaemon) -> None:
    """Names are the daemon's to compare; abilities are compared here, and unknown ones reported."""
    listed(daemon, SONNET, GPT, LLAMA)
    words = ("--tools", "--images", "--provider", "x", "--all", "son", "5")
    outcome = run_cli(daemon.environ, "models", "list", *words)
    assert outcome.out == "✓ anthropic/claude-sonnet-5 *  ?  ?  tools images\n"
    assert outcome.err == "2 models left out: their abilities are unknown\n"
    assert daemon.params_of("models.list") == {"provider": "x", "query": "son 5", "all": True}


def test_no_provider_is_signed_in(daemon: CliDaemon) -> None:
    """A newcomer sees what to do, and how to see what there is; no hundreds of rows."""
    listed(daemon, GPT)
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.out == ""
    assert outcome.err == "1 model (not signed in): show it with --all\n"
    assert run_cli(daemon.environ, "models", "list", "--all").out.startswith("○ openai/gpt-5.5")


def test_a_provider_that_is_named_is_shown_without_a_sign_in(daemon: CliDaemon) -> None:
    """With what to do first."""
    listed(daemon, GPT)
    outcome = run_cli(daemon.environ, "models", "list", "--provider", "openai")
    assert outcome.out.startswith("○ openai/gpt-5.5")
    assert outcome.err == "you are not signed in to openai: aircher-cli auth login openai\n"


@pytest.mark.parametrize("state", ["rejected", "locked", "refused"])
def test_a_key_that_cannot_be_used_is_not_called_a_missing_one(
    daemon: CliDaemon, state: str
) -> None:
    """The user is signed in, but another key is needed, or an unlocked keyring."""
    listed(daemon, SONNET, {**GPT, "state": state})
    outcome = run_cli(daemon.environ, "models", "list")
    assert outcome.err == "1 more model (its key cannot be used): show it with --all\n"


@pytest.mark.parametrize(
    ("words", "is_advised"), [((), True), (("gpt",), False), (("--provider", "lab"), False)]
)
def test_no_model_is_known_without_a_key(
    daemon: CliDaemon, words: tuple[str, ...], is_advised: bool
) -> None:
    """A newcomer with servers that only list models for a key sees what to do."""
    listed(daemon)
    needed = {"provider": "lab", "state": "not_configured", "needed": True}
    command = {"command": "aircher-cli auth login lab"}
    daemon.answers["route.explain"] = {"sign_in": {"providers": [needed | command]}}
    outcome = run_cli(daemon.environ, "models", "list", *words)
    assert ("aircher-cli auth login lab" in outcome.err) is is_advised
    assert ("no model matches" in outcome.err) is not is_advised


def test_nothing_fits(daemon: CliDaemon) -> None:
    """An empty list is no failure, and no riddle."""
    listed(daemon)
    outcome = run_cli(daemon.environ, "models", "list", "xyzzy")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("no model matches")


@pytest.mark.parametrize(
    ("provider", "words", "row", "expected"),
    [
        ("ollama", (), {"fetched_at": 1.0}, "ollama has no models yet: get one with 'ollama pull"),
        ("lab", (), {"fetched_at": 1.0}, "lab has no models yet\n"),
        ("lab", ("x",), {"fetched_at": 1.0}, "no model matches"),
        ("lab", (), {"fetched_at": 1.0, "error": "down"}, "no model matches"),
        ("lab", (), {}, "no model matches"),
        ("ollama", (), {"is_absent": True}, "ollama is not running: start it with 'ollama serve'"),
        ("lab", ("x",), {"is_absent": True}, "lab is not running\n"),
    ],
)
def test_a_provider_without_models(
    daemon: CliDaemon, provider: str, words: tuple[str, ...], row: Map, expected: str
) -> None:
    """Why there are none: the list was fetched and is empty, or the server does not run."""
    listed(daemon, lists=[{"provider": provider, **row}])
    outcome = run_cli(daemon.environ, "models", "list", "--provider", provider, *words)
    assert outcome.err.startswith(expected)
    assert outcome.code == 0


def test_a_list_that_could_not_be_fetched_is_reported(daemon: CliDaemon) -> None:
    """Whose, and why."""
    listed(daemon, SONNET, lists=[{"provider": "work", "error": "connection refused"}])
    assert run_cli(daemon.environ, "models", "list").err == "work: connection refused\n"


def test_json(daemon: CliDaemon) -> None:
    """What the daemon says, with the models that were chosen."""
    listed(daemon, SONNET, GPT)
    outcome = run_cli(daemon.environ, "models", "list", "--json")
    assert json.loads(outcome.out) == {"models": [SONNET], "aliases": [], "lists": []}
    assert outcome.err == ""


def test_a_long_list_goes_to_the_pager(daemon: CliDaemon, tmp_path: Path) -> None:
    """On a terminal: the whole list, and the notes below it. `--json` never does."""
    many = [{**SONNET, "model": f"claude-{number}"} for number in range(30)]
    listed(daemon, *many, GPT)
    ours, theirs = pty.openpty()
    environ = {**daemon.environ, "PATH": os.environ["PATH"], "NO_COLOR": "1", "LINES": "24"}
    environ["AIRCHER_PAGER"] = f"cat > {tmp_path / 'seen'}"
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        console = Console(terminal, None, environ)
        assert run(Context(console, environ, None), ["models", "list"]) == 0
        seen = (tmp_path / "seen").read_text().splitlines()
        (tmp_path / "seen").unlink()
        assert run(Context(console, environ, None), ["models", "list", "--json"]) == 0
    os.close(ours)
    assert "claude-0" in seen[0]
    assert "claude-29" in seen[29]
    assert seen[-1] == "1 more model (not signed in): show it with --all"
    assert not (tmp_path / "seen").exists()


def test_a_terminal_gets_a_legend(daemon: CliDaemon) -> None:
    """A script has no use for it."""
    listed(daemon, SONNET)
    outcome = run_cli({**daemon.environ, "NO_COLOR": "1"}, "models", "list", terminal=True)
    assert "* the default" in outcome.err
