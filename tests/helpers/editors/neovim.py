"""Runs Lua suites in real Neovims without a screen: Debian's, and the newer one of the wheel.

A suite is a Lua file that begins with `local t = dofile(vim.env.AIRCHER_SUITE)` and has
`t.case("what is so", function() ... end)` for each case; see `suite.lua`. One process runs all of
them and prints a JSON line for each, so that a suite costs one Neovim:

    SUITE = Suite(Path(__file__).parent / "suites" / "connection.lua")

    @pytest.fixture(scope="module", params=NEOVIMS)
    def outcomes(request, ...):
        return SUITE.run(request.param, environ, answers={"restart": restart})

    @pytest.mark.parametrize("case", SUITE.cases)
    def test_connection(outcomes, case):
        outcomes.check(case)

A case asks the test for something by `t.please("restart")`: the function in `answers` is called,
and its result is what `please` returns. If it raises an error, the case fails with it.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.required import missing

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "nvim"
RUNNER = Path(__file__).with_name("suite.lua")

NEOVIMS = ("debian", "wheel")
"""Both Neovims: the oldest that is supported, and a recent one."""

QUIET = ("--headless", "-u", "NONE", "-i", "NONE", "-n")
PATIENCE = 60

Answer = Callable[[object], object]


def find_neovim(which: str) -> str:
    """Return the program; skip the test, or fail it in CI, if it is not there."""
    if which == "debian":
        found = shutil.which("nvim", path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        return found or missing("Neovim", "apt-get install neovim")
    beside = Path(sys.executable).with_name("nvim")
    return str(beside) if beside.exists() else missing("a recent Neovim", "pip install -e '.[dev]'")


def command(which: str, *arguments: str) -> list[str]:
    """Return the command line of a Neovim that has the client and no configuration."""
    client = ("--cmd", f"set rtp^={CLIENT}", "--cmd", "runtime plugin/aircher.lua")
    return [find_neovim(which), *QUIET, *client, *arguments]


def installed(which: str, *arguments: str) -> list[str]:
    """Return the command line of a Neovim that has what its user has installed and configured."""
    return [find_neovim(which), "--headless", "-i", "NONE", "-n", *arguments]


class Outcomes:
    """What a suite printed: for each case why it failed, or None."""

    def __init__(self, failures: Mapping[str, str | None], ending: str) -> None:
        self._failures = failures
        self._ending = ending

    def check(self, case: str) -> None:
        """Fail if the case failed, or if Neovim ended before it."""
        if case not in self._failures:
            pytest.fail(f"Neovim ended before this case: {self._ending}")
        if (failure := self._failures[case]) is not None:
            pytest.fail(failure)

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self._failures)} cases>"


class Suite(NamedTuple):
    """A Lua file with cases."""

    file: Path

    @property
    def cases(self) -> list[str]:
        """The names of its cases."""
        return re.findall(r'^t\.case\("([^"]+)"', self.file.read_text(), re.MULTILINE)

    def run(
        self,
        which: str,
        environ: Mapping[str, str],
        *,
        cwd: Path | None = None,
        answers: Mapping[str, Answer] | None = None,
        arguments: tuple[str, ...] = (),
        command: Callable[..., list[str]] = command,
    ) -> Outcomes:
        """Run the suite in one Neovim; `answers` are what its cases may ask for."""
        failures: dict[str, str | None] = {}
        with (
            tempfile.TemporaryDirectory() as folder,
            subprocess.Popen(
                command(which, *arguments, "-c", f"luafile {self.file}"),
                env={**environ, "AIRCHER_SUITE": str(RUNNER), "AIRCHER_ANSWERS": folder},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as neovim,
        ):
            assert neovim.stdout is not None
            assert neovim.stderr is not None
            try:
                for line in neovim.stdout:
                    _take(json.loads(line), failures, answers or {}, Path(folder))
                said = neovim.stderr.read()
                neovim.wait(PATIENCE)
            finally:
                neovim.kill()
        return Outcomes(failures, said)


def _take(
    line: dict[str, object],
    failures: dict[str, str | None],
    answers: Mapping[str, Answer],
    folder: Path,
) -> None:
    if "case" in line:
        failure = line.get("failure")
        failures[str(line["case"])] = None if failure is None else str(failure)
        return
    written = folder / "new"
    try:
        answer = {"is": answers[str(line["please"])](line.get("value"))}
    except Exception as error:  # noqa: BLE001 -- the case fails with it, and the others go on
        answer = {"error": f"{type(error).__name__}: {error}"}
    written.write_text(json.dumps(answer))
    written.rename(folder / str(line["number"]))
