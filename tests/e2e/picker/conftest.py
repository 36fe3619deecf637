"""A terminal that runs the command line in a test's home."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.screen.terminal import Terminal


@pytest.fixture
def terminal(home):
    """Return a function that runs `aircher-cli` in a terminal of the home."""

    @contextmanager
    def run(
        *words: str,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Iterator[Terminal]:
        command = [sys.executable, "-m", "aircher_cli", *words]
        if folder is not None:
            command = ["env", f"--chdir={folder}", *command]
        whole = {
            **home.environ,
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **(environ or {}),
        }
        with Terminal(command, whole, columns=columns, rows=rows) as made:
            yield made

    return run
