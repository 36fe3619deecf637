"""The list of models, opened from a conversation."""

import pytest

from aircher_cli.commands.chat.model_choice import can_pick, pick_model
from aircher_cli.console import Console
from aircher_cli.context import Context
from aircher_cli.picker import run
from aircher_cli.picker.view.here import Here
from helpers.daemon.cli import Stream


def context_of(*, terminal: bool = True, term: str = "xterm") -> Context:
    environ = {"TERM": term}
    out = Stream(terminal=terminal)
    return Context(Console(out, out, environ), environ, Stream(terminal=terminal))


@pytest.mark.parametrize(
    ("context", "can"),
    [
        (context_of(term="dumb"), False),
        (context_of(terminal=False), False),
    ],
)
def test_a_terminal_that_cannot_draw_gets_no_list(context: Context, can: bool) -> None:
    """The conversation prints the names then."""
    assert can_pick(context) is can


def test_the_choice_is_for_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default model stays, and the title says what is in use now."""
    calls = []

    def choose(context: Context, **options: object) -> str:
        calls.append(options)
        return "a/b"

    monkeypatch.setattr(run, "run_picker", choose)
    assert pick_model(context_of(), "the default model", task="review", key="work") == "a/b"
    (options,) = calls
    assert options["here"] == Here(task="review", key="work", key_from="this conversation")
    assert options["chooses_default"] is False
    assert "now the default model" in str(options["title"])
    assert options["in_use"] == "the default model"


def test_ctrl_c_leaves_the_list_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation goes on."""

    def interrupt(context: Context, **options: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_picker", interrupt)
    assert pick_model(context_of(), "a/b") is None
