"""Keys are typed hidden or taken from Emacs's variables, checked, stored, and seen nowhere else."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.editors.emacs import Outcomes, Suite, compiled, find_emacs
from helpers.editors.home import CONFIG, SPARE_KEY, open_editor_home
from helpers.screen.terminal import Terminal

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "sign_in.el")
THIRD_KEY = "canary-third-0246813579864202"
THIRD = """
[providers.third]
kind = "anthropic"
base_url = "{url}"
env = "THIRD_KEY"
"""


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Outcomes]:
    """Run the suite with a provider that has no key, and one whose key is in a variable."""
    with open_editor_home(config=CONFIG + THIRD) as opened:
        opened.sim.keys.accept("anthropic", THIRD_KEY)
        environ = {**opened.home.environ, "TEST_SPARE": SPARE_KEY, "TEST_THIRD": THIRD_KEY}
        yield SUITE.run(environ)


@pytest.mark.parametrize("case", SUITE.cases)
def test_sign_in(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)


def test_a_typed_key_leaves_no_trace() -> None:
    """Not among the latest keys (`C-h l`), in the kill ring or in a macro: Emacs would keep it."""
    hidden = Path(__file__).parent / "suites" / "hidden.el"
    command = [find_emacs(), "-Q", "-nw", "-L", str(compiled()), "-l", str(hidden)]
    key = "canary-typed"
    with Terminal(command, {**os.environ, "TERM": "xterm"}) as emacs:
        emacs.wait_for("ready")
        emacs.send("\x14")
        emacs.wait_for("Key for spare, not shown")
        emacs.send(key + " two\x1b\x7f")  # M-DEL kills a word
        emacs.wait_for("*" * len(key))
        emacs.send("\r")
        shown = emacs.wait_for("typed: ")
        digest = hashlib.md5(f"{key} ".encode(), usedforsecurity=False).hexdigest()
        assert f"typed: {digest}, kept: nil" in shown
        emacs.send("\x18(\x14")  # a macro is being recorded
        assert "Key for" not in emacs.wait_for("a macro is being recorded")
