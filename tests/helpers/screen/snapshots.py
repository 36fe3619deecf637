"""Compares a screen with the text file that was looked at and accepted before.

    SNAPSHOTS=accept .venv/bin/python -m pytest -q tests/e2e/picker/test_snapshots.py

accepts all screens as they are now: look at the difference in the version control then.
"""

import difflib
import os
from pathlib import Path

import pytest

ACCEPT = "SNAPSHOTS=accept .venv/bin/python -m pytest -q tests/e2e/picker/test_snapshots.py"


def compare(file: Path, screen: str) -> None:
    """Fail with the difference if the screen is not the accepted one; or accept it."""
    screen = "\n".join(line.rstrip() for line in screen.splitlines()) + "\n"
    if os.environ.get("SNAPSHOTS") == "accept":
        file.write_text(screen, encoding="utf-8")
        return
    accepted = file.read_text(encoding="utf-8") if file.exists() else ""
    if screen != accepted:
        pytest.fail(_difference(file, accepted, screen), pytrace=False)


def _difference(file: Path, accepted: str, screen: str) -> str:
    lines = difflib.unified_diff(
        accepted.splitlines(), screen.splitlines(), "accepted", "now", lineterm="", n=2
    )
    marked = "\n".join(lines)
    return f"{file.name} differs:\n\n{marked}\n\nIf this is what it should be:\n  {ACCEPT}"
