"""Runs ERT suites and scripts in Emacs without a terminal, with the package byte-compiled.

A suite is an Elisp file of `ert-deftest`s. One process runs all of them and prints a JSON line for
each, so that a suite costs one Emacs:

    SUITE = Suite(Path(__file__).parent / "suites" / "connection.el")

    @pytest.fixture(scope="module")
    def outcomes(...):
        return SUITE.run(environ, answers={"restart": restart})

    @pytest.mark.parametrize("case", SUITE.cases)
    def test_connection(outcomes, case):
        outcomes.check(case)

A case asks the test for something by `(aircher-test-please "restart")`: the function in `answers`
is called, and its result is what `aircher-test-please` returns. `suite.el` has more for suites.

`clients/emacs` is byte-compiled once for each process of pytest; a warning is an error.
"""

import atexit
import functools
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from helpers.required import missing

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "emacs"
RUNNER = Path(__file__).with_name("suite.el")
PATIENCE = 60

Answer = Callable[[object], object]


def find_emacs() -> str:
    """Return the program; skip the test, or fail it in CI, if it is not there."""
    return shutil.which("emacs") or missing("Emacs", "apt-get install emacs-nox elpa-package-lint")


@functools.cache
def compiled() -> Path:
    """Return a folder with the byte-compiled package, which is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="air-emacs"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    sources = [shutil.copy(file, folder) for file in sorted(CLIENT.glob("*.el"))]
    done = subprocess.run(
        [
            *(find_emacs(), "-Q", "--batch", "-L", str(folder)),
            *("--eval", "(setq byte-compile-error-on-warn t)"),
            *("-f", "batch-byte-compile", *map(str, sources)),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def command(*arguments: str) -> list[str]:
    """Return the command line of an Emacs that has the package and no configuration."""
    return [find_emacs(), "-Q", "--batch", "-L", str(compiled()), "-l", str(RUNNER), *arguments]


def installed(*arguments: str) -> list[str]:
    """Return the command line of an Emacs that has the packages that its user has installed."""
    packages = ("--eval", "(package-initialize)")
    return [find_emacs(), "-Q", "--batch", *packages, "-l", str(RUNNER), *arguments]


class Outcomes:
    """What a suite printed: for each case why it failed, or None; and what it emitted."""

    def __init__(
        self, failures: Mapping[str, str | None], lines: Sequence[dict[str, Any]], ending: str
    ) -> None:
        self._failures = failures
        self._ending = ending
        self.lines = lines

    def check(self, case: str) -> None:
        """Fail if the case failed, or if Emacs ended before it."""
        if case not in self._failures:
            pytest.fail(f"Emacs ended before this case: {self._ending}")
        if (failure := self._failures[case]) is not None:
            pytest.fail(failure)

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self._failures)} cases>"


class Suite(NamedTuple):
    """An Elisp file with cases."""

    file: Path

    @property
    def cases(self) -> list[str]:
        """The names of its cases."""
        return re.findall(r"^\(ert-deftest (\S+)", self.file.read_text(), re.MULTILINE)

    def run(
        self,
        environ: Mapping[str, str],
        *,
        cwd: Path | None = None,
        answers: Mapping[str, Answer] | None = None,
        arguments: Sequence[str] = (),
        command: Callable[..., list[str]] = command,
    ) -> Outcomes:
        """Run the suite in one Emacs; `answers` are what its cases may ask for."""
        failures: dict[str, str | None] = {}
        lines: list[dict[str, Any]] = []
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryFile("w+", errors="replace") as said,
            subprocess.Popen(
                command(*arguments, "-l", str(self.file), "-f", "aircher-test-run"),
                env={**environ, "AIRCHER_ANSWERS": folder},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            ) as emacs,
        ):
            assert emacs.stdout is not None
            try:
                for line in emacs.stdout:
                    _take(json.loads(line), failures, lines, answers or {}, Path(folder))
                emacs.wait(PATIENCE)
            finally:
                emacs.kill()
            said.seek(0)
            ending = said.read()
        return Outcomes(failures, lines, ending)


def run_script(
    script: Path, environ: Mapping[str, str], *arguments: str, cwd: Path | None = None
) -> list[dict[str, Any]]:
    """Run a script until it ends; return what it emitted. It must not fail.

    `arguments` are in `command-line-args-left`.
    """
    done = subprocess.run(
        command("-l", str(script), *arguments),
        env=dict(environ),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def _take(
    line: dict[str, Any],
    failures: dict[str, str | None],
    lines: list[dict[str, Any]],
    answers: Mapping[str, Answer],
    folder: Path,
) -> None:
    if "case" in line:
        failures[str(line["case"])] = line["failure"]
    elif "please" in line:
        written = folder / "new"
        written.write_text(json.dumps(answers[str(line["please"])](line["value"])))
        written.rename(folder / str(line["number"]))
    else:
        lines.append(line)
