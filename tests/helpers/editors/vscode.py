"""Builds the extension for VS Code, and runs TypeScript suites with it in node, without VS Code.

VS Code itself cannot be had in CI, so `vscode` is a stub: `tests/e2e/editors/vscode/stub`, which
the type checker compares with VS Code's own types. A suite is a TypeScript file with cases:

    test("what is so", async () => { ... });

One process runs all of them and prints a JSON line for each; esbuild makes one file of it, in a
fifth of a second. In pytest:

    SUITE = Suite("protocol")

    @pytest.fixture(scope="module")
    def outcomes(...):
        return SUITE.run(environ, answers={"restart": restart})

    @pytest.mark.parametrize("case", SUITE.cases)
    def test_protocol(outcomes, case):
        outcomes.check(case)

A case asks the test for something by `await please("restart", value)`: the function in `answers` is
called, and its result is what `please` returns. If it fails by an assertion, the case does.
"""

import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from helpers.required import missing

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients" / "vscode"
TESTS = ROOT / "tests" / "e2e" / "editors" / "vscode"

PACKAGES = (
    "typescript",
    "@types/vscode",
    "@types/node",
    "esbuild",
    "@vscode/vsce",
    "@msgpack/msgpack",
)
INSTALL = "npm install --no-save typescript@7.0.2 @types/vscode@1.104 @types/node@20 esbuild@0.28 "
INSTALL += "@vscode/vsce@3.9 @msgpack/msgpack@3.1"
PATIENCE = 55.0
"""Seconds for a whole suite; a case has its own, shorter deadlines."""

Answer = Callable[[object], object]


@functools.cache
def find_node() -> str:
    """Return node; skip the test, or fail it in CI, if it or a package is not there."""
    node = shutil.which("node") or missing("node", "apt-get install nodejs")
    modules = ROOT / "node_modules"
    if absent := [name for name in PACKAGES if not (modules / name).exists()]:
        missing(", ".join(absent), INSTALL)
    return node


def run_node(*arguments: str | Path, cwd: Path = ROOT) -> str:
    """Run node until it ends, and return what it printed; fail with what it says."""
    command = [find_node(), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def build_extension() -> Path:
    """Return a folder with the built extension, as it is packed; built once per session."""
    folder = _made()
    run_node(CLIENT / "build.mjs", folder)
    return folder


def pack_extension(folder: Path) -> Path:
    """Return the .vsix as a release has it, made in `folder` without a network."""
    find_node()
    script = ROOT / "clients" / "build_archives.py"
    done = subprocess.run(
        [sys.executable, script, "vscode", "--to", folder],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@functools.cache
def build_suites() -> Path:
    """Return a folder with NAME.js for each suite; built once per session."""
    return bundle(sorted((TESTS / "suites").glob("*.ts")))


def bundle(entries: Sequence[Path]) -> Path:
    """Return a folder with NAME.js for each NAME.ts; `vscode` is the stub in all of them."""
    folder = _made()
    esbuild = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ("--bundle", "--platform=node", "--format=cjs", "--sourcemap=inline")
    alias = f"--alias:vscode={TESTS / 'stub' / 'vscode.ts'}"
    done = subprocess.run(
        [esbuild, *entries, *options, alias, f"--outdir={folder}", "--log-level=warning"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _made() -> Path:
    find_node()
    _FOLDERS.append(
        tempfile.TemporaryDirectory(prefix="aircher-vscode", ignore_cleanup_errors=True)
    )
    return Path(_FOLDERS[-1].name)


class Outcomes:
    """What a suite printed: for each case why it failed, or None."""

    def __init__(self, failures: Mapping[str, str | None], ending: str) -> None:
        self._failures = failures
        self._ending = ending
        self.figures: dict[str, float] = {}

    def check(self, case: str) -> None:
        """Fail if the case failed, or if node ended before it."""
        if case not in self._failures:
            pytest.fail(f"node ended before this case: {self._ending}")
        if (failure := self._failures[case]) is not None:
            pytest.fail(failure)

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self._failures)} cases>"


class Suite(NamedTuple):
    """A TypeScript file in `tests/e2e/editors/vscode/suites`."""

    name: str

    @property
    def cases(self) -> list[str]:
        """The names of its cases."""
        text = (TESTS / "suites" / f"{self.name}.ts").read_text(encoding="utf-8")
        return re.findall(r'^test\("([^"]+)"', text, re.MULTILINE)

    def run(
        self,
        environ: Mapping[str, str],
        *,
        extension: Path | None = None,
        answers: Mapping[str, Answer] | None = None,
    ) -> Outcomes:
        """Run all cases in one process; return what became of each.

        `extension` is the folder of the one to load, by default as it was built.
        """
        program = build_suites() / f"{self.name}.js"
        with (
            tempfile.TemporaryFile("w+") as errors,
            subprocess.Popen(
                [find_node(), "--enable-source-maps", str(program)],
                env={**environ, "AIRCHER_EXTENSION": str(extension or build_extension())},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            timer = threading.Timer(PATIENCE, process.kill)
            timer.start()
            try:
                return _read(process, errors, answers or {})
            finally:
                timer.cancel()
                process.kill()


def _read(
    process: "subprocess.Popen[str]", errors: IO[str], answers: Mapping[str, Answer]
) -> Outcomes:
    failures: dict[str, str | None] = {}
    figures: dict[str, float] = {}
    assert process.stdout is not None
    assert process.stdin is not None
    for text in process.stdout:
        line = json.loads(text)
        if "please" in line:
            answer = {"number": line["number"], **_answer(answers[line["please"]], line["value"])}
            process.stdin.write(json.dumps(answer) + "\n")
            process.stdin.flush()
        elif "figure" in line:
            figures[line["figure"]] = line["value"]
        else:
            failures[line["case"]] = line["failure"]
    code = process.wait()
    errors.seek(0)
    outcomes = Outcomes(failures, f"exit code {code}\n{errors.read()}")
    outcomes.figures = figures
    return outcomes


def _answer(do: Answer, value: object) -> dict[str, object]:
    """Return the result, or why it could not be done: then the case that asked fails, not all."""
    try:
        return {"result": do(value)}
    except AssertionError as error:
        return {"failure": str(error)}
