"""What a command did."""

import pytest

from aircher_cli.console import Console
from aircher_cli.service.steps import Steps
from helpers.daemon.cli import Stream


@pytest.mark.parametrize("is_silent", [False, True])
def test_steps_are_printed_as_they_happen(out: Stream, is_silent: bool) -> None:
    """Changes go to standard output and notes to standard error, unless JSON is printed instead."""
    err = Stream()
    steps = Steps(Console(out, err, {}), is_silent=is_silent)
    steps.did("wrote a file")
    steps.note("look at it")
    assert out.text == ("" if is_silent else "✓ wrote a file\n")
    assert err.text == ("" if is_silent else "look at it\n")
    assert (steps.changes, steps.notes) == (["wrote a file"], ["look at it"])
