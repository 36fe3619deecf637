"""Every example of every page is run or checked, unless the page says why it cannot be.

`ELSEWHERE` names the tests of pages whose commands need more than the reader of `docs.reader` has.
All other pages are run here: a new page needs nothing but commands that work.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from configparser import RawConfigParser
from pathlib import Path

import pytest

from aircherd.auth.variables.assignments import parse_assignments
from aircherd.config.load import parse_config
from aircherd.errors import AircherError
from aircherd.testing.simulator import Simulator
from helpers.docs.blocks import REASONS, ROOT, Block, all_blocks, read
from helpers.docs.reader import KEY, KEYS, addresses, open_reader
from helpers.docs_commands import run_page, shown_commands
from helpers.required import missing

TESTS = Path(__file__).parents[1]

ELSEWHERE = {
    "install.md": "systemd/test_pages.py",
    "service.md": "systemd/test_pages.py",
    "configuration.md": "docs/test_configuration_page.py",
    "migrating.md": "docs/test_migrating_page.py",
    "fleet.md": "fleet/test_page.py",
    "guide/getting-started.md": "docs/test_quoted_output.py",
    "guide/recipes.md": "docs/test_recipes_page.py",
    "guide/first-client.md": "docs/test_recipes_page.py",
    "sign-in/ollama.md": "docs/test_guide_pages.py",
    "sign-in/compatible-servers.md": "docs/test_guide_pages.py",
}
"""Page -> the test that runs its commands."""

SHOWN = {"", "text", "vim", "markdown"}
"""Languages of diagrams, output, descriptions of formats, and what is in an editor."""

BLOCKS = all_blocks()
RUN = [block for block in BLOCKS if block.not_run is None]


def _of(language: str) -> list[Block]:
    return [block for block in RUN if block.language == language]


def test_every_block_has_a_language_with_a_test() -> None:
    """A new language needs a test here; a command hides in no block that is only shown."""
    known = {"console", "sh", "toml", *CHECKS, *SHOWN}
    assert [str(block) for block in BLOCKS if block.language not in known] == []
    hidden = re.compile(r"^(\$ |aircher-cli |aircherd )", re.MULTILINE)
    assert [str(b) for b in BLOCKS if b.language in SHOWN and hidden.search(b.text)] == []


def test_every_reason_is_allowed() -> None:
    """What is not run is listed with a reason that we accept, and each reason is needed."""
    given = {str(block): block.not_run for block in BLOCKS if block.not_run}
    assert {where: why for where, why in given.items() if why not in REASONS} == {}
    assert set(given.values()) == set(REASONS)
    assert len(given) < len(BLOCKS) // 8, given


COMMANDS = sorted({block.page for block in RUN if block.language in {"console", "sh"}})


@pytest.mark.parametrize("page", ELSEWHERE)
def test_a_page_tested_elsewhere_is_run_there(page: str) -> None:
    """The test runs a page of that name, which exists and has commands."""
    assert page in COMMANDS
    assert f'"{page}"' in (TESTS / ELSEWHERE[page]).read_text()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", [page for page in COMMANDS if page not in ELSEWHERE])
def test_every_command_of_a_page_runs(page: str, sim: Simulator) -> None:
    """In its order, in one shell, and no key is printed."""
    if shutil.which("jq") is None:
        missing("jq", "apt install jq")
    asks = "aircher-cli auth login"
    typed = {asks: KEY} if any(c.text.startswith(asks) for c in shown_commands(read(page))) else {}
    with open_reader(sim) as home:
        ran = run_page(page, home, inputs=typed, keys=KEYS, replace=addresses(sim))
    assert not any(KEY in each.out + each.err for each in ran)


@pytest.mark.parametrize("block", _of("toml"), ids=str)
def test_a_configuration_is_valid(block: Block, tmp_path: Path) -> None:
    """As it is, or below the blocks before it in the page, whose providers and aliases it uses."""
    for name in re.findall(r'ca_file = "([\w.]+)"', block.text):
        (tmp_path / name).touch()
    file = str(tmp_path / "config.toml")
    before = [b.text for b in _of("toml") if b.page == block.page and b.line < block.line]
    for used in ("", *before, "\n".join(before)):
        if _is_valid(f"{used}\n{block.text}", file):
            return
    parse_config(block.text, file=file)


def _is_valid(text: str, file: str) -> bool:
    try:
        parse_config(text, file=file)
    except AircherError:
        return False
    return True


def check_ini(block: Block) -> None:
    """Check a file of variables as the daemon reads it, or the form of a unit."""
    if block.text.startswith("["):
        RawConfigParser(strict=False).read_string(block.text)
    else:
        assert parse_assignments(block.text).problems == ()


def check_lua(block: Block) -> None:
    """Let Neovim compile a program."""
    if shutil.which("nvim") is None:
        missing("Neovim", "apt install neovim")
    compiles = "lua assert(load(io.read('*a')))"
    done = subprocess.run(
        ["nvim", "--clean", "--headless", "-c", compiles, "-c", "q"],
        input=block.text,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


READ_FORMS = """\
(with-temp-buffer
  (insert-file-contents {})
  (emacs-lisp-mode)
  (check-parens)
  (goto-char (point-min))
  (while (progn (forward-comment (buffer-size)) (not (eobp)))
    (read (current-buffer))))
"""


def check_elisp(block: Block) -> None:
    """Let Emacs read a program: each form is whole."""
    if shutil.which("emacs") is None:
        missing("Emacs", "apt install emacs-nox")
    with tempfile.NamedTemporaryFile("w", suffix=".el") as file:
        file.write(block.text)
        file.flush()
        done = subprocess.run(
            ["emacs", "-Q", "--batch", "--eval", READ_FORMS.format(json.dumps(file.name))],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


CHECKS: dict[str, Callable[[Block], object]] = {
    "json": lambda block: json.loads(block.text),
    "python": lambda block: compile(block.text, str(block), "exec"),
    "ini": check_ini,
    "lua": check_lua,
    "elisp": check_elisp,
}
"""Language -> what checks a block of it; the code of a new adapter is also run, by its own test."""


@pytest.mark.parametrize("block", [b for b in RUN if b.language in CHECKS], ids=str)
def test_a_program_or_a_file_is_valid(block: Block) -> None:
    """It can be pasted as it is."""
    CHECKS[block.language](block)


CLIENTS = [
    block
    for block in _of("python")
    if block.page not in ELSEWHERE and re.search(r"\bsocket\.|aircher_client", block.text)
]


@pytest.mark.parametrize("block", CLIENTS, ids=str)
def test_a_client_gets_an_answer(block: Block, sim: Simulator) -> None:
    """A complete program that connects to the daemon ends, and prints what the model says."""
    with open_reader(sim) as home:
        done = subprocess.run(
            [sys.executable, "-c", block.text],
            env=home.environ,
            cwd=home.root,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "hello" in done.stdout


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language in {"console", "sh"}], ids=str)
def test_files_of_the_repository_exist(block: Block) -> None:
    """What a command names of the checkout is there, even if the command is not run."""
    named = re.findall(r"(?<![\w/.~-])(?:tests|docs|daemon|clients|systemd)/[\w/.-]*", block.text)
    assert [path for path in named if not (ROOT / path).exists()] == []
