"""Emacs encodes and decodes the protocol's bytes, and refuses all others."""

import os
from pathlib import Path

import pytest

from helpers.editors.emacs import Outcomes, Suite

pytestmark = pytest.mark.emacs

SUITE = Suite(Path(__file__).parent / "suites" / "msgpack.el")


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """Run the suite."""
    return SUITE.run(os.environ)


@pytest.mark.parametrize("case", SUITE.cases)
def test_msgpack(outcomes: Outcomes, case: str) -> None:
    """Each case of the suite."""
    outcomes.check(case)
